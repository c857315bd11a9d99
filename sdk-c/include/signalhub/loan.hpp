// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// Loans: payloads that are written where receivers read them. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_LOAN_HPP
#define SIGNALHUB_LOAN_HPP

#include <signalhub/message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace signalhub {

/// What publishing tells.
struct Published {
    std::uint64_t seq = 0;       ///< The message's number in its hub, from 0.
    std::uint64_t receivers = 0; ///< How many receivers the hub has.
};

/// What a message is beside its payload, where that is not a View: `{Kind::text, "a.b"}`, in C++20
/// `{.topic = "a.b"}`.
struct Label {
    /// What the payload is.
    Kind kind = Kind::bytes;
    /// Its topic; one that was not given a string is none. Good for the call, which copies it.
    std::string_view topic = {};
    /// Who publishes; 0 means unsaid.
    std::uint64_t origin = 0;
};

namespace detail {

/// A payload and what a label says of it, as C has it.
inline signalhub_view_t view_of(const Label &label, const void *data, std::size_t size) noexcept
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    view.data = data;
    view.len = size;
    view.topic = label.topic.data();
    view.topic_len = label.topic.size();
    view.kind = static_cast<int>(label.kind);
    view.origin = label.origin;
    return view;
}

/// What a container of characters is unless one says otherwise, and what any other is.
template <class Container>
inline constexpr Kind kind_of = Kind::bytes;
template <>
inline constexpr Kind kind_of<std::string> = Kind::text;

} // namespace detail

/// Memory of a hub for a payload that is being written: `Loan frame = hub.loan(size)`. It becomes a
/// message when it is published; destroyed, it is nothing. It moves, and belongs to one thread at a
/// time. It may outlive its Hub, but does not keep it open.
class [[nodiscard]] Loan {
public:
    /// None: its size is 0, and publishing it is SIGNALHUB_ERR_NULL.
    Loan() noexcept = default;
    /// Moves; the other is none then.
    Loan(Loan &&other) noexcept
        : handle_(std::move(other.handle_)), data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0))
    {
    }
    /// @copydoc Loan(Loan&&)
    Loan &operator=(Loan &&other) noexcept
    {
        handle_ = std::move(other.handle_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    ~Loan() = default;

    /// Its bytes, at first whatever they are. They start at a multiple of 64.
    std::byte *data() const noexcept { return data_; }
    /// How many bytes.
    std::size_t size() const noexcept { return size_; }
    /// Its first byte, which with end() makes it a range, and a std::span of it.
    std::byte *begin() const noexcept { return data_; }
    /// Behind its last byte.
    std::byte *end() const noexcept { return data_ + size_; }

    /// Leaves away what is behind its first `size` bytes. Does nothing if it is not longer.
    void truncate(std::size_t size) noexcept { size_ = size < size_ ? size : size_; }

    /// Publishes it without a copy, and is none then. Returns std::nullopt when the hub is closed
    /// or full; then, and after an error, it is as it was.
    std::optional<Published> publish(const Label &label = {})
    {
        Published published;
        return told(detail::check(publish(label, published)), published);
    }
    /// @copydoc publish(const Label&)
    std::optional<Published> publish(const Label &label, std::error_code &error) noexcept
    {
        Published published;
        return told(detail::check(publish(label, published), error), published);
    }

    /// The C handle, still owned by this object; NULL when it is none.
    signalhub_loan_t *native_handle() const noexcept { return handle_.get(); }

private:
    friend class Hub;

    Loan(signalhub_loan_t *handle, void *data, std::size_t size) noexcept
        : handle_(handle), data_(static_cast<std::byte *>(data)), size_(handle ? size : 0)
    {
    }

    signalhub_status_t publish(const Label &label, Published &published) noexcept
    {
        const signalhub_view_t view = detail::view_of(label, data_, size_);
        const signalhub_status_t status =
            signalhub_loan_publish(handle_.get(), &view, &published.seq, &published.receivers);
        if (status == SIGNALHUB_OK) {
            (void)handle_.release(); // it is gone
            data_ = nullptr;
            size_ = 0;
        }
        return status;
    }

    static std::optional<Published> told(signalhub_status_t status,
                                         const Published &published) noexcept
    {
        return status == SIGNALHUB_OK ? std::optional(published) : std::nullopt;
    }

    std::unique_ptr<signalhub_loan_t, detail::Free> handle_;
    std::byte *data_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace signalhub

#endif
