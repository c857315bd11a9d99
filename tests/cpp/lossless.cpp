// SPDX-License-Identifier: MIT OR Apache-2.0
// Publishers wait for lossless receivers: until there is room, the receiver is destroyed or has
// stalled for too long, the hub is closed, or the time is over.
#include "check.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <signalhub/signalhub.hpp>

using namespace signalhub;
using namespace std::chrono_literals;

static Hub hub_of(std::uint64_t capacity)
{
    Options options;
    options.capacity = capacity;
    return Hub(options);
}

static Receiver lossless(const Hub &hub, std::chrono::nanoseconds max_stall = 0ns)
{
    ReceiverOptions options;
    options.lossless = true;
    options.max_stall = max_stall;
    return hub.subscribe(options);
}

static void fill(const Hub &hub)
{
    for (std::uint64_t i = hub.capacity(); i > 0; i--)
        CHECK(hub.publish("filler"));
    CHECK(!hub.publish("too much"));
}

// What a publish in another thread comes to that waits until `release` lets it go on.
static std::optional<Published> released(const Hub &hub, const std::function<void()> &release)
{
    std::optional<Published> published;
    std::thread publisher([&] { published = hub.publish_timeout("waited", std::nullopt); });
    while (hub.stats().waiting_publishers != 1)
        nap();
    release();
    publisher.join();
    return published;
}

static void a_publisher_waits_until_it_is_released()
{
    const Hub hub = hub_of(2);
    std::optional<Receiver> receiver = lossless(hub);
    fill(hub);
    auto published = released(hub, [&] { CHECK(receiver->recv()); });
    CHECK(published && published->seq == 2 && published->receivers == 1);
    CHECK(!hub.publish("full again"));
    published = released(hub, [&] { receiver.reset(); });
    CHECK(published && published->seq == 3);

    receiver = lossless(hub);
    fill(hub);
    CHECK(!released(hub, [&] { hub.close(); }));
    CHECK(hub.next_seq() == 6);
}

static void a_timeout_is_never_over_too_early_and_publishes_nothing()
{
    const Hub hub = hub_of(2);
    const Receiver receiver = lossless(hub);
    fill(hub);
    for (const std::chrono::nanoseconds timeout : {-1ns, 0ns, 1ns, 20'000'000ns}) {
        const auto begin = std::chrono::steady_clock::now();
        CHECK(!hub.publish_timeout("late", timeout));
        CHECK(std::chrono::steady_clock::now() - begin >= timeout);
    }
    std::error_code error = SIGNALHUB_ERR_PANIC;
    CHECK(!hub.publish_timeout("late", 1ms, error) && !error);
    CHECK(!hub.is_closed() && hub.next_seq() == 2);
}

static void with_room_no_timeout_waits()
{
    const Hub hub = hub_of(1);
    const Receiver lossy = hub.subscribe();
    CHECK(hub.publish_timeout("a", std::nullopt)->seq == 0);
    CHECK(hub.publish_timeout(View("b").with_topic("b"), 0ns)->receivers == 1);
    CHECK(hub.publish_timeout("c", std::chrono::hours::max()));
}

static void who_stalls_too_long_becomes_lossy_and_is_told()
{
    const Hub hub = hub_of(2);
    Receiver receiver = lossless(hub, 1ms);
    fill(hub);
    CHECK(receiver.stats().is_lossless);
    CHECK(hub.publish_timeout("waited", std::nullopt));
    CHECK(!receiver.stats().is_lossless && receiver.stats().missed == 0);
    CHECK(hub.publish("at once"));
    CHECK(receiver.try_recv().lag()->missed == 2);
    CHECK(receiver.try_recv()->payload() == "waited");
}

static void a_max_stall_that_is_not_positive_is_for_ever()
{
    for (const std::chrono::nanoseconds max_stall : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
        const Hub hub = hub_of(1);
        const Receiver receiver = lossless(hub, max_stall);
        fill(hub);
        CHECK(!hub.publish_timeout("late", 1ms));
    }
}

static void many_are_published_as_far_as_there_is_room()
{
    const Hub hub = hub_of(4);
    Receiver receiver = lossless(hub);
    const std::vector<View> views = {"0", "1", "2", "3", "4", "5"};
    CHECK(hub.publish_many(views) == 4);
    CHECK(hub.publish_many(&views[4], 2) == 0);
    CHECK(receiver.recv()->payload() == "0");
    std::error_code error = SIGNALHUB_ERR_PANIC;
    CHECK(hub.publish_many(&views[4], 2, error) == 1 && !error);
    for (const char *want : {"1", "2", "3", "4"})
        CHECK(receiver.try_recv()->payload() == want);
    CHECK(receiver.try_recv().outcome() == Outcome::empty);
}

// Beside a lossy receiver that never reads.
static void nothing_is_lost_between_threads()
{
    const long each = scaled(3000);
    const Hub hub = hub_of(3);
    Receiver receiver = lossless(hub);
    const Receiver lossy = hub.subscribe();
    std::vector<std::thread> publishers;
    for (int i = 0; i < 3; i++)
        publishers.emplace_back([&] {
            for (long number = 0; number < each; number++)
                CHECK(hub.publish_timeout(std::to_string(number), std::nullopt));
        });
    std::thread closer([&] {
        for (std::thread &publisher : publishers)
            publisher.join();
        hub.close();
    });
    long sum = 0;
    for (const Received &received : receiver) {
        CHECK(!received.lag());
        sum += std::stol(std::string(received->payload()));
    }
    closer.join();
    CHECK(sum == 3 * each * (each - 1) / 2);
}

int main()
{
    watchdog();
    a_publisher_waits_until_it_is_released();
    a_timeout_is_never_over_too_early_and_publishes_nothing();
    with_room_no_timeout_waits();
    who_stalls_too_long_becomes_lossy_and_is_told();
    a_max_stall_that_is_not_positive_is_for_ever();
    many_are_published_as_far_as_there_is_room();
    nothing_is_lost_between_threads();
    puts("lossless: fine");
}
