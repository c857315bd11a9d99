/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Structs have the layout that bindings were built for, and may grow at their end. */
#include "check.h"

#include <stddef.h>

/* Fails to compile unless `cond` holds, in C99 too. */
#define STATIC_CHECK(name, cond) typedef char name[(cond) ? 1 : -1]
#define LIES_AT(type, field, offset)                                                               \
    STATIC_CHECK(type##_##field##_lies_at_##offset, offsetof(signalhub_##type, field) == (offset))

STATIC_CHECK(pointers_have_64_bits, sizeof(void *) == 8 && sizeof(size_t) == 8);
STATIC_CHECK(a_status_is_an_int, sizeof(signalhub_status_t) == sizeof(int));

STATIC_CHECK(options_take_40_bytes, sizeof(signalhub_options_t) == 40);
LIES_AT(options_t, struct_size, 0);
LIES_AT(options_t, capacity, 8);
LIES_AT(options_t, max_message_bytes, 16);
LIES_AT(options_t, slot_bytes, 24);
LIES_AT(options_t, capacity_bytes, 32);

STATIC_CHECK(a_view_takes_64_bytes, sizeof(signalhub_view_t) == 64);
LIES_AT(view_t, struct_size, 0);
LIES_AT(view_t, data, 8);
LIES_AT(view_t, len, 16);
LIES_AT(view_t, topic, 24);
LIES_AT(view_t, topic_len, 32);
LIES_AT(view_t, kind, 40);
LIES_AT(view_t, reserved, 44);
LIES_AT(view_t, origin, 48);
LIES_AT(view_t, seq, 56);

STATIC_CHECK(receiver_options_take_88_bytes, sizeof(signalhub_receiver_options_t) == 88);
LIES_AT(receiver_options_t, struct_size, 0);
LIES_AT(receiver_options_t, pattern, 8);
LIES_AT(receiver_options_t, pattern_len, 16);
LIES_AT(receiver_options_t, start, 24);
LIES_AT(receiver_options_t, on_lag, 28);
LIES_AT(receiver_options_t, start_at, 32);
LIES_AT(receiver_options_t, ignore_origin, 40);
LIES_AT(receiver_options_t, name, 48);
LIES_AT(receiver_options_t, name_len, 56);
LIES_AT(receiver_options_t, max_stall_ns, 64);
LIES_AT(receiver_options_t, warn_behind, 72);
LIES_AT(receiver_options_t, lossless, 80);
LIES_AT(receiver_options_t, wait, 84);

STATIC_CHECK(receiver_stats_take_168_bytes, sizeof(signalhub_receiver_stats_t) == 168);
LIES_AT(receiver_stats_t, struct_size, 0);
LIES_AT(receiver_stats_t, start_seq, 8);
LIES_AT(receiver_stats_t, next_seq, 16);
LIES_AT(receiver_stats_t, received, 24);
LIES_AT(receiver_stats_t, filtered, 32);
LIES_AT(receiver_stats_t, missed, 40);
LIES_AT(receiver_stats_t, behind, 48);
LIES_AT(receiver_stats_t, worst_behind, 56);
LIES_AT(receiver_stats_t, wake_ups, 64);
LIES_AT(receiver_stats_t, id, 72);
LIES_AT(receiver_stats_t, name, 80);
LIES_AT(receiver_stats_t, lossless, 144);
LIES_AT(receiver_stats_t, about_to_lag, 148);
LIES_AT(receiver_stats_t, held_messages, 152);
LIES_AT(receiver_stats_t, held_bytes, 160);

STATIC_CHECK(stats_take_80_bytes, sizeof(signalhub_stats_t) == 80);
LIES_AT(stats_t, struct_size, 0);
LIES_AT(stats_t, capacity, 8);
LIES_AT(stats_t, published, 16);
LIES_AT(stats_t, receivers, 24);
LIES_AT(stats_t, waiting, 32);
LIES_AT(stats_t, waiting_publishers, 40);
LIES_AT(stats_t, gated_by, 48);
LIES_AT(stats_t, blocks, 56);
LIES_AT(stats_t, block_bytes, 64);
LIES_AT(stats_t, free_bytes, 72);

/* The structs as a later version may have them. */
typedef struct {
    signalhub_options_t known;
    uint64_t more[3];
} later_options_t;

typedef struct {
    signalhub_view_t known;
    uint64_t more[3];
} later_view_t;

typedef struct {
    signalhub_receiver_options_t known;
    uint64_t more[3];
} later_receiver_options_t;

typedef struct {
    signalhub_receiver_stats_t known;
    uint64_t more[3];
} later_receiver_stats_t;

typedef struct {
    signalhub_stats_t known;
    uint64_t more[3];
} later_stats_t;

static const size_t wrong_sizes[] = {0, 1, 7, 8, 31, SIZE_MAX, SIZE_MAX / 2, 4097};

static signalhub_status_t try_options(const void *options)
{
    signalhub_t *hub = NULL;
    signalhub_status_t status = signalhub_new((const signalhub_options_t *)options, &hub);
    CHECK((status == SIGNALHUB_OK) == (hub != NULL));
    CHECK_OK(signalhub_free(hub));
    return status;
}

static void options_of_another_version_are_understood_or_refused(void)
{
    static uint64_t largest[4096 / sizeof(uint64_t)];
    later_options_t options;
    memset(&options, 0, sizeof options);
    options.known.capacity = 5;
    for (size_t i = 0; i < COUNT_OF(wrong_sizes); i++) {
        options.known.struct_size = wrong_sizes[i];
        CHECK_STATUS(try_options(&options), SIGNALHUB_ERR_STRUCT_SIZE);
    }
    options.known.capacity_bytes = 1; /* not known to who was built before it was there */
    options.known.struct_size = offsetof(signalhub_options_t, capacity_bytes);
    CHECK_OK(try_options(&options));
    options.known.struct_size = sizeof options.known;
    CHECK_STATUS(try_options(&options), SIGNALHUB_ERR_CAPACITY_BYTES);
    options.known.capacity_bytes = 0;
    options.more[0] = 1; /* not looked at */
    CHECK_OK(try_options(&options));
    options.known.struct_size = sizeof options;
    CHECK_STATUS(try_options(&options), SIGNALHUB_ERR_STRUCT_SIZE);
    options.more[0] = 0;
    CHECK_OK(try_options(&options));
    options.more[2] = (uint64_t)1 << 63;
    CHECK_STATUS(try_options(&options), SIGNALHUB_ERR_STRUCT_SIZE);

    memcpy(largest, &options.known, sizeof options.known);
    largest[0] = sizeof largest;
    CHECK_OK(try_options(largest));
}

static void options_that_are_zero_are_defaults_but_for_the_capacity(void)
{
    signalhub_options_t options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    CHECK_STATUS(try_options(&options), SIGNALHUB_ERR_CAPACITY);
    options.capacity = 1;
    CHECK_OK(try_options(&options));
}

static void a_view_of_another_version_is_understood_or_refused(void)
{
    signalhub_t *hub = new_hub(8);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    const signalhub_view_t empty = SIGNALHUB_VIEW_INIT;
    later_view_t views[2];
    size_t published = 0;

    memset(views, 0, sizeof views);
    views[0].known = empty;
    for (size_t i = 0; i < COUNT_OF(wrong_sizes); i++) {
        views[0].known.struct_size = wrong_sizes[i];
        CHECK_STATUS(signalhub_publish_view(hub, &views[0].known, NULL, NULL),
                     SIGNALHUB_ERR_STRUCT_SIZE);
        CHECK_STATUS(signalhub_publish_many(hub, &views[0].known, 2, NULL),
                     SIGNALHUB_ERR_STRUCT_SIZE);
    }
    views[0].known.struct_size = sizeof views[0];
    views[0].known.data = "first";
    views[0].known.len = 5;
    views[1] = views[0];
    views[1].known.data = "other";
    CHECK_OK(signalhub_publish_many(hub, &views[0].known, 2, &published));
    CHECK(published == 2);
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "first");
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "other");

    views[1].more[2] = 1;
    CHECK_STATUS(signalhub_publish_many(hub, &views[0].known, 2, NULL), SIGNALHUB_ERR_STRUCT_SIZE);
    views[1].more[2] = 0;
    views[1].known.struct_size = sizeof(signalhub_view_t);
    CHECK_STATUS(signalhub_publish_many(hub, &views[0].known, 2, NULL), SIGNALHUB_ERR_STRUCT_SIZE);
    views[1].known.struct_size = sizeof views[1];
    views[1].known.reserved = 1;
    CHECK_STATUS(signalhub_publish_many(hub, &views[0].known, 2, NULL), SIGNALHUB_ERR_STRUCT_SIZE);
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_EMPTY);

    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

/* Structs whose size is no multiple of their alignment cannot lie side by side. */
static void a_size_that_no_array_can_have_is_refused(void)
{
    static const size_t odd_sizes[] = {65, 66, 68, 71};
    signalhub_t *hub = new_hub(8);
    later_view_t views[2];
    for (size_t i = 0; i < COUNT_OF(odd_sizes); i++) {
        memset(views, 0, sizeof views);
        views[0].known.struct_size = odd_sizes[i];
        memcpy((char *)views + odd_sizes[i], &odd_sizes[i], sizeof odd_sizes[i]);
        CHECK_STATUS(signalhub_publish_many(hub, &views[0].known, 2, NULL),
                     SIGNALHUB_ERR_STRUCT_SIZE);
    }
    CHECK_OK(signalhub_free(hub));
}

static void a_view_is_filled_as_far_as_the_library_knows(void)
{
    signalhub_message_t *message = new_message();
    later_view_t view;
    memset(&view, 0x55, sizeof view);
    for (size_t size = 0; size < sizeof view.known; size += 9) {
        view.known.struct_size = size;
        CHECK_STATUS(signalhub_message_view(message, &view.known), SIGNALHUB_ERR_STRUCT_SIZE);
        CHECK(view.known.struct_size == size && view.known.len == 0x5555555555555555);
    }
    view.known.struct_size = sizeof view;
    CHECK_OK(signalhub_message_view(message, &view.known));
    CHECK(view.known.struct_size == sizeof view && view.known.len == 0);
    CHECK(view.more[0] == 0x5555555555555555);
    CHECK_OK(signalhub_message_free(message));
}

static signalhub_status_t try_receiver_options(const signalhub_t *hub, const void *options)
{
    signalhub_receiver_t *receiver = NULL;
    signalhub_status_t status =
        signalhub_subscribe_with(hub, (const signalhub_receiver_options_t *)options, &receiver);
    CHECK((status == SIGNALHUB_OK) == (receiver != NULL));
    CHECK_OK(signalhub_receiver_free(receiver));
    return status;
}

static void receiver_options_of_another_version_are_understood_or_refused(void)
{
    static uint64_t largest[4096 / sizeof(uint64_t)];
    signalhub_t *hub = new_hub(4);
    later_receiver_options_t options;
    memset(&options, 0, sizeof options);
    for (size_t i = 0; i < COUNT_OF(wrong_sizes); i++) {
        options.known.struct_size = wrong_sizes[i];
        CHECK_STATUS(try_receiver_options(hub, &options), SIGNALHUB_ERR_STRUCT_SIZE);
    }
    options.known.struct_size = sizeof options.known - 1;
    CHECK_STATUS(try_receiver_options(hub, &options), SIGNALHUB_ERR_STRUCT_SIZE);
    options.known.struct_size = sizeof options.known;
    options.more[0] = 1; /* not looked at */
    CHECK_OK(try_receiver_options(hub, &options));
    options.known.struct_size = sizeof options;
    CHECK_STATUS(try_receiver_options(hub, &options), SIGNALHUB_ERR_STRUCT_SIZE);
    options.more[0] = 0;
    CHECK_OK(try_receiver_options(hub, &options));
    options.more[2] = (uint64_t)1 << 63;
    CHECK_STATUS(try_receiver_options(hub, &options), SIGNALHUB_ERR_STRUCT_SIZE);
    options.more[2] = 0;

    memcpy(largest, &options.known, sizeof options.known);
    largest[0] = sizeof largest;
    CHECK_OK(try_receiver_options(hub, largest));
    CHECK_OK(signalhub_free(hub));
}

/* Without SIGNALHUB_RECEIVER_OPTIONS_INIT, zeros are what it says. */
static void receiver_options_that_are_zero_are_defaults(void)
{
    const signalhub_receiver_options_t defaults = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_options_t options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    CHECK(memcmp(&options, &defaults, sizeof options) == 0);
}

static void receiver_stats_are_filled_as_far_as_the_library_knows(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    later_receiver_stats_t stats;
    CHECK_OK(publish_text(hub, "unread"));
    memset(&stats, 0x55, sizeof stats);
    for (size_t i = 0; i < COUNT_OF(wrong_sizes); i++) {
        stats.known.struct_size = wrong_sizes[i];
        CHECK_STATUS(signalhub_receiver_stats(receiver, &stats.known), SIGNALHUB_ERR_STRUCT_SIZE);
        CHECK(stats.known.struct_size == wrong_sizes[i]);
        CHECK(stats.known.start_seq == 0x5555555555555555);
        CHECK(stats.known.behind == 0x5555555555555555);
    }
    stats.known.struct_size = sizeof stats;
    CHECK_OK(signalhub_receiver_stats(receiver, &stats.known));
    CHECK(stats.known.struct_size == sizeof stats && stats.known.start_seq == 0);
    CHECK(stats.known.behind == 1 && stats.more[0] == 0x5555555555555555);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void stats_are_filled_as_far_as_the_library_knows(void)
{
    signalhub_t *hub = new_hub(4);
    later_stats_t stats;
    memset(&stats, 0x55, sizeof stats);
    for (size_t i = 0; i < COUNT_OF(wrong_sizes); i++) {
        stats.known.struct_size = wrong_sizes[i];
        CHECK_STATUS(signalhub_stats(hub, &stats.known), SIGNALHUB_ERR_STRUCT_SIZE);
        CHECK(stats.known.struct_size == wrong_sizes[i]);
        CHECK(stats.known.capacity == 0x5555555555555555);
        CHECK(stats.known.gated_by == 0x5555555555555555);
    }
    stats.known.struct_size = sizeof stats;
    CHECK_OK(signalhub_stats(hub, &stats.known));
    CHECK(stats.known.struct_size == sizeof stats && stats.known.capacity == 4);
    CHECK(stats.known.gated_by == SIGNALHUB_NO_RECEIVER && stats.more[0] == 0x5555555555555555);
    CHECK_OK(signalhub_free(hub));
}

/* Side by side they have one size, whichever it is. */
static void stats_of_receivers_are_filled_as_far_as_the_library_knows(void)
{
    static const size_t odd_sizes[] = {153, 156, 159};
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receivers[2];
    later_receiver_stats_t stats[2];
    size_t count = 77;
    receivers[0] = new_receiver(hub);
    receivers[1] = new_receiver(hub);
    memset(stats, 0x55, sizeof stats);
    for (size_t i = 0; i < COUNT_OF(wrong_sizes); i++) {
        stats[0].known.struct_size = wrong_sizes[i];
        CHECK_STATUS(signalhub_stats_receivers(hub, &stats[0].known, 1, &count),
                     SIGNALHUB_ERR_STRUCT_SIZE);
        CHECK(stats[0].known.struct_size == wrong_sizes[i]);
        CHECK(stats[0].known.id == 0x5555555555555555);
    }
    for (size_t i = 0; i < COUNT_OF(odd_sizes); i++) {
        stats[0].known.struct_size = odd_sizes[i];
        CHECK_STATUS(signalhub_stats_receivers(hub, &stats[0].known, 1, &count),
                     SIGNALHUB_ERR_STRUCT_SIZE);
    }
    stats[0].known.struct_size = sizeof stats[0];
    stats[1].known.struct_size = sizeof stats[1].known;
    CHECK_STATUS(signalhub_stats_receivers(hub, &stats[0].known, 2, &count),
                 SIGNALHUB_ERR_STRUCT_SIZE);
    CHECK(count == 77 && stats[1].known.id == 0x5555555555555555);
    stats[1].known.struct_size = sizeof stats[1];
    CHECK_OK(signalhub_stats_receivers(hub, &stats[0].known, 2, &count));
    CHECK(count == 2 && stats[0].known.id == 0 && stats[1].known.id == 1);
    CHECK(stats[1].known.struct_size == sizeof stats[1]);
    CHECK(stats[0].more[0] == 0x5555555555555555 && stats[1].more[2] == 0x5555555555555555);
    CHECK_OK(signalhub_receiver_free(receivers[0]));
    CHECK_OK(signalhub_receiver_free(receivers[1]));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    options_of_another_version_are_understood_or_refused();
    options_that_are_zero_are_defaults_but_for_the_capacity();
    a_view_of_another_version_is_understood_or_refused();
    a_size_that_no_array_can_have_is_refused();
    a_view_is_filled_as_far_as_the_library_knows();
    receiver_options_of_another_version_are_understood_or_refused();
    receiver_options_that_are_zero_are_defaults();
    receiver_stats_are_filled_as_far_as_the_library_knows();
    stats_are_filled_as_far_as_the_library_knows();
    stats_of_receivers_are_filled_as_far_as_the_library_knows();
    puts("sizes: fine");
    return 0;
}
