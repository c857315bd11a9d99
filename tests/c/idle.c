/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sleeping is free: receivers that wait use no processor. */
#include "check.h"

#include <sys/resource.h>

enum { SLEEPERS = 8 };

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
    CHECK_OK(signalhub_message_free(message));
    return NULL;
}

static int64_t processor_ns(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000000) +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000);
}

int main(void)
{
    static const struct timespec a_while = {1, 0};
    signalhub_t *hub = new_hub(4);
    sleeper_t sleepers[SLEEPERS];
    pthread_t threads[SLEEPERS];
    int64_t used;

    watchdog();
    for (size_t i = 0; i < SLEEPERS; i++) {
        sleepers[i].receiver = new_receiver(hub);
        sleepers[i].id = 0;
        threads[i] = start(sleep_until_closed, &sleepers[i]);
    }
    for (size_t i = 0; i < SLEEPERS; i++)
        wait_until_asleep(&sleepers[i].id);
    used = processor_ns();
    nanosleep(&a_while, NULL);
    used = processor_ns() - used;
    CHECK_OK(signalhub_close(hub));
    for (size_t i = 0; i < SLEEPERS; i++) {
        join(threads[i]);
        CHECK_OK(signalhub_receiver_free(sleepers[i].receiver));
    }
    CHECK_OK(signalhub_free(hub));
    printf("idle: %d receivers used %" PRId64 " us of a processor in a second\n", SLEEPERS,
           used / 1000);
    CHECK(used < 10000000 || getenv("SIGNALHUB_TEST_SCALE") != NULL);
    return 0;
}
