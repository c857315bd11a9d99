/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A receiver's descriptor is readable when there is something, in poll, select and epoll; it is
   closed with the receiver, and nobody writes to its number then. */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>

enum { FOR_EVER = -1, NOW = 0 };

static int fd_of(signalhub_receiver_t *receiver)
{
    int fd = -1;
    CHECK_OK(signalhub_receiver_fd(receiver, &fd));
    CHECK(fd >= 0);
    return fd;
}

static int polled(int fd, int timeout_ms)
{
    struct pollfd watched = {fd, POLLIN, 0};
    int ready = poll(&watched, 1, timeout_ms);
    CHECK(ready == 0 || (ready == 1 && watched.revents == POLLIN));
    return ready;
}

static int selected(int fd, int timeout_ms)
{
    struct timeval timeout = {0, 0};
    fd_set watched;
    FD_ZERO(&watched);
    FD_SET(fd, &watched);
    return select(fd + 1, &watched, NULL, NULL, timeout_ms < 0 ? NULL : &timeout);
}

static int new_epoll(int fd, uint32_t events)
{
    struct epoll_event event;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    memset(&event, 0, sizeof event);
    event.events = events;
    event.data.fd = fd;
    CHECK(epoll >= 0);
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
    return epoll;
}

static int epolled(int epoll, int timeout_ms)
{
    struct epoll_event event;
    int ready = epoll_wait(epoll, &event, 1, timeout_ms);
    CHECK(ready == 0 || (ready == 1 && event.events == EPOLLIN));
    return ready;
}

/* Receives until nothing is there, and returns how many messages that were. */
static long receive_all(signalhub_receiver_t *receiver, signalhub_message_t *message)
{
    long received = 0;
    signalhub_status_t status;
    while ((status = signalhub_receiver_try_recv(receiver, message, NULL)) == SIGNALHUB_OK)
        received++;
    CHECK_STATUS(status, SIGNALHUB_EMPTY);
    return received;
}

/* B18. A thousand messages before the first look, by every way to wait. */
static void a_thousand_messages_are_one_wake_up(void)
{
    signalhub_t *hub = new_hub(1000);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    const int fd = fd_of(receiver);
    const int level = new_epoll(fd, EPOLLIN), edge = new_epoll(fd, EPOLLIN | EPOLLET);

    CHECK(polled(fd, NOW) == 0 && selected(fd, NOW) == 0);
    CHECK(epolled(level, NOW) == 0 && epolled(edge, NOW) == 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            CHECK_OK(publish_text(hub, "x"));
        CHECK(polled(fd, FOR_EVER) == 1 && selected(fd, FOR_EVER) == 1);
        CHECK(epolled(level, FOR_EVER) == 1 && epolled(level, NOW) == 1);
        CHECK(epolled(edge, FOR_EVER) == 1);
        CHECK(epolled(edge, NOW) == 0); /* told once */
        CHECK(receive_all(receiver, message) == 1000);
        CHECK(polled(fd, NOW) == 0 && selected(fd, NOW) == 0);
        CHECK(epolled(level, NOW) == 0 && epolled(edge, NOW) == 0);
    }
    CHECK_OK(signalhub_close(hub));
    CHECK(epolled(level, FOR_EVER) == 1 && epolled(edge, FOR_EVER) == 1);
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_CLOSED);
    CHECK(epolled(level, NOW) == 1); /* for good */
    CHECK(close(level) == 0 && close(edge) == 0);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_free(hub));
}

/* Whatever says that nothing is there makes it unreadable. */
static void every_receive_that_finds_nothing_makes_it_unreadable(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    const int fd = fd_of(receiver);
    size_t count = 0;
    char buf[8];
    for (int how = 0; how < 4; how++) {
        signalhub_status_t status;
        CHECK_OK(publish_text(hub, "x"));
        CHECK(polled(fd, NOW) == 1);
        CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
        switch (how) {
        case 0: status = signalhub_receiver_try_recv(receiver, message, NULL); break;
        case 1: status = signalhub_receiver_recv_timeout(receiver, message, 0, NULL); break;
        case 2: status = signalhub_receiver_recv_into(receiver, buf, 8, 1000, &count, NULL); break;
        default:
            status = signalhub_receiver_recv_many(receiver, &message, 1, 0, &count, NULL);
            break;
        }
        CHECK_STATUS(status, how == 0 ? SIGNALHUB_EMPTY : SIGNALHUB_TIMEOUT);
        CHECK(polled(fd, NOW) == 0);
    }
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_free(hub));
}

enum { MESSAGES = 20000 };

static void *publish_many(void *hub)
{
    for (int64_t i = 0; i < scaled(MESSAGES); i++)
        CHECK_OK(signalhub_publish((signalhub_t *)hub, 0, &i, sizeof i, NULL, NULL));
    return NULL;
}

/* An event loop gets every message and never hangs; level-triggered or edge-triggered. */
static void an_event_loop_gets_every_message(uint32_t events)
{
    signalhub_t *hub = new_hub(2 * MESSAGES);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    const int epoll = new_epoll(fd_of(receiver), events);
    pthread_t publishers[2];
    long received = 0, turns = 0;
    for (int i = 0; i < 2; i++)
        publishers[i] = start(publish_many, hub);
    for (; received < 2 * scaled(MESSAGES); turns++) {
        CHECK(epolled(epoll, FOR_EVER) == 1);
        received += receive_all(receiver, message);
    }
    CHECK(turns <= 2 * received + 1); /* it does not spin */
    for (int i = 0; i < 2; i++)
        join(publishers[i]);
    CHECK(close(epoll) == 0);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_free(hub));
}

static void *wait_for_event(void *fd)
{
    CHECK(polled(*(const int *)fd, FOR_EVER) == 1);
    return NULL;
}

static void closing_wakes_an_event_loop(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    int fd = fd_of(receiver);
    pthread_t thread = start(wait_for_event, &fd);
    CHECK_OK(signalhub_close(hub));
    join(thread);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

/* M6. */
static long open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    long count = 0;
    CHECK(directory != NULL);
    while (readdir(directory) != NULL)
        count++;
    CHECK(closedir(directory) == 0);
    return count;
}

static void it_is_closed_with_its_receiver_and_not_inherited(void)
{
    const long before = open_descriptors();
    signalhub_t *hub = new_hub(4);
    for (int i = 0; i < 100; i++) {
        signalhub_receiver_t *receiver = new_receiver(hub);
        const int fd = fd_of(receiver);
        CHECK(fd_of(receiver) == fd);
        CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
        CHECK(open_descriptors() == before + 1);
        CHECK_OK(signalhub_receiver_free(receiver));
        CHECK(fcntl(fd, F_GETFD) == -1);
        CHECK_OK(publish_text(hub, "x"));
    }
    CHECK(open_descriptors() == before);
    CHECK_OK(signalhub_free(hub));
}

typedef struct {
    signalhub_t *hub;
    int done;
} publisher_t;

static void *publish_until_done(void *argument)
{
    publisher_t *publisher = (publisher_t *)argument;
    while (!__atomic_load_n(&publisher->done, __ATOMIC_ACQUIRE))
        CHECK_OK(publish_text(publisher->hub, "x"));
    return NULL;
}

/* A descriptor of ours gets the number of one that was just closed, while publishers wake. */
static void nobody_writes_to_a_number_that_was_closed(void)
{
    publisher_t publisher = {new_hub(4), 0};
    signalhub_message_t *message = new_message();
    pthread_t thread = start(publish_until_done, &publisher);
    for (long i = scaled(2000); i > 0; i--) {
        signalhub_receiver_t *receiver = new_receiver(publisher.hub);
        const int fd = fd_of(receiver);
        int ours;
        uint64_t count;
        (void)signalhub_receiver_try_recv(receiver, message, NULL);
        CHECK_OK(signalhub_receiver_free(receiver));
        ours = eventfd(0, EFD_NONBLOCK);
        CHECK(ours >= 0 && ours <= fd + 1);
        nap();
        CHECK(read(ours, &count, sizeof count) == -1 && errno == EAGAIN);
        CHECK(close(ours) == 0);
    }
    __atomic_store_n(&publisher.done, 1, __ATOMIC_RELEASE);
    join(thread);
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_free(publisher.hub));
}

/* M7. */
static void no_more_descriptors_are_a_status(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    struct rlimit limit, none;
    int fd = 77;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    none = limit;
    none.rlim_cur = 0;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK_STATUS(signalhub_receiver_fd(receiver, &fd), SIGNALHUB_ERR_LIMIT);
    CHECK(fd == 77);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_OK(publish_text(hub, "x"));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK(fd_of(receiver) != 77);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_free(hub));
}

/* The child of a fork shares the descriptor with its parent, and must not take its signals. */
static void the_child_of_a_fork_disturbs_nothing(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    const int fd = fd_of(receiver);
    pid_t child;
    int status;
    CHECK_OK(publish_text(hub, "x"));
    CHECK((child = fork()) >= 0);
    if (child == 0) {
        int childs = 77;
        int is_refused = signalhub_receiver_fd(receiver, &childs) == SIGNALHUB_ERR_FORKED &&
                         signalhub_receiver_try_recv(receiver, message, NULL) < 0 &&
                         signalhub_receiver_free(receiver) == SIGNALHUB_OK && childs == 77;
        if (is_refused)
            raise(SIGKILL); /* lest tools take what it has forgotten for leaks */
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK(polled(fd, NOW) == 1);
    CHECK(receive_all(receiver, message) == 1);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    a_thousand_messages_are_one_wake_up();
    every_receive_that_finds_nothing_makes_it_unreadable();
    an_event_loop_gets_every_message(EPOLLIN);
    an_event_loop_gets_every_message(EPOLLIN | EPOLLET);
    closing_wakes_an_event_loop();
    it_is_closed_with_its_receiver_and_not_inherited();
    nobody_writes_to_a_number_that_was_closed();
    no_more_descriptors_are_a_status();
    the_child_of_a_fork_disturbs_nothing();
    puts("descriptors: fine");
    return 0;
}
