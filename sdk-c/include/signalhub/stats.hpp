// SPDX-License-Identifier: MIT OR Apache-2.0
/// @file
/// What hubs and receivers have come across. Include <signalhub/signalhub.hpp>.
#ifndef SIGNALHUB_STATS_HPP
#define SIGNALHUB_STATS_HPP

#include <signalhub/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signalhub {

/// What a receiver has come across so far: `received + filtered + missed` is
/// `next_seq - start_seq`.
struct ReceiverStats {
    std::uint64_t start_seq = 0; ///< The number of the message that it started at.
    std::uint64_t next_seq = 0;  ///< The number of the message that the next receive looks for.
    std::uint64_t received = 0;  ///< Messages that it received.
    std::uint64_t filtered = 0;  ///< Messages that it passed over: it does not want them.
    std::uint64_t missed = 0;    ///< Messages that were overwritten before it read them.
    /// Messages that were published and that it has not read yet; what is above the hub's capacity
    /// will have been missed.
    std::uint64_t behind = 0;
    /// The most that `behind` was found to be: when statistics were asked for, when it lagged, and
    /// once on its way around the ring.
    std::uint64_t worst_behind = 0;
    std::uint64_t wake_ups = 0; ///< How often it was woken.
    /// Which receiver of its hub it is: they are numbered from 0 as they subscribe.
    std::uint64_t id = 0;
    std::string name; ///< What it is called; empty if it was not given a name.
    /// Whether publishers wait for it; false also once it has stalled for longer than its
    /// max_stall.
    bool is_lossless = false;
    bool is_about_to_lag = false; ///< Whether `behind` has come to the receiver's warn_behind.
    /// Messages with a large payload that it received and that somebody still has: the one that it
    /// is at, and others that were kept. A number that stays high is memory that the hub cannot use
    /// again.
    std::uint64_t held_messages = 0;
    /// Bytes of their payloads, each counted once for every message that shares it.
    std::uint64_t held_bytes = 0;
};

/// What a hub has come across so far.
struct HubStats {
    std::uint64_t capacity = 0;  ///< How many messages it retains at most.
    std::uint64_t published = 0; ///< Messages published, those included that are being written.
    std::uint64_t waiting = 0;   ///< How many threads and descriptors wait for a message.
    std::uint64_t waiting_publishers = 0; ///< How many publishers wait for a lossless receiver.
    /// The id of the receiver that holds publishers up, if one does.
    std::optional<std::uint64_t> gated_by;
    /// Large payloads in memory: in the ring, in loans, and in messages that somebody has.
    std::uint64_t blocks = 0;
    std::uint64_t block_bytes = 0; ///< Bytes of these payloads.
    /// Bytes of memory that is kept to be used for large payloads again.
    std::uint64_t free_bytes = 0;
    /// Its receivers, the one that subscribed first before the others. What one that is just
    /// receiving has counted may be a message apart.
    std::vector<ReceiverStats> receivers;
};

} // namespace signalhub

namespace signalhub::detail {

inline ReceiverStats stats_of(const signalhub_receiver_stats_t &got)
{
    return {
        got.start_seq,     got.next_seq,          got.received,      got.filtered,  got.missed,
        got.behind,        got.worst_behind,      got.wake_ups,      got.id,        &got.name[0],
        got.lossless != 0, got.about_to_lag != 0, got.held_messages, got.held_bytes};
}

inline signalhub_status_t look(signalhub_receiver_t *receiver, ReceiverStats &stats) noexcept
{
    signalhub_receiver_stats_t got = SIGNALHUB_RECEIVER_STATS_INIT;
    const signalhub_status_t status = signalhub_receiver_stats(receiver, &got);
    if (status == SIGNALHUB_OK && !has_memory([&] { stats = stats_of(got); }))
        return SIGNALHUB_ERR_NO_MEMORY;
    return status;
}

/// What each receiver has come across; others may come while room is made for them.
inline signalhub_status_t look(const signalhub_t *hub, std::vector<ReceiverStats> &stats) noexcept
{
    const signalhub_receiver_stats_t unfilled = SIGNALHUB_RECEIVER_STATS_INIT;
    std::vector<signalhub_receiver_stats_t> got;
    std::size_t count = 0;
    do {
        if (!has_memory([&] { got.assign(count, unfilled); }))
            return SIGNALHUB_ERR_NO_MEMORY;
        const signalhub_status_t status =
            signalhub_stats_receivers(hub, got.data(), got.size(), &count);
        if (status != SIGNALHUB_OK)
            return status;
    } while (count > got.size());
    got.resize(count);
    const bool has_room = has_memory([&] {
        for (const signalhub_receiver_stats_t &one : got)
            stats.push_back(stats_of(one));
    });
    return has_room ? SIGNALHUB_OK : SIGNALHUB_ERR_NO_MEMORY;
}

inline signalhub_status_t look(const signalhub_t *hub, HubStats &stats) noexcept
{
    signalhub_stats_t got = SIGNALHUB_STATS_INIT;
    const signalhub_status_t status = signalhub_stats(hub, &got);
    if (status != SIGNALHUB_OK)
        return status;
    stats.capacity = got.capacity;
    stats.published = got.published;
    stats.waiting = got.waiting;
    stats.waiting_publishers = got.waiting_publishers;
    if (got.gated_by != SIGNALHUB_NO_RECEIVER)
        stats.gated_by = got.gated_by;
    stats.blocks = got.blocks;
    stats.block_bytes = got.block_bytes;
    stats.free_bytes = got.free_bytes;
    return look(hub, stats.receivers);
}

/// The text of a hub's statistics; it may become longer while room is made for it.
inline signalhub_status_t look(const signalhub_t *hub, std::string_view label,
                               std::string &text) noexcept
{
    std::size_t len = 0;
    for (;;) {
        const signalhub_status_t status =
            signalhub_stats_text(hub, label.data(), label.size(), text.data(), text.size(), &len);
        if (status == SIGNALHUB_OK)
            text.resize(len);
        if (status != SIGNALHUB_ERR_TOO_SMALL)
            return status;
        if (!has_memory([&] { text.resize(len); }))
            return SIGNALHUB_ERR_NO_MEMORY;
    }
}

} // namespace signalhub::detail

#endif
