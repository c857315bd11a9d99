// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// What a hub and a receiver can be asked for. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_OPTIONS_HPP
#define SIGNALHUB_OPTIONS_HPP

#include <signalhub/signalhub.h>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace signalhub {

/// What a hub can be asked for: `Options options; options.capacity = 1000;`, in C++20
/// `Hub hub({.capacity = 1000})`.
struct Options {
    /// How many messages it retains, from 1 to SIGNALHUB_CAPACITY_MAX.
    std::uint64_t capacity = SIGNALHUB_CAPACITY_DEFAULT;
    /// The longest payload that can be published, in bytes; 0 means 1 GiB.
    std::uint64_t max_message_bytes = 0;
    /// Size of a slot in bytes; 0 means 320. See signalhub_options_t.
    std::uint64_t slot_bytes = 0;
    /// How many bytes payloads may have, at least `capacity * max_message_bytes`; 0 means no bound.
    /// When those that their holders keep take up the rest, publishing is the error
    /// SIGNALHUB_KEPT. See signalhub_options_t.
    std::uint64_t capacity_bytes = 0;
};

/// Where a receiver starts: `Start::oldest()`.
class Start {
public:
    /// At the next message to be published.
    static constexpr Start next() noexcept { return {SIGNALHUB_START_NEXT, 0}; }

    /// At the oldest message that the hub retains.
    static constexpr Start oldest() noexcept { return {SIGNALHUB_START_OLDEST, 0}; }

    /// At the last so many messages, as far as the hub retains them.
    static constexpr Start last(std::uint64_t messages) noexcept
    {
        return {SIGNALHUB_START_LAST, messages};
    }

    /// At a number. If the hub retains it no more, the first receive is a lag; a number above that
    /// of the next message is the error SIGNALHUB_ERR_START.
    static constexpr Start seq(std::uint64_t seq) noexcept { return {SIGNALHUB_START_SEQ, seq}; }

private:
    friend class Hub;

    constexpr Start(int start, std::uint64_t at) noexcept : start_(start), at_(at) {}

    int start_;
    std::uint64_t at_;
};

/// What a receiver does when messages were overwritten before it read them. They are counted in any
/// case: see Receiver::stats().
enum class OnLag : int {
    report = SIGNALHUB_ON_LAG_REPORT, ///< It says so, once, and goes on at the oldest retained.
    skip = SIGNALHUB_ON_LAG_SKIP,     ///< It goes on there and says nothing.
    newest = SIGNALHUB_ON_LAG_NEWEST, ///< It says so, once, and goes on at the newest message.
};

/// How a thread waits in a receive and in wait_any().
enum class Wait : int {
    /// It looks again for some microseconds, then sleeps. Right for almost everybody.
    adaptive = SIGNALHUB_WAIT_ADAPTIVE,
    /// It never sleeps: the fastest answer, at the price of a processor for as long as it waits.
    spin = SIGNALHUB_WAIT_SPIN,
    /// It never sleeps, but lets other threads go first.
    yield = SIGNALHUB_WAIT_YIELD,
    /// It sleeps at once, so that each message costs a wake-up.
    park = SIGNALHUB_WAIT_PARK,
};

/// What a receiver can be asked for, each part with its default: in C++20
/// `hub.subscribe({.pattern = "cpu.>", .start = Start::oldest()})`.
struct ReceiverOptions {
    /// Which topics it wants: a topic, in which '*' in a token's place stands for any one token,
    /// and '>' as the last token for one or more. "*" or ">" alone, and a string_view that was not
    /// given a string, are every message, those without a topic included. Good for the call, which
    /// copies it.
    std::string_view pattern = ">";
    /// Where it starts.
    Start start = Start::next();
    /// What it does about a lag.
    OnLag on_lag = OnLag::report;
    /// Leaves out the messages of this origin, its own for example; 0 leaves out nothing.
    std::uint64_t ignore_origin = 0;
    /// Whether publishers wait for it: while it has a whole ring unread, nothing is published. One
    /// that is never read again, because its thread died for example, holds publishers up until it
    /// is destroyed; `max_stall` sets a limit to that.
    bool lossless = false;
    /// How long, if lossless, it may hold publishers up without reading a message. Then it becomes
    /// a lossy one, and gets a lag, its first, when it is overtaken. Zero and less are for ever.
    std::chrono::nanoseconds max_stall = std::chrono::nanoseconds::zero();
    /// What it is called in statistics, for people: UTF-8 without control characters, shorter than
    /// SIGNALHUB_NAME_SIZE bytes. Good for the call, which copies it.
    std::string_view name = {};
    /// From how many unread messages on statistics say that it is about to lag, and a callback is
    /// told: Outcome::about_to_lag. 0 is never.
    std::uint64_t warn_behind = 0;
    /// How a thread waits for it.
    Wait wait = Wait::adaptive;
};

} // namespace signalhub

#endif
