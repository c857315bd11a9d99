// SPDX-License-Identifier: MIT OR Apache-2.0
// What fails throws an Error with its status, or tells the status by an error code; outcomes do
// neither. Without exceptions, what would throw ends the process.
#include "check.h"

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <type_traits>
#include <utility>
#include <vector>

#include <signalhub/signalhub.hpp>

using namespace signalhub;

// What a call fails with, told in both ways; the process ends where there are no exceptions.
template <class Throwing, class Telling>
static std::error_code error_of(Throwing throwing, Telling telling)
{
    std::error_code told = std::make_error_code(std::errc::interrupted); // to be overwritten
    telling(told);
#ifdef __cpp_exceptions
    try {
        throwing();
        CHECK(!told);
    } catch (const Error &error) {
        CHECK(error.code() == told);
        CHECK(error.what() == "signalhub: " + told.message());
    }
#else
    (void)throwing;
#endif
    return told;
}

#define ERROR_OF(call, ...)                                                                        \
    error_of([&] { (void)(call(__VA_ARGS__)); },                                                   \
             [&](std::error_code &error) { (void)(call(__VA_ARGS__, error)); })
#define ERROR_OF_0(call)                                                                           \
    error_of([&] { (void)(call()); }, [&](std::error_code &error) { (void)(call(error)); })

static void statuses_are_error_codes()
{
    const std::error_code error = SIGNALHUB_ERR_TOO_BIG;
    CHECK(error == SIGNALHUB_ERR_TOO_BIG && error != SIGNALHUB_ERR_TOPIC);
    CHECK(error.value() == -12 && error.category() == category());
    CHECK(error.message() == signalhub_status_str(SIGNALHUB_ERR_TOO_BIG));
    CHECK(std::string(category().name()) == "signalhub");
    CHECK(!std::error_code(SIGNALHUB_OK));
    std::error_code told = error;
    const Hub hub({}, told);
    CHECK(!told && told == SIGNALHUB_OK);
}

static void a_bad_option_is_an_error()
{
    Options options;
    options.capacity = 0;
    CHECK(ERROR_OF(Hub, options) == SIGNALHUB_ERR_CAPACITY);
    options.capacity = 1;
    options.slot_bytes = 1;
    CHECK(ERROR_OF(Hub, options) == SIGNALHUB_ERR_SLOT_BYTES);
    options.slot_bytes = 64;
    CHECK(!ERROR_OF(Hub, options));
    options.capacity_bytes = 1;
    CHECK(ERROR_OF(Hub, options) == SIGNALHUB_ERR_CAPACITY_BYTES);
}

static void what_holders_keep_is_an_error_for_publishers()
{
    Options options;
    options.capacity = 1;
    options.max_message_bytes = 1000;
    options.capacity_bytes = 1000;
    const Hub hub(options);
    const std::string large(1000, 'x');
    Loan kept = hub.loan(1000);
    const View views[] = {large, large};
    CHECK(ERROR_OF(hub.publish, large) == SIGNALHUB_KEPT);
    CHECK(ERROR_OF(hub.publish_timeout, large, std::chrono::nanoseconds(1)) == SIGNALHUB_KEPT);
    CHECK(ERROR_OF(hub.publish_many, views, 2) == SIGNALHUB_KEPT);
    CHECK(ERROR_OF(hub.publish_owned, std::string(large), Label()) == SIGNALHUB_KEPT);
    CHECK(ERROR_OF(hub.publish_owned, std::make_unique<int>(), large.data(), 1000, Label()) ==
          SIGNALHUB_KEPT);
    CHECK(ERROR_OF(hub.loan, 1000) == SIGNALHUB_KEPT);
    CHECK(hub.next_seq() == 0);
    CHECK(ERROR_OF(kept.publish, {Kind::text, "a..b"}) == SIGNALHUB_ERR_TOPIC);
    CHECK(kept.size() == 1000);
    CHECK(kept.publish());
    CHECK(!ERROR_OF(hub.publish, large));
}

static void a_bad_message_is_an_error()
{
    Options options;
    options.max_message_bytes = 8;
    const Hub hub(options);
    CHECK(ERROR_OF(hub.publish, "123456789") == SIGNALHUB_ERR_TOO_BIG);
    CHECK(ERROR_OF(hub.publish, "\xff") == SIGNALHUB_ERR_UTF8);
    CHECK(ERROR_OF(hub.publish, View("x").with_topic("a..b")) == SIGNALHUB_ERR_TOPIC);
    CHECK(ERROR_OF(hub.publish, View("x").with_topic("")) == SIGNALHUB_ERR_TOPIC);
    CHECK(ERROR_OF(hub.publish, View(static_cast<Kind>(4), "x", 1)) == SIGNALHUB_ERR_KIND);
    CHECK(ERROR_OF(hub.publish, View::bytes(nullptr, 1)) == SIGNALHUB_ERR_NULL);
    const View views[] = {"fine", "\xff"};
    CHECK(ERROR_OF(hub.publish_many, views, 2) == SIGNALHUB_ERR_UTF8);
    CHECK(ERROR_OF(hub.publish_timeout, "\xff", std::nullopt) == SIGNALHUB_ERR_UTF8);
    CHECK(hub.next_seq() == 0);
    CHECK(!ERROR_OF(hub.publish, View::bytes(nullptr, 0)));
}

static void a_bad_receiver_option_is_an_error()
{
    const Hub hub;
    ReceiverOptions options;
    CHECK(!ERROR_OF(hub.subscribe, options));
    options.on_lag = static_cast<OnLag>(99);
    CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_ON_LAG);
    options.on_lag = OnLag::newest;
    options.start = Start::seq(1);
    CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_START);
    options.start = Start::seq(0);
    CHECK(!ERROR_OF(hub.subscribe, options));
    for (const std::string_view pattern : {"", "a..b", "a*", ">.a", "a b"}) {
        options.pattern = pattern;
        CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_PATTERN);
    }
    options.pattern = "\xff";
    CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_UTF8);
    options.pattern = {"a\0b", 3};
    CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_PATTERN);
    options.pattern = ">";
    const std::string longest(SIGNALHUB_NAME_SIZE - 1, 'n'), too_long = longest + 'n';
    for (const std::string_view name : {std::string_view("a\0b", 3), std::string_view("a\n"),
                                        std::string_view("\x7f"), std::string_view(too_long)}) {
        options.name = name;
        CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_NAME);
    }
    options.name = "\xff";
    CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_UTF8);
    options.name = longest;
    CHECK(!ERROR_OF(hub.subscribe, options));
    CHECK(ERROR_OF(hub.stats_text, "\xff") == SIGNALHUB_ERR_UTF8);
    CHECK(!ERROR_OF(hub.stats_text, "any \"text\"\n"));
    CHECK(!ERROR_OF_0(hub.stats));
}

static void a_message_that_does_not_fit_is_an_error()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    Packed packed(2, 4);
    hub.publish("12345");
    CHECK(ERROR_OF(receiver.recv_packed, packed) == SIGNALHUB_ERR_TOO_SMALL);
    CHECK(packed.empty() && packed.needed() == 5);
    packed.reserve(packed.needed());
    Packed no_room(0, 8);
    CHECK(ERROR_OF(receiver.recv_packed, no_room) == SIGNALHUB_ERR_NULL);
    CHECK(!ERROR_OF(receiver.recv_packed, packed, std::chrono::seconds(0)));
}

static void a_bad_wait_is_an_error()
{
    const Hub hub;
    ReceiverOptions options;
    options.wait = static_cast<Wait>(99);
    CHECK(ERROR_OF(hub.subscribe, options) == SIGNALHUB_ERR_WAIT);
    const std::vector<Receiver> none;
    CHECK(ERROR_OF(wait_any, none) == SIGNALHUB_ERR_WAIT);
    Receiver receiver = hub.subscribe();
    CHECK(!ERROR_OF_0(receiver.fd));
    const Receiver *const one[] = {&receiver};
    CHECK(!ERROR_OF(wait_any, one, Timeout(std::chrono::seconds(0))));
}

static void a_callback_that_cannot_be_called_is_an_error()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    void (*const no_function)(const Delivery &) = nullptr;
    const std::function<void(const Delivery &)> empty;
    CHECK(ERROR_OF(receiver.on_message, no_function) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(receiver.on_message, empty) == SIGNALHUB_ERR_NULL);
    CHECK(!ERROR_OF(receiver.on_message, nullptr));
    const Dispatcher dispatcher;
    CHECK(ERROR_OF(receiver.on_message, dispatcher, empty) == SIGNALHUB_ERR_NULL);
    CHECK(!ERROR_OF(receiver.on_message, dispatcher, [](const Delivery &) {}));
    CHECK(!ERROR_OF_0(Dispatcher));
}

static void a_closed_hub_is_an_outcome_but_for_who_subscribes()
{
    const Hub hub;
    Receiver receiver = hub.subscribe();
    CHECK(!ERROR_OF_0(hub.close));
    CHECK(!ERROR_OF_0(hub.close));
    CHECK(!ERROR_OF(hub.publish, "late"));
    CHECK(!hub.publish("late"));
    const View view = "late";
    CHECK(hub.publish_many(&view, 1) == 0);
    CHECK(!ERROR_OF(hub.publish_timeout, view, std::nullopt));
    CHECK(!hub.publish_timeout(view, std::nullopt));
    CHECK(!ERROR_OF_0(receiver.recv));
    CHECK(ERROR_OF(hub.loan, 1) == SIGNALHUB_CLOSED);
    CHECK(!hub.publish_owned(std::string("late")));
    CHECK(ERROR_OF_0(hub.subscribe) == SIGNALHUB_CLOSED);
    CHECK(ERROR_OF(hub.subscribe, ReceiverOptions()) == SIGNALHUB_CLOSED);
    CHECK(ERROR_OF_0(hub.snapshot) == SIGNALHUB_CLOSED);
    CHECK(!ERROR_OF_0(receiver.stats));
    CHECK(!ERROR_OF_0(hub.stats));
}

static void a_full_hub_is_an_outcome()
{
    Options options;
    options.capacity = 1;
    const Hub hub(options);
    ReceiverOptions lossless;
    lossless.lossless = true;
    const Receiver receiver = hub.subscribe(lossless);
    const View view = "late";
    Loan loan = hub.loan(1);
    CHECK(hub.publish("filler"));
    CHECK(!ERROR_OF(hub.publish, view));
    CHECK(!ERROR_OF(hub.publish_timeout, view, std::chrono::nanoseconds(1)));
    CHECK(!ERROR_OF(hub.publish_many, &view, 1));
    CHECK(!hub.publish(view) && !hub.publish_timeout(view, std::chrono::nanoseconds(1)));
    CHECK(hub.publish_many(&view, 1) == 0 && hub.next_seq() == 1);
    CHECK(!ERROR_OF(loan.publish, Label()) && !loan.publish() && loan.size() == 1);
    std::string text = "late";
    CHECK(!ERROR_OF(hub.publish_owned, std::move(text), Label()) && text == "late");
    CHECK(!hub.publish_owned(std::move(text)) && text == "late");
    auto owner = std::make_unique<char>('x');
    CHECK(!ERROR_OF(hub.publish_owned, std::move(owner), owner.get(), 1, Label()) && owner);
}

// Each method of objects that were moved from, so that every method is called in both ways.
static void there_is_no_call_on_what_was_moved_away()
{
    Hub hub;
    Receiver receiver = hub.subscribe();
    Batch batch(1);
    Packed packed(1, 8);
    const View view;
    const Hub taken = std::move(hub);
    const Receiver also_taken = std::move(receiver);
    const Timeout timeout = std::nullopt;
    CHECK(ERROR_OF_0(hub.clone) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(Hub::from_handle, nullptr) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.publish, view) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.publish_many, &view, 1) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.loan, 1) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.publish_owned, std::string("x"), Label()) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.publish_owned, std::make_unique<char>('x'), "x", 1, Label()) ==
          SIGNALHUB_ERR_NULL);
    Loan none;
    CHECK(ERROR_OF(none.publish, Label()) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.publish_timeout, view, timeout) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(hub.stats) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.stats_text, "hub") == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(hub.subscribe) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(hub.subscribe, ReceiverOptions()) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(hub.snapshot) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(hub.close) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(hub.is_closed) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(hub.capacity) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(hub.next_seq) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(receiver.try_recv) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(receiver.recv) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(receiver.recv_timeout, timeout) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(receiver.recv_many, batch, timeout) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(receiver.recv_packed, packed, timeout) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(receiver.next_seq) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(receiver.stats) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF_0(receiver.fd) == SIGNALHUB_ERR_NULL);
    const Receiver *const pointers[] = {&also_taken, &receiver};
    CHECK(ERROR_OF(wait_any, pointers) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(wait_any, pointers, timeout) == SIGNALHUB_ERR_NULL);
    const auto call = [](const Delivery &) {};
    Dispatcher dispatcher;
    CHECK(ERROR_OF(receiver.on_message, nullptr) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(receiver.on_message, call) == SIGNALHUB_ERR_NULL);
    CHECK(ERROR_OF(receiver.on_message, dispatcher, call) == SIGNALHUB_ERR_NULL);
    const Dispatcher in_use = std::move(dispatcher);
    receiver = taken.subscribe();
    CHECK(ERROR_OF(receiver.on_message, dispatcher, call) == SIGNALHUB_ERR_NULL);
}

static void every_twin_is_noexcept()
{
    using Code = std::error_code &;
    static_assert(std::is_nothrow_constructible_v<Hub, const Options &, Code>);
    static_assert(noexcept(Hub::from_handle(nullptr, std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().clone(std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().publish(View(), std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().publish_many(nullptr, 0, std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().loan(0, std::declval<Code>())));
    static_assert(noexcept(
        std::declval<Hub>().publish_owned(std::vector<int>(), Label(), std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().publish_owned(std::unique_ptr<int>(), nullptr, 0,
                                                             Label(), std::declval<Code>())));
    static_assert(noexcept(std::declval<Loan>().publish(Label(), std::declval<Code>())));
    static_assert(
        noexcept(std::declval<Hub>().publish_timeout(View(), std::nullopt, std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().stats(std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().stats_text("", std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().subscribe(std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().subscribe({}, std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().snapshot(std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().close(std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().is_closed(std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().capacity(std::declval<Code>())));
    static_assert(noexcept(std::declval<Hub>().next_seq(std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().try_recv(std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().recv(std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().next_seq(std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().stats(std::declval<Code>())));
    static_assert(
        noexcept(std::declval<Receiver>().recv_timeout(std::nullopt, std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().recv_many(std::declval<Batch &>(), std::nullopt,
                                                              std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().recv_packed(
        std::declval<Packed &>(), std::nullopt, std::declval<Code>())));
    static_assert(noexcept(
        std::declval<Receiver>().recv_packed(std::declval<Packed &>(), std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().fd(std::declval<Code>())));
    static_assert(noexcept(wait_any(std::declval<Receiver *(&)[1]>(), std::declval<Code>())));
    static_assert(
        noexcept(wait_any(std::declval<Receiver *(&)[1]>(), std::nullopt, std::declval<Code>())));
    static_assert(std::is_nothrow_constructible_v<Dispatcher, Code>);
    const auto call = [](const Delivery &) {};
    static_assert(noexcept(std::declval<Receiver>().on_message(nullptr, std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().on_message(call, std::declval<Code>())));
    static_assert(noexcept(std::declval<Receiver>().on_message(std::declval<const Dispatcher &>(),
                                                               call, std::declval<Code>())));
    static_assert(noexcept(std::declval<Message>().view(std::declval<Code>())));
    static_assert(noexcept(std::declval<Message>().clear(std::declval<Code>())));
}

// A child of its own, because the process ends; what it says goes to a pipe.
static void without_exceptions_an_error_ends_the_process()
{
#ifndef __cpp_exceptions
    int ends[2];
    char said[256] = "";
    int status = 0;
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        (void)Hub::from_handle(nullptr);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(read(ends[0], said, sizeof said - 1) > 0);
    CHECK(std::string("signalhub: ") + signalhub_status_str(SIGNALHUB_ERR_NULL) + "\n" == said);
#endif
}

int main()
{
    watchdog();
    statuses_are_error_codes();
    a_bad_option_is_an_error();
    what_holders_keep_is_an_error_for_publishers();
    a_bad_message_is_an_error();
    a_bad_receiver_option_is_an_error();
    a_message_that_does_not_fit_is_an_error();
    a_bad_wait_is_an_error();
    a_callback_that_cannot_be_called_is_an_error();
    a_closed_hub_is_an_outcome_but_for_who_subscribes();
    a_full_hub_is_an_outcome();
    there_is_no_call_on_what_was_moved_away();
    every_twin_is_noexcept();
    without_exceptions_an_error_ends_the_process();
    puts("errors: fine");
}
