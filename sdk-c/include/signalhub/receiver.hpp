// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// Receiving, and what a receive comes to. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_RECEIVER_HPP
#define SIGNALHUB_RECEIVER_HPP

#include <signalhub/message.hpp>
#include <signalhub/stats.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>

namespace signalhub {

class Packed;

/// How long a receive or a publish waits at most, on the monotonic clock: any duration, or
/// std::nullopt, which is for ever. Zero and less look once. Fractions of a nanosecond are rounded
/// up.
class Timeout {
public:
    /// For ever.
    Timeout(std::nullopt_t) noexcept : ns_(-1) {}

    /// At most so long.
    template <class Rep, class Period>
    Timeout(std::chrono::duration<Rep, Period> duration) noexcept
    {
        using Nanoseconds = std::chrono::duration<double, std::nano>;
        if (!(duration > duration.zero())) // a NaN neither
            ns_ = 0;
        else if (Nanoseconds(duration).count() >= 9.2e18) // 291 years; an int64_t has 292
            ns_ =
                (std::numeric_limits<std::int64_t>::max)(); // (), for there are macros of that name
        else {
            // In parts: in the common period of a duration and nanoseconds, which may be far
            // smaller than both, an int64_t may not count far enough.
            const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
            ns_ = (whole + std::chrono::ceil<std::chrono::nanoseconds>(duration - whole)).count();
        }
    }

    /// At most so long, if a duration is there; else for ever.
    template <class Rep, class Period>
    Timeout(std::optional<std::chrono::duration<Rep, Period>> duration) noexcept
        : Timeout(duration ? Timeout(*duration) : Timeout(std::nullopt))
    {
    }

    /// As C has it: negative is for ever.
    std::int64_t nanoseconds() const noexcept { return ns_; }

private:
    std::int64_t ns_;
};

/// What a receive came to.
enum class Outcome : int {
    message = SIGNALHUB_OK,      ///< A message.
    empty = SIGNALHUB_EMPTY,     ///< No message is waiting.
    lagged = SIGNALHUB_LAGGED,   ///< Messages were overwritten before they were read.
    closed = SIGNALHUB_CLOSED,   ///< The hub is closed, and all before that has been read.
    timeout = SIGNALHUB_TIMEOUT, ///< Nothing came in time.
    /// It has as many messages to read as its warn_behind says. Told to callbacks only.
    about_to_lag = SIGNALHUB_ABOUT_TO_LAG,
};

/// What a receiver missed because it was more than the hub's capacity behind.
struct Lag {
    std::uint64_t missed = 0;     ///< How many messages.
    std::uint64_t first_lost = 0; ///< The number of the first of them.
    std::uint64_t resume_at = 0;  ///< The number of the message that comes next.
};

/// What a receive came to, with its messages if there are any: one, or several of recv_many().
/// They are the receiver's (or the batch's): good until its next receive, until it is moved, or
/// until it is destroyed. To keep one, move it away: `Message kept = std::move(*received)`.
class [[nodiscard]] Received {
public:
    /// Which of the outcomes it is.
    Outcome outcome() const noexcept { return outcome_; }

    /// What was missed before this: of Outcome::lagged, or of a message in a range-for. The
    /// next receive goes on at the oldest message that the hub retains, or as OnLag says.
    std::optional<Lag> lag() const noexcept { return lag_; }

    /// Whether there is a message. There is none for a lag either: to receive until the hub is
    /// closed, use a range-for.
    explicit operator bool() const noexcept { return count_ > 0; }
    /// The message. There must be one.
    Message &operator*() const noexcept { return *messages_; }
    /// @copydoc operator*()
    Message *operator->() const noexcept { return messages_; }

    /// How many messages there are.
    std::size_t size() const noexcept { return count_; }
    /// The first message.
    Message *begin() const noexcept { return messages_; }
    /// Behind the last message.
    Message *end() const noexcept { return messages_ + count_; }

private:
    friend class Receiver;

    Outcome outcome_ = Outcome::empty;
    std::optional<Lag> lag_;
    Message *messages_ = nullptr;
    std::size_t count_ = 0;
};

class Delivery;
class Dispatcher;
namespace detail {
class Awaiter;
}

/// One reader of a hub, with its own place in the stream. Made by Hub::subscribe(). It belongs to
/// one thread at a time; to end a wait in it from another one, close the hub.
///
/// A range-for over a receiver receives until the hub is closed:
///
///     for (const signalhub::Received& received : receiver)
///         use(received->payload());
///
/// There, every Received has a message. A lag does not end the loop: it comes with the message
/// after it, in Received::lag(), and lags with no message between them come as one. One that no
/// message follows, because a filter lets none through before the end, shows in stats() alone.
class [[nodiscard]] Receiver {
public:
    class Iterator;
    /// Ends a range-for.
    struct End {};

    /// Receives the next message if one is there. What was received before it is gone.
    Received try_recv()
    {
        Received received;
        detail::check(try_recv(received));
        return received;
    }
    /// @copydoc try_recv()
    Received try_recv(std::error_code &error) noexcept
    {
        Received received;
        detail::check(try_recv(received), error);
        return received;
    }

    /// Receives the next message, and waits for it as long as it takes.
    Received recv() { return recv_timeout(std::nullopt); }
    /// @copydoc recv()
    Received recv(std::error_code &error) noexcept { return recv_timeout(std::nullopt, error); }

    /// Receives the next message, and waits for it at most so long.
    Received recv_timeout(Timeout timeout)
    {
        Received received;
        detail::check(recv_timeout(timeout, received));
        return received;
    }
    /// @copydoc recv_timeout(Timeout)
    Received recv_timeout(Timeout timeout, std::error_code &error) noexcept
    {
        Received received;
        detail::check(recv_timeout(timeout, received), error);
        return received;
    }

    /// Receives several messages: waits for the first at most so long, then takes what is there, as
    /// far as the batch has room. A lag or a close behind the first is told by the next receive.
    Received recv_many(Batch &batch, Timeout timeout = std::nullopt)
    {
        Received received;
        detail::check(recv_many(batch, timeout, received));
        return received;
    }
    /// @copydoc recv_many(Batch&, Timeout)
    Received recv_many(Batch &batch, std::error_code &error) noexcept
    {
        return recv_many(batch, std::nullopt, error);
    }
    /// @copydoc recv_many(Batch&, Timeout)
    Received recv_many(Batch &batch, Timeout timeout, std::error_code &error) noexcept
    {
        Received received;
        detail::check(recv_many(batch, timeout, received), error);
        return received;
    }

    /// As recv_many(), but copies the payloads one behind the other into one buffer and leaves out
    /// all else that messages have: for many small ones of a known form. Takes what is there while
    /// it fits; what does not is the next receive's. If already the first does not, that is
    /// SIGNALHUB_ERR_TOO_SMALL, Packed::needed() says what it needs, and it stays the next one
    /// (until it is overwritten). There are payloads in `packed` for Outcome::message, else none.
    Outcome recv_packed(Packed &packed, Timeout timeout = std::nullopt);
    /// @copydoc recv_packed(Packed&, Timeout)
    Outcome recv_packed(Packed &packed, std::error_code &error) noexcept;
    /// @copydoc recv_packed(Packed&, Timeout)
    Outcome recv_packed(Packed &packed, Timeout timeout, std::error_code &error) noexcept;

    /// The number of the message that it will read next.
    std::uint64_t next_seq()
    {
        std::uint64_t seq = 0;
        detail::check(signalhub_receiver_next_seq(handle_.get(), &seq));
        return seq;
    }
    /// @copydoc next_seq()
    std::uint64_t next_seq(std::error_code &error) noexcept
    {
        std::uint64_t seq = 0;
        detail::check(signalhub_receiver_next_seq(handle_.get(), &seq), error);
        return seq;
    }

    /// What it has come across so far.
    ReceiverStats stats()
    {
        ReceiverStats stats;
        detail::check(detail::look(handle_.get(), stats));
        return stats;
    }
    /// @copydoc stats()
    ReceiverStats stats(std::error_code &error) noexcept
    {
        ReceiverStats stats;
        detail::check(detail::look(handle_.get(), stats), error);
        return stats;
    }

    /// A descriptor for select, poll, epoll and the event loops that are made of them: readable
    /// when a receive would not come to Outcome::empty. It is made by the first call, and closed
    /// with the receiver; watch it, and do nothing else with it. Level-triggered: when it is
    /// readable, receive until Outcome::empty or Outcome::timeout, which makes it unreadable.
    int fd()
    {
        int fd = -1;
        detail::check(signalhub_receiver_fd(handle_.get(), &fd));
        return fd;
    }
    /// @copydoc fd()
    int fd(std::error_code &error) noexcept
    {
        int fd = -1;
        detail::check(signalhub_receiver_fd(handle_.get(), &fd), error);
        return fd;
    }

    /// Has a dispatcher's thread call `call` with a `const Delivery &` for each message and each
    /// lag, and once at the end. It replaces the callback that was there: when this has returned,
    /// that is not called any more, and was destroyed; so it is when the receiver is destroyed. One
    /// that removes or replaces itself is destroyed when it has returned. Any callable that can be
    /// moved will do, and a function that is none is SIGNALHUB_ERR_NULL.
    ///
    /// It may do everything: publish, subscribe, close, and destroy its receiver. An exception that
    /// leaves it ends the process. A call that is running is waited for: hold no lock that it
    /// wants.
    template <class Call>
    void on_message(const Dispatcher &dispatcher, Call call);
    /// @copydoc on_message(const Dispatcher&, Call)
    template <class Call>
    void on_message(const Dispatcher &dispatcher, Call call, std::error_code &error) noexcept;
    /// As the other, on a thread of its own.
    template <class Call>
    void on_message(Call call);
    /// @copydoc on_message(Call)
    template <class Call>
    void on_message(Call call, std::error_code &error) noexcept;
    /// Removes the callback.
    void on_message(std::nullptr_t) { detail::check(remove_callback()); }
    /// @copydoc on_message(std::nullptr_t)
    void on_message(std::nullptr_t, std::error_code &error) noexcept
    {
        detail::check(remove_callback(), error);
    }

#ifdef __cpp_impl_coroutine
    /// `const Delivery delivery = co_await receiver.async_recv(dispatcher)`: the next message, or a
    /// lag, or the end. What follows runs on the dispatcher's thread, and the delivery is good
    /// until the coroutine waits again or returns.
    ///
    /// It takes the place of the receiver's callback. A coroutine that waits may be destroyed on
    /// the dispatcher's thread, or when the dispatcher is gone; it has taken no message then.
    detail::Awaiter async_recv(const Dispatcher &dispatcher) noexcept;
    /// @copydoc async_recv(const Dispatcher&)
    detail::Awaiter async_recv(const Dispatcher &dispatcher, std::error_code &error) noexcept;
#endif

    /// For a range-for; has no noexcept twin.
    Iterator begin();
    /// @copydoc begin()
    End end() const noexcept { return {}; }

    /// The C handle, still owned by this object.
    signalhub_receiver_t *native_handle() const noexcept { return handle_.get(); }

private:
    friend class Hub;

    explicit Receiver(signalhub_receiver_t *handle) noexcept : handle_(handle) {}

    template <class Call>
    signalhub_status_t set_callback(signalhub_dispatcher_t *dispatcher, Call &call) noexcept;

    signalhub_status_t remove_callback() noexcept
    {
        return signalhub_receiver_on_message(handle_.get(), nullptr, nullptr, nullptr, nullptr);
    }

    signalhub_status_t try_recv(Received &received) noexcept
    {
        std::uint64_t missed = 0;
        signalhub_status_t status = message_.prepare();
        if (status == SIGNALHUB_OK)
            status = signalhub_receiver_try_recv(handle_.get(), message_.native_handle(), &missed);
        return told(status, missed, &message_, 1, received);
    }

    signalhub_status_t recv_timeout(Timeout timeout, Received &received) noexcept
    {
        std::uint64_t missed = 0;
        signalhub_status_t status = message_.prepare();
        if (status == SIGNALHUB_OK)
            status = signalhub_receiver_recv_timeout(handle_.get(), message_.native_handle(),
                                                     timeout.nanoseconds(), &missed);
        return told(status, missed, &message_, 1, received);
    }

    signalhub_status_t recv_many(Batch &batch, Timeout timeout, Received &received) noexcept
    {
        std::uint64_t missed = 0;
        std::size_t count = 0;
        if (batch.messages_.empty())
            return SIGNALHUB_ERR_NULL;
        // Those that the caller was lent, and may have moved away.
        for (std::size_t i = 0; i < batch.lent_; i++) {
            const signalhub_status_t status = batch.messages_[i].prepare();
            if (status != SIGNALHUB_OK)
                return status;
            batch.handles_[i] = batch.messages_[i].native_handle();
        }
        const signalhub_status_t status = signalhub_receiver_recv_many(
            handle_.get(), batch.handles_.data(), batch.handles_.size(), timeout.nanoseconds(),
            &count, &missed);
        batch.lent_ = count;
        return told(status, missed, batch.messages_.data(), count, received);
    }

    signalhub_status_t recv_packed(Packed &packed, Timeout timeout, Received &received) noexcept;

    /// Puts into `received` what a receive told. An error leaves it as it was.
    signalhub_status_t told(signalhub_status_t status, std::uint64_t missed, Message *messages,
                            std::size_t count, Received &received) noexcept
    {
        if (status < 0)
            return status;
        received.outcome_ = static_cast<Outcome>(status);
        if (status == SIGNALHUB_OK) {
            received.messages_ = messages;
            received.count_ = count;
        } else if (status == SIGNALHUB_LAGGED) {
            std::uint64_t resume_at = 0;
            status = signalhub_receiver_next_seq(handle_.get(), &resume_at);
            received.lag_ = Lag{missed, resume_at - missed, resume_at};
        }
        return status;
    }

    std::unique_ptr<signalhub_receiver_t, detail::Free> handle_;
    Message message_;
};

/// Where a range-for over a receiver is. It receives when it is looked at, not when it is moved on,
/// so that a loop that ends early, as one over std::views::take does, takes no message too many.
class Receiver::Iterator {
public:
    /// @{
    /// What std::input_iterator asks for.
    using iterator_concept = std::input_iterator_tag;
    using value_type = Received;
    using difference_type = std::ptrdiff_t;
    /// @}

    /// Moves; a copy would take messages of its own.
    Iterator(Iterator &&) noexcept = default;
    /// @copydoc Iterator(Iterator&&)
    Iterator &operator=(Iterator &&) noexcept = default;

    /// Receives if need be. The hub must not be at its end.
    const Received &operator*() const { return look(); }
    /// @copydoc operator*()
    const Received *operator->() const { return &look(); }

    /// To the next message.
    Iterator &operator++()
    {
        look();
        is_due_ = true;
        return *this;
    }
    /// @copydoc operator++()
    void operator++(int) { ++*this; }

    /// Receives if need be; whether the hub is closed and all has been read.
    friend bool operator==(const Iterator &iterator, End)
    {
        return iterator.look().outcome() == Outcome::closed;
    }
    friend bool operator==(End end, const Iterator &iterator) { return iterator == end; }
    friend bool operator!=(const Iterator &iterator, End end) { return !(iterator == end); }
    friend bool operator!=(End end, const Iterator &iterator) { return !(iterator == end); }

private:
    friend class Receiver;

    explicit Iterator(Receiver &receiver) noexcept : receiver_(&receiver) {}

    const Received &look() const
    {
        if (is_due_)
            receive();
        return received_;
    }

    // In place: what was just stored is not copied, which would wait for the stores.
    void receive() const
    {
        std::optional<Lag> lag;
        do {
            received_.lag_.reset();
            received_.count_ = 0;
            detail::check(receiver_->recv_timeout(std::nullopt, received_));
            if (received_.lag_)
                lag = joined(lag, *received_.lag_);
        } while (received_.outcome_ == Outcome::lagged);
        if (lag)
            received_.lag_ = lag;
        is_due_ = false;
    }

    /// A receiver that is overtaken again before it has read on has one longer lag.
    static Lag joined(const std::optional<Lag> &before, const Lag &lag) noexcept
    {
        return before ? Lag{before->missed + lag.missed, before->first_lost, lag.resume_at} : lag;
    }

    Receiver *receiver_;
    mutable Received received_;
    mutable bool is_due_ = true;
};

inline Receiver::Iterator Receiver::begin()
{
    return Iterator(*this);
}

} // namespace signalhub

#endif
