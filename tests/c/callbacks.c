/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Callbacks: every message once and in order, what they may do, and that what they were given is
   freed once, on every path. */
#include "check.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* What a callback is given: it counts, and does one thing. */
typedef struct listener listener_t;
struct listener {
    signalhub_t *hub;
    signalhub_receiver_t *receiver;
    signalhub_dispatcher_t *dispatcher;
    void (*act)(listener_t *listener); /* called with each message, if set */
    int64_t next;                      /* the number expected in the next message; -1 for any */
    int messages, missed, warnings, ends, frees;
    int running, was_running_when_freed;
    pid_t thread;
};

static void count(int *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_ACQ_REL);
}

static int counted(const int *counter)
{
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void wait_for(const int *counter, int value)
{
    while (counted(counter) < value)
        nap();
}

static void on_message(void *user_data, signalhub_status_t status, signalhub_message_t *message,
                       uint64_t missed)
{
    listener_t *listener = (listener_t *)user_data;
    __atomic_store_n(&listener->thread, thread_id(), __ATOMIC_RELEASE);
    __atomic_store_n(&listener->running, 1, __ATOMIC_RELEASE);
    CHECK(counted(&listener->frees) == 0 && counted(&listener->ends) == 0);
    if (status == SIGNALHUB_OK) {
        int64_t number;
        CHECK(message != NULL && missed == 0);
        CHECK(view_of(message).len == sizeof number);
        memcpy(&number, view_of(message).data, sizeof number);
        CHECK(number == listener->next || listener->next < 0);
        listener->next = number + 1;
        if (listener->act != NULL)
            listener->act(listener);
        count(&listener->messages);
    } else if (status == SIGNALHUB_LAGGED) {
        CHECK(message == NULL && missed > 0);
        listener->next = listener->next < 0 ? -1 : listener->next + (int64_t)missed;
        count(&listener->missed);
    } else if (status == SIGNALHUB_ABOUT_TO_LAG) {
        CHECK(message == NULL && missed == 3 && counted(&listener->messages) == 1);
        count(&listener->warnings);
    } else {
        CHECK_STATUS(status, SIGNALHUB_CLOSED);
        CHECK(message == NULL && missed == 0);
        count(&listener->ends);
    }
    __atomic_store_n(&listener->running, 0, __ATOMIC_RELEASE);
}

static void on_free(void *user_data)
{
    listener_t *listener = (listener_t *)user_data;
    if (counted(&listener->running))
        listener->was_running_when_freed = 1;
    count(&listener->frees);
}

static signalhub_status_t set(listener_t *listener)
{
    return signalhub_receiver_on_message(listener->receiver, listener->dispatcher, on_message,
                                         listener, on_free);
}

static signalhub_status_t unset(signalhub_receiver_t *receiver)
{
    return signalhub_receiver_on_message(receiver, NULL, NULL, NULL, NULL);
}

static listener_t new_listener(signalhub_t *hub, signalhub_dispatcher_t *dispatcher)
{
    listener_t listener;
    memset(&listener, 0, sizeof listener);
    listener.hub = hub;
    listener.receiver = new_receiver(hub);
    listener.dispatcher = dispatcher;
    return listener;
}

static signalhub_dispatcher_t *new_dispatcher(void)
{
    signalhub_dispatcher_t *dispatcher = NULL;
    CHECK_OK(signalhub_dispatcher_new(&dispatcher));
    CHECK(dispatcher != NULL);
    return dispatcher;
}

static void publish_number(signalhub_t *hub, int64_t number)
{
    CHECK_OK(signalhub_publish(hub, 0, &number, sizeof number, NULL, NULL));
}

/* Freed once, and not while it ran. */
static void was_freed(const listener_t *listener)
{
    CHECK(counted(&listener->frees) == 1);
    CHECK(!listener->was_running_when_freed);
}

enum { MESSAGES = 20000 };

/* By a thread of its own each, and by one for all. */
static void every_message_is_told_once_and_in_order(int has_dispatcher)
{
    signalhub_t *hub = new_hub(MESSAGES);
    signalhub_dispatcher_t *dispatcher = has_dispatcher ? new_dispatcher() : NULL;
    listener_t listeners[3];
    const int messages = (int)scaled(MESSAGES);
    for (int i = 0; i < 3; i++) {
        listeners[i] = new_listener(hub, dispatcher);
        CHECK_OK(set(&listeners[i]));
    }
    for (int64_t number = 0; number < messages; number++)
        publish_number(hub, number);
    CHECK_OK(signalhub_close(hub));
    for (int i = 0; i < 3; i++) {
        wait_for(&listeners[i].frees, 1);
        CHECK(listeners[i].messages == messages && listeners[i].missed == 0);
        CHECK(listeners[i].ends == 1);
        was_freed(&listeners[i]);
        CHECK((listeners[i].thread == listeners[0].thread) == (i == 0 || has_dispatcher));
        CHECK(listeners[i].thread != thread_id());
        CHECK_OK(signalhub_receiver_free(listeners[i].receiver));
        was_freed(&listeners[i]);
    }
    CHECK_OK(signalhub_dispatcher_free(dispatcher));
    CHECK_OK(signalhub_free(hub));
}

static void a_lag_is_told(void)
{
    signalhub_t *hub = new_hub(4);
    listener_t listener = new_listener(hub, NULL);
    for (int64_t number = 0; number < 10; number++)
        publish_number(hub, number);
    CHECK_OK(signalhub_free(hub));
    CHECK_OK(set(&listener));
    wait_for(&listener.frees, 1);
    CHECK(listener.missed == 1 && listener.messages == 4 && listener.ends == 1);
    CHECK_OK(signalhub_receiver_free(listener.receiver));
    was_freed(&listener);
}

static void publish_three_more(listener_t *listener)
{
    if (counted(&listener->messages) == 0)
        for (int64_t number = 1; number <= 3; number++)
            publish_number(listener->hub, number);
}

static void that_it_is_about_to_lag_is_told_once(void)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    listener_t listener = new_listener(new_hub(4), NULL);
    CHECK_OK(signalhub_receiver_free(listener.receiver));
    options.warn_behind = 3;
    CHECK_OK(signalhub_subscribe_with(listener.hub, &options, &listener.receiver));
    listener.act = publish_three_more;
    CHECK_OK(set(&listener));
    publish_number(listener.hub, 0);
    wait_for(&listener.messages, 4);
    CHECK(listener.warnings == 1 && listener.missed == 0);
    CHECK_OK(signalhub_free(listener.hub));
    wait_for(&listener.frees, 1);
    CHECK_OK(signalhub_receiver_free(listener.receiver));
    was_freed(&listener);
}

typedef struct {
    signalhub_t *hub;
    int done;
    int64_t number;
} publisher_t;

static void *publish_until_done(void *argument)
{
    publisher_t *publisher = (publisher_t *)argument;
    while (!counted(&publisher->done))
        publish_number(publisher->hub, publisher->number++);
    return NULL;
}

enum { REMOVE, REPLACE, FREE, FREE_DISPATCHER, WAYS };

/* P5, P6. When it is over, however that comes to be, it is not called any more and was freed. */
static void a_callback_that_is_removed_is_over(void)
{
    publisher_t publisher = {new_hub(64), 0, 0};
    pthread_t thread = start(publish_until_done, &publisher);
    for (long i = scaled(400); i > 0; i--) {
        const int way = (int)(i % WAYS);
        const int has_dispatcher = way == FREE_DISPATCHER || i % 8 < 4;
        signalhub_dispatcher_t *dispatcher = has_dispatcher ? new_dispatcher() : NULL;
        listener_t old = new_listener(publisher.hub, dispatcher), other = old;
        old.next = other.next = -1;
        CHECK_OK(set(&old));
        if (i % 3 == 0)
            nap();
        if (way == REMOVE)
            CHECK_OK(unset(old.receiver));
        else if (way == REPLACE)
            CHECK_OK(set(&other));
        else if (way == FREE)
            CHECK_OK(signalhub_receiver_free(old.receiver));
        else
            CHECK_OK(signalhub_dispatcher_free(dispatcher));
        was_freed(&old);
        if (way != FREE)
            CHECK_OK(signalhub_receiver_free(old.receiver));
        if (way != FREE_DISPATCHER)
            CHECK_OK(signalhub_dispatcher_free(dispatcher));
        CHECK(counted(&other.frees) == (way == REPLACE));
        was_freed(&old);
    }
    __atomic_store_n(&publisher.done, 1, __ATOMIC_RELEASE);
    join(thread);
    CHECK_OK(signalhub_free(publisher.hub));
}

static void publish_subscribe_and_close(listener_t *listener)
{
    signalhub_receiver_t *other = NULL;
    if (listener->next > 10)
        return;
    publish_number(listener->hub, listener->next);
    CHECK_OK(signalhub_subscribe(listener->hub, &other));
    CHECK_OK(signalhub_receiver_free(other));
    if (listener->next == 10)
        CHECK_OK(signalhub_close(listener->hub));
}

static void a_callback_may_use_the_hub(void)
{
    signalhub_t *hub = new_hub(100);
    listener_t listener = new_listener(hub, NULL);
    listener.act = publish_subscribe_and_close;
    CHECK_OK(set(&listener));
    publish_number(hub, 0);
    wait_for(&listener.frees, 1);
    CHECK(listener.messages == 11 && listener.ends == 1);
    CHECK_OK(signalhub_receiver_free(listener.receiver));
    was_freed(&listener);
    CHECK_OK(signalhub_free(hub));
}

static void receive_the_next_one(listener_t *listener)
{
    signalhub_message_t *message = new_message();
    uint64_t next = 0;
    CHECK_OK(signalhub_receiver_try_recv(listener->receiver, message, NULL));
    CHECK_OK(signalhub_receiver_next_seq(listener->receiver, &next));
    CHECK(next == (uint64_t)listener->next + 1);
    listener->next++;
    CHECK_STATUS(signalhub_receiver_recv_timeout(listener->receiver, message, 1, NULL),
                 SIGNALHUB_TIMEOUT);
    CHECK_OK(signalhub_message_free(message));
}

static void a_callback_may_receive(void)
{
    signalhub_t *hub = new_hub(100);
    listener_t listener = new_listener(hub, NULL);
    listener.act = receive_the_next_one;
    publish_number(hub, 0);
    publish_number(hub, 1);
    CHECK_OK(set(&listener));
    wait_for(&listener.messages, 1);
    CHECK_OK(signalhub_close(hub));
    wait_for(&listener.frees, 1);
    CHECK(listener.messages == 1);
    CHECK_OK(signalhub_receiver_free(listener.receiver));
    CHECK_OK(signalhub_free(hub));
}

static void remove_itself(listener_t *listener)
{
    CHECK_OK(unset(listener->receiver));
    CHECK_OK(unset(listener->receiver));
    CHECK(counted(&listener->frees) == 0); /* it still runs */
}

static void free_its_receiver(listener_t *listener)
{
    CHECK_OK(signalhub_receiver_free(listener->receiver));
    CHECK_STATUS(unset(listener->receiver), SIGNALHUB_ERR_HANDLE);
    CHECK(counted(&listener->frees) == 0);
}

static void free_its_dispatcher(listener_t *listener)
{
    CHECK_OK(signalhub_dispatcher_free(listener->dispatcher));
    CHECK(counted(&listener->frees) == 0);
}

static listener_t successor;

static void replace_itself(listener_t *listener)
{
    successor.next = listener->next;
    successor.receiver = listener->receiver;
    CHECK_OK(set(&successor));
    CHECK(counted(&listener->frees) == 0);
}

static void wait_until_gone(pid_t thread)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d", (int)thread);
    while (access(path, F_OK) == 0)
        nap();
}

/* P3, P5. From inside, nothing waits; it is freed when it has returned. */
static void a_callback_may_end_itself(void (*act)(listener_t *), int has_dispatcher)
{
    signalhub_t *hub = new_hub(100);
    signalhub_dispatcher_t *dispatcher = has_dispatcher ? new_dispatcher() : NULL;
    listener_t listener = new_listener(hub, dispatcher);
    memset(&successor, 0, sizeof successor);
    listener.act = act;
    CHECK_OK(set(&listener));
    publish_number(hub, 0);
    publish_number(hub, 1);
    wait_for(&listener.frees, 1);
    was_freed(&listener);
    CHECK(listener.messages == 1 && listener.ends == 0);
    if (act == replace_itself) {
        wait_for(&successor.messages, 1);
        CHECK_OK(unset(listener.receiver));
        was_freed(&successor);
    }
    if (act != free_its_receiver)
        CHECK_OK(signalhub_receiver_free(listener.receiver));
    if (act != free_its_dispatcher)
        CHECK_OK(signalhub_dispatcher_free(dispatcher));
    wait_until_gone(listener.thread);
    was_freed(&listener);
    CHECK_OK(signalhub_free(hub));
}

static int released;

static void wait_until_released(listener_t *listener)
{
    (void)listener;
    while (!counted(&released))
        nap();
}

static void *remove_it(void *receiver)
{
    CHECK_OK(unset((signalhub_receiver_t *)receiver));
    pthread_testcancel();
    return NULL;
}

/* P7. One that takes its time holds up whoever removes it, even if that thread is cancelled, and
   others of its dispatcher; nobody else. */
static void a_slow_callback_is_waited_for(void)
{
    signalhub_t *hub = new_hub(100);
    signalhub_dispatcher_t *dispatcher = new_dispatcher();
    listener_t slow = new_listener(hub, dispatcher), same = new_listener(hub, dispatcher);
    listener_t other = new_listener(hub, NULL);
    pthread_t removes;
    void *result = NULL;
    released = 0;
    slow.act = wait_until_released;
    CHECK_OK(set(&slow));
    publish_number(hub, 0);
    wait_for(&slow.running, 1);
    CHECK_OK(set(&same));
    CHECK_OK(set(&other));
    publish_number(hub, 1);
    wait_for(&other.messages, 2);
    CHECK(counted(&same.messages) == 0);
    removes = start(remove_it, slow.receiver);
    CHECK(pthread_cancel(removes) == 0);
    for (int i = 0; i < 20; i++)
        nap();
    CHECK(counted(&slow.frees) == 0);
    count(&released);
    CHECK(pthread_join(removes, &result) == 0);
    CHECK(result == PTHREAD_CANCELED); /* behind the call, not inside */
    was_freed(&slow);
    CHECK(slow.messages == 1);
    wait_for(&same.messages, 2);
    CHECK_OK(signalhub_receiver_free(slow.receiver));
    CHECK_OK(signalhub_receiver_free(same.receiver));
    CHECK_OK(signalhub_receiver_free(other.receiver));
    CHECK_OK(signalhub_dispatcher_free(dispatcher));
    CHECK_OK(signalhub_free(hub));
}

/* What is refused changes nothing, and keeps nothing. */
static void what_is_refused_is_not_freed(void)
{
    signalhub_t *hub = new_hub(4);
    listener_t listener = new_listener(hub, new_dispatcher());
    CHECK_OK(signalhub_dispatcher_free(listener.dispatcher));
    CHECK_STATUS(set(&listener), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_dispatcher_free(listener.dispatcher), SIGNALHUB_ERR_HANDLE);
    listener.dispatcher = (signalhub_dispatcher_t *)(void *)hub;
    CHECK_STATUS(set(&listener), SIGNALHUB_ERR_HANDLE);
    listener.dispatcher = NULL;
    CHECK_STATUS(signalhub_receiver_on_message(listener.receiver, NULL, NULL, &listener, on_free),
                 SIGNALHUB_ERR_NULL);
    CHECK_OK(signalhub_receiver_free(listener.receiver));
    CHECK_STATUS(set(&listener), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(unset(listener.receiver), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(unset(NULL), SIGNALHUB_ERR_NULL);
    CHECK(listener.frees == 0);
    CHECK_OK(signalhub_free(hub));
}

/* M7, in a child, which can then start no thread any more. */
static void no_more_threads_are_a_status(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        signalhub_t *hub = new_hub(4);
        signalhub_dispatcher_t *dispatcher = NULL;
        listener_t listener = new_listener(hub, NULL);
        CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
        errno = 4242;
        CHECK_STATUS(signalhub_dispatcher_new(&dispatcher), SIGNALHUB_ERR_LIMIT);
        CHECK_STATUS(set(&listener), SIGNALHUB_ERR_LIMIT);
        CHECK(dispatcher == NULL && listener.frees == 0 && errno == 4242);
        CHECK_OK(unset(listener.receiver));
        CHECK_OK(signalhub_receiver_free(listener.receiver));
        CHECK_OK(signalhub_free(hub));
        raise(SIGKILL);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* In the child of a fork nothing is called, and its handles can only be freed. */
static void nothing_runs_in_the_child_of_a_fork(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_dispatcher_t *dispatcher = new_dispatcher();
    listener_t shared = new_listener(hub, dispatcher), own = new_listener(hub, NULL);
    int status;
    pid_t child;
    CHECK_OK(set(&shared));
    CHECK_OK(set(&own));
    publish_number(hub, 0);
    wait_for(&shared.messages, 1);
    wait_for(&own.messages, 1);
    CHECK((child = fork()) >= 0);
    if (child == 0) {
        int is_refused = set(&shared) == SIGNALHUB_ERR_FORKED &&
                         unset(shared.receiver) == SIGNALHUB_ERR_FORKED &&
                         signalhub_receiver_free(own.receiver) == SIGNALHUB_OK &&
                         signalhub_receiver_free(shared.receiver) == SIGNALHUB_OK &&
                         signalhub_dispatcher_free(dispatcher) == SIGNALHUB_OK &&
                         signalhub_dispatcher_free(dispatcher) < 0;
        if (is_refused && own.frees == 0 && shared.frees == 0)
            raise(SIGKILL); /* lest tools take what it has forgotten for leaks */
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    publish_number(hub, 1);
    wait_for(&shared.messages, 2);
    wait_for(&own.messages, 2);
    CHECK_OK(signalhub_receiver_free(shared.receiver));
    CHECK_OK(signalhub_receiver_free(own.receiver));
    was_freed(&shared);
    was_freed(&own);
    CHECK_OK(signalhub_dispatcher_free(dispatcher));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    no_more_threads_are_a_status(); /* first: while there is one */
    every_message_is_told_once_and_in_order(0);
    every_message_is_told_once_and_in_order(1);
    a_lag_is_told();
    that_it_is_about_to_lag_is_told_once();
    a_callback_that_is_removed_is_over();
    a_callback_may_use_the_hub();
    a_callback_may_receive();
    for (int has_dispatcher = 0; has_dispatcher < 2; has_dispatcher++) {
        a_callback_may_end_itself(remove_itself, has_dispatcher);
        a_callback_may_end_itself(free_its_receiver, has_dispatcher);
        a_callback_may_end_itself(replace_itself, has_dispatcher);
    }
    a_callback_may_end_itself(free_its_dispatcher, 1);
    a_slow_callback_is_waited_for();
    what_is_refused_is_not_freed();
    nothing_runs_in_the_child_of_a_fork();
    puts("callbacks: fine");
    return 0;
}
