/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Publishers wait for lossless receivers: until there is room, the receiver is freed or has stalled
   for too long, the hub is closed, or the time is over. */
#include "check.h"

static signalhub_receiver_t *new_lossless(const signalhub_t *hub, int64_t max_stall_ns)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_t *receiver = NULL;
    options.lossless = 1;
    options.max_stall_ns = max_stall_ns;
    CHECK_OK(signalhub_subscribe_with(hub, &options, &receiver));
    return receiver;
}

static signalhub_view_t text_view(const char *text)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    view.kind = SIGNALHUB_KIND_TEXT;
    view.data = text;
    view.len = strlen(text);
    return view;
}

static void fill(const signalhub_t *hub)
{
    uint64_t capacity = 0;
    CHECK_OK(signalhub_capacity(hub, &capacity));
    for (uint64_t i = 0; i < capacity; i++)
        CHECK_OK(publish_text(hub, "filler"));
    CHECK_STATUS(publish_text(hub, "too much"), SIGNALHUB_FULL);
}

/* Waits until so many publishers wait. */
static void wait_for_publishers(const signalhub_t *hub, uint64_t count)
{
    signalhub_stats_t stats = SIGNALHUB_STATS_INIT;
    do {
        nap();
        CHECK_OK(signalhub_stats(hub, &stats));
    } while (stats.waiting_publishers != count);
}

/* A thread that publishes one message, for which there is no room yet. */
typedef struct {
    signalhub_t *hub;
    int64_t timeout_ns;
    signalhub_status_t status; /* what it came to */
    uint64_t seq, receivers;
} publisher_t;

static void *publish_one(void *argument)
{
    publisher_t *publisher = (publisher_t *)argument;
    const signalhub_view_t view = text_view("waited");
    publisher->status = signalhub_publish_timeout(publisher->hub, &view, publisher->timeout_ns,
                                                  &publisher->seq, &publisher->receivers);
    return NULL;
}

typedef void release_t(signalhub_t *hub, signalhub_receiver_t *receiver);

static void by_recv(signalhub_t *hub, signalhub_receiver_t *receiver)
{
    signalhub_message_t *message = new_message();
    (void)hub;
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_OK(signalhub_message_free(message));
}

static void by_recv_into(signalhub_t *hub, signalhub_receiver_t *receiver)
{
    char buf[8];
    size_t len = 0;
    (void)hub;
    CHECK_OK(signalhub_receiver_recv_into(receiver, buf, sizeof buf, -1, &len, NULL));
}

static void by_recv_many(signalhub_t *hub, signalhub_receiver_t *receiver)
{
    signalhub_message_t *messages[2];
    size_t count = 0;
    (void)hub;
    messages[0] = new_message();
    messages[1] = new_message();
    CHECK_OK(signalhub_receiver_recv_many(receiver, messages, 2, -1, &count, NULL));
    CHECK(count == 2);
    CHECK_OK(signalhub_message_free(messages[0]));
    CHECK_OK(signalhub_message_free(messages[1]));
}

static void by_free(signalhub_t *hub, signalhub_receiver_t *receiver)
{
    (void)hub;
    CHECK_OK(signalhub_receiver_free(receiver));
}

static void by_close(signalhub_t *hub, signalhub_receiver_t *receiver)
{
    (void)receiver;
    CHECK_OK(signalhub_close(hub));
}

/* Another thread waits in a publish until `release` lets it go on; sleeping, if it may come to that
   first. */
static void it_is_released(release_t *release, int64_t timeout_ns, int sleeps)
{
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_lossless(hub, 0);
    publisher_t publisher = {hub, timeout_ns, SIGNALHUB_OK, 77, 77};
    pthread_t thread;
    fill(hub);
    thread = start(publish_one, &publisher);
    if (sleeps)
        wait_for_publishers(hub, 1);
    release(hub, receiver);
    join(thread);
    if (release == by_close) {
        CHECK_STATUS(publisher.status, SIGNALHUB_CLOSED);
        CHECK(publisher.seq == 77 && publisher.receivers == 77);
    } else {
        CHECK_OK(publisher.status);
        CHECK(publisher.seq == 2);
        CHECK(publisher.receivers == 1 || release == by_free);
    }
    CHECK_STATUS(signalhub_receiver_free(receiver),
                 release == by_free ? SIGNALHUB_ERR_HANDLE : SIGNALHUB_OK);
    CHECK_OK(signalhub_free(hub));
}

static void a_publisher_waits_until_it_is_released(void)
{
    static release_t *const ways[] = {by_recv, by_recv_into, by_recv_many, by_free, by_close};
    static const int64_t timeouts[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX - 1, 100000000000};
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        for (size_t i = 0; i < COUNT_OF(timeouts); i++)
            it_is_released(ways[way], timeouts[i], 1);
        for (long round = scaled(100); round > 0; round--)
            it_is_released(ways[way], -1, 0);
    }
}

/* Two messages are read by one call, and each of two publishers has its room. */
static void every_publisher_that_has_room_wakes(void)
{
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_lossless(hub, 0);
    publisher_t publishers[2];
    pthread_t threads[2];
    fill(hub);
    for (size_t i = 0; i < 2; i++) {
        const publisher_t publisher = {hub, -1, SIGNALHUB_OK, 77, 77};
        publishers[i] = publisher;
        threads[i] = start(publish_one, &publishers[i]);
    }
    wait_for_publishers(hub, 2);
    by_recv_many(hub, receiver);
    for (size_t i = 0; i < 2; i++) {
        join(threads[i]);
        CHECK_OK(publishers[i].status);
    }
    CHECK(publishers[0].seq + publishers[1].seq == 2 + 3);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void a_timeout_is_never_over_too_early_and_publishes_nothing(void)
{
    static const int64_t timeouts[] = {0, 1, 1000, 1000000, 20000000};
    static char large[5000];
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_lossless(hub, 0);
    signalhub_view_t view = text_view("late");
    uint64_t seq = 77, receivers = 77, next = 0;
    fill(hub);
    for (size_t i = 0; i < COUNT_OF(timeouts); i++) {
        const int64_t begin = now_ns();
        CHECK_STATUS(signalhub_publish_timeout(hub, &view, timeouts[i], &seq, &receivers),
                     SIGNALHUB_FULL);
        CHECK(now_ns() - begin >= timeouts[i]);
    }
    view.data = large; /* too large for its slot */
    view.len = sizeof large;
    view.kind = SIGNALHUB_KIND_BYTES;
    CHECK_STATUS(signalhub_publish_timeout(hub, &view, 1, &seq, &receivers), SIGNALHUB_FULL);
    CHECK_STATUS(signalhub_publish_view(hub, &view, &seq, &receivers), SIGNALHUB_FULL);
    CHECK_STATUS(signalhub_publish(hub, 0, "x", 1, &seq, &receivers), SIGNALHUB_FULL);
    CHECK(seq == 77 && receivers == 77);
    CHECK_OK(signalhub_next_seq(hub, &next));
    CHECK(next == 2);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void with_room_no_timeout_waits(void)
{
    static const int64_t timeouts[] = {0, 1, -1, INT64_MIN, INT64_MAX};
    signalhub_t *hub = new_hub(1);
    const signalhub_view_t view = text_view("at once");
    for (size_t i = 0; i < COUNT_OF(timeouts); i++) {
        uint64_t seq = 77, receivers = 77;
        CHECK_OK(signalhub_publish_timeout(hub, &view, timeouts[i], &seq, &receivers));
        CHECK(seq == 2 * i && receivers == 0);
        CHECK_OK(signalhub_publish_timeout(hub, &view, timeouts[i], NULL, NULL));
    }
    CHECK_OK(signalhub_free(hub));
}

/* Only its first lag says so: until it is overtaken it lost nothing. */
static void who_stalls_too_long_becomes_lossy_and_is_told(void)
{
    const int64_t max_stall_ns = 20000000, begin = now_ns();
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_lossless(hub, max_stall_ns);
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    signalhub_message_t *message = new_message();
    publisher_t publisher = {hub, -1, SIGNALHUB_OK, 77, 77};
    uint64_t missed = 0;
    fill(hub);
    CHECK_OK(signalhub_receiver_stats(receiver, &stats));
    CHECK(stats.lossless == 1);
    publish_one(&publisher);
    CHECK_OK(publisher.status);
    CHECK(now_ns() - begin >= max_stall_ns && publisher.seq == 2);
    CHECK_OK(signalhub_receiver_stats(receiver, &stats));
    CHECK(stats.lossless == 0 && stats.missed == 0);
    CHECK_OK(publish_text(hub, "at once"));
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, &missed), SIGNALHUB_LAGGED);
    CHECK(missed == 2);
    CHECK_OK(signalhub_receiver_try_recv(receiver, message, NULL));
    CHECK_TEXT(message, "waited");
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

/* A thread that ended with its receiver unread holds nobody up for ever. */
static void *subscribe_and_end(void *hub)
{
    return new_lossless((signalhub_t *)hub, 1000000);
}

static void a_receiver_whose_thread_is_gone_is_passed(void)
{
    signalhub_t *hub = new_hub(2);
    void *receiver = NULL;
    CHECK(pthread_join(start(subscribe_and_end, hub), &receiver) == 0);
    for (int i = 0; i < 10; i++) {
        const signalhub_view_t view = text_view("on and on");
        CHECK_OK(signalhub_publish_timeout(hub, &view, -1, NULL, NULL));
    }
    CHECK_OK(signalhub_receiver_free((signalhub_receiver_t *)receiver));
    CHECK_OK(signalhub_free(hub));
}

static void max_stall_that_is_not_positive_is_for_ever(void)
{
    static const int64_t for_ever[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < COUNT_OF(for_ever); i++) {
        signalhub_t *hub = new_hub(1);
        signalhub_receiver_t *receiver = new_lossless(hub, for_ever[i]);
        const signalhub_view_t view = text_view("late");
        fill(hub);
        CHECK_STATUS(signalhub_publish_timeout(hub, &view, 1000000, NULL, NULL), SIGNALHUB_FULL);
        CHECK_OK(signalhub_receiver_free(receiver));
        CHECK_OK(signalhub_free(hub));
    }
}

static void many_are_published_as_far_as_there_is_room(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_lossless(hub, 0);
    signalhub_message_t *message = new_message();
    signalhub_view_t views[6];
    size_t published = 77;
    static const char *const texts[] = {"0", "1", "2", "3", "4", "5"};
    for (size_t i = 0; i < COUNT_OF(views); i++)
        views[i] = text_view(texts[i]);
    CHECK_STATUS(signalhub_publish_many(hub, views, 6, &published), SIGNALHUB_FULL);
    CHECK(published == 4);
    CHECK_STATUS(signalhub_publish_many(hub, views + 4, 2, &published), SIGNALHUB_FULL);
    CHECK(published == 0);
    CHECK_STATUS(signalhub_publish_many(hub, views + 4, 2, NULL), SIGNALHUB_FULL);
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_STATUS(signalhub_publish_many(hub, views + 4, 2, &published), SIGNALHUB_FULL);
    CHECK(published == 1);
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_OK(signalhub_publish_many(hub, views + 5, 1, &published));
    CHECK(published == 1);
    for (size_t i = 2; i < COUNT_OF(texts); i++) {
        CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
        CHECK_TEXT(message, texts[i]);
    }
    CHECK_OK(signalhub_close(hub));
    CHECK_STATUS(signalhub_publish_many(hub, views, 6, &published), SIGNALHUB_CLOSED);
    CHECK(published == 0);
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

enum { PUBLISHERS = 3, EACH = 3000 };

static void *publish_each(void *hub)
{
    for (int64_t i = 0; i < scaled(EACH); i++) {
        signalhub_view_t view = SIGNALHUB_VIEW_INIT;
        view.data = &i;
        view.len = sizeof i;
        CHECK_OK(signalhub_publish_timeout((signalhub_t *)hub, &view, -1, NULL, NULL));
    }
    return NULL;
}

/* Beside a lossy receiver that never reads. */
static void nothing_is_lost_between_threads(void)
{
    signalhub_t *hub = new_hub(3);
    signalhub_receiver_t *receiver = new_lossless(hub, 0), *lossy = new_receiver(hub);
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    pthread_t publishers[PUBLISHERS];
    const uint64_t all = (uint64_t)PUBLISHERS * (uint64_t)scaled(EACH);
    uint64_t sum = 0;
    for (size_t i = 0; i < PUBLISHERS; i++)
        publishers[i] = start(publish_each, hub);
    for (uint64_t i = 0; i < all; i++) {
        int64_t number = 0;
        size_t len = 0;
        CHECK_OK(signalhub_receiver_recv_into(receiver, &number, sizeof number, -1, &len, NULL));
        sum += (uint64_t)number;
    }
    for (size_t i = 0; i < PUBLISHERS; i++)
        join(publishers[i]);
    CHECK(sum == all * ((uint64_t)scaled(EACH) - 1) / 2);
    CHECK_OK(signalhub_receiver_stats(receiver, &stats));
    CHECK(stats.received == all && stats.missed == 0 && stats.behind == 0);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_receiver_free(lossy));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    a_publisher_waits_until_it_is_released();
    every_publisher_that_has_room_wakes();
    a_timeout_is_never_over_too_early_and_publishes_nothing();
    with_room_no_timeout_waits();
    who_stalls_too_long_becomes_lossy_and_is_told();
    a_receiver_whose_thread_is_gone_is_passed();
    max_stall_that_is_not_positive_is_for_ever();
    many_are_published_as_far_as_there_is_room();
    nothing_is_lost_between_threads();
    puts("lossless: fine");
    return 0;
}
