/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Waiting for one of several receivers, and the ways in which a thread waits. */
#include "check.h"

static const int waits[] = {SIGNALHUB_WAIT_ADAPTIVE, SIGNALHUB_WAIT_SPIN, SIGNALHUB_WAIT_YIELD,
                            SIGNALHUB_WAIT_PARK};

static signalhub_receiver_t *new_receiver_that_waits(const signalhub_t *hub, int wait)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_t *receiver = NULL;
    options.wait = wait;
    CHECK_OK(signalhub_subscribe_with(hub, &options, &receiver));
    return receiver;
}

typedef struct {
    signalhub_t *hubs[3];
    signalhub_receiver_t *receivers[3];
} several_t;

static several_t new_several(int wait)
{
    several_t several;
    for (int i = 0; i < 3; i++) {
        several.hubs[i] = new_hub(4);
        several.receivers[i] = new_receiver_that_waits(several.hubs[i], wait);
    }
    return several;
}

static void free_several(several_t *several)
{
    for (int i = 0; i < 3; i++) {
        CHECK_OK(signalhub_receiver_free(several->receivers[i]));
        CHECK_OK(signalhub_free(several->hubs[i]));
    }
}

static void it_names_who_has_something_and_takes_nothing(void)
{
    several_t several = new_several(SIGNALHUB_WAIT_ADAPTIVE);
    signalhub_message_t *message = new_message();
    size_t index = 77;
    uint64_t missed = 0;
    CHECK_STATUS(signalhub_wait_any(several.receivers, 3, 0, &index), SIGNALHUB_TIMEOUT);
    CHECK(index == 77);
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(publish_text(several.hubs[i], "x"));
        for (int again = 0; again < 4; again++) {
            CHECK_OK(signalhub_wait_any(several.receivers, 3, -1, &index));
            CHECK(index == i);
        }
        CHECK_OK(signalhub_receiver_try_recv(several.receivers[i], message, NULL));
    }
    for (int i = 0; i < 6; i++)
        CHECK_OK(publish_text(several.hubs[1], "x"));
    CHECK_OK(signalhub_wait_any(several.receivers, 3, -1, &index));
    CHECK(index == 1);
    CHECK_STATUS(signalhub_receiver_try_recv(several.receivers[1], message, &missed),
                 SIGNALHUB_LAGGED);
    CHECK(missed == 2);
    CHECK_OK(signalhub_close(several.hubs[2]));
    CHECK_OK(signalhub_wait_any(&several.receivers[2], 1, -1, &index));
    CHECK(index == 0);
    CHECK_OK(signalhub_message_free(message));
    free_several(&several);
}

static void everybody_has_a_turn(void)
{
    several_t several = new_several(SIGNALHUB_WAIT_ADAPTIVE);
    int named[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++)
        CHECK_OK(publish_text(several.hubs[i], "x"));
    for (int i = 0; i < 9; i++) {
        size_t index = 77;
        CHECK_OK(signalhub_wait_any(several.receivers, 3, -1, &index));
        CHECK(index < 3);
        named[index]++;
    }
    CHECK(named[0] == 3 && named[1] == 3 && named[2] == 3);
    free_several(&several);
}

/* A bad handle anywhere is a status, even if another receiver has something. */
static void a_bad_handle_is_a_status(void)
{
    several_t several = new_several(SIGNALHUB_WAIT_ADAPTIVE);
    signalhub_receiver_t *given[3];
    signalhub_receiver_t *const freed = new_receiver(several.hubs[0]);
    size_t index = 77;
    CHECK_OK(signalhub_receiver_free(freed));
    CHECK_OK(publish_text(several.hubs[0], "x"));
    for (int bad = 0; bad < 3; bad++) {
        memcpy(given, several.receivers, sizeof given);
        given[bad] = NULL;
        CHECK_STATUS(signalhub_wait_any(given, 3, -1, &index), SIGNALHUB_ERR_NULL);
        given[bad] = freed;
        CHECK_STATUS(signalhub_wait_any(given, 3, -1, &index), SIGNALHUB_ERR_HANDLE);
        given[bad] = (signalhub_receiver_t *)(void *)several.hubs[0];
        CHECK_STATUS(signalhub_wait_any(given, 3, -1, &index), SIGNALHUB_ERR_HANDLE);
    }
    CHECK(index == 77);
    given[0] = given[1] = given[2] = several.receivers[0]; /* thrice the same is fine */
    CHECK_OK(signalhub_wait_any(given, 3, -1, &index));
    free_several(&several);
}

typedef struct {
    several_t several;
    signalhub_status_t status;
    size_t index;
    pid_t id;
} sleeper_t;

static void *wait_for_any(void *argument)
{
    sleeper_t *sleeper = (sleeper_t *)argument;
    __atomic_store_n(&sleeper->id, thread_id(), __ATOMIC_RELEASE);
    sleeper->status = signalhub_wait_any(sleeper->several.receivers, 3, -1, &sleeper->index);
    return NULL;
}

static int sleeps(int wait)
{
    return wait == SIGNALHUB_WAIT_ADAPTIVE || wait == SIGNALHUB_WAIT_PARK;
}

/* Has a thread wait, and waits until it does. */
static pthread_t start_sleeper(sleeper_t *sleeper, int wait)
{
    pthread_t thread;
    sleeper->several = new_several(wait);
    sleeper->index = 77;
    sleeper->id = 0;
    thread = start(wait_for_any, sleeper);
    if (sleeps(wait))
        wait_until_asleep(&sleeper->id);
    else
        while (__atomic_load_n(&sleeper->id, __ATOMIC_ACQUIRE) == 0)
            nap();
    return thread;
}

static void a_message_the_end_and_a_free_wake(void)
{
    for (size_t w = 0; w < COUNT_OF(waits); w++) {
        for (size_t i = 0; i < 3; i++) {
            sleeper_t sleeper;
            pthread_t thread = start_sleeper(&sleeper, waits[w]);
            CHECK_OK(publish_text(sleeper.several.hubs[i], "x"));
            join(thread);
            CHECK_OK(sleeper.status);
            CHECK(sleeper.index == i);
            free_several(&sleeper.several);

            thread = start_sleeper(&sleeper, waits[w]);
            CHECK_OK(signalhub_close(sleeper.several.hubs[i]));
            join(thread);
            CHECK_OK(sleeper.status);
            CHECK(sleeper.index == i);
            free_several(&sleeper.several);

            thread = start_sleeper(&sleeper, waits[w]);
            CHECK_OK(signalhub_receiver_free(sleeper.several.receivers[i]));
            join(thread);
            /* One that does not sleep may not have begun to wait. */
            if (sleeper.status != SIGNALHUB_ERR_HANDLE || sleeps(waits[w])) {
                CHECK_STATUS(sleeper.status, SIGNALHUB_CLOSED);
                CHECK(sleeper.index == i);
            }
            sleeper.several.receivers[i] = NULL;
            free_several(&sleeper.several);
        }
    }
}

/* However a thread waits, it is never too early, and receives wait alike. */
static void no_wait_is_over_too_early(void)
{
    signalhub_message_t *message = new_message();
    for (size_t w = 0; w < COUNT_OF(waits); w++) {
        static const int64_t timeouts[] = {0, 1, 1000, 1000000};
        several_t several = new_several(waits[w]);
        for (size_t i = 0; i < COUNT_OF(timeouts); i++) {
            int64_t begin = now_ns();
            size_t index = 77;
            CHECK_STATUS(signalhub_wait_any(several.receivers, 3, timeouts[i], &index),
                         SIGNALHUB_TIMEOUT);
            CHECK(now_ns() - begin >= timeouts[i]);
            begin = now_ns();
            CHECK_STATUS(
                signalhub_receiver_recv_timeout(several.receivers[0], message, timeouts[i], NULL),
                SIGNALHUB_TIMEOUT);
            CHECK(now_ns() - begin >= timeouts[i]);
        }
        free_several(&several);
    }
    CHECK_OK(signalhub_message_free(message));
}

typedef struct {
    signalhub_receiver_t *receiver;
    signalhub_status_t status;
} receive_t;

static void *receive(void *argument)
{
    receive_t *receive = (receive_t *)argument;
    signalhub_message_t *message = new_message();
    receive->status = signalhub_receiver_recv(receive->receiver, message, NULL);
    CHECK_OK(signalhub_message_free(message));
    return NULL;
}

static void a_free_ends_a_receive_however_it_waits(void)
{
    signalhub_t *hub = new_hub(4);
    for (size_t w = 0; w < COUNT_OF(waits); w++) {
        for (int i = 0; i < 10; i++) {
            receive_t ends = {new_receiver_that_waits(hub, waits[w]), SIGNALHUB_OK};
            pthread_t thread = start(receive, &ends);
            nap();
            CHECK_OK(signalhub_receiver_free(ends.receiver));
            join(thread);
            /* It may not have begun. */
            CHECK(ends.status == SIGNALHUB_CLOSED || ends.status == SIGNALHUB_ERR_HANDLE);
        }
    }
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    it_names_who_has_something_and_takes_nothing();
    everybody_has_a_turn();
    a_bad_handle_is_a_status();
    a_message_the_end_and_a_free_wake();
    no_wait_is_over_too_early();
    a_free_ends_a_receive_however_it_waits();
    puts("wait_any: fine");
    return 0;
}
