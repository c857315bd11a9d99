/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory of the caller's is freed exactly once: read, lagged over, unread, held; and not at all
   when it was refused. What frees it may use the library. */
#include "check.h"

static long freed;

static void count_and_free(void *user_data)
{
    __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
    free(user_data);
}

static long times(void)
{
    return __atomic_exchange_n(&freed, 0, __ATOMIC_RELAXED);
}

static signalhub_status_t publish_with(const signalhub_t *hub, signalhub_free_fn_t free_fn,
                                       void *user_data)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    view.data = "owned";
    view.len = 5;
    view.kind = SIGNALHUB_KIND_TEXT;
    return signalhub_publish_owned(hub, &view, free_fn, user_data, NULL, NULL);
}

/* Publishes memory on the heap, and returns where it is. */
static void *publish_heap(const signalhub_t *hub, size_t len)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    void *data = malloc(len + 1);
    CHECK(data != NULL);
    memset(data, 7, len);
    view.data = data;
    view.len = len;
    CHECK_OK(signalhub_publish_owned(hub, &view, count_and_free, data, NULL, NULL));
    return data;
}

static void it_is_received_where_it_is(void)
{
    static const size_t lengths[] = {0, 1, 40, 100000};
    signalhub_t *hub = new_hub(1);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        void *data = publish_heap(hub, lengths[i]);
        signalhub_view_t got;
        CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
        got = view_of(message);
        CHECK(got.len == lengths[i] && (got.len == 0 || got.data == data));
    }
    CHECK(times() == (long)COUNT_OF(lengths) - 1);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
    CHECK(times() == 0);
    CHECK(*(const char *)view_of(message).data == 7); /* the hub is gone */
    CHECK_OK(signalhub_message_free(message));
    CHECK(times() == 1);
}

static void static_memory_needs_no_freeing(void)
{
    signalhub_t *hub = new_hub(1);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    CHECK_OK(publish_with(hub, NULL, NULL));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "owned");
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void lagged_over_or_unread_it_is_freed(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    for (int i = 0; i < 10; i++)
        publish_heap(hub, 100);
    CHECK(times() == 6);
    CHECK_OK(signalhub_close(hub));
    CHECK_OK(signalhub_free(hub));
    CHECK(times() == 0); /* the receiver can still read them */
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK(times() == 4);
}

static void refused_it_is_the_callers(void)
{
    signalhub_t *hub = new_hub(1);
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    uint64_t seq = 77;
    char byte = '\xff';
    view.data = &byte;
    view.len = 1;
    view.kind = SIGNALHUB_KIND_JSON;
    CHECK_STATUS(signalhub_publish_owned(hub, &view, count_and_free, NULL, &seq, &seq),
                 SIGNALHUB_ERR_UTF8);
    view.kind = -1;
    CHECK_STATUS(signalhub_publish_owned(hub, &view, count_and_free, NULL, &seq, &seq),
                 SIGNALHUB_ERR_KIND);
    view.kind = SIGNALHUB_KIND_BYTES;
    view.len = (1 << 30) + 1;
    CHECK_STATUS(signalhub_publish_owned(hub, &view, count_and_free, NULL, &seq, &seq),
                 SIGNALHUB_ERR_TOO_BIG);
    view.len = SIZE_MAX;
    CHECK_STATUS(signalhub_publish_owned(hub, &view, count_and_free, NULL, &seq, &seq),
                 SIGNALHUB_ERR_TOO_BIG);
    view.len = 1;
    view.topic = ".";
    view.topic_len = 1;
    CHECK_STATUS(signalhub_publish_owned(hub, &view, count_and_free, NULL, &seq, &seq),
                 SIGNALHUB_ERR_TOPIC);
    view.topic = NULL;
    view.topic_len = 0;
    CHECK_OK(signalhub_close(hub));
    CHECK_STATUS(signalhub_publish_owned(hub, &view, count_and_free, NULL, &seq, &seq),
                 SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_free(hub));
    CHECK(times() == 0 && seq == 77);
}

/* Everything of a hub, for what is freed to use. */
typedef struct {
    signalhub_t *hub, *clone;
    signalhub_receiver_t *receiver;
    signalhub_message_t *message;
} all_t;

static void use_everything(void *user_data)
{
    all_t *all = (all_t *)user_data;
    signalhub_receiver_t *receiver = new_receiver(all->hub);
    signalhub_message_t *message = new_message();
    signalhub_loan_t *loan = NULL;
    void *data = NULL;
    CHECK_OK(publish_text(all->hub, "within"));
    CHECK_OK(signalhub_receiver_try_recv(receiver, message, NULL));
    CHECK_TEXT(message, "within");
    CHECK_OK(signalhub_loan(all->hub, 100, &loan, &data));
    CHECK_OK(signalhub_loan_free(loan));
    CHECK_OK(publish_with(all->hub, NULL, NULL));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_close(all->hub));
    CHECK_OK(signalhub_free(all->clone));
    CHECK_OK(signalhub_receiver_free(all->receiver));
    __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

typedef signalhub_status_t receive_fn(signalhub_receiver_t *receiver, signalhub_message_t *message);

static signalhub_status_t by_try_recv(signalhub_receiver_t *receiver, signalhub_message_t *message)
{
    return signalhub_receiver_try_recv(receiver, message, NULL);
}

static signalhub_status_t by_recv(signalhub_receiver_t *receiver, signalhub_message_t *message)
{
    return signalhub_receiver_recv(receiver, message, NULL);
}

static signalhub_status_t by_recv_many(signalhub_receiver_t *receiver, signalhub_message_t *message)
{
    size_t count = 0;
    return signalhub_receiver_recv_many(receiver, &message, 1, -1, &count, NULL);
}

static signalhub_status_t by_clear(signalhub_receiver_t *receiver, signalhub_message_t *message)
{
    (void)receiver;
    return signalhub_message_clear(message);
}

static signalhub_status_t by_free(signalhub_receiver_t *receiver, signalhub_message_t *message)
{
    (void)receiver;
    return signalhub_message_free(message);
}

/* The holder lets go last in a receive, which must have unlocked its receiver by then: it is
   freed meanwhile. */
static void freed_by_a_holder_it_may_use_everything(void)
{
    static receive_fn *const ways[] = {by_try_recv, by_recv, by_recv_many, by_clear, by_free};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        all_t all = {new_hub(1), NULL, NULL, new_message()};
        CHECK_OK(signalhub_clone(all.hub, &all.clone));
        all.receiver = new_receiver(all.hub);
        CHECK_OK(publish_with(all.hub, use_everything, &all));
        CHECK_OK(signalhub_receiver_recv(all.receiver, all.message, NULL));
        CHECK_OK(publish_text(all.hub, "next"));
        CHECK(times() == 0);
        CHECK_OK(ways[i](all.receiver, all.message));
        CHECK(times() == 1);
        if (ways[i] != by_free)
            CHECK_OK(signalhub_message_free(all.message));
        CHECK_OK(signalhub_free(all.hub));
    }
}

static void freed_by_a_publisher_it_may_use_everything(void)
{
    all_t all = {new_hub(1), NULL, NULL, NULL};
    CHECK_OK(signalhub_clone(all.hub, &all.clone));
    all.receiver = new_receiver(all.hub);
    CHECK_OK(publish_with(all.hub, use_everything, &all));
    CHECK_OK(publish_text(all.hub, "next"));
    CHECK(times() == 1);
    CHECK_OK(signalhub_free(all.hub));
}

/* Frees that each make the next one due: they do not nest, so no chain is too long. */
static void publish_one_more(void *hub)
{
    static int depth;
    CHECK(depth++ == 0);
    CHECK_OK(publish_text((signalhub_t *)hub, "more"));
    depth--;
    __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

static void a_chain_of_frees_does_not_nest(void)
{
    long length = scaled(100000);
    signalhub_t *hub = new_hub((uint64_t)length);
    for (long i = 0; i < length; i++)
        CHECK_OK(publish_with(hub, publish_one_more, hub));
    CHECK_OK(publish_text(hub, "the first stone"));
    CHECK(times() == length);
    CHECK_OK(signalhub_free(hub));
}

enum { COUNT = 20000 };

static void *publish_heaps(void *hub)
{
    for (long i = scaled(COUNT); i > 0; i--)
        publish_heap((signalhub_t *)hub, (size_t)i % 100);
    return NULL;
}

static void *read_all(void *argument)
{
    signalhub_receiver_t *receiver = (signalhub_receiver_t *)argument;
    signalhub_message_t *message = new_message();
    int status;
    while ((status = signalhub_receiver_recv(receiver, message, NULL)) != SIGNALHUB_CLOSED) {
        signalhub_view_t view = view_of(message);
        CHECK(status == SIGNALHUB_OK || status == SIGNALHUB_LAGGED);
        for (size_t i = 0; i < view.len; i++)
            CHECK(((const char *)view.data)[i] == 7);
    }
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    return NULL;
}

static void under_load_each_is_freed_once(void)
{
    signalhub_t *hub = new_hub(8);
    pthread_t publishers[2], receivers[2];
    for (int i = 0; i < 2; i++)
        receivers[i] = start(read_all, new_receiver(hub));
    for (int i = 0; i < 2; i++)
        publishers[i] = start(publish_heaps, hub);
    for (int i = 0; i < 2; i++)
        join(publishers[i]);
    CHECK_OK(signalhub_free(hub));
    for (int i = 0; i < 2; i++)
        join(receivers[i]);
    CHECK(times() == 2 * scaled(COUNT));
}

int main(void)
{
    watchdog();
    it_is_received_where_it_is();
    static_memory_needs_no_freeing();
    lagged_over_or_unread_it_is_freed();
    refused_it_is_the_callers();
    freed_by_a_holder_it_may_use_everything();
    freed_by_a_publisher_it_may_use_everything();
    a_chain_of_frees_does_not_nest();
    under_load_each_is_freed_once();
    puts("owned: fine");
    return 0;
}
