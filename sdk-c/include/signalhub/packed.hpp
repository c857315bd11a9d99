// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// Receiving the payloads of several messages into one buffer. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_PACKED_HPP
#define SIGNALHUB_PACKED_HPP

#include <signalhub/receiver.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace signalhub {

/// The payloads of several messages, one behind the other in one buffer, which
/// Receiver::recv_packed() fills again and again. They are good until then, and until it is moved
/// or destroyed.
class Packed {
public:
    class Iterator;

    /// Room for `capacity` payloads, of `bytes` bytes together. One with a capacity of 0, which is
    /// what remains where it was moved from, is SIGNALHUB_ERR_NULL to receive into.
    Packed(std::size_t capacity, std::size_t bytes) : bytes_(bytes), offsets_(capacity + 1) {}

    /// How many payloads there are.
    std::size_t size() const noexcept { return size_; }
    /// Whether there is none.
    bool empty() const noexcept { return size_ == 0; }
    /// Payload `i`, which must be there.
    std::string_view operator[](std::size_t i) const noexcept
    {
        return {bytes_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
    }
    /// The first payload.
    Iterator begin() const noexcept;
    /// Behind the last payload.
    Iterator end() const noexcept;

    /// Where the first payload starts; the others follow, without a gap.
    const char *data() const noexcept { return bytes_.data(); }
    /// Where in data() each of the payloads starts, and behind them where the last one ends. There
    /// must be one.
    const std::size_t *offsets() const noexcept { return offsets_.data(); }

    /// What was missed, if what the last receive came to was Outcome::lagged.
    std::optional<Lag> lag() const noexcept { return lag_; }

    /// After SIGNALHUB_ERR_TOO_SMALL: how many bytes the message needs that did not fit.
    std::size_t needed() const noexcept { return needed_; }
    /// Makes it room for at least so many bytes.
    void reserve(std::size_t bytes)
    {
        if (bytes > bytes_.size())
            bytes_.resize(bytes);
    }

    /// Moves. What is left has no room.
    Packed(Packed &&other) noexcept : Packed() { swap(other); }
    /// @copydoc Packed(Packed&&)
    Packed &operator=(Packed &&other) noexcept
    {
        Packed(std::move(other)).swap(*this);
        return *this;
    }

private:
    friend class Receiver;

    Packed() noexcept = default;

    void swap(Packed &other) noexcept
    {
        bytes_.swap(other.bytes_);
        offsets_.swap(other.offsets_);
        std::swap(size_, other.size_);
        std::swap(needed_, other.needed_);
        std::swap(lag_, other.lag_);
    }

    std::vector<char> bytes_;
    std::vector<std::size_t> offsets_;
    std::size_t size_ = 0;
    std::size_t needed_ = 0;
    std::optional<Lag> lag_;
};

/// Where a range-for over payloads is.
class Packed::Iterator {
public:
    /// @{
    /// What an input iterator says of itself.
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = std::string_view;
    /// @}

    /// The payload.
    std::string_view operator*() const noexcept { return (*packed_)[at_]; }
    /// To the next one.
    Iterator &operator++() noexcept
    {
        at_++;
        return *this;
    }
    /// @copydoc operator++()
    Iterator operator++(int) noexcept
    {
        const Iterator before = *this;
        at_++;
        return before;
    }
    /// Whether both are at the same payload.
    friend bool operator==(const Iterator &a, const Iterator &b) noexcept { return a.at_ == b.at_; }
    friend bool operator!=(const Iterator &a, const Iterator &b) noexcept { return a.at_ != b.at_; }

private:
    friend class Packed;

    Iterator(const Packed &packed, std::size_t at) noexcept : packed_(&packed), at_(at) {}

    const Packed *packed_;
    std::size_t at_;
};

inline Packed::Iterator Packed::begin() const noexcept
{
    return {*this, 0};
}

inline Packed::Iterator Packed::end() const noexcept
{
    return {*this, size_};
}

inline Outcome Receiver::recv_packed(Packed &packed, Timeout timeout)
{
    Received received;
    detail::check(recv_packed(packed, timeout, received));
    return received.outcome();
}

inline Outcome Receiver::recv_packed(Packed &packed, std::error_code &error) noexcept
{
    return recv_packed(packed, std::nullopt, error);
}

inline Outcome Receiver::recv_packed(Packed &packed, Timeout timeout,
                                     std::error_code &error) noexcept
{
    Received received;
    detail::check(recv_packed(packed, timeout, received), error);
    return received.outcome();
}

inline signalhub_status_t Receiver::recv_packed(Packed &packed, Timeout timeout,
                                                Received &received) noexcept
{
    std::uint64_t missed = 0;
    packed.size_ = 0;
    if (packed.offsets_.size() < 2) // no room; none would be no end of a loop
        return SIGNALHUB_ERR_NULL;
    signalhub_status_t status = signalhub_receiver_recv_packed(
        handle_.get(), packed.bytes_.data(), packed.bytes_.size(), packed.offsets_.data(),
        packed.offsets_.size() - 1, timeout.nanoseconds(), &packed.size_, &missed);
    if (status == SIGNALHUB_ERR_TOO_SMALL)
        packed.needed_ = packed.offsets_[1];
    status = told(status, missed, nullptr, 0, received);
    packed.lag_ = received.lag();
    return status;
}

} // namespace signalhub

#endif
