// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// The hub: publish, subscribe, close. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_HUB_HPP
#define SIGNALHUB_HUB_HPP

#include <signalhub/loan.hpp>
#include <signalhub/message.hpp>
#include <signalhub/options.hpp>
#include <signalhub/receiver.hpp>
#include <signalhub/stats.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace signalhub {

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
    /// messages, and is told how many. Returns std::nullopt when nothing was published: the hub is
    /// closed, as is_closed() tells, or full, because a lossless receiver has a whole ring unread.
    /// With capacity_bytes, that holders keep too much is an error: SIGNALHUB_KEPT.
    std::optional<Published> publish(const View &message) const
    {
        Published published;
        return told(detail::check_publish(publish(message, published)), published);
    }
    /// @copydoc publish(const View&) const
    std::optional<Published> publish(const View &message, std::error_code &error) const noexcept
    {
        Published published;
        return told(detail::check_publish(publish(message, published), error), published);
    }

    /// Publishes one message as publish() does, and waits at most so long while a lossless receiver
    /// has a whole ring unread. Returns std::nullopt when the hub is closed, or the time is over.
    std::optional<Published> publish_timeout(const View &message, Timeout timeout) const
    {
        Published published;
        return told(detail::check_publish(publish_timeout(message, timeout, published)), published);
    }
    /// @copydoc publish_timeout(const View&, Timeout) const
    std::optional<Published> publish_timeout(const View &message, Timeout timeout,
                                             std::error_code &error) const noexcept
    {
        Published published;
        return told(detail::check_publish(publish_timeout(message, timeout, published), error),
                    published);
    }

    /// Publishes several messages in order, numbered without a gap up to the hub's capacity at a
    /// time, and returns how many: fewer than `count` when the hub is closed, or lossless receivers
    /// leave no room for more. Every one is checked before the first is published. When memory, or
    /// room in it, ends between them, the twin tells how many were.
    [[nodiscard]] std::size_t publish_many(const View *messages, std::size_t count) const
    {
        std::size_t published = 0;
        detail::check_publish(publish_many(messages, count, published));
        return published;
    }
    /// @copydoc publish_many(const View*, std::size_t) const
    std::size_t publish_many(const View *messages, std::size_t count,
                             std::error_code &error) const noexcept
    {
        std::size_t published = 0;
        detail::check_publish(publish_many(messages, count, published), error);
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

    /// Borrows memory for a payload of `size` bytes, to write it where receivers will read it. A
    /// closed hub is an error: SIGNALHUB_CLOSED.
    Loan loan(std::size_t size) const
    {
        std::error_code error;
        Loan loan = this->loan(size, error);
        if (error)
            detail::fail(error);
        return loan;
    }
    /// @copydoc loan(std::size_t) const
    Loan loan(std::size_t size, std::error_code &error) const noexcept
    {
        signalhub_loan_t *handle = nullptr;
        void *data = nullptr;
        detail::require(signalhub_loan(handle_.get(), size, &handle, &data), error);
        return Loan(handle, data, size);
    }

    /// Publishes a container (a std::vector, a std::string: what has data() and size()) without a
    /// copy of what is in it: `hub.publish_owned(std::move(samples))`. A string is text unless the
    /// label says otherwise. The hub has it then, and destroys it when nobody needs the message any
    /// more, in whichever thread that is; see signalhub_free_fn_t for what its destructor may do.
    /// Returns std::nullopt when the hub is closed or full; then, and after an error, `container`
    /// is as it was.
    template <class Container, class = std::enable_if_t<!std::is_reference_v<Container>>>
    std::optional<Published>
    publish_owned(Container &&container,
                  const Label &label = {detail::kind_of<Container>, {}, 0}) const
    {
        Published published;
        return told(detail::check_publish(own(container, Contents(), label, published)), published);
    }
    /// @copydoc publish_owned(Container&&, const Label&) const
    template <class Container, class = std::enable_if_t<!std::is_reference_v<Container>>>
    std::optional<Published> publish_owned(Container &&container, const Label &label,
                                           std::error_code &error) const noexcept
    {
        Published published;
        return told(detail::check_publish(own(container, Contents(), label, published), error),
                    published);
    }

    /// Publishes `size` bytes at `data`, which stay there as long as `owner` is, also when it moves
    /// (a std::unique_ptr, a std::shared_ptr, an image), without a copy. Otherwise as the other.
    template <class Owner, class = std::enable_if_t<!std::is_reference_v<Owner>>>
    std::optional<Published> publish_owned(Owner &&owner, const void *data, std::size_t size,
                                           const Label &label = {}) const
    {
        Published published;
        return told(detail::check_publish(own(owner, Memory{data, size}, label, published)),
                    published);
    }
    /// @copydoc publish_owned(Owner&&, const void*, std::size_t, const Label&) const
    template <class Owner, class = std::enable_if_t<!std::is_reference_v<Owner>>>
    std::optional<Published> publish_owned(Owner &&owner, const void *data, std::size_t size,
                                           const Label &label,
                                           std::error_code &error) const noexcept
    {
        Published published;
        return told(detail::check_publish(own(owner, Memory{data, size}, label, published), error),
                    published);
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

    /// What it and its receivers have come across so far.
    HubStats stats() const
    {
        HubStats stats;
        detail::check(detail::look(handle_.get(), stats));
        return stats;
    }
    /// @copydoc stats()
    HubStats stats(std::error_code &error) const noexcept
    {
        HubStats stats;
        detail::check(detail::look(handle_.get(), stats), error);
        return stats;
    }

    /// The same as Prometheus reads it; `label` is the value of the label `hub` in each line.
    std::string stats_text(std::string_view label) const
    {
        std::string text;
        detail::check(detail::look(handle_.get(), label, text));
        return text;
    }
    /// @copydoc stats_text(std::string_view) const
    std::string stats_text(std::string_view label, std::error_code &error) const noexcept
    {
        std::string text;
        detail::check(detail::look(handle_.get(), label, text), error);
        return text;
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
                                           options.max_message_bytes, options.slot_bytes,
                                           options.capacity_bytes};
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

    signalhub_status_t publish_timeout(const View &message, Timeout timeout,
                                       Published &published) const noexcept
    {
        return signalhub_publish_timeout(handle_.get(), &message.view_, timeout.nanoseconds(),
                                         &published.seq, &published.receivers);
    }

    signalhub_status_t publish_many(const View *messages, std::size_t count,
                                    std::size_t &published) const noexcept
    {
        static_assert(sizeof(View) == sizeof(signalhub_view_t) && std::is_standard_layout_v<View>,
                      "an array of one is one of the other");
        return signalhub_publish_many(
            handle_.get(), reinterpret_cast<const signalhub_view_t *>(messages), count, &published);
    }

    /// The bytes of a container, wherever it is.
    struct Contents {
        template <class Container>
        signalhub_view_t operator()(const Container &container, const Label &label) const noexcept
        {
            static_assert(
                std::is_trivially_copyable_v<std::remove_pointer_t<decltype(std::data(container))>>,
                "receivers read bytes");
            return detail::view_of(label, std::data(container),
                                   std::size(container) * sizeof(*std::data(container)));
        }
    };

    /// Bytes that do not move with their owner.
    struct Memory {
        template <class Owner>
        signalhub_view_t operator()(const Owner &, const Label &label) const noexcept
        {
            return detail::view_of(label, data, size);
        }
        const void *data;
        std::size_t size;
    };

    template <class Owner, class Bytes>
    signalhub_status_t own(Owner &owner, const Bytes &bytes, const Label &label,
                           Published &published) const noexcept
    {
        static_assert(std::is_nothrow_move_constructible_v<Owner> &&
                          std::is_nothrow_move_assignable_v<Owner>,
                      "it moves to the hub, and back if it is refused");
        Owner *const owned = new (std::nothrow) Owner(std::move(owner));
        if (!owned)
            return SIGNALHUB_ERR_NO_MEMORY;
        const signalhub_view_t view = bytes(*owned, label);
        const auto destroy = [](void *given) noexcept { delete static_cast<Owner *>(given); };
        const signalhub_status_t status = signalhub_publish_owned(
            handle_.get(), &view, destroy, owned, &published.seq, &published.receivers);
        if (status != SIGNALHUB_OK) {
            owner = std::move(*owned);
            delete owned;
        }
        return status;
    }

    signalhub_status_t subscribe(const ReceiverOptions &options,
                                 signalhub_receiver_t *&receiver) const noexcept
    {
        const signalhub_receiver_options_t given = {sizeof given,
                                                    options.pattern.data(),
                                                    options.pattern.size(),
                                                    options.start.start_,
                                                    static_cast<int>(options.on_lag),
                                                    options.start.at_,
                                                    options.ignore_origin,
                                                    options.name.data(),
                                                    options.name.size(),
                                                    options.max_stall.count(),
                                                    options.warn_behind,
                                                    options.lossless ? 1 : 0,
                                                    static_cast<int>(options.wait)};
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
