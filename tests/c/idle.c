/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sleeping is free: receivers that wait use no processor; nor where a sandbox that was entered late
   refuses them membarrier, so that publishers must fence from then on. */
#include "check.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
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

static void ignore_message(void *user_data, signalhub_status_t status, signalhub_message_t *message,
                           uint64_t missed)
{
    (void)user_data, (void)status, (void)message, (void)missed;
}

/* Has receivers wait for a second until the hub is closed, one of them with a callback, and returns
   what they used. */
static int64_t processor_ns_of_sleepers(signalhub_t *hub)
{
    static const struct timespec a_while = {1, 0};
    sleeper_t sleepers[SLEEPERS];
    pthread_t threads[SLEEPERS];
    signalhub_receiver_t *called = new_receiver(hub);
    int64_t used;

    CHECK_OK(signalhub_receiver_on_message(called, NULL, ignore_message, NULL, NULL));
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
    CHECK_OK(signalhub_receiver_free(called));
    CHECK_OK(signalhub_free(hub));
    return used;
}

enum { TURNS = 3000 };

typedef struct {
    signalhub_t *hub;
    signalhub_receiver_t *receiver;
} player_t;

/* Receives, asleep in poll, and answers. */
static void *answer(void *argument)
{
    player_t *player = (player_t *)argument;
    signalhub_message_t *message = new_message();
    struct pollfd watched = {-1, POLLIN, 0};
    CHECK_OK(signalhub_receiver_fd(player->receiver, &watched.fd));
    for (long turns = scaled(TURNS); turns > 0;) {
        CHECK(poll(&watched, 1, -1) == 1);
        if (signalhub_receiver_try_recv(player->receiver, message, NULL) == SIGNALHUB_EMPTY)
            continue;
        CHECK_OK(publish_text(player->hub, "pong"));
        turns--;
    }
    CHECK_OK(signalhub_message_free(message));
    return NULL;
}

/* Two threads take turns, each asleep while the other runs: a lost wake-up hangs. */
static void no_wake_up_is_lost(void)
{
    signalhub_t *ping = new_hub(1), *pong = new_hub(1);
    player_t answers = {pong, new_receiver(ping)};
    signalhub_receiver_t *receiver = new_receiver(pong);
    signalhub_message_t *message = new_message();
    pthread_t thread = start(answer, &answers);
    for (long turns = scaled(TURNS); turns > 0; turns--) {
        CHECK_OK(publish_text(ping, "ping"));
        CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    }
    join(thread);
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_receiver_free(answers.receiver));
    CHECK_OK(signalhub_free(ping));
    CHECK_OK(signalhub_free(pong));
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
    CHECK(used < 10000000 || !counts);
    no_wake_up_is_lost();
    return 0;
}
