/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A receiver used by two threads: the second one is refused, or lets the first one sleep; freeing
   it ends the sleep. */
#include "check.h"

/* The ways to wait for a message. */
typedef enum { RECV, RECV_TIMEOUT, RECV_INTO, RECV_MANY, RECV_PACKED, WAYS } way_t;

typedef struct {
    signalhub_receiver_t *receiver;
    way_t way;
    pid_t id;
    signalhub_status_t status; /* what it came to */
} waiter_t;

static void *wait_for_a_message(void *argument)
{
    waiter_t *waiter = (waiter_t *)argument;
    signalhub_receiver_t *receiver = waiter->receiver;
    signalhub_message_t *message = new_message();
    size_t count = 0, offsets[2];
    char buf[8];
    __atomic_store_n(&waiter->id, thread_id(), __ATOMIC_RELEASE);
    switch (waiter->way) {
    case RECV: waiter->status = signalhub_receiver_recv(receiver, message, NULL); break;
    case RECV_TIMEOUT:
        waiter->status = signalhub_receiver_recv_timeout(receiver, message, INT64_MAX, NULL);
        break;
    case RECV_INTO:
        waiter->status = signalhub_receiver_recv_into(receiver, buf, 8, -1, &count, NULL);
        break;
    case RECV_PACKED:
        waiter->status =
            signalhub_receiver_recv_packed(receiver, buf, 8, offsets, 1, -1, &count, NULL);
        break;
    default:
        waiter->status = signalhub_receiver_recv_many(receiver, &message, 1, -1, &count, NULL);
        break;
    }
    CHECK_OK(signalhub_message_free(message));
    return NULL;
}

static void freeing_a_receiver_ends_the_sleep_in_it(void)
{
    signalhub_t *hub = new_hub(4);
    for (int way = 0; way < WAYS; way++) {
        waiter_t waiter = {new_receiver(hub), (way_t)way, 0, SIGNALHUB_OK};
        pthread_t thread = start(wait_for_a_message, &waiter);
        wait_until_asleep(&waiter.id);
        CHECK_OK(signalhub_receiver_free(waiter.receiver));
        join(thread);
        CHECK_STATUS(waiter.status, SIGNALHUB_CLOSED);
        CHECK_STATUS(signalhub_receiver_free(waiter.receiver), SIGNALHUB_ERR_HANDLE);
    }
    CHECK_OK(signalhub_free(hub));
}

static void free_may_come_at_any_time(void)
{
    signalhub_t *hub = new_hub(4);
    for (long round = scaled(500); round > 0; round--) {
        waiter_t waiter = {new_receiver(hub), (way_t)(round % WAYS), 0, SIGNALHUB_OK};
        pthread_t thread = start(wait_for_a_message, &waiter);
        if (round % 2 == 0)
            nap();
        if (round % 3 == 0)
            CHECK_OK(publish_text(hub, "x"));
        CHECK_OK(signalhub_receiver_free(waiter.receiver));
        join(thread);
        CHECK(waiter.status == SIGNALHUB_CLOSED || waiter.status == SIGNALHUB_ERR_HANDLE ||
              (waiter.status == SIGNALHUB_OK && round % 3 == 0));
    }
    CHECK_OK(signalhub_free(hub));
}

static void a_receiver_can_be_used_while_another_thread_sleeps_in_it(void)
{
    signalhub_t *hub = new_hub(4);
    waiter_t waiter = {new_receiver(hub), RECV, 0, SIGNALHUB_OK};
    signalhub_message_t *message = new_message();
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    pthread_t thread = start(wait_for_a_message, &waiter);
    uint64_t seq = 77;
    wait_until_asleep(&waiter.id);
    CHECK_OK(signalhub_receiver_next_seq(waiter.receiver, &seq));
    CHECK(seq == 0);
    CHECK_OK(signalhub_receiver_stats(waiter.receiver, &stats));
    CHECK(stats.next_seq == 0 && stats.received == 0);
    CHECK_STATUS(signalhub_receiver_try_recv(waiter.receiver, message, NULL), SIGNALHUB_EMPTY);
    CHECK_STATUS(signalhub_receiver_recv_timeout(waiter.receiver, message, 1000, NULL),
                 SIGNALHUB_TIMEOUT);
    CHECK_OK(publish_text(hub, "x"));
    join(thread);
    CHECK_OK(waiter.status);
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(waiter.receiver));
    CHECK_OK(signalhub_free(hub));
}

static void a_message_goes_to_one_of_two_sleepers(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    waiter_t waiters[2] = {{receiver, RECV, 0, SIGNALHUB_OK}, {receiver, RECV, 0, SIGNALHUB_OK}};
    pthread_t threads[2];
    uint64_t seq = 0;
    for (size_t i = 0; i < 2; i++) {
        threads[i] = start(wait_for_a_message, &waiters[i]);
        wait_until_asleep(&waiters[i].id);
    }
    CHECK_OK(publish_text(hub, "x"));
    CHECK_OK(signalhub_close(hub));
    for (size_t i = 0; i < 2; i++)
        join(threads[i]);
    CHECK(waiters[0].status + waiters[1].status == SIGNALHUB_OK + SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_receiver_next_seq(receiver, &seq));
    CHECK(seq == 1);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static int done;

/* The number of the message that the receiver reads next, asked in one way or in the other. */
static signalhub_status_t ask(signalhub_receiver_t *receiver, int for_stats, uint64_t *out_seq)
{
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    signalhub_status_t status;
    if (!for_stats)
        return signalhub_receiver_next_seq(receiver, out_seq);
    status = signalhub_receiver_stats(receiver, &stats);
    if (status == SIGNALHUB_OK)
        *out_seq = stats.next_seq;
    return status;
}

/* Copies large messages out of the receiver, over and over. */
static void *receive_large(void *receiver)
{
    static char buf[1 << 24];
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        size_t len = 0;
        signalhub_status_t status = signalhub_receiver_recv_into((signalhub_receiver_t *)receiver,
                                                                 buf, sizeof buf, -1, &len, NULL);
        CHECK(status == SIGNALHUB_OK || status == SIGNALHUB_ERR_BUSY || status == SIGNALHUB_CLOSED);
    }
    return NULL;
}

static void a_second_thread_is_told_that_the_receiver_is_busy(int for_stats)
{
    static char large[1 << 24];
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_receiver(hub);
    pthread_t thread;
    signalhub_status_t status = SIGNALHUB_OK;
    done = 0;
    thread = start(receive_large, receiver);
    for (uint64_t published = 1; status != SIGNALHUB_ERR_BUSY; published++) {
        uint64_t seq = 0;
        CHECK_OK(signalhub_publish(hub, 0, large, sizeof large, NULL, NULL));
        while (seq < published) {
            status = ask(receiver, for_stats, &seq);
            if (status == SIGNALHUB_ERR_BUSY)
                break;
            CHECK_OK(status);
            nap();
        }
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    CHECK_OK(signalhub_close(hub));
    join(thread);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    freeing_a_receiver_ends_the_sleep_in_it();
    free_may_come_at_any_time();
    a_receiver_can_be_used_while_another_thread_sleeps_in_it();
    a_message_goes_to_one_of_two_sleepers();
    a_second_thread_is_told_that_the_receiver_is_busy(0);
    a_second_thread_is_told_that_the_receiver_is_busy(1);
    puts("busy: fine");
    return 0;
}
