// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// Waiting for one of several receivers. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_WAIT_ANY_HPP
#define SIGNALHUB_WAIT_ANY_HPP

#include <signalhub/receiver.hpp>

#include <cstddef>
#include <iterator>
#include <optional>
#include <vector>

namespace signalhub {

namespace detail {

inline signalhub_receiver_t *handle_of(const Receiver &receiver) noexcept
{
    return receiver.native_handle();
}

inline signalhub_receiver_t *handle_of(const Receiver *receiver) noexcept
{
    return receiver ? receiver->native_handle() : nullptr;
}

template <class Receivers>
signalhub_status_t wait_any(const Receivers &receivers, Timeout timeout,
                            std::optional<std::size_t> &index) noexcept
{
    std::vector<signalhub_receiver_t *> handles;
    if (!reserve(handles, std::size(receivers)))
        return SIGNALHUB_ERR_NO_MEMORY;
    for (const auto &receiver : receivers)
        handles.push_back(handle_of(receiver));
    std::size_t found = 0;
    const signalhub_status_t status =
        signalhub_wait_any(handles.data(), handles.size(), timeout.nanoseconds(), &found);
    if (status == SIGNALHUB_OK)
        index = found;
    return status == SIGNALHUB_TIMEOUT ? SIGNALHUB_OK : status;
}

} // namespace detail

/// Waits until one of several receivers has something: a message, a lag or the end. Returns its
/// place among them, and takes nothing; std::nullopt if nothing came in time. They are an array, a
/// vector or the like of Receiver or of Receiver *, of one hub or of several; that there is none is
/// SIGNALHUB_ERR_WAIT.
///
/// They are looked at from another one on in each call, so that a busy one does not hide the
/// others. How the thread waits is up to the most wakeful of them: see Wait. A receiver with a
/// pattern may be named for a message that turns out not to be wanted: be ready for Outcome::empty.
template <class Receivers>
[[nodiscard]] std::optional<std::size_t> wait_any(const Receivers &receivers,
                                                  Timeout timeout = std::nullopt)
{
    std::optional<std::size_t> index;
    detail::require(detail::wait_any(receivers, timeout, index));
    return index;
}
/// The same, for ever; stores an error, or that there is none.
template <class Receivers>
std::optional<std::size_t> wait_any(const Receivers &receivers, std::error_code &error) noexcept
{
    return wait_any(receivers, std::nullopt, error);
}
/// The same, with a timeout; stores an error, or that there is none.
template <class Receivers>
std::optional<std::size_t> wait_any(const Receivers &receivers, Timeout timeout,
                                    std::error_code &error) noexcept
{
    std::optional<std::size_t> index;
    detail::require(detail::wait_any(receivers, timeout, index), error);
    return index;
}

} // namespace signalhub

#endif
