// SPDX-License-Identifier: MIT OR Apache-2.0
// What receives come to: messages, lags with their numbers, timeouts, the end; one at a time, many
// at once, in a range-for; what a receiver was asked for, and what it counts.
#include "check.h"

#include <atomic>
#include <cmath>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
#if __has_include(<ranges>)
#include <ranges>
#endif

#include <signalhub/signalhub.hpp>

using namespace signalhub;
using namespace std::chrono_literals;

static Hub hub_of(std::uint64_t capacity)
{
    Options options;
    options.capacity = capacity;
    return Hub(options);
}

static void publish_numbers(const Hub &hub, int from, int to)
{
    for (int i = from; i < to; i++)
        CHECK(hub.publish(std::to_string(i)));
}

static void a_message_has_what_was_published()
{
    const Hub hub;
    Receiver receiver = hub.subscribe(), other = hub.subscribe();
    const std::optional<Published> published =
        hub.publish(View::json("{\"a\":1}").with_topic("state.a").with_origin(7));
    CHECK(published && published->seq == 0 && published->receivers == 2);
    const Received received = receiver.recv();
    CHECK(received && received.size() == 1 && received.outcome() == Outcome::message);
    CHECK(received->payload() == "{\"a\":1}" && received->kind() == Kind::json);
    CHECK(received->topic() == "state.a" && received->origin() == 7 && received->seq() == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(received->payload().data()) % 64 == 0);

    // As it was received, it goes on to another hub.
    const Hub relay;
    Receiver behind = relay.subscribe();
    CHECK(relay.publish(received->view()));
    CHECK(behind.recv()->topic() == "state.a");
    received->clear();
    CHECK(received->payload().empty() && received->topic().empty());
    CHECK(received->kind() == Kind::bytes && received->origin() == 0);
}

static void every_kind_of_argument_is_a_message()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    const std::string with_nul("a\0b", 3);
    const std::uint8_t bytes[] = {0, 255};
    hub.publish("");
    hub.publish(with_nul);
    hub.publish(std::string_view(with_nul).substr(1));
    hub.publish(View::bytes(bytes, sizeof bytes));
    hub.publish(View::event("{}"));
    CHECK(receiver.recv()->kind() == Kind::text);
    CHECK(receiver.recv()->payload() == with_nul);
    CHECK(receiver.recv()->payload() == with_nul.substr(1));
    CHECK(receiver.recv()->kind() == Kind::bytes);
    CHECK(receiver.recv()->kind() == Kind::event);
#ifdef __cpp_lib_span
    hub.publish(std::as_bytes(std::span(bytes)));
    const Received received = receiver.recv();
    CHECK(received->kind() == Kind::bytes && received->payload_bytes().size() == 2);
    CHECK(received->payload_bytes()[1] == std::byte{255});
#endif
}

static void outcomes_are_told_apart()
{
    const Hub hub = hub_of(4);
    Receiver receiver = hub.subscribe();
    CHECK(receiver.try_recv().outcome() == Outcome::empty);
    CHECK(receiver.recv_timeout(1ns).outcome() == Outcome::timeout);
    CHECK(receiver.recv_timeout(0s).outcome() == Outcome::timeout);
    CHECK(receiver.recv_timeout(-1h).outcome() == Outcome::timeout);
    publish_numbers(hub, 0, 10);
    const Received lagged = receiver.recv();
    CHECK(lagged.outcome() == Outcome::lagged && !lagged && lagged.size() == 0);
    CHECK(lagged.lag()->missed == 6 && lagged.lag()->first_lost == 0);
    CHECK(lagged.lag()->resume_at == 6 && receiver.next_seq() == 6);
    hub.close();
    CHECK(hub.is_closed() && hub.next_seq() == 10 && hub.capacity() == 4);
    for (int i = 6; i < 10; i++) {
        const Received received = receiver.recv_timeout(1h);
        CHECK(received && !received.lag() && received->payload() == std::to_string(i));
    }
    CHECK(receiver.recv().outcome() == Outcome::closed);
    CHECK(receiver.try_recv().outcome() == Outcome::closed);
}

static void a_timeout_is_any_duration()
{
    using Picoseconds = std::chrono::duration<std::int64_t, std::pico>;
    using Years = std::chrono::duration<double, std::ratio<31556952>>;
    const std::int64_t longest = INT64_MAX;
    CHECK(Timeout(std::nullopt).nanoseconds() == -1);
    CHECK(Timeout(3ms).nanoseconds() == 3000000);
    CHECK(Timeout(-3ms).nanoseconds() == 0 && Timeout(0s).nanoseconds() == 0);
    CHECK(Timeout(Picoseconds(1)).nanoseconds() == 1);
    CHECK(Timeout(Picoseconds(1001)).nanoseconds() == 2);
    // Periods that have no common one with nanoseconds but a tiny one.
    using Samples = std::chrono::duration<std::int64_t, std::ratio<1, 44100>>;
    using Frames = std::chrono::duration<std::int64_t, std::ratio<1, 60>>;
    const std::int64_t years_s = 3 * 365 * 86400;
    CHECK(Timeout(Samples(44100 * years_s)).nanoseconds() == years_s * 1000000000);
    CHECK(Timeout(Frames(60 * 50 * years_s)).nanoseconds() == 50 * years_s * 1000000000);
    CHECK(Timeout(Samples(1)).nanoseconds() == 22676);
    CHECK(Timeout(std::chrono::hours::max()).nanoseconds() == longest);
    CHECK(Timeout(std::chrono::hours::min()).nanoseconds() == 0);
    CHECK(Timeout(std::chrono::nanoseconds::max()).nanoseconds() == longest);
    CHECK(Timeout(Years(1e300)).nanoseconds() == longest);
    CHECK(Timeout(Years(std::nan(""))).nanoseconds() == 0);
    CHECK(Timeout(std::chrono::duration<float>(0.5f)).nanoseconds() == 500000000);
    CHECK(Timeout(std::optional(2us)).nanoseconds() == 2000);
    CHECK(Timeout(std::optional<std::chrono::seconds>()).nanoseconds() == -1);
}

static void several_are_received_at_once()
{
    const Hub hub = hub_of(4);
    Receiver receiver = hub.subscribe();
    Batch batch(3);
    const std::vector<View> views = {"0", "1", "2", "3"};
    CHECK(hub.publish_many(views.data(), views.size()) == 4);
    int next = 0;
    Received received = receiver.recv_many(batch);
    CHECK(received.size() == 3);
    for (const Message &message : received)
        CHECK(message.payload() == std::to_string(next++));

    // What is moved away is kept; the batch has room again.
    std::vector<Message> kept;
    for (Message &message : received)
        kept.push_back(std::move(message));
    publish_numbers(hub, 4, 6);
    received = receiver.recv_many(batch, 0s);
    CHECK(received.size() == 3 && received->payload() == "3" && kept[0].payload() == "0");
    CHECK(receiver.recv_many(batch, 0s).outcome() == Outcome::timeout);
    publish_numbers(hub, 6, 12);
    received = receiver.recv_many(batch, 0s);
    CHECK(received.outcome() == Outcome::lagged && received.lag()->missed == 2);
}

static void a_batch_has_room_again_for_what_was_moved_away()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    Batch batch(3);
    std::vector<Message> kept;
    // One, then three, then two: a slot that was not lent is not looked at, one that was, is.
    for (const int count : {1, 3, 2, 3, 1}) {
        publish_numbers(hub, 0, count);
        const Received received = receiver.recv_many(batch, 0s);
        CHECK(received.size() == static_cast<std::size_t>(count));
        for (int i = 0; i < count; i++) {
            CHECK(received.begin()[i].payload() == std::to_string(i));
            kept.push_back(std::move(received.begin()[i]));
        }
        CHECK(receiver.recv_many(batch, 0s).outcome() == Outcome::timeout);
    }
    CHECK(kept.size() == 10 && kept[0].payload() == "0" && kept[3].payload() == "2");
}

static void payloads_are_packed()
{
    const std::string large(5000, 'x');
    const Hub hub = hub_of(4);
    Receiver receiver = hub.subscribe();
    Packed packed(3, 16);
    CHECK(receiver.recv_packed(packed, 0s) == Outcome::timeout && packed.empty());
    hub.publish("one");
    hub.publish("");
    hub.publish(large);
    CHECK(receiver.recv_packed(packed) == Outcome::message);
    CHECK(packed.size() == 2 && packed[0] == "one" && packed[1].empty() && !packed.lag());
    CHECK(packed[0].data() == packed.data() && packed.offsets()[2] == 3);
    std::string joined;
    for (const std::string_view payload : packed)
        joined.append(payload).append("|");
    CHECK(joined == "one||");
    std::error_code error;
    (void)receiver.recv_packed(packed, error);
    CHECK(error == SIGNALHUB_ERR_TOO_SMALL && packed.needed() == large.size() && packed.empty());
    packed.reserve(packed.needed());
    CHECK(receiver.recv_packed(packed) == Outcome::message && packed[0] == large);
    publish_numbers(hub, 0, 6);
    CHECK(receiver.recv_packed(packed) == Outcome::lagged && packed.empty());
    CHECK(packed.lag()->missed == 2 && packed.lag()->resume_at == 5);
    CHECK(receiver.recv_packed(packed) == Outcome::message && packed[0] == "2" && !packed.lag());
    hub.close();
    CHECK(receiver.recv_packed(packed) == Outcome::message && packed.size() == 1);
    CHECK(receiver.recv_packed(packed) == Outcome::closed);
}

static void a_loop_ends_with_the_hub_and_carries_on_after_a_lag()
{
    const Hub hub = hub_of(4);
    Receiver receiver = hub.subscribe();
    publish_numbers(hub, 0, 10);
    hub.close();
    int next = 6;
    for (const Received &received : receiver) {
        CHECK(received->payload() == std::to_string(next));
        CHECK(received.lag().has_value() == (next == 6));
        CHECK(next != 6 || (received.lag()->missed == 6 && received.lag()->resume_at == 6));
        next++;
    }
    CHECK(next == 10);
    for (const Received &received : receiver)
        CHECK(!received); // not reached: this is the end
}

// Every message is received or missed, whoever is faster.
static void a_loop_counts_what_it_misses_under_load()
{
    const Hub hub = hub_of(16);
    Receiver receiver = hub.subscribe();
    const auto messages = static_cast<std::uint64_t>(scaled(200000));
    std::thread publisher([&] {
        for (std::uint64_t i = 0; i < messages; i++)
            hub.publish(View::bytes(&i, sizeof i));
        hub.close();
    });
    std::uint64_t next = 0, missed = 0, received = 0;
    for (const Received &got : receiver) {
        if (got.lag()) {
            CHECK(got.lag()->first_lost == next);
            missed += got.lag()->missed;
            next += got.lag()->missed;
            CHECK(got.lag()->resume_at == next);
        }
        CHECK(got->seq() == next++);
        received++;
    }
    publisher.join();
    CHECK(received + missed == messages && next == messages);
}

static void a_loop_that_ends_early_takes_no_message_too_many()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    publish_numbers(hub, 0, 5);
    for (const Received &received : receiver)
        if (received->payload() == "1")
            break;
    CHECK(receiver.next_seq() == 2);
#if defined(__cpp_lib_ranges) && !(defined(__clang__) && __clang_major__ < 16)
    static_assert(std::ranges::input_range<Receiver>);
    int taken = 0;
    for (const Received &received : receiver | std::views::take(2))
        taken += static_cast<int>(received.size());
    CHECK(taken == 2 && receiver.next_seq() == 4);
#endif
}

using Texts = std::vector<std::string>;

// What a receiver has for now.
static Texts rest_of(Receiver &receiver)
{
    Texts texts;
    while (const Received received = receiver.try_recv())
        texts.emplace_back(received->payload());
    return texts;
}

static Receiver subscribe_to(const Hub &hub, std::string_view pattern)
{
    ReceiverOptions options;
    options.pattern = pattern;
    return hub.subscribe(options);
}

static void a_receiver_gets_what_its_pattern_matches()
{
    const Hub hub;
    Receiver cpu = subscribe_to(hub, std::string("cpu") + ".>"); // copied: it may go
    Receiver load = subscribe_to(hub, "*.load");
    Receiver all = subscribe_to(hub, ">");
    Receiver unsaid = subscribe_to(hub, std::string_view());
    hub.publish(View("1").with_topic("cpu.load"));
    hub.publish("2");
    hub.publish(View("3").with_topic("disk.load"));
    hub.publish(View("4").with_topic("cpu.temp.core0"));
    CHECK((rest_of(cpu) == Texts{"1", "4"}));
    CHECK((rest_of(load) == Texts{"1", "3"}));
    CHECK((rest_of(all) == Texts{"1", "2", "3", "4"}));
    CHECK((rest_of(unsaid) == Texts{"1", "2", "3", "4"}));
}

static void a_receiver_leaves_out_an_origin()
{
    const Hub hub;
    ReceiverOptions options;
    options.ignore_origin = 7;
    Receiver receiver = hub.subscribe(options);
    hub.publish(View("mine").with_origin(7));
    hub.publish(View("theirs").with_origin(8));
    hub.publish("nobody's");
    CHECK((rest_of(receiver) == Texts{"theirs", "nobody's"}));
    CHECK(receiver.stats().filtered == 1);
}

static void a_receiver_starts_where_it_is_told()
{
    const Hub hub = hub_of(4);
    publish_numbers(hub, 0, 6);
    const auto from = [&hub](Start start) {
        ReceiverOptions options;
        options.start = start;
        return hub.subscribe(options);
    };
    Receiver next = from(Start::next()), oldest = from(Start::oldest());
    Receiver last = from(Start::last(1)), most = from(Start::last(UINT64_MAX));
    Receiver seq = from(Start::seq(4)), gone = from(Start::seq(1));
    CHECK((rest_of(oldest) == Texts{"2", "3", "4", "5"}));
    CHECK((rest_of(most) == Texts{"2", "3", "4", "5"}));
    CHECK((rest_of(seq) == Texts{"4", "5"}));
    CHECK((rest_of(last) == Texts{"5"}));
    CHECK(rest_of(next).empty());
    const Received received = gone.recv();
    CHECK(received.lag()->missed == 1 && received.lag()->first_lost == 1);
    CHECK((rest_of(gone) == Texts{"2", "3", "4", "5"}));
    hub.publish("6");
    CHECK((rest_of(next) == Texts{"6"} && rest_of(oldest) == Texts{"6"}));
#if __cplusplus >= 202002L
    Receiver designated = hub.subscribe({.pattern = ">", .start = Start::last(2)});
    CHECK((rest_of(designated) == Texts{"5", "6"}));
#endif
}

static void a_receiver_does_about_a_lag_what_it_is_told()
{
    const Hub hub = hub_of(4);
    ReceiverOptions options;
    options.on_lag = OnLag::skip;
    Receiver skip = hub.subscribe(options);
    options.on_lag = OnLag::newest;
    Receiver newest = hub.subscribe(options), looped = hub.subscribe(options);
    publish_numbers(hub, 0, 10);
    hub.close();
    CHECK((rest_of(skip) == Texts{"6", "7", "8", "9"}));
    CHECK(skip.stats().missed == 6);
    const std::optional<Lag> lag = newest.recv().lag();
    CHECK(lag && lag->missed == 9 && lag->first_lost == 0 && lag->resume_at == 9);
    CHECK((rest_of(newest) == Texts{"9"}));
    for (const Received &received : looped)
        CHECK(received.lag()->resume_at == 9 && received->payload() == "9");
}

static void a_receiver_counts_what_it_comes_across()
{
    const Hub hub = hub_of(4);
    hub.publish("before");
    Receiver receiver = subscribe_to(hub, "a.*");
    hub.publish(View("1").with_topic("a.b"));
    hub.publish(View("2").with_topic("b.a"));
    CHECK((rest_of(receiver) == Texts{"1"}));
    publish_numbers(hub, 3, 9);
    CHECK(receiver.recv_timeout(0s).outcome() == Outcome::lagged);
    hub.publish(View("9").with_topic("a.b"));
    const ReceiverStats stats = receiver.stats();
    CHECK(stats.start_seq == 1 && stats.next_seq == 5 && stats.behind == 5);
    CHECK(stats.received == 1 && stats.filtered == 1 && stats.missed == 2);
}

static void a_snapshot_is_what_is_retained()
{
    std::vector<Message> kept;
    {
        const Hub hub = hub_of(4);
        CHECK(hub.snapshot().empty());
        publish_numbers(hub, 0, 3);
        CHECK(hub.snapshot().size() == 3);
        publish_numbers(hub, 3, 9);
        hub.publish(View("large").with_topic("a.b").with_origin(7));
        kept = hub.snapshot();
        std::error_code error = SIGNALHUB_ERR_PANIC;
        CHECK(hub.snapshot(error).size() == 4 && !error);
        publish_numbers(hub, 10, 20);
    }
    CHECK(kept.size() == 4);
    for (std::size_t i = 0; i < 4; i++)
        CHECK(kept[i].seq() == 6 + i);
    CHECK(kept[0].payload() == "6" && kept[3].payload() == "large");
    CHECK(kept[3].topic() == "a.b" && kept[3].origin() == 7);
}

static void a_snapshot_under_load_has_no_gap()
{
    const Hub hub = hub_of(64);
    std::atomic<bool> is_done{false};
    std::thread publisher([&] {
        for (int i = 0; !is_done; i++)
            hub.publish(std::to_string(i));
    });
    while (hub.next_seq() < 1000)
        nap();
    for (long round = scaled(2000); round > 0; round--) {
        const std::vector<Message> messages = hub.snapshot();
        for (std::size_t i = 0; i < messages.size(); i++) {
            CHECK(messages[i].seq() == messages[0].seq() + i);
            CHECK(messages[i].payload() == std::to_string(messages[i].seq()));
        }
    }
    is_done = true;
    publisher.join();
}

// In a thread, runs `receive_all(receiver)`, which is to sleep, to be woken by a message, and to
// sleep again until the hub is closed.
template <class Function>
static void wakes_for_a_message_and_for_the_end(Function receive_all)
{
    const Hub hub;
    std::atomic<pid_t> id{0};
    std::atomic<int> received{0};
    std::thread thread([&, receiver = hub.subscribe()]() mutable {
        id = thread_id();
        receive_all(receiver, received);
    });
    const auto wait_for = [&](int count) {
        while (id == 0 || received != count)
            nap();
        const pid_t known = id;
        wait_until_asleep(&known);
    };
    wait_for(0);
    hub.publish("wake");
    wait_for(1);
    hub.close();
    thread.join();
    CHECK(received == 1);
}

static void a_sleeper_wakes_however_it_receives()
{
    wakes_for_a_message_and_for_the_end([](Receiver &receiver, std::atomic<int> &received) {
        for (const Received &got : receiver)
            received += got->payload() == "wake";
    });
    wakes_for_a_message_and_for_the_end([](Receiver &receiver, std::atomic<int> &received) {
        std::error_code error;
        while (receiver.recv(error))
            received++;
        CHECK(!error);
    });
    wakes_for_a_message_and_for_the_end([](Receiver &receiver, std::atomic<int> &received) {
        std::error_code error;
        while (receiver.recv_timeout(1h, error))
            received++;
        CHECK(!error);
    });
    wakes_for_a_message_and_for_the_end([](Receiver &receiver, std::atomic<int> &received) {
        Batch batch(2);
        while (receiver.recv_many(batch))
            received++;
    });
    wakes_for_a_message_and_for_the_end([](Receiver &receiver, std::atomic<int> &received) {
        Packed packed(2, 64);
        while (receiver.recv_packed(packed) == Outcome::message)
            received++;
    });
}

static void a_sleeper_wakes_for_the_message_that_it_wants()
{
    const Hub hub = hub_of(1000);
    std::atomic<pid_t> id{0};
    std::thread thread([&, receiver = subscribe_to(hub, "wanted.*")]() mutable {
        id = thread_id();
        const Received received = receiver.recv();
        CHECK(received && received->payload() == "wake" && received->seq() == 100);
        const ReceiverStats stats = receiver.stats();
        CHECK(stats.received == 1 && stats.filtered == 100 && stats.missed == 0);
        CHECK(receiver.recv().outcome() == Outcome::closed);
    });
    const auto wait_for_sleep = [&] {
        while (id == 0)
            nap();
        const pid_t known = id;
        wait_until_asleep(&known);
    };
    wait_for_sleep();
    for (int i = 0; i < 100; i++)
        hub.publish(View("sleep on").with_topic("other.topic"));
    wait_for_sleep();
    hub.publish(View("wake").with_topic("wanted.topic"));
    wait_for_sleep();
    hub.publish("sleep on");
    hub.close();
    thread.join();
}

int main()
{
    watchdog();
    a_message_has_what_was_published();
    every_kind_of_argument_is_a_message();
    outcomes_are_told_apart();
    a_timeout_is_any_duration();
    several_are_received_at_once();
    a_batch_has_room_again_for_what_was_moved_away();
    payloads_are_packed();
    a_loop_ends_with_the_hub_and_carries_on_after_a_lag();
    a_loop_counts_what_it_misses_under_load();
    a_loop_that_ends_early_takes_no_message_too_many();
    a_receiver_gets_what_its_pattern_matches();
    a_receiver_leaves_out_an_origin();
    a_receiver_starts_where_it_is_told();
    a_receiver_does_about_a_lag_what_it_is_told();
    a_receiver_counts_what_it_comes_across();
    a_snapshot_is_what_is_retained();
    a_snapshot_under_load_has_no_gap();
    a_sleeper_wakes_however_it_receives();
    a_sleeper_wakes_for_the_message_that_it_wants();
    puts("receive: fine");
}
