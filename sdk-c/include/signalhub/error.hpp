// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// What fails, as a std::error_code or a signalhub::Error. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_ERROR_HPP
#define SIGNALHUB_ERROR_HPP

#include <signalhub/signalhub.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <type_traits>

namespace signalhub {

/// A code of category() that no status has: the library has another ABI version than the header.
inline constexpr int other_abi = -256;

/// The category of the codes that statuses make: `error == SIGNALHUB_ERR_TOO_BIG` compares them.
inline const std::error_category &category() noexcept
{
    class Category final : public std::error_category {
    public:
        const char *name() const noexcept override { return "signalhub"; }
        std::string message(int value) const override
        {
            return value == other_abi ? "the library has another ABI version than the header"
                                      : signalhub_status_str(value);
        }
    };
    // Its destructor does nothing, because those of static objects may still meet errors.
    // constexpr, so that it is made of the code of the module that holds it, not of a plugin that
    // is unloaded later.
    union Immortal {
        Category category;
        constexpr Immortal() noexcept : category() {}
        ~Immortal() {}
    };
    static const Immortal immortal;
    return immortal.category;
}

/// A call failed; its code() is the status, or other_abi. Outcomes such as "no message" or "lagged"
/// are values and not thrown; SIGNALHUB_CLOSED is, by Hub::subscribe(), snapshot() and loan(), and
/// by wait_any() when a receiver is freed meanwhile; so is SIGNALHUB_KEPT, by whatever needs memory
/// of a hub that has capacity_bytes.
class Error : public std::system_error {
public:
    using std::system_error::system_error;
};

} // namespace signalhub

/// Makes a status an error code, where the standard library looks for it.
inline std::error_code make_error_code(signalhub_status_t status) noexcept
{
    return {static_cast<int>(status), signalhub::category()};
}

template <>
struct std::is_error_code_enum<signalhub_status_t> : std::true_type {};

namespace signalhub::detail {

/// Throws, or ends a program that has no exceptions.
[[noreturn]] inline void fail(const std::error_code &error)
{
#ifdef __cpp_exceptions
    throw Error(error, "signalhub");
#else
    std::fprintf(stderr, "signalhub: %s\n", error.message().c_str());
    std::abort();
#endif
}

/// Hands an outcome back; fails if the status is an error.
inline signalhub_status_t check(signalhub_status_t status)
{
    if (status < 0)
        fail(status);
    return status;
}

/// Hands an outcome back; stores an error, or that there is none.
inline signalhub_status_t check(signalhub_status_t status, std::error_code &error) noexcept
{
    error = status < 0 ? status : SIGNALHUB_OK;
    return status;
}

/// What publishing came to: as check(), but SIGNALHUB_KEPT is an error here.
inline signalhub_status_t check_publish(signalhub_status_t status)
{
    if (status == SIGNALHUB_KEPT)
        fail(status);
    return check(status);
}

/// @copydoc check_publish(signalhub_status_t)
inline signalhub_status_t check_publish(signalhub_status_t status, std::error_code &error) noexcept
{
    error = status < 0 || status == SIGNALHUB_KEPT ? status : SIGNALHUB_OK;
    return status;
}

/// Fails for an outcome as well: only success will do.
inline void require(signalhub_status_t status)
{
    if (status != SIGNALHUB_OK)
        fail(status);
}

/// Stores whatever it is; only success is none.
inline void require(signalhub_status_t status, std::error_code &error) noexcept
{
    error = status;
}

/// Stores whether the library has the ABI version of the header. If not, nothing else of it may be
/// called.
inline bool is_known_abi(std::error_code &error) noexcept
{
    error = {signalhub_abi_version() == SIGNALHUB_ABI_VERSION ? SIGNALHUB_OK : other_abi,
             category()};
    return !error;
}

/// Runs what takes memory; false if there is none for it.
template <class Body>
bool has_memory(Body body) noexcept
{
#ifdef __cpp_exceptions
    try {
        body();
    } catch (...) {
        return false;
    }
#else
    body();
#endif
    return true;
}

/// Makes room in a container; false if there is no memory for it.
template <class Container>
bool reserve(Container &container, std::size_t count) noexcept
{
    return has_memory([&] { container.reserve(count); });
}

/// Frees handles.
struct Free {
    void operator()(signalhub_t *hub) const noexcept { signalhub_free(hub); }
    void operator()(signalhub_receiver_t *receiver) const noexcept
    {
        signalhub_receiver_free(receiver);
    }
    void operator()(signalhub_message_t *message) const noexcept
    {
        signalhub_message_free(message);
    }
    void operator()(signalhub_loan_t *loan) const noexcept { signalhub_loan_free(loan); }
    void operator()(signalhub_dispatcher_t *dispatcher) const noexcept
    {
        signalhub_dispatcher_free(dispatcher);
    }
};

} // namespace signalhub::detail

#endif
