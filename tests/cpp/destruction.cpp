// SPDX-License-Identifier: MIT OR Apache-2.0
// Hubs, receivers, messages and batches may be destroyed in any order, and by exceptions: what
// lives on works, what nobody owns any more is gone, and no message is lost.
#include "check.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <signalhub/signalhub.hpp>

using namespace signalhub;

static const std::string large(20000, 'L');

// A hub and what there is of it, each of which may be destroyed at any time.
class Scene {
public:
    enum Object { HUB, CLONE, RECEIVER, LATE_RECEIVER, MESSAGE, BATCH, OBJECTS };

    Scene()
    {
        hub.emplace();
        receiver.emplace(hub->subscribe());
        hub->publish("kept");
        hub->publish(large);
        hub->publish("in the batch");
        message.emplace(std::move(*receiver->recv()));
        batch.emplace(2);
        in_batch = receiver->recv_many(*batch);
        clone.emplace(hub->clone());
        late_receiver.emplace(hub->subscribe());
        hub->publish(large);
        hub->publish("left");
    }

    void destroy(Object object)
    {
        switch (object) {
        case HUB: hub.reset(); break;
        case CLONE: clone.reset(); break;
        case RECEIVER:
            reads_what_is_left(*receiver);
            receiver.reset();
            break;
        case LATE_RECEIVER:
            late_receiver.reset(); // with messages that it has not read
            break;
        case MESSAGE: message.reset(); break;
        default: batch.reset();
        }
    }

    void what_lives_on_works() const
    {
        if (message)
            CHECK(message->payload() == "kept");
        if (batch)
            CHECK(in_batch.size() == 2 && in_batch->payload() == large &&
                  in_batch.begin()[1].payload() == "in the batch");
        for (const std::optional<Hub> *const each : {&hub, &clone})
            if (*each) {
                const std::uint64_t receivers = (receiver ? 1U : 0U) + (late_receiver ? 1U : 0U);
                const std::optional<Published> published = (*each)->publish("more");
                CHECK(published && published->receivers == receivers);
            }
    }

private:
    void reads_what_is_left(Receiver &from)
    {
        const Outcome end = hub || clone ? Outcome::empty : Outcome::closed;
        CHECK(from.recv()->payload() == large);
        CHECK(from.recv()->payload() == "left");
        Received received;
        while ((received = from.try_recv()))
            CHECK(received->payload() == "more");
        CHECK(received.outcome() == end);
    }

    std::optional<Hub> hub, clone;
    std::optional<Receiver> receiver, late_receiver;
    std::optional<Message> message;
    std::optional<Batch> batch;
    Received in_batch;
};

static void objects_are_destroyed_in_every_order()
{
    std::array<Scene::Object, Scene::OBJECTS> order;
    for (int i = 0; i < Scene::OBJECTS; i++)
        order[static_cast<std::size_t>(i)] = static_cast<Scene::Object>(i);
    const long orders = 720, step = orders / scaled(orders);
    long count = 0;
    do {
        if (count++ % step != 0)
            continue;
        Scene scene;
        for (const Scene::Object object : order) {
            scene.what_lives_on_works();
            scene.destroy(object);
        }
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(count == orders);
}

static void a_receiver_outlives_its_hub_and_reads_what_is_left()
{
    std::optional<Hub> hub(std::in_place);
    Receiver receiver = hub->subscribe();
    hub->publish("first");
    hub->publish(large);
    hub.reset();
    CHECK(receiver.recv()->payload() == "first");
    CHECK(receiver.recv()->payload() == large);
    for (int i = 0; i < 2; i++) {
        CHECK(receiver.recv().outcome() == Outcome::closed);
        CHECK(receiver.try_recv().outcome() == Outcome::closed);
    }
    for (const Received &received : receiver)
        CHECK(received && false);
}

static void an_exception_in_a_loop_loses_no_message()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    std::string seen;
    for (int i = 0; i < 10; i++)
        hub.publish(i % 3 == 0 ? large : std::to_string(i));
    hub.close();
    for (bool done = false; !done;) {
        try {
            for (const Received &received : receiver) {
                seen += std::to_string(received->seq());
                throw std::move(*received);
            }
            done = true;
        } catch (const Message &thrown) {
            CHECK(thrown.seq() == seen.size() - 1);
        }
    }
    CHECK(seen == "0123456789");
}

static std::string first_in(Receiver &receiver)
{
    for (const Received &received : receiver)
        return std::string(received->payload());
    return "closed";
}

static void a_loop_that_is_left_early_takes_no_more_than_it_has_seen()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    for (const char *text : {"0", "1", "2", "3"})
        hub.publish(text);
    hub.close();
    for (const Received &received : receiver)
        if (received->payload() == "1")
            break;
    CHECK(first_in(receiver) == "2" && receiver.next_seq() == 3);
    CHECK(first_in(receiver) == "3");
    CHECK(first_in(receiver) == "closed");
}

static void loops_over_two_receivers_can_be_nested()
{
    const Hub letters, digits;
    Receiver outer = letters.subscribe(), inner = digits.subscribe();
    std::string seen;
    for (const char *text : {"a", "b", "c"})
        letters.publish(text);
    for (const char *text : {"0", "1", "2", "3", "4"})
        digits.publish(text);
    letters.close();
    digits.close();
    for (const Received &letter : outer) {
        int turns = 0;
        for (const Received &digit : inner) {
            seen.append(letter->payload()).append(digit->payload());
            if (++turns == 2)
                break;
        }
    }
    CHECK(seen == "a0a1b2b3c4");
}

// What comes to nothing because its second hub cannot be made.
struct Unfinished {
    explicit Unfinished(const Hub &hub) : clone(hub.clone()), receiver(hub.subscribe()), bad(none())
    {
    }
    static Options none()
    {
        Options options;
        options.capacity = 0;
        return options;
    }
    Hub clone;
    Receiver receiver;
    Hub bad;
};

static void a_hub_that_cannot_be_made_leaves_nothing_behind()
{
    std::optional<Hub> hub(std::in_place);
    Receiver receiver = hub->subscribe();
    for (int i = 0; i < 3; i++) {
        try {
            const Unfinished unfinished(*hub);
            CHECK(false);
        } catch (const Error &error) {
            CHECK(error.code() == SIGNALHUB_ERR_CAPACITY);
        }
        CHECK(hub->publish("")->receivers == 1);
    }
    hub.reset(); // the last of its hub, so that no clone has been left
    while (receiver.try_recv())
        ;
    CHECK(receiver.try_recv().outcome() == Outcome::closed);
}

static void destroying_a_hub_wakes_who_sleeps_in_it()
{
    enum { SLEEPERS = 8 };
    std::optional<Hub> hub(std::in_place), clone(hub->clone());
    std::array<pid_t, SLEEPERS> ids = {};
    std::vector<std::thread> sleepers;
    for (pid_t &id : ids)
        sleepers.emplace_back([&id, receiver = hub->subscribe()]() mutable {
            __atomic_store_n(&id, thread_id(), __ATOMIC_RELEASE);
            CHECK(receiver.recv().outcome() == Outcome::closed);
        });
    for (const pid_t &id : ids)
        wait_until_asleep(&id);
    hub.reset();
    CHECK(clone->next_seq() == 0 && !clone->is_closed());
    for (const pid_t &id : ids)
        wait_until_asleep(&id);
    clone.reset();
    for (std::thread &sleeper : sleepers)
        sleeper.join();
}

int main()
{
    watchdog();
    objects_are_destroyed_in_every_order();
    a_receiver_outlives_its_hub_and_reads_what_is_left();
    an_exception_in_a_loop_loses_no_message();
    a_loop_that_is_left_early_takes_no_more_than_it_has_seen();
    loops_over_two_receivers_can_be_nested();
    a_hub_that_cannot_be_made_leaves_nothing_behind();
    destroying_a_hub_wakes_who_sleeps_in_it();
    puts("destruction: fine");
}
