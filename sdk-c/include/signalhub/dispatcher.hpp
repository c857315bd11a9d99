// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// Callbacks and coroutines, and the thread that runs them. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_DISPATCHER_HPP
#define SIGNALHUB_DISPATCHER_HPP

#include <signalhub/receiver.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#ifdef __cpp_impl_coroutine
#include <coroutine>
#endif

namespace signalhub {

namespace detail {
template <class Call>
class Callback;
}

/// A thread that calls the callbacks of several receivers, one at a time: while one runs, the
/// others wait, and their receivers may lag. Destroying it removes its callbacks and ends the
/// thread; that waits for a running callback, unless it is what does it.
class [[nodiscard]] Dispatcher {
public:
    /// Starts the thread.
    Dispatcher()
    {
        std::error_code error;
        make(error);
        if (error)
            detail::fail(error);
    }
    /// @copydoc Dispatcher()
    explicit Dispatcher(std::error_code &error) noexcept { make(error); }

    /// The C handle, still owned by this object.
    signalhub_dispatcher_t *native_handle() const noexcept { return handle_.get(); }

private:
    void make(std::error_code &error) noexcept
    {
        signalhub_dispatcher_t *handle = nullptr;
        if (detail::is_known_abi(error))
            detail::require(signalhub_dispatcher_new(&handle), error);
        handle_.reset(handle);
    }

    std::unique_ptr<signalhub_dispatcher_t, detail::Free> handle_;
};

/// What a callback is called with. Like Received, but the message is the library's: it is good
/// until the callback returns.
class [[nodiscard]] Delivery {
public:
    /// Which of the outcomes it is: message, lagged or closed; or, if the receiver's warn_behind
    /// asks for it, about_to_lag.
    Outcome outcome() const noexcept { return outcome_; }

    /// What was missed, of Outcome::lagged. The next message is the oldest that the hub retains, or
    /// as OnLag says.
    std::optional<Lag> lag() const noexcept { return lag_; }

    /// How many messages are unread, of Outcome::about_to_lag: told once, until they are half as
    /// many.
    std::optional<std::uint64_t> behind() const noexcept { return behind_; }

    /// Whether there is a message.
    explicit operator bool() const noexcept { return outcome_ == Outcome::message; }
    /// The message. There must be one.
    const View &operator*() const noexcept { return view_; }
    /// @copydoc operator*()
    const View *operator->() const noexcept { return &view_; }

private:
    friend class detail::Awaiter;
    template <class Call>
    friend class detail::Callback;

    Delivery(signalhub_receiver_t *receiver, signalhub_status_t status,
             const signalhub_message_t *message, std::uint64_t missed) noexcept
        : outcome_(static_cast<Outcome>(status))
    {
        if (status == SIGNALHUB_OK) {
            signalhub_message_view(message, &view_.view_);
        } else if (status == SIGNALHUB_LAGGED) {
            lag_.emplace().missed = missed;
            if (signalhub_receiver_next_seq(receiver, &lag_->resume_at) == SIGNALHUB_OK)
                lag_->first_lost = lag_->resume_at - missed;
        } else if (status == SIGNALHUB_ABOUT_TO_LAG) {
            behind_ = missed;
        }
    }

    Outcome outcome_;
    std::optional<Lag> lag_;
    std::optional<std::uint64_t> behind_;
    View view_;
};

namespace detail {

/// What C has of a callback.
template <class Call>
class Callback {
public:
    Callback(signalhub_receiver_t *receiver, Call &&call)
        : receiver_(receiver), call_(std::move(call))
    {
    }

    static void on_message(void *user_data, signalhub_status_t status, signalhub_message_t *message,
                           std::uint64_t missed) noexcept
    {
        Callback &callback = *static_cast<Callback *>(user_data);
        const Delivery delivery(callback.receiver_, status, message, missed);
        callback.call_(delivery);
    }

    static void on_free(void *user_data) noexcept { delete static_cast<Callback *>(user_data); }

private:
    signalhub_receiver_t *receiver_;
    Call call_;
};

/// Whether a callable can be called.
template <class Call>
bool is_callable(const Call &) noexcept
{
    return true;
}

template <class Result, class... Arguments>
bool is_callable(const std::function<Result(Arguments...)> &function) noexcept
{
    return static_cast<bool>(function);
}

template <class Result, class... Arguments>
bool is_callable(Result (*const &function)(Arguments...)) noexcept
{
    return function != nullptr;
}

} // namespace detail

template <class Call>
signalhub_status_t Receiver::set_callback(signalhub_dispatcher_t *dispatcher, Call &call) noexcept
{
    using Callback = detail::Callback<Call>;
    if (!detail::is_callable(call))
        return SIGNALHUB_ERR_NULL;
    std::unique_ptr<Callback> callback(new (std::nothrow) Callback(handle_.get(), std::move(call)));
    if (!callback)
        return SIGNALHUB_ERR_NO_MEMORY;
    const signalhub_status_t status = signalhub_receiver_on_message(
        handle_.get(), dispatcher, Callback::on_message, callback.get(), Callback::on_free);
    if (status == SIGNALHUB_OK)
        callback.release(); // theirs
    return status;
}

template <class Call>
void Receiver::on_message(const Dispatcher &dispatcher, Call call)
{
    std::error_code error;
    on_message(dispatcher, std::move(call), error);
    if (error)
        detail::fail(error);
}

template <class Call>
void Receiver::on_message(const Dispatcher &dispatcher, Call call, std::error_code &error) noexcept
{
    // NULL would be a thread of its own.
    detail::check(dispatcher.native_handle() ? set_callback(dispatcher.native_handle(), call)
                                             : SIGNALHUB_ERR_NULL,
                  error);
}

template <class Call>
void Receiver::on_message(Call call)
{
    detail::check(set_callback(nullptr, call));
}

template <class Call>
void Receiver::on_message(Call call, std::error_code &error) noexcept
{
    detail::check(set_callback(nullptr, call), error);
}

#ifdef __cpp_impl_coroutine
namespace detail {

/// What Receiver::async_recv() gives co_await.
class [[nodiscard]] Awaiter {
public:
    Awaiter(signalhub_receiver_t *receiver, signalhub_dispatcher_t *dispatcher,
            std::error_code *error) noexcept
        : receiver_(receiver), dispatcher_(dispatcher), error_(error)
    {
    }

    Awaiter(const Awaiter &) = delete;
    Awaiter &operator=(const Awaiter &) = delete;

    ~Awaiter()
    {
        if (is_waiting_)
            remove();
    }

    bool await_ready() const noexcept { return false; }

    bool await_suspend(std::coroutine_handle<> coroutine) noexcept
    {
        coroutine_ = coroutine;
        is_waiting_ = true;
        const signalhub_status_t status =
            dispatcher_
                ? signalhub_receiver_on_message(receiver_, dispatcher_, on_message, this, nullptr)
                : SIGNALHUB_ERR_NULL;
        if (status == SIGNALHUB_OK)
            return true; // and *this may be no more
        status_ = status;
        is_waiting_ = false;
        return false;
    }

    Delivery await_resume()
    {
        if (error_)
            check(status_, *error_);
        else
            check(status_);
        return delivery_;
    }

private:
    static void on_message(void *user_data, signalhub_status_t status, signalhub_message_t *message,
                           std::uint64_t missed) noexcept
    {
        Awaiter &awaiter = *static_cast<Awaiter *>(user_data);
        awaiter.delivery_ = Delivery(awaiter.receiver_, status, message, missed);
        awaiter.is_waiting_ = false;
        awaiter.remove();
        awaiter.coroutine_.resume();
    }

    void remove() noexcept
    {
        signalhub_receiver_on_message(receiver_, nullptr, nullptr, nullptr, nullptr);
    }

    signalhub_receiver_t *receiver_;
    signalhub_dispatcher_t *dispatcher_;
    std::error_code *error_;
    std::coroutine_handle<> coroutine_;
    signalhub_status_t status_ = SIGNALHUB_OK;
    bool is_waiting_ = false;
    Delivery delivery_{nullptr, SIGNALHUB_EMPTY, nullptr, 0};
};

} // namespace detail

inline detail::Awaiter Receiver::async_recv(const Dispatcher &dispatcher) noexcept
{
    return {handle_.get(), dispatcher.native_handle(), nullptr};
}

inline detail::Awaiter Receiver::async_recv(const Dispatcher &dispatcher,
                                            std::error_code &error) noexcept
{
    return {handle_.get(), dispatcher.native_handle(), &error};
}
#endif

} // namespace signalhub

#endif
