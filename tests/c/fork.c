/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* After a fork the child is told that its handles are its parent's, and makes its own. */
#include "check.h"

#include <signal.h>
#include <sys/wait.h>

enum { PUBLISHERS = 2, RECEIVERS = 2 };

static signalhub_t *hub;
static signalhub_receiver_t *receivers[RECEIVERS], *idle;
static signalhub_message_t *message;

static void ignore_message(void *user_data, signalhub_status_t status,
                           signalhub_message_t *received, uint64_t missed)
{
    (void)user_data, (void)status, (void)received, (void)missed;
}

/* Everything that can be called with the parent's handles, and what it gives. */
static void inherited_handles_give(signalhub_status_t want)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    signalhub_message_t *own = new_message();
    signalhub_receiver_t *receiver = NULL;
    signalhub_t *clone = NULL;
    uint64_t number;
    size_t count, offsets[2];
    char buf[8];
    int closed, fd;
    CHECK_STATUS(signalhub_clone(hub, &clone), want);
    CHECK_STATUS(signalhub_publish(hub, 0, "x", 1, NULL, NULL), want);
    CHECK_STATUS(signalhub_publish_view(hub, &view, NULL, NULL), want);
    CHECK_STATUS(signalhub_publish_many(hub, &view, 1, NULL), want);
    CHECK_STATUS(signalhub_capacity(hub, &number), want);
    CHECK_STATUS(signalhub_next_seq(hub, &number), want);
    CHECK_STATUS(signalhub_is_closed(hub, &closed), want);
    CHECK_STATUS(signalhub_subscribe(hub, &receiver), want);
    CHECK_STATUS(signalhub_subscribe_with(hub, NULL, &receiver), want);
    CHECK_STATUS(signalhub_close(hub), want);
    CHECK_STATUS(signalhub_receiver_try_recv(idle, own, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv(idle, own, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv_timeout(idle, own, -1, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv_into(idle, buf, 8, -1, &count, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv_many(idle, &own, 1, -1, &count, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv_packed(idle, buf, 8, offsets, 1, -1, &count, NULL), want);
    CHECK_STATUS(signalhub_receiver_next_seq(idle, &number), want);
    CHECK_STATUS(signalhub_receiver_stats(idle, &stats), want);
    CHECK_STATUS(signalhub_receiver_fd(idle, &fd), want);
    CHECK_STATUS(signalhub_wait_any(&idle, 1, -1, &count), want);
    CHECK_STATUS(signalhub_receiver_on_message(idle, NULL, ignore_message, NULL, NULL), want);
    CHECK_STATUS(signalhub_receiver_on_message(idle, NULL, NULL, NULL, NULL), want);
    CHECK_STATUS(signalhub_receiver_try_recv(idle, message, NULL), want);
    CHECK_STATUS(signalhub_message_view(message, &view), want);
    CHECK_STATUS(signalhub_message_clear(message), want);
    CHECK_OK(signalhub_message_free(own));
}

static void inherited_handles_are_forgotten(void)
{
    CHECK_OK(signalhub_free(hub));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(idle));
    for (size_t i = 0; i < RECEIVERS; i++)
        CHECK_OK(signalhub_receiver_free(receivers[i]));
    inherited_handles_give(SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_free(hub), SIGNALHUB_ERR_HANDLE);
}

/* A hub, a receiver and a message of this process. */
static void own_handles_work(void)
{
    static char large[100000];
    signalhub_t *own = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(own);
    signalhub_message_t *received = new_message();
    int fd = -1;
    size_t index = 77;
    CHECK_STATUS(signalhub_receiver_recv_timeout(receiver, received, 1000, NULL),
                 SIGNALHUB_TIMEOUT);
    CHECK_OK(signalhub_receiver_fd(receiver, &fd));
    CHECK_STATUS(signalhub_wait_any(&receiver, 1, 1000, &index), SIGNALHUB_TIMEOUT);
    CHECK_OK(publish_text(own, "mine"));
    CHECK_OK(signalhub_publish(own, 0, large, sizeof large, NULL, NULL));
    CHECK_OK(signalhub_receiver_recv(receiver, received, NULL));
    CHECK_TEXT(received, "mine");
    CHECK_OK(signalhub_receiver_recv(receiver, received, NULL));
    CHECK(view_of(received).len == sizeof large);
    CHECK_OK(signalhub_close(own));
    CHECK_STATUS(signalhub_receiver_recv(receiver, received, NULL), SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_message_free(received));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(own));
}

/* Runs `body` in a child, and its failure or its hanging is ours. The child ends itself by SIGKILL:
   tools would take what the threads of its parent have left there for leaks. */
static void in_a_child(void (*body)(void))
{
    int status = 0;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(10);
        body();
        raise(SIGKILL);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_child(void)
{
    inherited_handles_give(SIGNALHUB_ERR_FORKED);
    own_handles_work();
    inherited_handles_are_forgotten();
    own_handles_work();
}

/* The allocator of gcc's sanitizers may be locked for ever in a child that was forked while another
   thread allocated: there, a child under load does only what allocates nothing. */
static void a_child_under_load(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    uint64_t number;
    CHECK_STATUS(signalhub_publish(hub, 0, "x", 1, NULL, NULL), SIGNALHUB_ERR_FORKED);
    CHECK_STATUS(signalhub_receiver_next_seq(idle, &number), SIGNALHUB_ERR_FORKED);
    CHECK_STATUS(signalhub_message_clear(message), SIGNALHUB_ERR_FORKED);
    CHECK_OK(signalhub_receiver_free(receivers[0]));
    CHECK_STATUS(signalhub_receiver_free(receivers[0]), SIGNALHUB_ERR_HANDLE);
#else
    a_child();
#endif
}

static void a_child_with_a_child(void)
{
    inherited_handles_give(SIGNALHUB_ERR_FORKED);
    in_a_child(a_child); /* its grandparent's handles */
    inherited_handles_are_forgotten();
    hub = new_hub(2);
    idle = new_receiver(hub);
    for (size_t i = 0; i < RECEIVERS; i++)
        receivers[i] = new_receiver(hub);
    message = new_message();
    in_a_child(a_child); /* its parent's */
    CHECK_OK(publish_text(hub, "mine"));
    CHECK_OK(signalhub_receiver_recv(idle, message, NULL));
    CHECK_TEXT(message, "mine");
}

static int done;

static void *publish_all_the_time(void *unused)
{
    static char large[20000];
    for (unsigned i = 0; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); i++) {
        CHECK_OK(signalhub_publish(hub, 0, large, i % 16 == 0 ? sizeof large : 8, NULL, NULL));
        nap();
    }
    return unused;
}

static void *receive_all_the_time(void *receiver)
{
    signalhub_message_t *own = new_message();
    signalhub_status_t status;
    do {
        status = signalhub_receiver_recv((signalhub_receiver_t *)receiver, own, NULL);
        CHECK(status == SIGNALHUB_OK || status == SIGNALHUB_LAGGED || status == SIGNALHUB_CLOSED);
    } while (status != SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_message_free(own));
    return NULL;
}

static void *make_and_free_all_the_time(void *unused)
{
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        own_handles_work();
    return unused;
}

static void a_fork_under_full_load_finds_nothing_locked(void)
{
    pthread_t publishers[PUBLISHERS], receiving[RECEIVERS], making;
    for (size_t i = 0; i < PUBLISHERS; i++)
        publishers[i] = start(publish_all_the_time, NULL);
    for (size_t i = 0; i < RECEIVERS; i++)
        receiving[i] = start(receive_all_the_time, receivers[i]);
    making = start(make_and_free_all_the_time, NULL);
    for (long i = scaled(200); i > 0; i--)
        in_a_child(a_child_under_load);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    for (size_t i = 0; i < PUBLISHERS; i++)
        join(publishers[i]);
    CHECK_OK(signalhub_close(hub));
    for (size_t i = 0; i < RECEIVERS; i++)
        join(receiving[i]);
    join(making);
}

int main(void)
{
    watchdog();
    in_a_child(own_handles_work); /* before any handle was made */
    hub = new_hub(64);
    idle = new_receiver(hub);
    for (size_t i = 0; i < RECEIVERS; i++)
        receivers[i] = new_receiver(hub);
    message = new_message();
    CHECK_OK(publish_text(hub, "kept"));
    in_a_child(a_child);
    in_a_child(a_child_with_a_child);

    /* The parent has noticed nothing. */
    CHECK_OK(signalhub_receiver_recv(idle, message, NULL));
    CHECK_TEXT(message, "kept");
    a_fork_under_full_load_finds_nothing_locked();
    CHECK_OK(signalhub_message_free(message));
    for (size_t i = 0; i < RECEIVERS; i++)
        CHECK_OK(signalhub_receiver_free(receivers[i]));
    CHECK_OK(signalhub_receiver_free(idle));
    CHECK_OK(signalhub_free(hub));
    puts("fork: fine");
    return 0;
}
