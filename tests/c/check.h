/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the C tests are made of: checks that stay on in release builds, and handles in one line. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <signalhub/signalhub.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Fails the test unless `cond` holds. */
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/* Fails the test unless `call` returns `want`, naming both statuses. */
#define CHECK_STATUS(call, want)                                                                   \
    do {                                                                                           \
        int got_ = (int)(call), want_ = (int)(want);                                               \
        if (got_ != want_) {                                                                       \
            fprintf(stderr, "%s:%d: %s: got %d (%s), want %d (%s)\n", __FILE__, __LINE__, #call,   \
                    got_, signalhub_status_str(got_), want_, signalhub_status_str(want_));         \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#define CHECK_OK(call) CHECK_STATUS(call, SIGNALHUB_OK)

/* A message that is expected to be some text. */
#define CHECK_TEXT(message, want) CHECK(strcmp(text_of(message), want) == 0)

/* So much of `count` as SIGNALHUB_TEST_SCALE says, in percent: slow tools need not do all of it. */
static inline long scaled(long count)
{
    const char *percent = getenv("SIGNALHUB_TEST_SCALE");
    long scaled = percent != NULL ? count * atol(percent) / 100 : count;
    return scaled > 0 ? scaled : 1;
}

/* Ends a test that hangs. */
static inline void watchdog(void)
{
    alarm(120);
}

static inline int64_t now_ns(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Lets other threads run. On a busy machine sched_yield() costs a hundred times as much. */
static inline void nap(void)
{
    static const struct timespec a_moment = {0, 50000};
    nanosleep(&a_moment, NULL);
}

static inline pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, argument) == 0);
    return thread;
}

static inline void join(pthread_t thread)
{
    CHECK(pthread_join(thread, NULL) == 0);
}

static inline pid_t thread_id(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* What /proc says of a thread: R when it runs, S when it sleeps. */
static inline char thread_state(pid_t id)
{
    char path[64], text[256] = "";
    FILE *stat;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)id);
    stat = fopen(path, "r");
    CHECK(stat != NULL);
    CHECK(fgets(text, sizeof text, stat) != NULL);
    fclose(stat);
    CHECK(strrchr(text, ')') != NULL);
    return strrchr(text, ')')[2];
}

/* Waits until the thread has stored its id and sleeps. It must not stir for some looks: under
   valgrind a thread also sleeps while it waits for its turn. */
static inline void wait_until_asleep(const pid_t *id)
{
    for (int looks = 0; looks < 10;) {
        pid_t known = __atomic_load_n(id, __ATOMIC_ACQUIRE);
        nap();
        looks = known != 0 && thread_state(known) == 'S' ? looks + 1 : 0;
    }
}

static inline signalhub_t *new_hub(uint64_t capacity)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_t *hub = NULL;
    options.capacity = capacity;
    CHECK_OK(signalhub_new(&options, &hub));
    CHECK(hub != NULL);
    return hub;
}

static inline signalhub_receiver_t *new_receiver(const signalhub_t *hub)
{
    signalhub_receiver_t *receiver = NULL;
    CHECK_OK(signalhub_subscribe(hub, &receiver));
    CHECK(receiver != NULL);
    return receiver;
}

static inline signalhub_message_t *new_message(void)
{
    signalhub_message_t *message = NULL;
    CHECK_OK(signalhub_message_new(&message));
    CHECK(message != NULL);
    return message;
}

static inline signalhub_view_t view_of(const signalhub_message_t *message)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    CHECK_OK(signalhub_message_view(message, &view));
    return view;
}

static inline signalhub_status_t publish_text(const signalhub_t *hub, const char *text)
{
    return signalhub_publish(hub, SIGNALHUB_KIND_TEXT, text, strlen(text), NULL, NULL);
}

/* The payload of a message with a NUL behind it, valid until the next call in this thread. */
static inline const char *text_of(const signalhub_message_t *message)
{
    static __thread char text[256];
    signalhub_view_t view = view_of(message);
    CHECK(view.len < sizeof text);
    memcpy(text, view.data, view.len);
    text[view.len] = '\0';
    return text;
}

#endif
