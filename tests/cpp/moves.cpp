// SPDX-License-Identifier: MIT OR Apache-2.0
// What moves leaves nothing usable, leaked or shared behind, and works where it has arrived. That
// no method works on what was moved from is in errors.cpp.
#include "check.h"

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <signalhub/signalhub.hpp>

using namespace signalhub;

template <class T>
constexpr bool is_owner =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
    std::is_nothrow_swappable_v<T> && std::is_nothrow_destructible_v<T>;
static_assert(is_owner<Hub> && is_owner<Receiver> && is_owner<Message> && is_owner<Batch>);
static_assert(std::is_nothrow_default_constructible_v<Message>);
static_assert(!std::is_default_constructible_v<Receiver>, "it would have no hub");
static_assert(!std::is_convertible_v<signalhub_t *, Hub>, "whose would the handle be?");
static_assert(std::is_trivially_copyable_v<View>);
static_assert(sizeof(Hub) == sizeof(void *) && sizeof(Message) == sizeof(void *));
static_assert(sizeof(Receiver) == 2 * sizeof(void *));

static const std::string large(100000, 'L');

static std::uint64_t receivers_of(const Hub &hub)
{
    return hub.publish("")->receivers;
}

// Moves an object onto itself. Through a reference, because compilers see more direct ways.
template <class T>
static void move_to_itself(T &object)
{
    T &same = object;
    object = std::move(same);
}

static void a_hub_moves_and_is_assigned_to_again()
{
    Hub hub;
    Receiver receiver = hub.subscribe();
    Hub moved = std::move(hub);
    CHECK(hub.native_handle() == nullptr && moved.publish("moved"));
    hub = std::move(moved);
    CHECK(hub.publish("back"));
    CHECK(receiver.recv()->payload() == "moved" && receiver.recv()->payload() == "back");
    moved = hub.clone();
    CHECK(moved.publish("clone") && receiver.recv()->payload() == "clone");
}

static void a_receiver_moves_with_its_place_and_is_assigned_to_again()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    hub.publish("0");
    hub.publish(large);
    CHECK(receiver.recv()->payload() == "0");
    Receiver moved = std::move(receiver);
    CHECK(receiver.native_handle() == nullptr && moved.next_seq() == 1);
    CHECK(moved.recv()->payload() == large);
    receiver = hub.subscribe();
    hub.publish("2");
    CHECK(receiver.recv()->payload() == "2" && moved.recv()->payload() == "2");
}

static void a_loop_over_a_moved_from_receiver_throws()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    const Receiver moved = std::move(receiver);
    try {
        for (const Received &received : receiver)
            CHECK(received && false);
        CHECK(false);
    } catch (const Error &error) {
        CHECK(error.code() == SIGNALHUB_ERR_NULL);
    }
}

static void a_moved_from_message_is_empty_and_is_filled_again()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    for (const std::string &text : {std::string("small"), large}) {
        hub.publish(View(text).with_topic("topic").with_origin(7));
        const Received received = receiver.recv();
        Message kept = std::move(*received);
        CHECK(kept.payload() == text && kept.topic() == "topic" && kept.origin() == 7);
        CHECK(received->native_handle() == nullptr);
        CHECK(received->payload().empty() && received->topic().empty());
        CHECK(received->kind() == Kind::bytes && received->origin() == 0 && received->seq() == 0);
        std::error_code error = SIGNALHUB_ERR_PANIC;
        CHECK(received->view(error).payload().empty() && !error);
        error = SIGNALHUB_ERR_PANIC;
        received->clear(error);
        CHECK(!error);
        received->clear();
        hub.publish(received->view());
        *received = std::move(kept);
        CHECK(received->payload() == text);
        CHECK(receiver.recv()->payload().empty());
    }
}

static void a_batch_moves_with_its_room()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    Batch batch(2);
    hub.publish("0");
    hub.publish("1");
    CHECK(receiver.recv_many(batch).size() == 2);
    Batch moved = std::move(batch);
    hub.publish("2");
    std::error_code error;
    CHECK(!receiver.recv_many(batch, std::nullopt, error)); // no room, no message taken
    CHECK(error == SIGNALHUB_ERR_NULL);
    CHECK(receiver.recv_many(moved)->payload() == "2");
    batch = Batch(1);
    hub.publish("3");
    CHECK(receiver.recv_many(batch)->payload() == "3");
}

static void packed_payloads_move_with_their_room()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    Packed packed(2, 8);
    move_to_itself(packed);
    hub.publish("0");
    hub.publish("one");
    CHECK(receiver.recv_packed(packed) == Outcome::message);
    Packed moved = std::move(packed);
    CHECK(packed.empty() && packed.begin() == packed.end());
    CHECK(moved.size() == 2 && moved[0] == "0" && moved[1] == "one");
    hub.publish("2");
    std::error_code error;
    (void)receiver.recv_packed(packed, error); // no room, no message taken
    CHECK(error == SIGNALHUB_ERR_NULL);
    packed = std::move(moved);
    CHECK(packed.size() == 2);
    CHECK(receiver.recv_packed(packed) == Outcome::message && packed[0] == "2");
}

// Copies of what points to messages do not own them: they all look at the receiver's.
static void what_was_received_and_views_are_copied_when_moved()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    hub.publish(View(large).with_topic("topic"));
    Received received = receiver.recv();
    const Received moved = std::move(received);
    CHECK(received && moved && &*received == &*moved);
    View view = moved->view();
    const View also = std::move(view);
    CHECK(also.payload() == large && view.payload().data() == also.payload().data());
    received = receiver.try_recv();
    CHECK(!received && moved);
}

static void moving_an_object_onto_itself_leaves_it_usable()
{
    Hub hub;
    Receiver receiver = hub.subscribe();
    move_to_itself(hub);
    move_to_itself(receiver);
    hub.publish(large);
    Received received = receiver.recv();
    move_to_itself(*received);
    move_to_itself(received);
    CHECK(received->payload() == large);
    View view = received->view();
    move_to_itself(view);
    CHECK(view.payload() == large);
    Batch batch(1);
    move_to_itself(batch);
    batch = Batch(1); // a vector may be empty then
    hub.publish("next");
    CHECK(receiver.recv_many(batch)->payload() == "next");
}

static void assigning_frees_what_was_there()
{
    Hub hub, other;
    Receiver of_hub = hub.subscribe(), receiver = other.subscribe(), also = other.subscribe();
    CHECK(receivers_of(other) == 2);
    signalhub_receiver_t *const old_receiver = receiver.native_handle();
    receiver = std::move(also);
    CHECK(receivers_of(other) == 1);
    std::uint64_t seq;
    CHECK_STATUS(signalhub_receiver_next_seq(old_receiver, &seq), SIGNALHUB_ERR_HANDLE);

    Message message = std::move(*receiver.recv());
    signalhub_message_t *const old_message = message.native_handle();
    message = Message();
    CHECK_STATUS(signalhub_message_clear(old_message), SIGNALHUB_ERR_HANDLE);

    signalhub_t *const old_hub = hub.native_handle();
    hub = std::move(other);
    CHECK_STATUS(signalhub_close(old_hub), SIGNALHUB_ERR_HANDLE);
    CHECK(of_hub.try_recv().outcome() == Outcome::closed);
    CHECK(hub.publish("other") && receivers_of(hub) == 1);
}

static void everything_can_be_swapped()
{
    Hub one, two;
    Receiver of_one = one.subscribe(), of_two = two.subscribe();
    std::swap(one, two);
    one.publish("two");
    two.publish("one");
    std::swap(of_one, of_two);
    CHECK(of_one.recv()->payload() == "two" && of_two.recv()->payload() == "one");

    one.publish(large);
    two.publish("small");
    const Received left = of_one.recv(), right = of_two.recv();
    std::swap(*left, *right);
    CHECK(left->payload() == "small" && right->payload() == large);
    View view = left->view(), other = right->view();
    std::swap(view, other);
    CHECK(view.payload() == large && other.payload() == "small");

    Batch narrow(1), wide(2);
    std::swap(narrow, wide);
    one.publish("0");
    one.publish("1");
    CHECK(of_one.recv_many(narrow).size() == 2);
}

static void containers_hold_receivers_and_let_go_of_them()
{
    const Hub hub;
    std::vector<Receiver> receivers;
    std::vector<Message> kept;
    for (int i = 0; i < 50; i++) {
        receivers.push_back(hub.subscribe());
        hub.publish(std::to_string(i));
    }
    std::rotate(receivers.begin(), receivers.begin() + 1, receivers.end());
    for (std::size_t i = 0; i < receivers.size(); i++) {
        kept.push_back(std::move(*receivers[i].recv()));
        CHECK(kept[i].payload() == std::to_string((i + 1) % 50));
    }
    CHECK(kept.front().payload() == "1");
    receivers.erase(receivers.begin() + 10, receivers.begin() + 20);
    CHECK(receivers_of(hub) == 40);
    std::map<std::string, Receiver> named;
    named.emplace("first", std::move(receivers.front()));
    receivers.clear();
    CHECK(receivers_of(hub) == 1);
    named.insert_or_assign("first", hub.subscribe());
    CHECK(receivers_of(hub) == 1);
    named.clear();
    CHECK(receivers_of(hub) == 0);
}

static void a_message_outlives_the_next_one_its_receiver_and_its_hub()
{
    for (const std::string &text : {std::string("small"), large}) {
        std::vector<Message> kept;
        {
            const Hub hub;
            Receiver receiver = hub.subscribe();
            Batch batch(2);
            for (int i = 0; i < 3; i++)
                hub.publish(View(text).with_topic("topic"));
            kept.push_back(std::move(*receiver.recv()));
            for (Message &message : receiver.recv_many(batch))
                kept.push_back(std::move(message));
            const std::string other(text.size(), 'o');
            for (std::uint64_t i = 0; i < 2 * hub.capacity(); i++)
                hub.publish(other);
            CHECK(receiver.recv().outcome() == Outcome::lagged);
            CHECK(receiver.recv()->payload() == other);
        }
        CHECK(kept.size() == 3);
        for (const Message &message : kept)
            CHECK(message.payload() == text && message.topic() == "topic");
    }
}

static void messages_and_receivers_move_to_other_threads()
{
    Hub hub;
    Receiver receiver = hub.subscribe();
    hub.publish(large);
    hub.publish("next");
    Receiver returned = hub.subscribe();
    std::thread thread([&returned, message = std::move(*receiver.recv()),
                        receiver = std::move(receiver)]() mutable {
        CHECK(message.payload() == large);
        CHECK(receiver.recv()->payload() == "next");
        CHECK(receiver.recv().outcome() == Outcome::closed);
        returned = std::move(receiver);
    });
    hub = Hub();
    thread.join();
    CHECK(returned.recv().outcome() == Outcome::closed);
}

int main()
{
    watchdog();
    a_hub_moves_and_is_assigned_to_again();
    a_receiver_moves_with_its_place_and_is_assigned_to_again();
    a_loop_over_a_moved_from_receiver_throws();
    a_moved_from_message_is_empty_and_is_filled_again();
    a_batch_moves_with_its_room();
    packed_payloads_move_with_their_room();
    what_was_received_and_views_are_copied_when_moved();
    moving_an_object_onto_itself_leaves_it_usable();
    assigning_frees_what_was_there();
    everything_can_be_swapped();
    containers_hold_receivers_and_let_go_of_them();
    a_message_outlives_the_next_one_its_receiver_and_its_hub();
    messages_and_receivers_move_to_other_threads();
    puts("moves: fine");
}
