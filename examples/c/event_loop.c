/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Event loops: a receiver among other things that a thread waits for, here a timer, with epoll. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <signalhub/signalhub.h>

static signalhub_t *questions, *answers;

/* Ends the program if a call failed. */
static void check(const char *what, int status)
{
    if (status != SIGNALHUB_OK) {
        fprintf(stderr, "%s: %s\n", what, signalhub_status_str(status));
        exit(1);
    }
}

/* Answers from another thread, until there are no more questions. */
static void *work(void *receiver)
{
    signalhub_message_t *message;
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    check("message_new", signalhub_message_new(&message));
    while (signalhub_receiver_recv(receiver, message, NULL) == SIGNALHUB_OK) {
        char text[64];
        int number;
        check("view", signalhub_message_view(message, &view));
        memcpy(&number, view.data, sizeof number);
        snprintf(text, sizeof text, "%d squared is %d", number, number * number);
        check("publish",
              signalhub_publish(answers, SIGNALHUB_KIND_TEXT, text, strlen(text), NULL, NULL));
    }
    check("close", signalhub_close(answers));
    signalhub_message_free(message);
    signalhub_receiver_free(receiver);
    return NULL;
}

/* Has epoll watch a descriptor. */
static void watch(int epoll, int fd)
{
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        abort();
}

static void start(int timer)
{
    static const struct itimerspec soon = {{0, 0}, {0, 1000000}};
    if (timerfd_settime(timer, 0, &soon, NULL) != 0)
        abort();
}

/* The timer is over: asks the next question, or says that there are no more. */
static void on_timer(int timer)
{
    static int number;
    uint64_t times;
    if (read(timer, &times, sizeof times) != (ssize_t)sizeof times)
        abort();
    if (number == 3) {
        check("close", signalhub_close(questions));
        return;
    }
    printf("timer: asks for the square of %d\n", ++number);
    check("publish",
          signalhub_publish(questions, SIGNALHUB_KIND_BYTES, &number, sizeof number, NULL, NULL));
}

/* There is something to receive: takes all of it. Whether there may be more later. */
static int on_readable(signalhub_receiver_t *receiver, signalhub_message_t *message, int timer)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_status_t status;
    while ((status = signalhub_receiver_try_recv(receiver, message, NULL)) == SIGNALHUB_OK) {
        check("view", signalhub_message_view(message, &view));
        printf("hub: %.*s\n", (int)view.len, (const char *)view.data);
        start(timer);
    }
    return status == SIGNALHUB_EMPTY; /* which has made the descriptor unreadable */
}

int main(void)
{
    signalhub_receiver_t *questions_to_worker, *receiver;
    signalhub_message_t *message;
    pthread_t worker;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), epoll = epoll_create1(EPOLL_CLOEXEC);
    int fd, is_open = 1;

    check("new", signalhub_new(NULL, &questions));
    check("new", signalhub_new(NULL, &answers));
    check("subscribe", signalhub_subscribe(questions, &questions_to_worker));
    check("subscribe", signalhub_subscribe(answers, &receiver));
    check("message_new", signalhub_message_new(&message));
    check("fd", signalhub_receiver_fd(receiver, &fd));
    if (timer < 0 || epoll < 0 || pthread_create(&worker, NULL, work, questions_to_worker) != 0)
        abort();

    watch(epoll, timer);
    watch(epoll, fd);
    start(timer);
    while (is_open) {
        struct epoll_event event;
        if (epoll_wait(epoll, &event, 1, -1) != 1)
            abort();
        if (event.data.fd == timer)
            on_timer(timer);
        else
            is_open = on_readable(receiver, message, timer);
    }
    puts("hub: closed, so the loop ends");

    pthread_join(worker, NULL);
    close(epoll);
    close(timer);
    signalhub_message_free(message);
    signalhub_receiver_free(receiver); /* closes fd */
    signalhub_free(questions);
    signalhub_free(answers);
    return 0;
}
