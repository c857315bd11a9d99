/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* No function changes errno, whatever it comes to. */
#include "check.h"

#include <errno.h>

/* ThreadSanitizer itself changes errno when it meets what scripts/tsan.supp suppresses. */
#ifdef __SANITIZE_THREAD__
#define ERRNO_IS_KEPT 1
#else
#define ERRNO_IS_KEPT (errno == 4242)
#endif

/* Makes a call and checks its status and that errno is what it was. */
#define KEEPS_ERRNO(call, want)                                                                    \
    do {                                                                                           \
        errno = 4242;                                                                              \
        CHECK_STATUS(call, want);                                                                  \
        CHECK(ERRNO_IS_KEPT);                                                                      \
    } while (0)

static signalhub_t *hub;
static pid_t sleeper, publisher;

static void *sleep_in_recv(void *receiver)
{
    signalhub_message_t *message = new_message();
    __atomic_store_n(&sleeper, thread_id(), __ATOMIC_RELEASE);
    KEEPS_ERRNO(signalhub_receiver_recv((signalhub_receiver_t *)receiver, message, NULL),
                SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_message_free(message), SIGNALHUB_OK);
    return NULL;
}

static void *wait_in_publish(void *unused)
{
    const signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    __atomic_store_n(&publisher, thread_id(), __ATOMIC_RELEASE);
    KEEPS_ERRNO(signalhub_publish_timeout(hub, &view, -1, NULL, NULL), SIGNALHUB_OK);
    return unused;
}

/* With a receiver that holds publishers up, and then with one that has stalled for too long. */
static void publish_past_a_lossless_receiver(void)
{
    const signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_t *receiver = NULL;
    signalhub_status_t status;
    pthread_t thread;
    options.lossless = 1;
    KEEPS_ERRNO(signalhub_subscribe_with(hub, &options, &receiver), SIGNALHUB_OK);
    while ((status = publish_text(hub, "x")) == SIGNALHUB_OK) {
    }
    KEEPS_ERRNO(publish_text(hub, "x"), SIGNALHUB_FULL);
    KEEPS_ERRNO(signalhub_publish_many(hub, &view, 1, NULL), SIGNALHUB_FULL);
    KEEPS_ERRNO(signalhub_publish_timeout(hub, &view, 20000000, NULL, NULL), SIGNALHUB_FULL);
    thread = start(wait_in_publish, NULL);
    wait_until_asleep(&publisher);
    KEEPS_ERRNO(signalhub_receiver_free(receiver), SIGNALHUB_OK);
    join(thread);

    options.max_stall_ns = 1000000;
    KEEPS_ERRNO(signalhub_subscribe_with(hub, &options, &receiver), SIGNALHUB_OK);
    for (int i = 0; i <= SIGNALHUB_CAPACITY_DEFAULT; i++)
        KEEPS_ERRNO(signalhub_publish_timeout(hub, &view, -1, NULL, NULL), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_free(receiver), SIGNALHUB_OK);
}

static void ask_for_statistics(void)
{
    static char text[1 << 16];
    signalhub_stats_t stats = SIGNALHUB_STATS_INIT;
    signalhub_receiver_stats_t receiver_stats = SIGNALHUB_RECEIVER_STATS_INIT;
    size_t count;
    KEEPS_ERRNO(signalhub_stats(hub, &stats), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_stats_receivers(hub, &receiver_stats, 1, &count), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_stats_text(hub, "", 0, text, sizeof text, &count), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_stats_text(hub, "", 0, text, 1, &count), SIGNALHUB_ERR_TOO_SMALL);
}

static void ignore_message(void *user_data, signalhub_status_t status, signalhub_message_t *message,
                           uint64_t missed)
{
    (void)user_data, (void)status, (void)message, (void)missed;
}

int main(void)
{
    static char large[1 << 20];
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_receiver_options_t receiver_options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_t *clone = NULL, *none = NULL;
    signalhub_receiver_t *receiver = NULL, *other = NULL;
    signalhub_message_t *message = NULL;
    signalhub_dispatcher_t *dispatcher = NULL;
    int closed = 0, fd = -1;
    uint64_t number;
    size_t count, offsets[2];
    pthread_t thread;

    watchdog();
    errno = 4242;
    CHECK(signalhub_version() != NULL && signalhub_abi_version() == SIGNALHUB_ABI_VERSION);
    CHECK(signalhub_status_str(-12345) != NULL && errno == 4242);

    KEEPS_ERRNO(signalhub_new(NULL, &hub), SIGNALHUB_OK);
    options.capacity = UINT64_MAX;
    KEEPS_ERRNO(signalhub_new(&options, &none), SIGNALHUB_ERR_CAPACITY);
    options.capacity = SIGNALHUB_CAPACITY_MAX;
    options.slot_bytes = SIGNALHUB_SLOT_BYTES_MAX;
    KEEPS_ERRNO(signalhub_new(&options, &none), SIGNALHUB_ERR_NO_MEMORY);
    KEEPS_ERRNO(signalhub_clone(hub, &clone), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_subscribe(hub, &receiver), SIGNALHUB_OK);
    receiver_options.pattern = "a.*";
    receiver_options.pattern_len = 3;
    KEEPS_ERRNO(signalhub_subscribe_with(hub, &receiver_options, &other), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_free(other), SIGNALHUB_OK);
    receiver_options.pattern_len = 2;
    KEEPS_ERRNO(signalhub_subscribe_with(hub, &receiver_options, &other), SIGNALHUB_ERR_PATTERN);
    KEEPS_ERRNO(signalhub_message_new(&message), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_message_view(message, &view), SIGNALHUB_OK);

    KEEPS_ERRNO(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_EMPTY);
    KEEPS_ERRNO(signalhub_receiver_recv_timeout(receiver, message, 20000000, NULL),
                SIGNALHUB_TIMEOUT);
    KEEPS_ERRNO(signalhub_receiver_recv_into(receiver, large, 8, 20000000, &count, NULL),
                SIGNALHUB_TIMEOUT);
    KEEPS_ERRNO(signalhub_receiver_recv_many(receiver, &message, 1, 20000000, &count, NULL),
                SIGNALHUB_TIMEOUT);
    KEEPS_ERRNO(
        signalhub_receiver_recv_packed(receiver, large, 8, offsets, 1, 20000000, &count, NULL),
        SIGNALHUB_TIMEOUT);

    KEEPS_ERRNO(signalhub_wait_any(&receiver, 1, 20000000, &count), SIGNALHUB_TIMEOUT);
    KEEPS_ERRNO(signalhub_receiver_fd(receiver, &fd), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_EMPTY);

    KEEPS_ERRNO(signalhub_dispatcher_new(&dispatcher), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_on_message(receiver, dispatcher, ignore_message, NULL, NULL),
                SIGNALHUB_OK);
    for (int i = 0; i < 100; i++)
        KEEPS_ERRNO(publish_text(hub, "wakes it"), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_on_message(receiver, NULL, ignore_message, NULL, NULL),
                SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_on_message(receiver, NULL, NULL, NULL, NULL), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_dispatcher_free(dispatcher), SIGNALHUB_OK);
    while (signalhub_receiver_try_recv(receiver, message, NULL) != SIGNALHUB_EMPTY)
        continue;

    KEEPS_ERRNO(publish_text(hub, "small"), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_publish(hub, 0, large, sizeof large, NULL, NULL), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_publish(hub, 99, large, 1, NULL, NULL), SIGNALHUB_ERR_KIND);
    KEEPS_ERRNO(signalhub_publish_view(hub, &view, NULL, NULL), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_publish_many(hub, &view, 1, &count), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_capacity(hub, &number), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_next_seq(hub, &number), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_is_closed(hub, &closed), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_recv(receiver, message, NULL), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_recv_into(receiver, large, 1, -1, &count, NULL),
                SIGNALHUB_ERR_TOO_SMALL);
    KEEPS_ERRNO(signalhub_receiver_recv_packed(receiver, large, 1, offsets, 1, -1, &count, NULL),
                SIGNALHUB_ERR_TOO_SMALL);
    KEEPS_ERRNO(signalhub_receiver_recv_into(receiver, large, sizeof large, -1, &count, NULL),
                SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_recv_many(receiver, &message, 1, -1, &count, NULL),
                SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_next_seq(receiver, &number), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_stats(receiver, &stats), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_message_clear(message), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_OK);

    thread = start(sleep_in_recv, receiver);
    wait_until_asleep(&sleeper);
    KEEPS_ERRNO(publish_text(clone, "wakes it"), SIGNALHUB_OK);
    join(thread);

    publish_past_a_lossless_receiver();
    ask_for_statistics();

    KEEPS_ERRNO(signalhub_close(hub), SIGNALHUB_OK);
    KEEPS_ERRNO(publish_text(hub, "late"), SIGNALHUB_CLOSED);
    KEEPS_ERRNO(signalhub_publish_timeout(hub, &view, -1, NULL, NULL), SIGNALHUB_CLOSED);
    while (signalhub_receiver_try_recv(receiver, message, NULL) != SIGNALHUB_CLOSED) {
    }
    KEEPS_ERRNO(signalhub_receiver_recv(receiver, message, NULL), SIGNALHUB_CLOSED);
    KEEPS_ERRNO(signalhub_message_free(message), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_free(receiver), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_receiver_free(receiver), SIGNALHUB_ERR_HANDLE);
    KEEPS_ERRNO(signalhub_free(clone), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_free(hub), SIGNALHUB_OK);
    KEEPS_ERRNO(signalhub_free(NULL), SIGNALHUB_OK);
    puts("errno: fine");
    return 0;
}
