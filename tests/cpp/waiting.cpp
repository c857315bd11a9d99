// SPDX-License-Identifier: MIT OR Apache-2.0
// Waiting: by a descriptor, for one of several receivers, by callbacks and by coroutines.
#include "check.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <poll.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <signalhub/signalhub.hpp>

using namespace signalhub;
using namespace std::chrono_literals;

static bool is_readable(int fd)
{
    pollfd watched = {fd, POLLIN, 0};
    return poll(&watched, 1, 0) == 1;
}

static void a_descriptor_is_readable_while_there_is_something()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    const int fd = receiver.fd();
    CHECK(!is_readable(fd) && receiver.fd() == fd);
    hub.publish("x");
    CHECK(is_readable(fd) && receiver.recv() && receiver.try_recv().outcome() == Outcome::empty);
    CHECK(!is_readable(fd));
    Receiver moved = std::move(receiver);
    CHECK(moved.fd() == fd);
    hub.close();
    CHECK(is_readable(fd));
}

static void one_of_several_is_named()
{
    const Hub hubs[2];
    std::vector<Receiver> receivers;
    for (const Hub &hub : hubs)
        receivers.push_back(hub.subscribe());
    CHECK(!wait_any(receivers, 0s) && !wait_any(receivers, 1ms));
    hubs[1].publish("x");
    CHECK(wait_any(receivers) == 1);
    Receiver *const pointers[] = {&receivers[1], &receivers[0]};
    CHECK(wait_any(pointers) == 0);
    CHECK(receivers[1].recv()->payload() == "x");
    std::array<Receiver, 1> array = {std::move(receivers[0])};
    hubs[0].close();
    CHECK(wait_any(array, std::nullopt) == 0);
}

static void a_thread_waits_as_the_receiver_says()
{
    for (const Wait wait : {Wait::adaptive, Wait::spin, Wait::yield, Wait::park}) {
        const Hub hub;
        ReceiverOptions options;
        options.wait = wait;
        Receiver receiver = hub.subscribe(options);
        CHECK(receiver.recv_timeout(1ms).outcome() == Outcome::timeout);
        std::thread publisher([&hub] { hub.publish("x"); });
        CHECK(receiver.recv());
        publisher.join();
    }
}

// Says when it is destroyed.
struct Canary {
    explicit Canary(std::atomic<int> &destroyed) : destroyed_(&destroyed) {}
    Canary(Canary &&other) noexcept : destroyed_(std::exchange(other.destroyed_, nullptr)) {}
    ~Canary()
    {
        if (destroyed_)
            ++*destroyed_;
    }
    std::atomic<int> *destroyed_;
};

static void wait_for(const std::atomic<int> &counter, int value)
{
    while (counter < value)
        nap();
}

static void a_callback_is_told_everything()
{
    Options options;
    options.capacity = 2;
    const Hub hub(options);
    Receiver receiver = hub.subscribe();
    std::atomic<int> destroyed{0};
    std::vector<std::string> told;
    for (int i = 0; i < 5; i++)
        hub.publish(View(std::to_string(i)).with_topic("a.b"));
    hub.close();
    // What cannot be copied will do.
    receiver.on_message([&told, canary = Canary(destroyed)](const Delivery &delivery) {
        (void)canary;
        if (delivery)
            told.emplace_back(std::string(delivery->topic()) + ' ' +
                              std::string((*delivery).payload()));
        else if (delivery.lag())
            told.push_back("missed " + std::to_string(delivery.lag()->missed) + " from " +
                           std::to_string(delivery.lag()->first_lost) + ", now at " +
                           std::to_string(delivery.lag()->resume_at));
        else
            told.emplace_back(delivery.outcome() == Outcome::closed ? "closed" : "?");
    });
    wait_for(destroyed, 1);
    CHECK(told ==
          (std::vector<std::string>{"missed 3 from 0, now at 3", "a.b 3", "a.b 4", "closed"}));
}

static void a_callback_is_warned_before_it_lags()
{
    const Hub hub;
    for (int i = 0; i < 3; i++)
        hub.publish("x");
    ReceiverOptions options;
    options.start = Start::oldest();
    options.warn_behind = 2;
    Receiver receiver = hub.subscribe(options);
    std::vector<std::uint64_t> told;
    std::atomic<int> messages{0};
    receiver.on_message([&](const Delivery &delivery) {
        if (delivery.outcome() == Outcome::about_to_lag)
            told.push_back(delivery.behind().value());
        else
            messages++;
    });
    wait_for(messages, 3);
    receiver.on_message(nullptr);
    CHECK(told == std::vector<std::uint64_t>{3});
}

// In whatever way it comes to its end, what it holds is destroyed once, and not called any more.
static void a_callback_that_is_removed_is_over()
{
    const Hub hub;
    std::atomic<bool> is_done{false};
    std::thread publisher([&] {
        while (!is_done)
            hub.publish("x");
    });
    for (int i = 0; i < 200; i++) {
        auto dispatcher = std::make_unique<Dispatcher>();
        auto receiver = std::make_unique<Receiver>(hub.subscribe());
        std::atomic<int> destroyed{0};
        const auto call = [canary = std::make_shared<Canary>(destroyed)](const Delivery &) {
            CHECK(canary->destroyed_ != nullptr);
        };
        if (i % 2 == 0)
            receiver->on_message(*dispatcher, std::move(call));
        else
            receiver->on_message(std::function<void(const Delivery &)>(std::move(call)));
        nap();
        switch (i % 5) {
        case 0: receiver->on_message(nullptr); break;
        case 1: receiver->on_message(*dispatcher, [](const Delivery &) {}); break;
        case 2: dispatcher.reset(); break;
        case 3: *receiver = hub.subscribe(); break;
        default: break;
        }
        receiver.reset();
    }
    is_done = true;
    publisher.join();
}

static void a_callback_may_end_itself()
{
    const Hub hub;
    std::atomic<int> destroyed{0};
    for (int way = 0; way < 4; way++) {
        auto dispatcher = std::make_unique<Dispatcher>();
        auto receiver = std::make_unique<Receiver>(hub.subscribe());
        destroyed = 0;
        auto call = [&, way, canary = Canary(destroyed)](const Delivery &) {
            if (way == 0)
                receiver->on_message(nullptr);
            else if (way == 1)
                receiver.reset();
            else if (way == 2)
                dispatcher.reset();
            else
                receiver->on_message([](const Delivery &) {});
            CHECK(destroyed == 0 && canary.destroyed_ == &destroyed);
        };
        receiver->on_message(*dispatcher, std::move(call));
        hub.publish("x");
        wait_for(destroyed, 1);
        if (receiver)
            receiver->on_message(nullptr);
    }
}

#ifdef __cpp_impl_coroutine
// The smallest coroutine there is: it begins at once, and says when it has ended.
struct Task {
    struct promise_type {
        Task get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

static Task receive_all(Receiver &receiver, const Dispatcher &dispatcher,
                        std::vector<std::string> &told, std::atomic<int> &ended)
{
    for (;;) {
        const Delivery delivery = co_await receiver.async_recv(dispatcher);
        if (delivery)
            told.emplace_back(delivery->payload());
        else if (delivery.lag())
            told.push_back("missed " + std::to_string(delivery.lag()->missed));
        else
            break;
    }
    ++ended;
}

static void a_coroutine_gets_every_message()
{
    Options options;
    options.capacity = 1000;
    const Hub hub(options);
    Receiver first = hub.subscribe(), second = hub.subscribe();
    std::vector<std::string> told[2];
    std::atomic<int> ended{0};
    const Dispatcher dispatcher;
    receive_all(first, dispatcher, told[0], ended);
    receive_all(second, dispatcher, told[1], ended);
    for (int i = 0; i < 1000; i++)
        hub.publish(std::to_string(i));
    hub.close();
    wait_for(ended, 2);
    for (const std::vector<std::string> &all : told) {
        CHECK(all.size() == 1000);
        for (int i = 0; i < 1000; i++)
            CHECK(all[static_cast<std::size_t>(i)] == std::to_string(i));
    }
}

static Task fail_to_receive(Receiver &receiver, const Dispatcher &dispatcher, int &failures)
{
    std::error_code error;
    (void)co_await receiver.async_recv(dispatcher, error);
    failures += error == SIGNALHUB_ERR_NULL;
    try {
        (void)co_await receiver.async_recv(dispatcher);
    } catch (const Error &thrown) {
        failures += thrown.code() == SIGNALHUB_ERR_NULL;
    }
}

static void what_fails_does_not_wait()
{
    const Hub hub;
    Dispatcher dispatcher;
    Receiver receiver = hub.subscribe();
    int failures = 0;
    const Receiver taken = std::move(receiver);
    fail_to_receive(receiver, dispatcher, failures);
    CHECK(failures == 2);
    receiver = hub.subscribe();
    const Dispatcher also_taken = std::move(dispatcher);
    fail_to_receive(receiver, dispatcher, failures);
    CHECK(failures == 4);
}

static void a_coroutine_that_waits_may_be_destroyed()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    std::vector<std::string> told;
    std::atomic<int> ended{0};
    {
        const Dispatcher dispatcher;
        const Task task = receive_all(receiver, dispatcher, told, ended);
        task.handle.destroy(); // nothing was published: nobody resumes it
        CHECK(hub.publish("kept"));
    }
    CHECK(told.empty() && ended == 0 && receiver.recv()->payload() == "kept");
}
#endif

int main()
{
    watchdog();
    a_descriptor_is_readable_while_there_is_something();
    one_of_several_is_named();
    a_thread_waits_as_the_receiver_says();
    a_callback_is_told_everything();
    a_callback_is_warned_before_it_lags();
    a_callback_that_is_removed_is_over();
    a_callback_may_end_itself();
#ifdef __cpp_impl_coroutine
    a_coroutine_gets_every_message();
    what_fails_does_not_wait();
    a_coroutine_that_waits_may_be_destroyed();
#endif
    puts("waiting: fine");
}
