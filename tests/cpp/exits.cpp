// SPDX-License-Identifier: MIT OR Apache-2.0
// The library works until the very end of a thread or a process, in the destructors of its objects
// and whatever other threads are doing then.
#include "check.h"

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <thread>

#include <signalhub/signalhub.hpp>

using namespace signalhub;
using namespace std::chrono_literals;

// What is made to be called or destroyed at an end, and what has been.
static std::atomic<int> made, ended;
struct Counted {
    Counted() { made++; }
    Counted(const Counted &) = delete;
    ~Counted() { ended++; }
};

static void everything_has_ended()
{
    CHECK(made == ended);
}

// The first object of this program, so the last to go.
static const struct Last {
    ~Last() { everything_has_ended(); }
} last;

static void the_library_works()
{
    static const char large[20000] = "large"; // unlike a std::string, never destroyed
    const Hub hub;
    Receiver receiver = hub.subscribe();
    CHECK(hub.publish(View::bytes(large, sizeof large)));
    CHECK(receiver.recv()->payload().size() == sizeof large);
    CHECK(receiver.recv_timeout(1us).outcome() == Outcome::timeout);
    std::atomic<int> called{0};
    receiver.on_message([&called](const Delivery &) { ++called; });
    CHECK(hub.publish("calls it"));
    while (called == 0)
        nap();
    receiver.on_message(nullptr);
    try {
        CHECK(hub.publish("\xff") && false);
    } catch (const Error &error) {
        CHECK(error.code() == SIGNALHUB_ERR_UTF8 && error.code().category() == category());
        CHECK(error.what() == "signalhub: " + error.code().message());
        CHECK(error.code().message() == signalhub_status_str(SIGNALHUB_ERR_UTF8));
    }
}

static void a_handler()
{
    the_library_works();
    ended++;
}

// To be destroyed after its hub.
struct Reader : Counted {
    std::optional<Receiver> receiver;
    Message kept;

    void keep_one_of(const Hub &hub)
    {
        receiver.emplace(hub.subscribe());
        hub.publish("kept");
        kept = std::move(*receiver->recv());
    }
    ~Reader()
    {
        CHECK(kept.payload() == "kept");
        CHECK(receiver->recv()->payload() == "left");
        CHECK(receiver->recv().outcome() == Outcome::closed);
        the_library_works();
    }
};

// To be destroyed before its hub.
struct Publisher : Counted {
    const Hub &hub;

    explicit Publisher(const Hub &to) : hub(to) {}
    ~Publisher()
    {
        CHECK(hub.publish("left"));
        the_library_works();
    }
};

static Reader global_reader;
static const Hub global_hub;
static const Publisher global_publisher(global_hub);

// Made when this is first called, in this order.
static void make_statics()
{
    static Reader reader;
    static const Hub hub;
    static const Publisher publisher(hub);
    reader.keep_one_of(hub);
}

static void make_thread_locals()
{
    static thread_local Reader reader;
    static thread_local const Hub hub;
    static thread_local const Publisher publisher(hub);
    reader.keep_one_of(hub);
}

static void at_exit()
{
    CHECK(std::atexit(a_handler) == 0);
    made++;
}

enum { SLEEPERS = 4, PUBLISHERS = 2 };

// On a hub that is destroyed, and so closed, when the process ends.
static void let_threads_sleep()
{
    static const Hub hub;
    static std::array<pid_t, SLEEPERS> ids;
    for (pid_t &id : ids)
        std::thread([&id, receiver = hub.subscribe()]() mutable {
            __atomic_store_n(&id, thread_id(), __ATOMIC_RELEASE);
            CHECK(receiver.recv().outcome() == Outcome::closed);
        }).detach();
    for (const pid_t &id : ids)
        wait_until_asleep(&id);
}

static void let_threads_publish()
{
    static const Hub hub;
    for (int i = 0; i < PUBLISHERS; i++)
        std::thread([hub = hub.clone(), own = hub.subscribe()]() mutable {
            for (std::uint64_t seq = 0;; seq++) {
                CHECK(hub.publish(std::string(seq % 16 == 0 ? 20000 : 8, 'x')));
                (void)own.try_recv();
            }
        }).detach();
    while (hub.next_seq() == 0)
        nap();
}

static void returns() {}

static void returns_with_objects_of_all_kinds()
{
    at_exit();
    make_statics();
    at_exit();
    make_thread_locals();
}

static void exits_while_others_sleep()
{
    let_threads_sleep();
    at_exit();
    std::exit(42);
}

static void exits_while_others_publish()
{
    let_threads_publish();
    at_exit();
    std::exit(43);
}

static void exits_in_a_thread_while_main_sleeps()
{
    static const Hub hub;
    Receiver receiver = hub.subscribe();
    static pid_t main_id;
    main_id = thread_id();
    std::thread([] {
        make_thread_locals();
        wait_until_asleep(&main_id);
        std::exit(44);
    }).detach();
    CHECK(receiver.recv().outcome() == Outcome::closed);
    for (;;) // main() must not return, because the process is already ending
        pause();
}

static void exits_quickly()
{
    CHECK(std::at_quick_exit(everything_has_ended) == 0);
    CHECK(std::at_quick_exit(a_handler) == 0);
    made = 1; // for that ends no object
    let_threads_sleep();
    let_threads_publish();
    std::quick_exit(45);
}

static const struct Scenario {
    const char *name;
    void (*play)();
    int status;
    int times;
} scenarios[] = {
    {"returns", returns, 40, 1},
    {"returns with objects of all kinds", returns_with_objects_of_all_kinds, 40, 1},
    {"exits while others sleep", exits_while_others_sleep, 42, 10},
    {"exits while others publish", exits_while_others_publish, 43, 10},
    {"exits in a thread while main sleeps", exits_in_a_thread_while_main_sleeps, 44, 10},
    {"exits quickly", exits_quickly, 45, 10},
};

// Runs this program again to play a scenario, which must end as it should and print nothing.
static void a_process_ends_well(const Scenario &scenario)
{
    char path[4096] = "", said[4096];
    int ends[2], status = 0;
    CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(dup2(ends[1], STDERR_FILENO) >= 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
        execl(path, path, scenario.name, nullptr);
        _exit(1);
    }
    CHECK(close(ends[1]) == 0);
    ssize_t count, total = 0;
    while ((count = read(ends[0], said, sizeof said)) > 0)
        total += fwrite(said, 1, static_cast<std::size_t>(count), stderr);
    CHECK(close(ends[0]) == 0 && waitpid(child, &status, 0) == child);
    if (total != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != scenario.status)
        fprintf(stderr, "a process that %s: wait status %#x\n", scenario.name, status);
    CHECK(total == 0 && WIFEXITED(status) && WEXITSTATUS(status) == scenario.status);
}

static void objects_of_a_thread_use_the_library_when_it_ends()
{
    const int before = ended;
    std::thread(make_thread_locals).join();
    CHECK(ended == before + 2);
}

// An object that is made before the thread first uses the library goes after whatever the library
// might keep for the thread, and what pthread_key_create() names goes after all objects.
static void a_thread_uses_the_library_when_all_of_its_objects_are_gone()
{
    static pthread_key_t key;
    struct Late : Counted {
        ~Late() { the_library_works(); }
    };
    const int before = ended;
    CHECK(pthread_key_create(&key, [](void *) { a_handler(); }) == 0);
    std::thread([] {
        static thread_local Late early;
        (void)&early;
        CHECK(pthread_setspecific(key, &key) == 0);
        made++;
        the_library_works();
        static thread_local Late late;
        (void)&late;
    }).join();
    CHECK(ended == before + 3 && pthread_key_delete(key) == 0);
}

int main(int, char **arguments)
{
    watchdog();
    global_reader.keep_one_of(global_hub);
    if (arguments[1] != nullptr) {
        for (const Scenario &scenario : scenarios)
            if (strcmp(arguments[1], scenario.name) == 0) {
                scenario.play();
                return scenario.status;
            }
        return 1;
    }
    for (const Scenario &scenario : scenarios)
        for (long i = scaled(scenario.times); i > 0; i--)
            a_process_ends_well(scenario);
    objects_of_a_thread_use_the_library_when_it_ends();
    a_thread_uses_the_library_when_all_of_its_objects_are_gone();
    at_exit();
    make_statics();
    puts("exits: fine");
}
