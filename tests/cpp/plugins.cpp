// SPDX-License-Identifier: MIT OR Apache-2.0
// A plugin that uses the library comes and goes a thousand times, shares hubs with a host that uses
// the same copy of the library, and is refused by a host that has another one inside.
//
// This file is both: with -DPLUGIN it is the plugin, a shared object linked with the shared
// library, and SIGNALHUB_PLUGIN tells the host where that is.
#include "check.h"

#include <optional>
#include <string>
#include <thread>

#include <signalhub/signalhub.hpp>

using namespace signalhub;

// What the plugin has and does for its host.
struct Plugin {
    // A function of its copy of the library.
    virtual const void *library() const = 0;
    // Keeps a receiver of the host's hub until it is unloaded, another until this thread ends, and
    // publishes there when that happens.
    virtual std::error_code join(const signalhub_t *hub) = 0;
    virtual Receiver subscribe(const Hub &hub) const = 0;
    [[noreturn]] virtual void fail() const = 0;

    virtual const Hub &hub() const = 0;
    virtual Receiver &receiver() = 0;
    virtual Message &message() = 0;

protected:
    ~Plugin() = default;
};

static const void *own_library()
{
    const char *(*const function)() = signalhub_version;
    return reinterpret_cast<const void *>(function);
}

#ifdef PLUGIN

struct Joined {
    std::optional<Hub> hub;
    std::optional<Receiver> receiver;
    const char *last_words;

    std::error_code join(const signalhub_t *handle)
    {
        std::error_code error;
        Hub joined = Hub::from_handle(handle, error);
        if (!error) {
            receiver.emplace(joined.subscribe());
            hub.emplace(std::move(joined));
        }
        return error;
    }
    ~Joined()
    {
        if (hub)
            CHECK(hub->publish(last_words));
    }
};

static thread_local Joined of_thread = {{}, {}, "the thread has ended"};

static struct : Plugin {
    Joined of_process = {{}, {}, "the plugin is unloaded"};
    Hub own;
    Receiver own_receiver = own.subscribe();
    Message own_message;

    const void *library() const override { return own_library(); }
    std::error_code join(const signalhub_t *handle) override
    {
        own.publish(std::string(20000, 'L'));
        own.publish("left");
        own_message = std::move(*own_receiver.recv());
        CHECK(own_receiver.recv()->payload() == "left");
        const std::error_code error = of_process.join(handle);
        return error ? error : of_thread.join(handle);
    }
    Receiver subscribe(const Hub &to) const override { return to.subscribe(); }
    void fail() const override { throw Error(SIGNALHUB_ERR_TOPIC); }
    const Hub &hub() const override { return own; }
    Receiver &receiver() override { return own_receiver; }
    Message &message() override { return own_message; }
} the_plugin;

extern "C" Plugin *plugin()
{
    return &the_plugin;
}

#else

#include <dlfcn.h>
#include <fstream>

// A plugin while it is loaded.
class Loaded {
public:
    explicit Loaded(const std::string &path) : library(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL))
    {
        if (library == nullptr)
            fprintf(stderr, "%s\n", dlerror());
        CHECK(library != nullptr);
        void *const symbol = dlsym(library, "plugin");
        CHECK(symbol != nullptr);
        plugin = reinterpret_cast<Plugin *(*)()>(symbol)();
    }
    Loaded(const Loaded &) = delete;
    ~Loaded() { CHECK(dlclose(library) == 0); }

    Plugin *operator->() const { return plugin; }

private:
    void *library;
    Plugin *plugin;
};

static bool is_loaded(const std::string &path)
{
    void *const library = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (library != nullptr)
        CHECK(dlclose(library) == 0);
    return library != nullptr;
}

// As GCC compiles it, the first plugin that is loaded has the error category of the others, so it
// stays, and must not be left with what another one has put there.
static void errors_outlive_the_plugin_that_made_the_first_of_them(const Loaded &first,
                                                                  const std::string &path)
{
    const auto throws = [](const Loaded &plugin) {
        try {
            plugin->fail();
        } catch (const Error &error) {
            CHECK(error.code().value() == SIGNALHUB_ERR_TOPIC);
            CHECK(error.code().message() == signalhub_status_str(SIGNALHUB_ERR_TOPIC));
        }
    };
    {
        const Loaded second(path);
        throws(second);
    }
    CHECK(!is_loaded(path));
    throws(first);
    const std::error_code own = SIGNALHUB_ERR_TOPIC;
    CHECK(own == SIGNALHUB_ERR_TOPIC && !own.message().empty());
}

static void a_hub_passes_between_host_and_plugin(const Loaded &plugin)
{
    const Hub hub, of_plugin = Hub::from_handle(plugin->hub().native_handle());
    Receiver receiver = plugin->subscribe(hub), other = of_plugin.subscribe();
    std::thread([&] {
        CHECK(!plugin->join(hub.native_handle()));
        CHECK(hub.publish("")->receivers == 3);
    }).join();
    CHECK(receiver.recv()->payload().empty());
    CHECK(receiver.recv()->payload() == "the thread has ended");
    CHECK(hub.publish("")->receivers == 2);
    CHECK(other.recv()->payload().size() == 20000 && other.recv()->payload() == "left");
    plugin->receiver() = of_plugin.subscribe();
    of_plugin.publish("to the plugin");
    CHECK(plugin->receiver().recv()->payload() == "to the plugin");
}

static void handles_of_another_copy_are_refused(const Loaded &plugin)
{
    const Hub hub;
    std::error_code error;
    CHECK(plugin->join(hub.native_handle()).value() == SIGNALHUB_ERR_HANDLE);
    CHECK(!hub.is_closed() && hub.publish("")->receivers == 0);

    const Hub &other = plugin->hub();
    (void)Hub::from_handle(other.native_handle(), error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    (void)other.clone(error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    (void)other.publish("", error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    (void)other.subscribe(error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    other.close(error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    (void)plugin->receiver().recv(error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    (void)plugin->receiver().next_seq(error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    (void)plugin->message().view(error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    plugin->message().clear(error);
    CHECK(error == SIGNALHUB_ERR_HANDLE);
    try {
        CHECK(other.is_closed() && false);
    } catch (const Error &thrown) {
        CHECK(thrown.code() == SIGNALHUB_ERR_HANDLE);
    }
    CHECK(plugin->join(other.native_handle()).value() == 0); // it has noticed nothing
}

static void a_plugin_comes_and_goes(const std::string &path, bool is_one_copy)
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    for (long i = scaled(1000); i > 0; i--) {
        {
            const Loaded plugin(path);
            std::thread([&] {
                const int refused = is_one_copy ? 0 : SIGNALHUB_ERR_HANDLE;
                CHECK(plugin->join(hub.native_handle()).value() == refused);
            }).join();
        }
        CHECK(!is_loaded(path));
        CHECK(hub.publish("")->receivers == 1);
        if (is_one_copy) {
            CHECK(receiver.recv()->payload() == "the thread has ended");
            CHECK(receiver.recv()->payload() == "the plugin is unloaded");
        }
        CHECK(receiver.recv()->payload().empty());
    }
}

// Until that thread ends, the loader keeps what it has objects of.
static void a_thread_outlives_the_plugin_that_it_has_objects_of(const std::string &path)
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    std::optional<Loaded> plugin(path);
    std::thread([&] {
        CHECK(!(*plugin)->join(hub.native_handle()));
        plugin.reset();
        CHECK(hub.publish("")->receivers == 3);
    }).join();
    CHECK(receiver.recv()->payload().empty());
    CHECK(receiver.recv()->payload() == "the thread has ended");
    {
        const Loaded and_unloaded(path);
    }
    CHECK(!is_loaded(path));
    CHECK(receiver.recv()->payload() == "the plugin is unloaded");
}

static void a_thread_sleeps_on_a_receiver_whose_plugin_is_gone(const std::string &path)
{
    const Hub hub;
    pid_t id = 0;
    std::optional<Loaded> plugin(path);
    std::thread sleeper([&id, receiver = (*plugin)->subscribe(hub)]() mutable {
        __atomic_store_n(&id, thread_id(), __ATOMIC_RELEASE);
        CHECK(receiver.recv()->payload() == "late");
    });
    wait_until_asleep(&id);
    plugin.reset();
    CHECK(!is_loaded(path));
    CHECK(hub.publish("late"));
    sleeper.join();
}

int main()
{
    char directory[] = "/tmp/signalhub-plugins-XXXXXX";
    const char *const path = getenv("SIGNALHUB_PLUGIN");
    watchdog();
    if (path == nullptr) {
        puts("plugins: skipped, SIGNALHUB_PLUGIN names no plugin");
        return 0;
    }
    CHECK(mkdtemp(directory) != nullptr);
    const std::string second = std::string(directory) + "/second.so";
    std::ofstream(second, std::ios::binary) << std::ifstream(path, std::ios::binary).rdbuf();

    static const Loaded first(path);
    const bool is_one_copy = first->library() == own_library();
    errors_outlive_the_plugin_that_made_the_first_of_them(first, second);
    if (is_one_copy) {
        a_hub_passes_between_host_and_plugin(first);
        a_thread_outlives_the_plugin_that_it_has_objects_of(second);
        a_thread_sleeps_on_a_receiver_whose_plugin_is_gone(second);
    } else {
        handles_of_another_copy_are_refused(first);
    }
    a_plugin_comes_and_goes(second, is_one_copy);
    CHECK(unlink(second.c_str()) == 0 && rmdir(directory) == 0);
    puts(is_one_copy ? "plugins: fine, with one copy" : "plugins: fine, with two copies");
}

#endif
