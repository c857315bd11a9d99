// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// The hub: publish, subscribe, close. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_HUB_HPP
#define SIGNALHUB_HUB_HPP

#include <signalhub/message.hpp>
#include <signalhub/options.hpp>
#include <signalhub/receiver.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace signalhub {

/// What publishing tells.
struct Published {
    std::uint64_t seq = 0;       ///< The message's number in its hub, from 0.
    std::uint64_t receivers = 0; ///< How many receivers the hub has.
};

/// A broadcast hub. Every method may be called by any thread at any time, so all are const.
/// Destroying the last Hub (or handle of C) of a hub closes it.
class [[nodiscard]] Hub {
public:
    /// Makes a hub with the default options.
    Hub() : Hub(Options()) {}
    /// Makes a hub.
    explicit Hub(const Options &options)
    {
        std::error_code error;
        make(options, error);
        if (error)
            detail::fail(error);
    }
    /// @copydoc Hub(const Options&)
    Hub(const Options &options, std::error_code &error) noexcept { make(options, error); }

    /// Another Hub on the same hub, made of a handle that came from C or another language. The
    /// handle stays its owner's.
    static Hub from_handle(const signalhub_t *handle)
    {
        std::error_code error;
        Hub hub = from_handle(handle, error);
        if (error)
            detail::fail(error);
        return hub;
    }
    /// @copydoc from_handle(const signalhub_t*)
    static Hub from_handle(const signalhub_t *handle, std::error_code &error) noexcept
    {
        signalhub_t *clone = nullptr;
        if (detail::is_known_abi(error))
            detail::require(signalhub_clone(handle, &clone), error);
        return Hub(clone);
    }

    /// Another Hub on the same hub, for another owner.
    Hub clone() const { return from_handle(handle_.get()); }
    /// @copydoc clone()
    Hub clone(std::error_code &error) const noexcept { return from_handle(handle_.get(), error); }

    /// Publishes one message to every receiver: text, bytes, or any View. Payload and topic are
    /// copied. Waits for no receiver: one that has fallen a whole ring behind loses its oldest
    /// messages, and is told how many. Returns std::nullopt when the hub is closed.
    std::optional<Published> publish(const View &message) const
    {
        Published published;
        return told(detail::check(publish(message, published)), published);
    }
    /// @copydoc publish(const View&) const
    std::optional<Published> publish(const View &message, std::error_code &error) const noexcept
    {
        Published published;
        return told(detail::check(publish(message, published), error), published);
    }

    /// Publishes several messages in order, numbered without a gap up to the hub's capacity at a
    /// time, and returns how many: fewer than `count` when the hub is closed. Every one is checked
    /// before the first is published. When memory ends between them, the twin tells how many were.
    [[nodiscard]] std::size_t publish_many(const View *messages, std::size_t count) const
    {
        std::size_t published = 0;
        detail::check(publish_many(messages, count, published));
        return published;
    }
    /// @copydoc publish_many(const View*, std::size_t) const
    std::size_t publish_many(const View *messages, std::size_t count,
                             std::error_code &error) const noexcept
    {
        std::size_t published = 0;
        detail::check(publish_many(messages, count, published), error);
        return published;
    }

    /// @copydoc publish_many(const View*, std::size_t) const
    template <class Views>
    [[nodiscard]] std::size_t publish_many(const Views &messages) const
    {
        return publish_many(std::data(messages), std::size(messages));
    }
    /// @copydoc publish_many(const View*, std::size_t) const
    template <class Views>
    [[nodiscard]] std::size_t publish_many(const Views &messages,
                                           std::error_code &error) const noexcept
    {
        return publish_many(std::data(messages), std::size(messages), error);
    }

    /// Subscribes, starting at the next message unless the options say otherwise. A closed hub is
    /// an error: SIGNALHUB_CLOSED.
    Receiver subscribe(const ReceiverOptions &options = {}) const
    {
        signalhub_receiver_t *receiver = nullptr;
        detail::require(subscribe(options, receiver));
        return Receiver(receiver);
    }
    /// @copydoc subscribe(const ReceiverOptions&) const
    Receiver subscribe(const ReceiverOptions &options, std::error_code &error) const noexcept
    {
        signalhub_receiver_t *receiver = nullptr;
        detail::require(subscribe(options, receiver), error);
        return Receiver(receiver);
    }
    /// @copydoc subscribe(const ReceiverOptions&) const
    Receiver subscribe(std::error_code &error) const noexcept { return subscribe({}, error); }

    /// What it retains, the oldest message first, without a gap, up to the last one published
    /// before. A closed hub is an error, because it takes a receiver: SIGNALHUB_CLOSED. What
    /// publishers overwrite meanwhile is not in it: if they are faster, nothing.
    std::vector<Message> snapshot() const
    {
        std::error_code error;
        std::vector<Message> messages = snapshot(error);
        if (error)
            detail::fail(error);
        return messages;
    }
    /// @copydoc snapshot()
    std::vector<Message> snapshot(std::error_code &error) const noexcept
    {
        std::vector<Message> messages;
        ReceiverOptions options;
        options.start = Start::oldest();
        Receiver receiver = subscribe(options, error);
        std::uint64_t end = error ? 0 : next_seq(error);
        std::uint64_t seq = error ? 0 : receiver.next_seq(error);
        if (!error && !detail::reserve(messages, static_cast<std::size_t>(end - seq)))
            error = SIGNALHUB_ERR_NO_MEMORY;
        while (!error && seq < end) {
            const Received received = receiver.recv(error);
            if (received) {
                messages.push_back(std::move(*received));
                seq++;
            } else if (received.lag()) { // what came before is retained no more
                messages.clear();
                seq = received.lag()->resume_at;
                end = seq < end ? end : seq + 1; // not empty, however fast publishers are
            } else {
                break;
            }
        }
        return messages;
    }

    /// Closes the hub, for all its handles in all languages; closing again does nothing. Receivers
    /// read what is left, then are told; whoever sleeps wakes.
    void close() const { detail::check(signalhub_close(handle_.get())); }
    /// @copydoc close()
    void close(std::error_code &error) const noexcept
    {
        detail::check(signalhub_close(handle_.get()), error);
    }

    /// Whether it is closed.
    [[nodiscard]] bool is_closed() const
    {
        int closed = 0;
        detail::check(signalhub_is_closed(handle_.get(), &closed));
        return closed != 0;
    }
    /// @copydoc is_closed()
    bool is_closed(std::error_code &error) const noexcept
    {
        int closed = 0;
        detail::check(signalhub_is_closed(handle_.get(), &closed), error);
        return closed != 0;
    }

    /// How many messages it retains.
    std::uint64_t capacity() const
    {
        std::uint64_t capacity = 0;
        detail::check(signalhub_capacity(handle_.get(), &capacity));
        return capacity;
    }
    /// @copydoc capacity()
    std::uint64_t capacity(std::error_code &error) const noexcept
    {
        std::uint64_t capacity = 0;
        detail::check(signalhub_capacity(handle_.get(), &capacity), error);
        return capacity;
    }

    /// The number that the next message will get.
    std::uint64_t next_seq() const
    {
        std::uint64_t seq = 0;
        detail::check(signalhub_next_seq(handle_.get(), &seq));
        return seq;
    }
    /// @copydoc next_seq()
    std::uint64_t next_seq(std::error_code &error) const noexcept
    {
        std::uint64_t seq = 0;
        detail::check(signalhub_next_seq(handle_.get(), &seq), error);
        return seq;
    }

    /// The C handle, still owned by this object; what other languages make their own hub of.
    signalhub_t *native_handle() const noexcept { return handle_.get(); }

private:
    explicit Hub(signalhub_t *handle) noexcept : handle_(handle) {}

    void make(const Options &options, std::error_code &error) noexcept
    {
        const signalhub_options_t given = {sizeof given, options.capacity,
                                           options.max_message_bytes, options.slot_bytes};
        signalhub_t *handle = nullptr;
        if (detail::is_known_abi(error))
            detail::require(signalhub_new(&given, &handle), error);
        handle_.reset(handle);
    }

    signalhub_status_t publish(const View &message, Published &published) const noexcept
    {
        return signalhub_publish_view(handle_.get(), &message.view_, &published.seq,
                                      &published.receivers);
    }

    signalhub_status_t publish_many(const View *messages, std::size_t count,
                                    std::size_t &published) const noexcept
    {
        static_assert(sizeof(View) == sizeof(signalhub_view_t) && std::is_standard_layout_v<View>,
                      "an array of one is one of the other");
        return signalhub_publish_many(
            handle_.get(), reinterpret_cast<const signalhub_view_t *>(messages), count, &published);
    }

    signalhub_status_t subscribe(const ReceiverOptions &options,
                                 signalhub_receiver_t *&receiver) const noexcept
    {
        const signalhub_receiver_options_t given = {
            sizeof given,          options.pattern.data(),           options.pattern.size(),
            options.start.start_,  static_cast<int>(options.on_lag), options.start.at_,
            options.ignore_origin, static_cast<int>(options.wait),   0};
        return signalhub_subscribe_with(handle_.get(), &given, &receiver);
    }

    static std::optional<Published> told(signalhub_status_t status,
                                         const Published &published) noexcept
    {
        return status == SIGNALHUB_OK ? std::optional(published) : std::nullopt;
    }

    std::unique_ptr<signalhub_t, detail::Free> handle_;
};

} // namespace signalhub

#endif
