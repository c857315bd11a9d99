// SPDX-License-Identifier: MIT OR Apache-2.0
// Loans, and memory of one's own: received where it is, destroyed once, back in place when refused.
#include "check.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#if __has_include(<span>)
#include <span>
#endif

#include <signalhub/signalhub.hpp>

using namespace signalhub;

static void a_loan_is_received_where_it_was_written()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    Loan loan = hub.loan(1000);
    CHECK(loan.size() == 1000 && loan.end() - loan.begin() == 1000);
    std::fill(loan.begin(), loan.end(), std::byte('x'));
#ifdef __cpp_lib_span
    const std::span<std::byte> span(loan);
    CHECK(span.size() == 1000);
#endif
    loan.truncate(900);
    loan.truncate(1000);
    const void *data = loan.data();
    Loan moved = std::move(loan);
    CHECK(loan.size() == 0 && loan.data() == nullptr);
    const auto published = moved.publish({Kind::text, "a.b", 7});
    CHECK(published && published->seq == 0 && published->receivers == 1);
    CHECK(moved.size() == 0 && moved.native_handle() == nullptr);
    const Received received = receiver.recv();
    CHECK(received->payload() == std::string(900, 'x') && received->payload().data() == data);
    CHECK(received->topic() == "a.b" && received->origin() == 7 && received->kind() == Kind::text);
    static_assert(!std::is_copy_constructible_v<Loan> && std::is_nothrow_move_assignable_v<Loan>);
}

static void a_loan_that_is_not_published_is_nothing()
{
    Loan outlives;
    {
        const Hub hub;
        Receiver receiver = hub.subscribe();
        (void)hub.loan(1000);
        outlives = hub.loan(1000);
        Loan replaced = hub.loan(1);
        replaced = hub.loan(2);
        CHECK(!receiver.try_recv());
    }
    std::fill(outlives.begin(), outlives.end(), std::byte(1));
    CHECK(!outlives.publish());
    CHECK(outlives.size() == 1000);
}

static void containers_are_received_where_they_are()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();

    std::vector<float> samples(1000, 1.5F);
    const void *data = samples.data();
    CHECK(hub.publish_owned(std::move(samples), {Kind::bytes, "samples"}));
    const Message message = std::move(*receiver.recv());
    CHECK(message.payload().data() == data && message.payload().size() == 4000);
    CHECK(message.kind() == Kind::bytes && message.topic() == "samples");

    for (const char *text : {"short", "a string that is too long to lie within its object"}) {
        CHECK(hub.publish_owned(std::string(text)));
        const Received received = receiver.recv();
        CHECK(received->payload() == text && received->kind() == Kind::text);
    }
    CHECK(hub.publish_owned(std::array<int, 3>{1, 2, 3}));
    CHECK(receiver.recv()->payload().size() == 3 * sizeof(int));

    auto frame = std::make_unique<unsigned char[]>(100);
    const unsigned char *bytes = frame.get();
    CHECK(hub.publish_owned(std::move(frame), bytes, 100));
    CHECK(static_cast<const void *>(receiver.recv()->payload().data()) == bytes);
}

// A view is refused when it is compiled: what it shows goes while receivers read it.
static_assert(detail::is_owner<std::string> && detail::is_owner<std::vector<float>>);
static_assert(detail::is_owner<std::array<int, 3>>);
static_assert(!detail::is_owner<std::string_view>);
static_assert(!detail::is_owner<std::initializer_list<int>>);
#ifdef __cpp_lib_span
static_assert(!detail::is_owner<std::span<int>> && !detail::is_owner<std::span<const int>>);
#endif

static void what_is_published_is_destroyed_once_by_the_last_holder()
{
    auto shared = std::make_shared<std::string>("shared");
    const std::weak_ptr<std::string> watched = shared;
    Message held;
    {
        Options options;
        options.capacity = 1;
        const Hub hub(options);
        Receiver receiver = hub.subscribe();
        const std::string &text = *shared;
        CHECK(hub.publish_owned(std::move(shared), text.data(), text.size()));
        CHECK(!shared && watched.use_count() == 1);
        held = std::move(*receiver.recv());
        hub.publish("next");
    }
    CHECK(held.payload() == "shared" && watched.use_count() == 1);
    std::thread([held = std::move(held)]() mutable { held.clear(); }).join();
    CHECK(watched.expired());
}

static void what_is_refused_is_where_it_was()
{
    const Hub hub;
    std::error_code error;
    std::string text = "\xff and more than fits within a string object";
    const std::string copy = text;
    CHECK(!hub.publish_owned(std::move(text), {Kind::text}, error));
    CHECK(error == SIGNALHUB_ERR_UTF8 && text == copy);
    std::vector<int> numbers = {1, 2, 3};
    const int *data = numbers.data();
    CHECK(!hub.publish_owned(std::move(numbers), {Kind::bytes, "a..b"}, error));
    CHECK(error == SIGNALHUB_ERR_TOPIC && numbers.size() == 3 && numbers.data() == data);
    hub.close();
    auto owner = std::make_unique<char>('x');
    const char *byte = owner.get();
    CHECK(!hub.publish_owned(std::move(owner), byte, 1, {}, error));
    CHECK(!error && owner.get() == byte);
}

int main()
{
    watchdog();
    a_loan_is_received_where_it_was_written();
    a_loan_that_is_not_published_is_nothing();
    containers_are_received_where_they_are();
    what_is_published_is_destroyed_once_by_the_last_holder();
    what_is_refused_is_where_it_was();
    puts("owned: fine");
}
