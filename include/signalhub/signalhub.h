/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * signalhub: one message in, every receiver gets it.
 *
 * This header is the contract. What is not declared here is not part of the library.
 * It is generated from src/capi; edit it there.
 *
 * NULL      A pointer must not be NULL unless its description allows it; one that is gives
 *           SIGNALHUB_ERR_NULL. Every _free function accepts NULL.
 * Handles   A handle that was freed, or is of another type or another copy of the library, gives
 *           SIGNALHUB_ERR_HANDLE. One that the parent of a fork() made gives SIGNALHUB_ERR_FORKED
 *           in the child; _free there returns SIGNALHUB_OK and only forgets it.
 * Outputs   out_ parameters are written only when the returned status is SIGNALHUB_OK, unless
 *           their description says otherwise. NULL where they are not wanted.
 * Threads   Hubs may be used by any thread at any time. A receiver, a message and a loan belong to
 *           one thread at a time.
 * Signals   No function may be called from a signal handler. A signal ends no wait.
 * Panics    A fault inside the library becomes SIGNALHUB_ERR_PANIC; free the handle then.
 * Growth    Constants keep their values for ever. Structs only grow at their end.
 * Loading   Loading the library starts nothing and changes nothing in the process.
 */


#ifndef SIGNALHUB_H
#define SIGNALHUB_H

#include <stddef.h>
#include <stdint.h>

/** Marks what the library exports. */
#if defined(__GNUC__)
#define SIGNALHUB_API __attribute__((visibility("default")))
#else
#define SIGNALHUB_API
#endif

/** Options with their defaults: `signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;` */
#define SIGNALHUB_OPTIONS_INIT {sizeof(signalhub_options_t), SIGNALHUB_CAPACITY_DEFAULT, 0, 0, 0}

/** Receiver options with their defaults. */
#define SIGNALHUB_RECEIVER_OPTIONS_INIT \
    {sizeof(signalhub_receiver_options_t), NULL, 0, SIGNALHUB_START_NEXT, \
     SIGNALHUB_ON_LAG_REPORT, 0, 0, NULL, 0, 0, 0, 0, SIGNALHUB_WAIT_ADAPTIVE}

/** Statistics of a hub, to be filled in. */
#define SIGNALHUB_STATS_INIT {sizeof(signalhub_stats_t), 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** Statistics of a receiver, to be filled in. */
#define SIGNALHUB_RECEIVER_STATS_INIT \
    {sizeof(signalhub_receiver_stats_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, "", 0, 0, 0, 0}

/** An empty view: `signalhub_view_t view = SIGNALHUB_VIEW_INIT;` */
#define SIGNALHUB_VIEW_INIT \
    {sizeof(signalhub_view_t), NULL, 0, NULL, 0, SIGNALHUB_KIND_BYTES, 0, 0, 0}


/**
 * Version of the header, first part. What may break callers is SIGNALHUB_ABI_VERSION.
 */
#define SIGNALHUB_VERSION_MAJOR 0

/**
 * Version of the header, second part.
 */
#define SIGNALHUB_VERSION_MINOR 1

/**
 * Version of the header, third part.
 */
#define SIGNALHUB_VERSION_PATCH 0

/**
 * What signalhub_abi_version() returns for this header; the number in the SONAME. A change breaks
 * callers.
 */
#define SIGNALHUB_ABI_VERSION 0

/**
 * The capacity of a hub that is not told another one, in messages.
 */
#define SIGNALHUB_CAPACITY_DEFAULT 100

/**
 * The largest capacity of a hub, in messages.
 */
#define SIGNALHUB_CAPACITY_MAX 4294967296

/**
 * The smallest slot_bytes of a hub.
 */
#define SIGNALHUB_SLOT_BYTES_MIN 64

/**
 * The largest slot_bytes of a hub.
 */
#define SIGNALHUB_SLOT_BYTES_MAX 65536

/**
 * The largest max_message_bytes of a hub.
 */
#define SIGNALHUB_MESSAGE_BYTES_MAX 1099511627776

/**
 * The payload is bytes.
 */
#define SIGNALHUB_KIND_BYTES 0

/**
 * The payload is UTF-8 text.
 */
#define SIGNALHUB_KIND_TEXT 1

/**
 * The payload is one JSON value, in UTF-8.
 */
#define SIGNALHUB_KIND_JSON 2

/**
 * The payload is a CloudEvents 1.0 JSON event, in UTF-8.
 */
#define SIGNALHUB_KIND_EVENT 3

/**
 * Start at the next message to be published.
 */
#define SIGNALHUB_START_NEXT 0

/**
 * Start at the oldest message that the hub retains.
 */
#define SIGNALHUB_START_OLDEST 1

/**
 * Start at the last `start_at` messages, as far as the hub retains them.
 */
#define SIGNALHUB_START_LAST 2

/**
 * Start at message `start_at`. If the hub retains it no more, the first receive is
 * SIGNALHUB_LAGGED; above the number of the next message, it is SIGNALHUB_ERR_START.
 */
#define SIGNALHUB_START_SEQ 3

/**
 * A lag is told once, and the receiver goes on at the oldest message that the hub retains.
 */
#define SIGNALHUB_ON_LAG_REPORT 0

/**
 * A lag is not told, only counted, and the receiver goes on as with SIGNALHUB_ON_LAG_REPORT.
 */
#define SIGNALHUB_ON_LAG_SKIP 1

/**
 * A lag is told once, and the receiver goes on at the newest message.
 */
#define SIGNALHUB_ON_LAG_NEWEST 2

/**
 * A thread that waits looks again for some microseconds, then sleeps. Right for almost everybody.
 */
#define SIGNALHUB_WAIT_ADAPTIVE 0

/**
 * A thread that waits never sleeps: the fastest answer, and publishers wake nobody, at the price of
 * a processor for as long as it waits.
 */
#define SIGNALHUB_WAIT_SPIN 1

/**
 * A thread that waits never sleeps, but lets other threads go first.
 */
#define SIGNALHUB_WAIT_YIELD 2

/**
 * A thread that waits sleeps at once, so that each message costs a wake-up.
 */
#define SIGNALHUB_WAIT_PARK 3

/**
 * Room for the longest name of a receiver and its NUL, in bytes.
 */
#define SIGNALHUB_NAME_SIZE 64

/**
 * The number of no receiver.
 */
#define SIGNALHUB_NO_RECEIVER 18446744073709551615ull

/**
 * What a call came to. Zero is success; positive values are ordinary outcomes of a correct
 * program; negative values are mistakes or failures, after which nothing has changed unless the
 * function says otherwise.
 * Values are never reused.
 */
typedef enum {
    /**
     * The call did what it says.
     */
    SIGNALHUB_OK = 0,
    /**
     * No message is waiting.
     */
    SIGNALHUB_EMPTY = 1,
    /**
     * Messages were overwritten before they were read; `out_missed` says how many. The next
     * receive goes on at the oldest message that the hub retains (or as on_lag says).
     */
    SIGNALHUB_LAGGED = 2,
    /**
     * The hub is closed, and a receiver has read every message before the end.
     */
    SIGNALHUB_CLOSED = 3,
    /**
     * Nothing came before the timeout.
     */
    SIGNALHUB_TIMEOUT = 4,
    /**
     * A lossless receiver has a whole ring unread, so nothing can be published.
     */
    SIGNALHUB_FULL = 5,
    /**
     * Messages and loans that their holders keep take up the hub's capacity_bytes.
     */
    SIGNALHUB_KEPT = 6,
    /**
     * A receiver has as many messages to read as its warn_behind says. Told to callbacks only.
     */
    SIGNALHUB_ABOUT_TO_LAG = 7,
    /**
     * A pointer that must not be NULL was NULL.
     */
    SIGNALHUB_ERR_NULL = -1,
    /**
     * Not a live handle of this type: freed, of another type, or of another copy of the library.
     */
    SIGNALHUB_ERR_HANDLE = -2,
    /**
     * The handle was made before fork(), by the parent process.
     */
    SIGNALHUB_ERR_FORKED = -3,
    /**
     * Another thread is inside a call on this receiver.
     */
    SIGNALHUB_ERR_BUSY = -4,
    /**
     * A struct_size that no version of the struct had, or unknown fields that are not zero.
     */
    SIGNALHUB_ERR_STRUCT_SIZE = -5,
    /**
     * A capacity of 0 or above SIGNALHUB_CAPACITY_MAX.
     */
    SIGNALHUB_ERR_CAPACITY = -6,
    /**
     * A slot_bytes below 64 or above SIGNALHUB_SLOT_BYTES_MAX.
     */
    SIGNALHUB_ERR_SLOT_BYTES = -7,
    /**
     * A max_message_bytes above SIGNALHUB_MESSAGE_BYTES_MAX.
     */
    SIGNALHUB_ERR_MAX_MESSAGE_BYTES = -8,
    /**
     * A kind that is none of the SIGNALHUB_KIND_ constants.
     */
    SIGNALHUB_ERR_KIND = -9,
    /**
     * A topic, a pattern, a name, or the payload of a TEXT, JSON or EVENT message, that is not UTF-8.
     */
    SIGNALHUB_ERR_UTF8 = -10,
    /**
     * A topic that is too long, or has an empty token, a wildcard, white space or a control
     * character.
     */
    SIGNALHUB_ERR_TOPIC = -11,
    /**
     * A message longer than the hub's max_message_bytes, or a buffer that no memory could hold.
     */
    SIGNALHUB_ERR_TOO_BIG = -12,
    /**
     * A buffer that the message does not fit in; the needed size is told, and the message was not
     * consumed.
     */
    SIGNALHUB_ERR_TOO_SMALL = -13,
    /**
     * The memory for it cannot be had.
     */
    SIGNALHUB_ERR_NO_MEMORY = -14,
    /**
     * The library failed inside; the handle must only be freed.
     */
    SIGNALHUB_ERR_PANIC = -15,
    /**
     * A pattern that is too long, or has an empty token, white space, a control character, or a
     * wildcard that is no token of its own, or a '>' that is not the last one.
     */
    SIGNALHUB_ERR_PATTERN = -16,
    /**
     * A start that is none of the SIGNALHUB_START_ constants, or the number of a message that is
     * not even the next one.
     */
    SIGNALHUB_ERR_START = -17,
    /**
     * An on_lag that is none of the SIGNALHUB_ON_LAG_ constants.
     */
    SIGNALHUB_ERR_ON_LAG = -18,
    /**
     * A capacity_bytes that is less than capacity times max_message_bytes.
     */
    SIGNALHUB_ERR_CAPACITY_BYTES = -19,
    /**
     * What is to be published of a loan is not within it.
     */
    SIGNALHUB_ERR_LOAN = -20,
    /**
     * A wait that is none of the SIGNALHUB_WAIT_ constants, or a wait for no receiver at all.
     */
    SIGNALHUB_ERR_WAIT = -21,
    /**
     * The system has no more descriptors or threads to give.
     */
    SIGNALHUB_ERR_LIMIT = -22,
    /**
     * A name that is longer than 63 bytes, or has a control character.
     */
    SIGNALHUB_ERR_NAME = -23,
} signalhub_status_t;

/**
 * A thread that calls the callbacks of several receivers, one at a time.
 */
typedef struct signalhub_dispatcher_t signalhub_dispatcher_t;

/**
 * Memory of a hub for a payload that is being written. It belongs to one thread at a time.
 */
typedef struct signalhub_loan_t signalhub_loan_t;

/**
 * A message that a receive fills, again and again. It belongs to one thread at a time.
 */
typedef struct signalhub_message_t signalhub_message_t;

/**
 * One reader of a hub, with its own place in the stream. Use it from one thread at a time: a
 * second one gets SIGNALHUB_ERR_BUSY, unless the first is asleep.
 */
typedef struct signalhub_receiver_t signalhub_receiver_t;

/**
 * A broadcast hub. Every function on it may be called from any thread at any time, but for
 * signalhub_free().
 */
typedef struct signalhub_t signalhub_t;

/**
 * What signalhub_new() can be asked for. Start from SIGNALHUB_OPTIONS_INIT.
 */
typedef struct {
    /**
     * `sizeof(signalhub_options_t)`.
     */
    size_t struct_size;
    /**
     * How many messages the hub retains, from 1 to SIGNALHUB_CAPACITY_MAX;
     * SIGNALHUB_OPTIONS_INIT says SIGNALHUB_CAPACITY_DEFAULT.
     */
    uint64_t capacity;
    /**
     * The longest payload that can be published, in bytes; 0 means 1 GiB.
     */
    uint64_t max_message_bytes;
    /**
     * Size of a slot in bytes, rounded up to a multiple of 64; 0 means 320. A message of which
     * payload and topic, each rounded up to a multiple of 8, together take at most
     * slot_bytes - 24 lies in the slot; a larger one lies in memory of its own, which receivers
     * share.
     */
    uint64_t slot_bytes;
    /**
     * How many bytes the payloads in memory of their own may have: at least capacity times
     * max_message_bytes, so that only what holders keep can reach it (messages that the hub does
     * not retain any more, and loans). Publishing is SIGNALHUB_KEPT then. 0 means no bound. At
     * times one more message is in memory for each publisher that is at work. Not counted: the
     * ring, what a payload's memory is rounded up by (to a power of two), and free memory that is
     * kept to be used again (at most 64 MiB, or as much as is in use).
     */
    uint64_t capacity_bytes;
} signalhub_options_t;

/**
 * The parts of a message: what you publish, and what you received. Start from
 * SIGNALHUB_VIEW_INIT. What was received can be published again as it is.
 */
typedef struct {
    /**
     * `sizeof(signalhub_view_t)`.
     */
    size_t struct_size;
    /**
     * The payload, aligned to 64 bytes when received, unless signalhub_publish_owned() published
     * it. May be NULL when `len` is 0.
     */
    const void *data;
    /**
     * Length of the payload in bytes.
     */
    size_t len;
    /**
     * The topic: 1 to 255 bytes of UTF-8, tokens joined by '.', no empty token, no '*', no '>',
     * no white space, no control character. Not terminated by a NUL. NULL when the message has
     * none.
     */
    const char *topic;
    /**
     * Length of the topic in bytes; 0 when the message has none.
     */
    size_t topic_len;
    /**
     * What the payload is: a SIGNALHUB_KIND_ constant.
     */
    int kind;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * Who published, as the publishers agree among themselves; 0 when unsaid.
     */
    uint64_t origin;
    /**
     * The message's number in its hub, from 0. Ignored when published.
     */
    uint64_t seq;
} signalhub_view_t;

/**
 * What signalhub_subscribe_with() can be asked for. Start from SIGNALHUB_RECEIVER_OPTIONS_INIT.
 */
typedef struct {
    /**
     * `sizeof(signalhub_receiver_options_t)`.
     */
    size_t struct_size;
    /**
     * Which topics it wants: a topic, in which '*' in a token's place stands for any one token, and
     * '>' as the last token for one or more. "*" or ">" alone, and NULL, are every message, those
     * without a topic included. Not terminated by a NUL.
     */
    const char *pattern;
    /**
     * Length of the pattern in bytes, at most 255.
     */
    size_t pattern_len;
    /**
     * Where it starts: a SIGNALHUB_START_ constant.
     */
    int start;
    /**
     * What it does when messages were overwritten before it read them: a SIGNALHUB_ON_LAG_
     * constant.
     */
    int on_lag;
    /**
     * With SIGNALHUB_START_LAST how many messages, with SIGNALHUB_START_SEQ which; else ignored.
     */
    uint64_t start_at;
    /**
     * Leaves out the messages of this origin, its own for example; 0 leaves out nothing.
     */
    uint64_t ignore_origin;
    /**
     * What it is called in statistics, for people: UTF-8 without control characters. Not
     * terminated by a NUL. NULL for no name.
     */
    const char *name;
    /**
     * Length of the name in bytes, at most 63.
     */
    size_t name_len;
    /**
     * How long a lossless receiver may hold publishers up without reading a message, in nanoseconds
     * on the monotonic clock; then it becomes a lossy one, and gets SIGNALHUB_LAGGED, its first, when
     * it is overtaken. 0 or less is for ever.
     */
    int64_t max_stall_ns;
    /**
     * From how many unread messages on statistics say that it is about to lag, and a callback is
     * told: SIGNALHUB_ABOUT_TO_LAG. 0 is never.
     */
    uint64_t warn_behind;
    /**
     * Whether publishers wait for it, 0 or 1: while it has a whole ring unread, a publish is
     * SIGNALHUB_FULL. One that is never read again holds publishers up until it is freed.
     */
    int lossless;
    /**
     * How a thread waits in a receive and in signalhub_wait_any(): a SIGNALHUB_WAIT_ constant.
     */
    int wait;
} signalhub_receiver_options_t;

/**
 * What a receiver has come across so far. received + filtered + missed is next_seq - start_seq.
 */
typedef struct {
    /**
     * `sizeof(signalhub_receiver_stats_t)`.
     */
    size_t struct_size;
    /**
     * The number of the message that it started at.
     */
    uint64_t start_seq;
    /**
     * The number of the message that the next receive looks for.
     */
    uint64_t next_seq;
    /**
     * Messages that it received.
     */
    uint64_t received;
    /**
     * Messages that it passed over because it does not want them.
     */
    uint64_t filtered;
    /**
     * Messages that were overwritten before it read them.
     */
    uint64_t missed;
    /**
     * Messages that were published and that it has not read yet; what is above the hub's capacity
     * will have been missed.
     */
    uint64_t behind;
    /**
     * The most that `behind` was found to be: when statistics were asked for, when it lagged, and
     * once on its way around the ring.
     */
    uint64_t worst_behind;
    /**
     * How often it was woken.
     */
    uint64_t wake_ups;
    /**
     * Which receiver of its hub it is: they are numbered from 0 as they subscribe.
     */
    uint64_t id;
    /**
     * What it is called, with a NUL behind it.
     */
    char name[SIGNALHUB_NAME_SIZE];
    /**
     * 1 if publishers wait for it; 0 also once it has stalled for longer than its max_stall_ns.
     */
    int lossless;
    /**
     * 1 if `behind` has come to the receiver's warn_behind.
     */
    int about_to_lag;
    /**
     * Messages with a large payload that it received and that somebody still has: the one that it
     * is at, and others that were kept. A number that stays high is memory that the hub cannot use
     * again.
     */
    uint64_t held_messages;
    /**
     * Bytes of their payloads, each counted once for every message that shares it.
     */
    uint64_t held_bytes;
} signalhub_receiver_stats_t;

/**
 * What a hub has come across so far.
 */
typedef struct {
    /**
     * `sizeof(signalhub_stats_t)`.
     */
    size_t struct_size;
    /**
     * How many messages it retains at most.
     */
    uint64_t capacity;
    /**
     * How many messages were published, those included that are just being written.
     */
    uint64_t published;
    /**
     * How many receivers it has.
     */
    uint64_t receivers;
    /**
     * How many threads and descriptors wait for a message.
     */
    uint64_t waiting;
    /**
     * How many publishers wait for a lossless receiver.
     */
    uint64_t waiting_publishers;
    /**
     * The number of the receiver that holds publishers up; SIGNALHUB_NO_RECEIVER if none does.
     */
    uint64_t gated_by;
    /**
     * Large payloads in memory: in the ring, in loans, and in messages that somebody has.
     */
    uint64_t blocks;
    /**
     * Bytes of these payloads.
     */
    uint64_t block_bytes;
    /**
     * Bytes of memory that is kept to be used for large payloads again.
     */
    uint64_t free_bytes;
} signalhub_stats_t;

/**
 * Frees what was handed to the library together with the `user_data` that it is given: memory that
 * signalhub_publish_owned() published, or what a callback uses. NULL for what needs no freeing.
 *
 * It is called once, by whichever thread needs it last: of a message one that publishes, receives,
 * clears a message, or frees the last of what keeps a hub alive. Nothing is locked then, so it may
 * call every function of this library, on the same hub too, but none on a message or a loan that
 * the thread is inside a call on. Memory of messages that becomes due in one that frees such memory
 * is freed when that has returned, so these calls do not nest. It must return: not throw, not leave by longjmp() nor by the end of its
 * thread.
 */
typedef void (*signalhub_free_fn_t)(void *user_data);

/**
 * What a receiver calls: with SIGNALHUB_OK and a message, with SIGNALHUB_LAGGED and how many
 * messages were missed, and with SIGNALHUB_CLOSED once at the end; if its warn_behind asks for it,
 * with SIGNALHUB_ABOUT_TO_LAG and how many messages are unread in `missed`, once, until they are half
 * as many. Otherwise `message` is NULL and `missed` is 0.
 *
 * The message is the library's: look at it with signalhub_message_view() until the call returns,
 * and do not free it.
 *
 * Nothing is locked meanwhile. The callback may publish, subscribe and close, and receive from, free
 * and set another callback for its own receiver, and free its dispatcher. It must return: not throw,
 * not leave by longjmp() nor by the end of its thread.
 */
typedef void (*signalhub_message_fn_t)(void *user_data,
                                       signalhub_status_t status,
                                       signalhub_message_t *message,
                                       uint64_t missed);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that the process has loaded.
 *
 * Ownership: the text is static.
 * Threads:   any thread.
 * Returns:   for example "0.1.0", never NULL.
 */
SIGNALHUB_API const char *signalhub_version(void);

/**
 * The version of the binary interface that the process has loaded. A binding that finds another
 * one than its SIGNALHUB_ABI_VERSION must not call anything else.
 *
 * Threads: any thread.
 * Returns: the version.
 */
SIGNALHUB_API uint32_t signalhub_abi_version(void);

/**
 * The text of a status, for people.
 *
 * @param status  Any number; one that is no status gives "unknown status".
 *
 * Ownership: the text is static.
 * Threads:   any thread.
 * Returns:   the text, never NULL.
 */
SIGNALHUB_API const char *signalhub_status_str(int status);

/**
 * Make a hub.
 *
 * @param options  What it should be, or NULL for the defaults.
 * @param out_hub  Receives the handle. Not NULL.
 *
 * Ownership: free the handle with signalhub_free().
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_STRUCT_SIZE, SIGNALHUB_ERR_CAPACITY,
 *            SIGNALHUB_ERR_SLOT_BYTES, SIGNALHUB_ERR_MAX_MESSAGE_BYTES,
 *            SIGNALHUB_ERR_CAPACITY_BYTES, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_new(const signalhub_options_t *options,
                                 signalhub_t **out_hub);

/**
 * Make another handle on the same hub, for another thread or another language to own.
 *
 * @param hub      The hub. Not NULL.
 * @param out_hub  Receives the new handle. Not NULL.
 *
 * Ownership: free each handle with signalhub_free().
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *            SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_clone(const signalhub_t *hub, signalhub_t **out_hub);

/**
 * Publish one message without a topic to every receiver of a hub.
 *
 * Waits for no receiver. One that has fallen a whole ring behind loses its oldest messages and
 * is told how many by its next receive; but while a lossless one has a whole ring unread, nothing is
 * published.
 *
 * @param hub            The hub. Not NULL.
 * @param kind           What the payload is: SIGNALHUB_KIND_BYTES, _TEXT, _JSON or _EVENT.
 * @param data           The payload. May be NULL when `len` is 0.
 * @param len            Its length in bytes, at most the hub's max_message_bytes.
 * @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
 * @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
 *
 * Ownership: `data` is copied before the call returns.
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED, SIGNALHUB_FULL, SIGNALHUB_KEPT, SIGNALHUB_ERR_NULL,
 *            SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_KIND, SIGNALHUB_ERR_UTF8,
 *            SIGNALHUB_ERR_TOO_BIG, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_publish(const signalhub_t *hub,
                                     int kind,
                                     const void *data,
                                     size_t len,
                                     uint64_t *out_seq,
                                     uint64_t *out_receivers);

/**
 * Publish one message with all that a message can have: a topic, an origin.
 *
 * Behaves as signalhub_publish().
 *
 * @param hub            The hub. Not NULL.
 * @param view           The message; its `seq` is ignored. Not NULL.
 * @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
 * @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
 *
 * Ownership: payload and topic are copied before the call returns.
 * Threads:   any thread.
 * Returns:   what signalhub_publish() returns, SIGNALHUB_ERR_TOPIC or SIGNALHUB_ERR_STRUCT_SIZE.
 */
SIGNALHUB_API
signalhub_status_t signalhub_publish_view(const signalhub_t *hub,
                                          const signalhub_view_t *view,
                                          uint64_t *out_seq,
                                          uint64_t *out_receivers);

/**
 * Publish one message, and wait while a lossless receiver has a whole ring unread.
 *
 * Else behaves as signalhub_publish_view().
 *
 * @param hub            The hub. Not NULL.
 * @param view           The message; its `seq` is ignored. Not NULL.
 * @param timeout_ns     How long to wait at most, in nanoseconds on the monotonic clock; 0 does not
 *                       wait, a negative number waits for ever.
 * @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
 * @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
 *
 * Ownership: payload and topic are copied before the call returns.
 * Threads:   any thread.
 * Blocks:    until there is room, the hub is closed or the time is over.
 * Returns:   what signalhub_publish_view() returns; SIGNALHUB_FULL once the time is over.
 */
SIGNALHUB_API
signalhub_status_t signalhub_publish_timeout(const signalhub_t *hub,
                                             const signalhub_view_t *view,
                                             int64_t timeout_ns,
                                             uint64_t *out_seq,
                                             uint64_t *out_receivers);

/**
 * Publish several messages in order.
 *
 * They are numbered without a gap, up to a hub's capacity at a time; between such runs another
 * publisher's messages may come. Every message is checked before the first is published. As many
 * are published as lossless receivers leave room for.
 *
 * @param hub            The hub. Not NULL.
 * @param views          The messages, each with the same struct_size. May be NULL when `count` is 0.
 * @param count          How many.
 * @param out_published  Receives how many were published. NULL if not wanted.
 *
 * Ownership: payloads and topics are copied before the call returns.
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK: all were published. SIGNALHUB_CLOSED, SIGNALHUB_FULL, SIGNALHUB_KEPT
 *            or SIGNALHUB_ERR_NO_MEMORY: the first `out_published` were (also written then). Else
 *            what signalhub_publish_view() returns, and none was.
 */
SIGNALHUB_API
signalhub_status_t signalhub_publish_many(const signalhub_t *hub,
                                          const signalhub_view_t *views,
                                          size_t count,
                                          size_t *out_published);

/**
 * How many messages a hub retains.
 *
 * @param hub           The hub. Not NULL.
 * @param out_capacity  Receives the capacity. Not NULL.
 *
 * Threads: any thread.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
 *          SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_capacity(const signalhub_t *hub, uint64_t *out_capacity);

/**
 * The number that the next message of a hub will get: how many were published so far, those
 * included that are just being written.
 *
 * @param hub      The hub. Not NULL.
 * @param out_seq  Receives the number. Not NULL.
 *
 * Threads: any thread. After signalhub_close() the number never changes again.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
 *          SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_next_seq(const signalhub_t *hub, uint64_t *out_seq);

/**
 * Whether a hub is closed.
 *
 * @param hub         The hub. Not NULL.
 * @param out_closed  Receives 1 if it is, else 0. Not NULL.
 *
 * Threads: any thread. Once closed, a hub stays so.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
 *          SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_is_closed(const signalhub_t *hub, int *out_closed);

/**
 * Close a hub for all its handles. Closing a closed hub does nothing.
 *
 * Publishers then get SIGNALHUB_CLOSED; receivers read what is left and then get
 * SIGNALHUB_CLOSED; every sleeper wakes.
 *
 * @param hub  The hub. Not NULL.
 *
 * Threads: any thread.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
 *          SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_close(const signalhub_t *hub);

/**
 * Free a handle on a hub. Freeing the last one closes the hub. Receivers stay valid, and get
 * SIGNALHUB_CLOSED once they have read what is left.
 *
 * @param hub  The handle, or NULL, which does nothing.
 *
 * Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
 * Threads:   any thread, while no other thread is inside a call on this same handle.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_free(signalhub_t *hub);

/**
 * Make an empty message for receives to fill.
 *
 * @param out_message  Receives the handle. Not NULL.
 *
 * Ownership: free the handle with signalhub_message_free().
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_message_new(signalhub_message_t **out_message);

/**
 * Look at the parts of a message.
 *
 * A message that no receive has filled is empty: kind SIGNALHUB_KIND_BYTES, length 0, no topic.
 *
 * @param message   The message. Not NULL.
 * @param out_view  Receives the parts; set its struct_size before. Not NULL.
 *
 * Ownership: what the view points to is the message's, valid until the next receive into it,
 *            signalhub_message_clear() or signalhub_message_free(), also when the hub is gone.
 * Threads:   one thread at a time.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *            SIGNALHUB_ERR_STRUCT_SIZE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_message_view(const signalhub_message_t *message,
                                          signalhub_view_t *out_view);

/**
 * Empty a message, and let go of what it holds of a hub's memory.
 *
 * @param message  The message. Not NULL.
 *
 * Threads: one thread at a time.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED or
 *          SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_message_clear(signalhub_message_t *message);

/**
 * Free a message.
 *
 * @param message  The message, or NULL, which does nothing.
 *
 * Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
 * Threads:   one thread at a time.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_message_free(signalhub_message_t *message);

/**
 * Subscribe to a hub, starting at the next message.
 *
 * @param hub           The hub. Not NULL.
 * @param out_receiver  Receives the handle. Not NULL.
 *
 * Ownership: free the handle with signalhub_receiver_free().
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE,
 *            SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_subscribe(const signalhub_t *hub,
                                       signalhub_receiver_t **out_receiver);

/**
 * Subscribe to a hub: which messages, from where, and what a lag means.
 *
 * A message that is not wanted counts as filtered (see signalhub_receiver_stats()). It is in the
 * ring all the same: a receiver that does not receive lags because of it, but one that sleeps in a
 * receive does not, and is seldom woken by it.
 *
 * @param hub           The hub. Not NULL.
 * @param options       What it is to get, or NULL for what signalhub_subscribe() gives.
 * @param out_receiver  Receives the handle. Not NULL.
 *
 * Ownership: pattern and name are copied; free the handle with signalhub_receiver_free().
 * Threads:   any thread.
 * Returns:   what signalhub_subscribe() returns, SIGNALHUB_ERR_STRUCT_SIZE, SIGNALHUB_ERR_START,
 *            SIGNALHUB_ERR_ON_LAG, SIGNALHUB_ERR_WAIT, SIGNALHUB_ERR_PATTERN, SIGNALHUB_ERR_NAME,
 *            SIGNALHUB_ERR_UTF8, or SIGNALHUB_ERR_TOO_BIG for a text that no memory could hold.
 */
SIGNALHUB_API
signalhub_status_t signalhub_subscribe_with(const signalhub_t *hub,
                                            const signalhub_receiver_options_t *options,
                                            signalhub_receiver_t **out_receiver);

/**
 * Receive the next message if one is there.
 *
 * @param receiver    The receiver. Not NULL.
 * @param message     The message to fill. Not NULL.
 * @param out_missed  Receives how many messages were missed, when SIGNALHUB_LAGGED. NULL if not
 *                    wanted. The first of them was signalhub_receiver_next_seq() - missed.
 *
 * Threads: one thread at a time.
 * Returns: SIGNALHUB_OK, SIGNALHUB_EMPTY, SIGNALHUB_LAGGED, SIGNALHUB_CLOSED, SIGNALHUB_ERR_NULL,
 *          SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_BUSY or
 *          SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_try_recv(signalhub_receiver_t *receiver,
                                               signalhub_message_t *message,
                                               uint64_t *out_missed);

/**
 * Receive the next message, and wait for it as long as it takes.
 *
 * @param receiver    The receiver. Not NULL.
 * @param message     The message to fill. Not NULL.
 * @param out_missed  As for signalhub_receiver_try_recv().
 *
 * Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
 * Blocks:  until a message comes, the hub is closed or the receiver is freed.
 * Returns: SIGNALHUB_OK, SIGNALHUB_LAGGED, SIGNALHUB_CLOSED (also when the receiver was freed
 *          meanwhile), SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *          SIGNALHUB_ERR_BUSY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_recv(signalhub_receiver_t *receiver,
                                           signalhub_message_t *message,
                                           uint64_t *out_missed);

/**
 * Receive the next message, and wait for it until a timeout.
 *
 * @param receiver    The receiver. Not NULL.
 * @param message     The message to fill. Not NULL.
 * @param timeout_ns  How long to wait at most, in nanoseconds on the monotonic clock; 0 looks once,
 *                    a negative number waits for ever.
 * @param out_missed  As for signalhub_receiver_try_recv().
 *
 * Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
 * Blocks:  until a message comes, the hub is closed, the receiver is freed or the time is over.
 * Returns: what signalhub_receiver_recv() returns, or SIGNALHUB_TIMEOUT.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_recv_timeout(signalhub_receiver_t *receiver,
                                                   signalhub_message_t *message,
                                                   int64_t timeout_ns,
                                                   uint64_t *out_missed);

/**
 * Receive the next message into a buffer of one's own.
 *
 * @param receiver    The receiver. Not NULL.
 * @param buf         The buffer. May be NULL when `buf_len` is 0.
 * @param buf_len     Its length in bytes.
 * @param timeout_ns  As for signalhub_receiver_recv_timeout().
 * @param out_len     Receives the length of the payload, when SIGNALHUB_OK or
 *                    SIGNALHUB_ERR_TOO_SMALL. Not NULL.
 * @param out_missed  As for signalhub_receiver_try_recv().
 *
 * Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
 * Blocks:  as signalhub_receiver_recv_timeout().
 * Returns: what signalhub_receiver_recv_timeout() returns, or SIGNALHUB_ERR_TOO_SMALL: the buffer
 *          is untouched, and the message is still the next one (until it is overwritten). A
 *          buf_len that no memory could have is SIGNALHUB_ERR_TOO_BIG.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_recv_into(signalhub_receiver_t *receiver,
                                                void *buf,
                                                size_t buf_len,
                                                int64_t timeout_ns,
                                                size_t *out_len,
                                                uint64_t *out_missed);

/**
 * The number of the message that a receiver will read next.
 *
 * @param receiver  The receiver. Not NULL.
 * @param out_seq   Receives the number. Not NULL.
 *
 * Threads: one thread at a time.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *          SIGNALHUB_ERR_BUSY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_next_seq(signalhub_receiver_t *receiver,
                                               uint64_t *out_seq);

/**
 * Free a receiver. A thread that sleeps in a receive on it wakes and gets SIGNALHUB_CLOSED; for
 * one that is just taking a message this call waits. A callback is removed, as
 * signalhub_receiver_on_message() does.
 *
 * @param receiver  The receiver, or NULL, which does nothing.
 *
 * Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
 * Threads:   any thread, that of its callback too.
 * Blocks:    until a running call of its callback has returned, unless that is who calls this.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_receiver_free(signalhub_receiver_t *receiver);

/**
 * Receive several messages: wait for the first until a timeout, then take what is there.
 *
 * @param receiver    The receiver. Not NULL.
 * @param messages    The messages to fill, all different. May be NULL when `count` is 0.
 * @param count       How many at most.
 * @param timeout_ns  As for signalhub_receiver_recv_timeout().
 * @param out_count   Receives how many were filled, when SIGNALHUB_OK. Not NULL.
 * @param out_missed  As for signalhub_receiver_try_recv().
 *
 * Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
 * Blocks:  as signalhub_receiver_recv_timeout(), for the first message only.
 * Returns: what signalhub_receiver_recv_timeout() returns. A lag or a close that comes after the
 *          first message is told by the next call.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_recv_many(signalhub_receiver_t *receiver,
                                                signalhub_message_t *const *messages,
                                                size_t count,
                                                int64_t timeout_ns,
                                                size_t *out_count,
                                                uint64_t *out_missed);

/**
 * Receive the payloads of several messages, one behind the other in one buffer: wait for the first
 * until a timeout, then take what is there while it fits. Payload i is from `buf[offsets[i]]` to
 * before `buf[offsets[i + 1]]`; nothing lies between them, so that records of one size are an
 * array. For topics, kinds and numbers there is signalhub_receiver_recv_many().
 *
 * @param receiver    The receiver. Not NULL.
 * @param buf         The buffer. May be NULL when `buf_len` is 0.
 * @param buf_len     Its length in bytes.
 * @param offsets     Room for `count` + 1 offsets, of which out_count + 1 are set. Not NULL.
 * @param count       How many messages at most.
 * @param timeout_ns  As for signalhub_receiver_recv_timeout().
 * @param out_count   Receives how many messages were taken, when SIGNALHUB_OK. Not NULL.
 * @param out_missed  As for signalhub_receiver_try_recv().
 *
 * Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
 * Blocks:  as signalhub_receiver_recv_timeout(), for the first message only.
 * Returns: what signalhub_receiver_recv_timeout() returns, or SIGNALHUB_ERR_TOO_SMALL: the buffer is
 *          untouched, `offsets[1]` is the length of the first message, which is still the next one
 *          (until it is overwritten). A later one that does not fit, a lag or a close that comes
 *          after the first message is for the next call. A buf_len or count that no memory could
 *          have is SIGNALHUB_ERR_TOO_BIG.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_recv_packed(signalhub_receiver_t *receiver,
                                                  void *buf,
                                                  size_t buf_len,
                                                  size_t *offsets,
                                                  size_t count,
                                                  int64_t timeout_ns,
                                                  size_t *out_count,
                                                  uint64_t *out_missed);

/**
 * What a receiver has come across so far.
 *
 * @param receiver   The receiver. Not NULL.
 * @param out_stats  Receives the counts; set its struct_size before. Not NULL.
 *
 * Threads: one thread at a time; signalhub_stats_receivers() tells the same to any thread.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *          SIGNALHUB_ERR_BUSY, SIGNALHUB_ERR_STRUCT_SIZE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_stats(signalhub_receiver_t *receiver,
                                            signalhub_receiver_stats_t *out_stats);

/**
 * What a hub has come across so far.
 *
 * @param hub        The hub. Not NULL.
 * @param out_stats  Receives the counts; set its struct_size before. Not NULL.
 *
 * Threads: any thread.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *          SIGNALHUB_ERR_STRUCT_SIZE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_stats(const signalhub_t *hub,
                                   signalhub_stats_t *out_stats);

/**
 * What each receiver of a hub has come across so far, the one that subscribed first before the
 * others. What a receiver that is just receiving has counted may be a message apart.
 *
 * @param hub        The hub. Not NULL.
 * @param stats      Receives the counts; set each struct_size before, all to the same. May be NULL
 *                   when `count` is 0.
 * @param count      How many there is room for.
 * @param out_count  Receives how many receivers there are; if more than `count`, the first were
 *                   stored. Not NULL.
 *
 * Threads: any thread.
 * Returns: what signalhub_stats() returns, or SIGNALHUB_ERR_TOO_BIG for a count that no memory
 *          could have.
 */
SIGNALHUB_API
signalhub_status_t signalhub_stats_receivers(const signalhub_t *hub,
                                             signalhub_receiver_stats_t *stats,
                                             size_t count,
                                             size_t *out_count);

/**
 * What a hub and its receivers have come across so far, as Prometheus reads it.
 *
 * @param hub        The hub. Not NULL.
 * @param label      The value of the label `hub` in each line: UTF-8. May be NULL when `label_len`
 *                   is 0.
 * @param label_len  Its length in bytes.
 * @param buf        Receives the text, without a NUL. May be NULL when `buf_len` is 0.
 * @param buf_len    Its length in bytes.
 * @param out_len    Receives the length of the text, when SIGNALHUB_OK or SIGNALHUB_ERR_TOO_SMALL.
 *                   Not NULL.
 *
 * Threads: any thread.
 * Returns: SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *          SIGNALHUB_ERR_UTF8, SIGNALHUB_ERR_TOO_SMALL: the buffer is untouched; the text may be
 *          longer by the next call; SIGNALHUB_ERR_TOO_BIG for a length that no memory could have,
 *          or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_stats_text(const signalhub_t *hub,
                                        const char *label,
                                        size_t label_len,
                                        void *buf,
                                        size_t buf_len,
                                        size_t *out_len);

/**
 * A descriptor for select, poll, epoll and the event loops that are made of them: readable when a
 * receive would not say that nothing is there, because there is a message, a lag, or the end (for
 * good, then).
 *
 * It is made by the first call, and is the same in later ones. Level-triggered: when it is readable,
 * receive until SIGNALHUB_EMPTY or SIGNALHUB_TIMEOUT, which makes it unreadable. It may be readable
 * for nothing now and then, with a pattern once in half a ring. Edge-triggered epoll sees it
 * become readable after each SIGNALHUB_EMPTY or SIGNALHUB_TIMEOUT.
 *
 * @param receiver  The receiver. Not NULL.
 * @param out_fd    Receives the descriptor. Not NULL.
 *
 * Ownership: it is the receiver's, and closed with it. Watch it; do not read, write or close it.
 * Threads:   one thread at a time.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *            SIGNALHUB_ERR_BUSY, SIGNALHUB_ERR_LIMIT or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_fd(signalhub_receiver_t *receiver,
                                         int *out_fd);

/**
 * Wait until one of several receivers has something: a message, a lag or the end. Nothing is taken:
 * signalhub_receiver_try_recv() does that then.
 *
 * The receivers may be of one hub or of several. They are looked at from another one on in each
 * call, so that a busy one does not hide the others. How the thread waits is up to the most wakeful
 * of them (see SIGNALHUB_WAIT_ADAPTIVE).
 *
 * @param receivers   The receivers. Not NULL.
 * @param count       How many.
 * @param timeout_ns  As for signalhub_receiver_recv_timeout().
 * @param out_index   Receives the place of the receiver among them, when SIGNALHUB_OK or
 *                    SIGNALHUB_CLOSED. Not NULL.
 *
 * Threads: one thread at a time; signalhub_receiver_free() from another one ends the wait.
 * Blocks:  until one of them has something, one of them is freed or the time is over.
 * Returns: SIGNALHUB_OK, SIGNALHUB_TIMEOUT, SIGNALHUB_CLOSED (one of them was freed meanwhile; a hub
 *          that is closed is SIGNALHUB_OK), SIGNALHUB_ERR_WAIT when `count` is 0,
 *          SIGNALHUB_ERR_TOO_BIG when it is more than fits in memory, SIGNALHUB_ERR_NULL,
 *          SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_BUSY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_wait_any(signalhub_receiver_t *const *receivers,
                                      size_t count,
                                      int64_t timeout_ns,
                                      size_t *out_index);

/**
 * Borrow memory for a payload, to write it where receivers will read it, without a copy.
 *
 * A loan becomes a message, and gets its number, when it is published. Until then it counts
 * towards the hub's capacity_bytes.
 *
 * @param hub       The hub. Not NULL.
 * @param len       Length of the payload in bytes, at most the hub's max_message_bytes.
 * @param out_loan  Receives the handle. Not NULL.
 * @param out_data  Receives the address of `len` bytes, aligned to 64 bytes, whatever they are.
 *                  Not NULL.
 *
 * Ownership: give the loan to signalhub_loan_publish() or signalhub_loan_free(). It stays valid
 *            when the hub is gone.
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED, SIGNALHUB_KEPT, SIGNALHUB_ERR_NULL,
 *            SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_TOO_BIG,
 *            SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_loan(const signalhub_t *hub,
                                  size_t len,
                                  signalhub_loan_t **out_loan,
                                  void **out_data);

/**
 * Publish a loan to every receiver of its hub.
 *
 * Behaves as signalhub_publish_view(), but copies nothing. Never SIGNALHUB_KEPT: its memory is
 * there already.
 *
 * @param loan           The loan. Not NULL.
 * @param view           The message: kind, topic and origin; `len`, how many bytes of the loan,
 *                       from its first on; `data`, NULL or the address of the loan. Not NULL.
 * @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
 * @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
 *
 * Ownership: with SIGNALHUB_OK the loan is gone, and its memory is not the caller's any more; else
 *            it is the caller's as before.
 * Threads:   one thread at a time.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_CLOSED (also when the hub's last handle was freed),
 *            SIGNALHUB_FULL, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED,
 *            SIGNALHUB_ERR_STRUCT_SIZE, SIGNALHUB_ERR_KIND, SIGNALHUB_ERR_UTF8,
 *            SIGNALHUB_ERR_TOPIC, SIGNALHUB_ERR_LOAN (`len` is more than was borrowed, or `data`
 *            is elsewhere), SIGNALHUB_ERR_NO_MEMORY (for a topic that does not fit a slot) or
 *            SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_loan_publish(signalhub_loan_t *loan,
                                          const signalhub_view_t *view,
                                          uint64_t *out_seq,
                                          uint64_t *out_receivers);

/**
 * Give a loan back without publishing it.
 *
 * @param loan  The loan, or NULL, which does nothing.
 *
 * Ownership: the handle is gone, and so is its memory; using it again is SIGNALHUB_ERR_HANDLE.
 * Threads:   one thread at a time.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_loan_free(signalhub_loan_t *loan);

/**
 * Publish memory of the caller's own, without a copy, however short it is.
 *
 * Behaves as signalhub_publish_view(); receivers read the payload where it is, so it is aligned as
 * the caller has it.
 *
 * @param hub            The hub. Not NULL.
 * @param view           The message; its `seq` is ignored. Not NULL.
 * @param free_fn        Frees the payload, or NULL if nothing has to: it is valid for ever.
 * @param user_data      What `free_fn` is given.
 * @param out_seq        Receives the message's number in its hub, from 0. NULL if not wanted.
 * @param out_receivers  Receives how many receivers the hub has. NULL if not wanted.
 *
 * Ownership: with SIGNALHUB_OK the payload is the library's: nobody may write to it, and `free_fn`
 *            is called once when it is not needed any more, which may be before this call
 *            returns. Else the payload is the caller's as before and `free_fn` is not called. The
 *            topic is copied.
 * Threads:   any thread; any thread may call `free_fn`.
 * Returns:   what signalhub_publish_view() returns.
 */
SIGNALHUB_API
signalhub_status_t signalhub_publish_owned(const signalhub_t *hub,
                                           const signalhub_view_t *view,
                                           signalhub_free_fn_t free_fn,
                                           void *user_data,
                                           uint64_t *out_seq,
                                           uint64_t *out_receivers);

/**
 * Start a thread that calls callbacks. All signals are blocked in it, but for those that a thread
 * gets for its own faults.
 *
 * @param out_dispatcher  Receives the handle. Not NULL.
 *
 * Ownership: free the handle with signalhub_dispatcher_free().
 * Threads:   any thread.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL, SIGNALHUB_ERR_LIMIT, SIGNALHUB_ERR_NO_MEMORY or
 *            SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_dispatcher_new(signalhub_dispatcher_t **out_dispatcher);

/**
 * Free a dispatcher: remove its callbacks, as signalhub_receiver_on_message() does, and end its
 * thread. The receivers stay.
 *
 * @param dispatcher  The dispatcher, or NULL, which does nothing.
 *
 * Ownership: the handle is gone; using it again is SIGNALHUB_ERR_HANDLE.
 * Threads:   any thread, that of the dispatcher too.
 * Blocks:    until a running callback has returned and the thread has ended; in a callback of this
 *            dispatcher it does not: the thread ends when that has returned.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_HANDLE or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API signalhub_status_t signalhub_dispatcher_free(signalhub_dispatcher_t *dispatcher);

/**
 * Have a callback called with what a receiver gets, in place of the one it had, or remove it.
 *
 * When this has returned, the callback that was there before is not called any more, and its
 * `user_data` was freed. It is freed just once however it ends: here, with SIGNALHUB_CLOSED, by
 * signalhub_receiver_free() or by signalhub_dispatcher_free(). A callback that removes or replaces
 * itself is freed when it has returned.
 *
 * While a callback runs, the others of its dispatcher wait; their receivers may lag, and are told.
 * A receiver may be received from beside its callback, too; each message then goes to whoever
 * takes it, and while the callback's thread takes one, others get SIGNALHUB_ERR_BUSY.
 *
 * @param receiver    The receiver. Not NULL.
 * @param dispatcher  Whose thread calls, or NULL for a thread of its own.
 * @param callback    What to call, or NULL to remove; then all that follows is NULL too.
 * @param user_data   What it is called with.
 * @param free_fn     Frees `user_data`. NULL for nothing to free.
 *
 * Ownership: `user_data` is the library's when this returns SIGNALHUB_OK, else still the caller's.
 * Threads:   any thread, that of the callback too.
 * Blocks:    until a running call of the callback that was there before has returned, unless that
 *            is who calls this. So hold no lock that the callback wants, and do not have two
 *            callbacks remove each other.
 * Returns:   SIGNALHUB_OK, SIGNALHUB_ERR_NULL (also for `dispatcher`, `user_data` or `free_fn`
 *            without `callback`), SIGNALHUB_ERR_HANDLE, SIGNALHUB_ERR_FORKED, SIGNALHUB_ERR_LIMIT
 *            (there is no thread to be had), SIGNALHUB_ERR_NO_MEMORY or SIGNALHUB_ERR_PANIC.
 */
SIGNALHUB_API
signalhub_status_t signalhub_receiver_on_message(signalhub_receiver_t *receiver,
                                                 signalhub_dispatcher_t *dispatcher,
                                                 signalhub_message_fn_t callback,
                                                 void *user_data,
                                                 signalhub_free_fn_t free_fn);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SIGNALHUB_H */
