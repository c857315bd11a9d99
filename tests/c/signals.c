/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals end no wait, and a thread that is cancelled while it waits ends only after that. */
#include "check.h"

#include <limits.h>
#include <signal.h>

static signalhub_t *hub;
static signalhub_receiver_t *receiver;
static long signals_handled;

static void handle(int number)
{
    (void)number;
    __atomic_fetch_add(&signals_handled, 1, __ATOMIC_RELAXED);
}

typedef struct {
    int64_t timeout_ns;
    signalhub_status_t want;
    pid_t id;
    int is_over;
} wait_t;

static void *wait_for_it(void *argument)
{
    wait_t *wait = (wait_t *)argument;
    signalhub_message_t *message = new_message();
    int64_t begin = now_ns();
    __atomic_store_n(&wait->id, thread_id(), __ATOMIC_RELEASE);
    CHECK_STATUS(signalhub_receiver_recv_timeout(receiver, message, wait->timeout_ns, NULL),
                 wait->want);
    if (wait->want == SIGNALHUB_TIMEOUT)
        CHECK(now_ns() - begin >= wait->timeout_ns);
    CHECK_OK(signalhub_message_free(message));
    __atomic_store_n(&wait->is_over, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Interrupts the thread until its wait is over, or until it was interrupted `count` times. */
static void interrupt(pthread_t thread, const wait_t *wait, long count)
{
    long end = __atomic_load_n(&signals_handled, __ATOMIC_RELAXED) + count;
    while (!__atomic_load_n(&wait->is_over, __ATOMIC_ACQUIRE) &&
           __atomic_load_n(&signals_handled, __ATOMIC_RELAXED) < end) {
        CHECK(pthread_kill(thread, SIGUSR1) == 0);
        nap();
    }
}

static void signals_end_no_timeout_too_early(void)
{
    wait_t wait = {50000000, SIGNALHUB_TIMEOUT, 0, 0};
    pthread_t thread = start(wait_for_it, &wait);
    interrupt(thread, &wait, LONG_MAX / 2);
    join(thread);
}

static void signals_end_no_wait_for_ever(void)
{
    wait_t wait = {-1, SIGNALHUB_OK, 0, 0};
    pthread_t thread = start(wait_for_it, &wait);
    wait_until_asleep(&wait.id);
    interrupt(thread, &wait, scaled(500));
    CHECK(!__atomic_load_n(&wait.is_over, __ATOMIC_ACQUIRE));
    CHECK_OK(publish_text(hub, "x"));
    join(thread);
}

static pid_t sleeper;
static signalhub_message_t *message;

static void *receive_and_go_on(void *out_received)
{
    __atomic_store_n(&sleeper, thread_id(), __ATOMIC_RELEASE);
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    *(int *)out_received = 1;
    pthread_testcancel();
    CHECK(0); /* a cancelled thread does not get here */
    return NULL;
}

static void a_cancelled_thread_ends_after_its_wait(void)
{
    int received = 0;
    void *result = NULL;
    pthread_t thread;
    message = new_message();
    thread = start(receive_and_go_on, &received);
    wait_until_asleep(&sleeper);
    CHECK(pthread_cancel(thread) == 0);
    wait_until_asleep(&sleeper);
    CHECK_OK(publish_text(hub, "first"));
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == PTHREAD_CANCELED && received == 1);
    CHECK_TEXT(message, "first");

    /* Nobody has it locked. */
    CHECK_OK(publish_text(hub, "second"));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "second");
    CHECK_OK(signalhub_message_free(message));
}

int main(void)
{
    struct sigaction action;
    watchdog();
    memset(&action, 0, sizeof action); /* no SA_RESTART */
    action.sa_handler = handle;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    hub = new_hub(4);
    receiver = new_receiver(hub);
    signals_end_no_timeout_too_early();
    signals_end_no_wait_for_ever();
    a_cancelled_thread_ends_after_its_wait();
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
    printf("signals: fine, %ld handled\n", signals_handled);
    return 0;
}
