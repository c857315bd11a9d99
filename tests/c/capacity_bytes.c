/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* With capacity_bytes, only what holders keep makes a publish say that there is no room. */
#include "check.h"

enum { CAPACITY = 3, LARGE = 1000, PUBLISHERS = 3 };

/* A hub with room for what it retains and `more` messages. */
static signalhub_t *bounded_hub(uint64_t more)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_t *hub = NULL;
    options.capacity = CAPACITY;
    options.max_message_bytes = LARGE;
    options.capacity_bytes = (CAPACITY + more) * LARGE;
    CHECK_OK(signalhub_new(&options, &hub));
    return hub;
}

static signalhub_status_t publish_large(const signalhub_t *hub)
{
    static const char payload[LARGE] = "large";
    return signalhub_publish(hub, SIGNALHUB_KIND_BYTES, payload, sizeof payload, NULL, NULL);
}

static signalhub_status_t publish_static(const signalhub_t *hub)
{
    static const char payload[LARGE] = "large";
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    view.data = payload;
    view.len = sizeof payload;
    return signalhub_publish_owned(hub, &view, NULL, NULL, NULL, NULL);
}

static void less_than_the_hub_may_retain_is_refused(void)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_t *hub = NULL;
    options.max_message_bytes = LARGE;
    options.capacity_bytes = SIGNALHUB_CAPACITY_DEFAULT * LARGE - 1;
    CHECK_STATUS(signalhub_new(&options, &hub), SIGNALHUB_ERR_CAPACITY_BYTES);
    options.capacity_bytes = 1;
    options.max_message_bytes = 0; /* 1 GiB */
    CHECK_STATUS(signalhub_new(&options, &hub), SIGNALHUB_ERR_CAPACITY_BYTES);
    options.capacity = SIGNALHUB_CAPACITY_MAX;
    options.max_message_bytes = SIGNALHUB_MESSAGE_BYTES_MAX;
    options.capacity_bytes = UINT64_MAX;
    CHECK_STATUS(signalhub_new(&options, &hub), SIGNALHUB_ERR_CAPACITY_BYTES);
    CHECK(hub == NULL);
}

static void *publish_many_times(void *argument)
{
    const signalhub_t *hub = (const signalhub_t *)argument;
    for (long i = scaled(20000); i > 0; i--)
        CHECK_OK(i % 2 ? publish_large(hub) : publish_static(hub));
    return NULL;
}

static void without_holders_nothing_is_ever_refused(void)
{
    signalhub_t *hub = bounded_hub(0);
    pthread_t publishers[PUBLISHERS];
    for (size_t i = 0; i < PUBLISHERS; i++)
        publishers[i] = start(publish_many_times, hub);
    for (size_t i = 0; i < PUBLISHERS; i++)
        join(publishers[i]);
    CHECK_OK(signalhub_free(hub));
}

static void what_holders_keep_is_refused_until_they_let_go(void)
{
    signalhub_t *hub = bounded_hub(0);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    signalhub_view_t views[2] = {SIGNALHUB_VIEW_INIT, SIGNALHUB_VIEW_INIT};
    signalhub_loan_t *loan = NULL;
    void *data = NULL;
    size_t published = 77;
    views[0].data = views[1].data = message;
    views[0].len = views[1].len = 1;
    CHECK_OK(publish_large(hub));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    for (int i = 0; i < CAPACITY; i++)
        CHECK_OK(publish_large(hub));
    CHECK_STATUS(publish_large(hub), SIGNALHUB_KEPT);
    CHECK_STATUS(publish_static(hub), SIGNALHUB_KEPT);
    CHECK_STATUS(signalhub_loan(hub, LARGE, &loan, &data), SIGNALHUB_KEPT);
    CHECK_OK(signalhub_publish_many(hub, views, 2, &published));
    CHECK(published == 2);
    for (int i = 0; i < CAPACITY; i++)
        publish_static(hub);
    views[0].len = LARGE;
    CHECK_STATUS(signalhub_publish_many(hub, views, 2, &published), SIGNALHUB_KEPT);
    CHECK(published == 0 && loan == NULL);
    CHECK_OK(signalhub_message_clear(message));
    CHECK_OK(publish_large(hub));
    CHECK_OK(signalhub_loan(hub, LARGE, &loan, &data));
    CHECK_STATUS(publish_large(hub), SIGNALHUB_KEPT);
    CHECK_OK(signalhub_loan_free(loan));
    CHECK_OK(publish_large(hub));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    less_than_the_hub_may_retain_is_refused();
    without_holders_nothing_is_ever_refused();
    what_holders_keep_is_refused_until_they_let_go();
    puts("capacity_bytes: fine");
    return 0;
}
