// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// Messages: what is published, and what a receive fills. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_MESSAGE_HPP
#define SIGNALHUB_MESSAGE_HPP

#include <signalhub/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#if __has_include(<span>)
#include <span>
#endif

namespace signalhub {

/// What a payload is.
enum class Kind : int {
    bytes = SIGNALHUB_KIND_BYTES, ///< Bytes.
    text = SIGNALHUB_KIND_TEXT,   ///< UTF-8 text.
    json = SIGNALHUB_KIND_JSON,   ///< One JSON value, in UTF-8.
    event = SIGNALHUB_KIND_EVENT, ///< A CloudEvents 1.0 JSON event, in UTF-8.
};

/// The parts of a message: what one publishes, and what one received. It owns nothing: what it was
/// made of must stay while it is used. Made of a temporary, it is good for the call that it is made
/// in: `hub.publish(View::json(text()))`. What was received can be published again as it is.
class [[nodiscard]] View {
public:
    /// No bytes.
    View() noexcept = default;

    /// UTF-8 text; publishing checks that it is.
    View(std::string_view text) noexcept : View(Kind::text, text.data(), text.size()) {}
    /// @copydoc View(std::string_view)
    View(const char *text) noexcept : View(std::string_view(text)) {}
    /// @copydoc View(std::string_view)
    View(const std::string &text) noexcept : View(std::string_view(text)) {}
    View(std::nullptr_t) = delete;

#ifdef __cpp_lib_char8_t
    /// @copydoc View(std::string_view)
    View(std::u8string_view text) noexcept : View(Kind::text, text.data(), text.size()) {}
    /// @copydoc View(std::string_view)
    View(const char8_t *text) noexcept : View(std::u8string_view(text)) {}
#endif

#ifdef __cpp_lib_span
    /// Bytes.
    template <class Byte, std::size_t Extent>
        requires std::is_same_v<std::remove_const_t<Byte>, std::byte>
    View(std::span<Byte, Extent> bytes) noexcept : View(Kind::bytes, bytes.data(), bytes.size())
    {
    }
#endif

    /// A payload of any kind, `size` bytes at `data`. That JSON and events are such is the
    /// caller's word.
    View(Kind kind, const void *data, std::size_t size) noexcept
    {
        view_.kind = static_cast<int>(kind);
        view_.data = data;
        view_.len = size;
    }

    /// Bytes.
    static View bytes(const void *data, std::size_t size) noexcept
    {
        return {Kind::bytes, data, size};
    }

    /// One JSON value. That it is one is the caller's word.
    static View json(std::string_view json) noexcept
    {
        return {Kind::json, json.data(), json.size()};
    }

    /// A CloudEvents 1.0 JSON event. That it is one is the caller's word.
    static View event(std::string_view event) noexcept
    {
        return {Kind::event, event.data(), event.size()};
    }

    /// The same, under a topic: 1 to 255 bytes of UTF-8, tokens joined by '.'; publishing checks
    /// it.
    View with_topic(std::string_view topic) const noexcept
    {
        View view = *this;
        view.view_.topic = topic.data();
        view.view_.topic_len = topic.size();
        return view;
    }

    /// The same, with a number that says who publishes; 0 means unsaid.
    View with_origin(std::uint64_t origin) const noexcept
    {
        View view = *this;
        view.view_.origin = origin;
        return view;
    }

    /// The payload, whatever its kind. When received, it starts at a multiple of 64, unless it is
    /// memory of the publisher's own.
    std::string_view payload() const noexcept
    {
        return {static_cast<const char *>(view_.data), view_.len};
    }

#ifdef __cpp_lib_span
    /// The payload as bytes.
    std::span<const std::byte> payload_bytes() const noexcept
    {
        return {static_cast<const std::byte *>(view_.data), view_.len};
    }
#endif

    /// What the payload is.
    Kind kind() const noexcept { return static_cast<Kind>(view_.kind); }

    /// The topic; empty when there is none.
    std::string_view topic() const noexcept { return {view_.topic, view_.topic_len}; }

    /// Who published, as the publishers agree among themselves; 0 when unsaid.
    std::uint64_t origin() const noexcept { return view_.origin; }

    /// When received: its number in its hub, from 0.
    std::uint64_t seq() const noexcept { return view_.seq; }

private:
    friend class Delivery;
    friend class Hub;
    friend class Message;

    signalhub_view_t view_ = SIGNALHUB_VIEW_INIT;
};

/// A message that a receive fills, again and again. It stays valid when receiver and hub are gone.
/// One that was never filled, or was moved from, is empty. It belongs to one thread at a time.
class Message {
public:
    /// All its parts, by one call of C; each of the methods below calls it. They are the message's,
    /// and valid until it is filled again, cleared, moved from or destroyed.
    View view() const
    {
        View view;
        detail::check(look(view));
        return view;
    }
    /// @copydoc view()
    View view(std::error_code &error) const noexcept
    {
        View view;
        detail::check(look(view), error);
        return view;
    }

    /// @copydoc View::payload()
    std::string_view payload() const { return view().payload(); }
#ifdef __cpp_lib_span
    /// @copydoc View::payload_bytes()
    std::span<const std::byte> payload_bytes() const { return view().payload_bytes(); }
#endif
    /// @copydoc View::kind()
    Kind kind() const { return view().kind(); }
    /// @copydoc View::topic()
    std::string_view topic() const { return view().topic(); }
    /// @copydoc View::origin()
    std::uint64_t origin() const { return view().origin(); }
    /// @copydoc View::seq()
    std::uint64_t seq() const { return view().seq(); }

    /// Empties it, and lets go of what it holds of a hub's memory.
    void clear()
    {
        if (handle_)
            detail::check(signalhub_message_clear(handle_.get()));
    }
    /// @copydoc clear()
    void clear(std::error_code &error) noexcept
    {
        detail::check(handle_ ? signalhub_message_clear(handle_.get()) : SIGNALHUB_OK, error);
    }

    /// The C handle, still owned by this object; NULL before the first receive.
    signalhub_message_t *native_handle() const noexcept { return handle_.get(); }

private:
    friend class Receiver;

    signalhub_status_t look(View &view) const noexcept
    {
        return handle_ ? signalhub_message_view(handle_.get(), &view.view_) : SIGNALHUB_OK;
    }

    /// Makes the handle that a receive needs.
    signalhub_status_t prepare() noexcept
    {
        if (handle_)
            return SIGNALHUB_OK;
        signalhub_message_t *handle = nullptr;
        const signalhub_status_t status = signalhub_message_new(&handle);
        handle_.reset(handle);
        return status;
    }

    std::unique_ptr<signalhub_message_t, detail::Free> handle_;
};

/// Room for the messages that Receiver::recv_many() fills together, again and again.
class Batch {
public:
    /// Room for `capacity` messages. One without room is SIGNALHUB_ERR_NULL to receive into.
    explicit Batch(std::size_t capacity) : messages_(capacity), handles_(capacity), lent_(capacity)
    {
    }

    /// Moves. What is left has no room.
    // Said, because a vector claims that it can be copied, whatever it holds.
    Batch(Batch &&) noexcept = default;
    /// @copydoc Batch(Batch&&)
    Batch &operator=(Batch &&) noexcept = default;

private:
    friend class Receiver;

    std::vector<Message> messages_;
    std::vector<signalhub_message_t *> handles_;
    /// How many messages, from the first on, need a look at their handles.
    std::size_t lent_;
};

} // namespace signalhub

#endif
