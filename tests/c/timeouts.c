/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A timeout of 0 looks once, a negative one is for ever, and none is over too early. */
#include "check.h"

static signalhub_t *hub;

/* A thread that receives one message, and says so when it is about to wait. */
typedef struct {
    signalhub_receiver_t *receiver;
    int64_t timeout_ns;
    pid_t id;
} waiter_t;

static void *receive_hello(void *argument)
{
    waiter_t *waiter = (waiter_t *)argument;
    signalhub_message_t *message = new_message();
    __atomic_store_n(&waiter->id, thread_id(), __ATOMIC_RELEASE);
    CHECK_OK(signalhub_receiver_recv_timeout(waiter->receiver, message, waiter->timeout_ns, NULL));
    CHECK_TEXT(message, "hello");
    CHECK_OK(signalhub_message_free(message));
    return NULL;
}

static void a_long_timeout_waits_until_a_message_comes(void)
{
    static const int64_t timeouts[] = {-1, -2, INT64_MIN, INT64_MAX, INT64_MAX - 1, 100000000000};
    for (size_t i = 0; i < COUNT_OF(timeouts); i++) {
        waiter_t waiter = {new_receiver(hub), timeouts[i], 0};
        pthread_t thread = start(receive_hello, &waiter);
        wait_until_asleep(&waiter.id);
        CHECK_OK(publish_text(hub, "hello"));
        join(thread);
        CHECK_OK(signalhub_receiver_free(waiter.receiver));
    }
}

static void one_message_wakes_every_sleeper(void)
{
    waiter_t waiters[8];
    pthread_t threads[COUNT_OF(waiters)];
    for (size_t i = 0; i < COUNT_OF(waiters); i++) {
        waiters[i].receiver = new_receiver(hub);
        waiters[i].timeout_ns = -1;
        waiters[i].id = 0;
        threads[i] = start(receive_hello, &waiters[i]);
    }
    for (size_t i = 0; i < COUNT_OF(waiters); i++)
        wait_until_asleep(&waiters[i].id);
    CHECK_OK(publish_text(hub, "hello"));
    for (size_t i = 0; i < COUNT_OF(waiters); i++) {
        join(threads[i]);
        CHECK_OK(signalhub_receiver_free(waiters[i].receiver));
    }
}

static void a_timeout_is_never_over_too_early(void)
{
    static const int64_t timeouts[] = {0, 1, 100, 1000, 100000, 1000000, 20000000};
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    for (size_t i = 0; i < COUNT_OF(timeouts); i++) {
        int64_t begin = now_ns();
        size_t count = 0, offsets[2];
        char buf[8];
        CHECK_STATUS(signalhub_receiver_recv_timeout(receiver, message, timeouts[i], NULL),
                     SIGNALHUB_TIMEOUT);
        CHECK(now_ns() - begin >= timeouts[i]);
        begin = now_ns();
        CHECK_STATUS(signalhub_receiver_recv_into(receiver, buf, 8, timeouts[i], &count, NULL),
                     SIGNALHUB_TIMEOUT);
        CHECK(now_ns() - begin >= timeouts[i]);
        begin = now_ns();
        CHECK_STATUS(signalhub_receiver_recv_many(receiver, &message, 1, timeouts[i], &count, NULL),
                     SIGNALHUB_TIMEOUT);
        CHECK(now_ns() - begin >= timeouts[i]);
        begin = now_ns();
        CHECK_STATUS(
            signalhub_receiver_recv_packed(receiver, buf, 8, offsets, 1, timeouts[i], &count, NULL),
            SIGNALHUB_TIMEOUT);
        CHECK(now_ns() - begin >= timeouts[i]);
    }
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
}

static void many_messages_are_waited_for_only_until_the_first(void)
{
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *messages[3];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        messages[i] = new_message();
    CHECK_OK(publish_text(hub, "first"));
    CHECK_OK(publish_text(hub, "second"));
    CHECK_OK(signalhub_receiver_recv_many(receiver, messages, 3, -1, &count, NULL));
    CHECK(count == 2);
    CHECK_TEXT(messages[0], "first");
    CHECK_TEXT(messages[1], "second");
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        CHECK_OK(signalhub_message_free(messages[i]));
    CHECK_OK(signalhub_receiver_free(receiver));
}

enum { MESSAGES = 1500 };

static void *publish_now_and_then(void *unused)
{
    unsigned random = 1;
    for (int64_t i = 0; i < scaled(MESSAGES); i++) {
        struct timespec pause = {0, rand_r(&random) % 1000000};
        nanosleep(&pause, NULL);
        CHECK_OK(signalhub_publish(hub, 0, &i, sizeof i, NULL, NULL));
    }
    return unused;
}

static void timeouts_that_race_messages_lose_none(void)
{
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    pthread_t publisher = start(publish_now_and_then, NULL);
    unsigned random = 2;
    for (int64_t next = 0; next < scaled(MESSAGES);) {
        int64_t timeout_ns = rand_r(&random) % 1000000, begin = now_ns();
        signalhub_status_t status =
            signalhub_receiver_recv_timeout(receiver, message, timeout_ns, NULL);
        if (status == SIGNALHUB_TIMEOUT) {
            CHECK(now_ns() - begin >= timeout_ns);
            continue;
        }
        CHECK_OK(status);
        CHECK(memcmp(view_of(message).data, &next, sizeof next) == 0);
        next++;
    }
    join(publisher);
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
}

int main(void)
{
    watchdog();
    hub = new_hub(MESSAGES);
    a_long_timeout_waits_until_a_message_comes();
    one_message_wakes_every_sleeper();
    a_timeout_is_never_over_too_early();
    many_messages_are_waited_for_only_until_the_first();
    timeouts_that_race_messages_lose_none();
    CHECK_OK(signalhub_free(hub));
    puts("timeouts: fine");
    return 0;
}
