/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Close: by any thread, any number of times; it wakes every sleeper, and nothing published is lost.
 */
#include "check.h"

enum { CLOSERS = 8, SLEEPERS = 20, PUBLISHERS = 3 };

typedef struct {
    signalhub_receiver_t *receiver;
    pid_t id;
} sleeper_t;

static void *sleep_until_closed(void *argument)
{
    sleeper_t *sleeper = (sleeper_t *)argument;
    signalhub_message_t *message = new_message();
    __atomic_store_n(&sleeper->id, thread_id(), __ATOMIC_RELEASE);
    CHECK_STATUS(signalhub_receiver_recv(sleeper->receiver, message, NULL), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_receiver_recv(sleeper->receiver, message, NULL), SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_message_free(message));
    return NULL;
}

static void *close_it(void *hub)
{
    CHECK_OK(signalhub_close((signalhub_t *)hub));
    return NULL;
}

static void *free_it(void *hub)
{
    CHECK_OK(signalhub_free((signalhub_t *)hub));
    return NULL;
}

/* So many threads sleep in recv until `how` ends the hub. */
static void it_wakes_every_sleeper(void *(*how)(void *), size_t closers)
{
    signalhub_t *hub = new_hub(4);
    sleeper_t sleepers[SLEEPERS];
    pthread_t sleeping[SLEEPERS], closing[CLOSERS];
    for (size_t i = 0; i < SLEEPERS; i++) {
        sleepers[i].receiver = new_receiver(hub);
        sleepers[i].id = 0;
        sleeping[i] = start(sleep_until_closed, &sleepers[i]);
    }
    for (size_t i = 0; i < SLEEPERS; i++)
        wait_until_asleep(&sleepers[i].id);
    for (size_t i = 0; i < closers; i++)
        closing[i] = start(how, hub);
    for (size_t i = 0; i < closers; i++)
        join(closing[i]);
    for (size_t i = 0; i < SLEEPERS; i++) {
        join(sleeping[i]);
        CHECK_OK(signalhub_receiver_free(sleepers[i].receiver));
    }
    CHECK_STATUS(signalhub_free(hub), how == free_it ? SIGNALHUB_ERR_HANDLE : SIGNALHUB_OK);
}

static void what_is_left_is_read_before_the_end(void)
{
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_receiver(hub), *late = NULL;
    signalhub_message_t *message = new_message();
    uint64_t missed = 0;
    int closed = -1;
    CHECK_OK(publish_text(hub, "first"));
    CHECK_OK(publish_text(hub, "second"));
    CHECK_OK(publish_text(hub, "third"));
    CHECK_OK(signalhub_is_closed(hub, &closed));
    CHECK(closed == 0);
    CHECK_OK(signalhub_close(hub));
    CHECK_OK(signalhub_close(hub));
    CHECK_OK(signalhub_is_closed(hub, &closed));
    CHECK(closed == 1);
    CHECK_STATUS(publish_text(hub, "late"), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_subscribe(hub, &late), SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_free(hub));
    CHECK_STATUS(signalhub_receiver_recv(receiver, message, &missed), SIGNALHUB_LAGGED);
    CHECK(missed == 1);
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "second");
    CHECK_OK(signalhub_receiver_try_recv(receiver, message, NULL));
    CHECK_TEXT(message, "third");
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(signalhub_receiver_recv(receiver, message, NULL), SIGNALHUB_CLOSED);
        CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_CLOSED);
    }
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
}

static uint64_t published; /* by all publishers, of those that were told OK */

static void *publish_until_closed(void *hub)
{
    signalhub_status_t status;
    while ((status = publish_text((signalhub_t *)hub, "x")) == SIGNALHUB_OK)
        __atomic_fetch_add(&published, 1, __ATOMIC_RELAXED);
    CHECK_STATUS(status, SIGNALHUB_CLOSED);
    return NULL;
}

/* What a publisher was told is published reaches the receiver, or is counted as missed. */
static void a_publish_is_before_the_end_or_told_so(void)
{
    signalhub_message_t *message = new_message();
    for (long round = scaled(100); round > 0; round--) {
        signalhub_t *hub = new_hub(8);
        signalhub_receiver_t *receiver = new_receiver(hub);
        pthread_t publishers[PUBLISHERS];
        signalhub_status_t status;
        uint64_t seen = 0, missed = 0, end = 0;
        published = 0;
        for (size_t i = 0; i < PUBLISHERS; i++)
            publishers[i] = start(publish_until_closed, hub);
        while ((status = signalhub_receiver_recv(receiver, message, &missed)) != SIGNALHUB_CLOSED) {
            CHECK(status == SIGNALHUB_OK || status == SIGNALHUB_LAGGED);
            seen += status == SIGNALHUB_OK ? 1 : missed;
            if (seen > 20)
                CHECK_OK(signalhub_close(hub));
        }
        for (size_t i = 0; i < PUBLISHERS; i++)
            join(publishers[i]);
        CHECK_OK(signalhub_next_seq(hub, &end));
        CHECK(seen == published && end == published);
        CHECK_OK(signalhub_receiver_free(receiver));
        CHECK_OK(signalhub_free(hub));
    }
    CHECK_OK(signalhub_message_free(message));
}

int main(void)
{
    watchdog();
    it_wakes_every_sleeper(close_it, 1);
    it_wakes_every_sleeper(close_it, CLOSERS);
    it_wakes_every_sleeper(free_it, 1);
    what_is_left_is_read_before_the_end();
    a_publish_is_before_the_end_or_told_so();
    puts("close: fine");
    return 0;
}
