/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sleeping is free: receivers that wait use no processor; and next to none where a sandbox that was
   entered late refuses them membarrier, so that they sleep in naps. */
#include "check.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

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

/* Has receivers wait for a second until the hub is closed, and returns what they used. */
static int64_t processor_ns_of_sleepers(signalhub_t *hub)
{
    static const struct timespec a_while = {1, 0};
    sleeper_t sleepers[SLEEPERS];
    pthread_t threads[SLEEPERS];
    int64_t used;

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
    return used;
}

static void refuse_membarrier(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

int main(void)
{
    signalhub_t *hub = new_hub(4), *sandboxed = new_hub(4);
    const int counts = getenv("SIGNALHUB_TEST_SCALE") == NULL;
    int64_t used;

    watchdog();
    used = processor_ns_of_sleepers(hub);
    printf("idle: %d receivers used %" PRId64 " us of a processor in a second", SLEEPERS,
           used / 1000);
    CHECK(used < 10000000 || !counts);

    refuse_membarrier();
    used = processor_ns_of_sleepers(sandboxed);
    printf(", %" PRId64 " us without membarrier\n", used / 1000);
    CHECK(used < 200000000 || !counts);
    return 0;
}
