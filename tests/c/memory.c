/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* When memory cannot be had that is a status, and what there was still works. */
#include "check.h"

#include <sys/resource.h>

enum { PAYLOAD = 64 << 20 };

/* Sanitizers end the process for so large a request, unless told otherwise. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* A sanitizer or valgrind needs address space of its own. */
static int address_space_is_ours(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm != NULL && fscanf(statm, "%ld", &pages) == 1);
    fclose(statm);
    return pages < 1 << 20 && (preloaded == NULL || strstr(preloaded, "vgpreload") == NULL);
}

static void a_ring_that_no_machine_can_hold_is_refused(void)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_t *hub = NULL;
    options.capacity = SIGNALHUB_CAPACITY_MAX;
    options.slot_bytes = SIGNALHUB_SLOT_BYTES_MAX;
    CHECK_STATUS(signalhub_new(&options, &hub), SIGNALHUB_ERR_NO_MEMORY);
    CHECK(hub == NULL);
}

static void a_message_that_there_is_no_memory_for_is_not_published(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    signalhub_view_t views[3] = {SIGNALHUB_VIEW_INIT, SIGNALHUB_VIEW_INIT, SIGNALHUB_VIEW_INIT};
    void *payload = calloc(1, PAYLOAD);
    struct rlimit before, small;
    size_t published = 77;

    CHECK(payload != NULL && getrlimit(RLIMIT_AS, &before) == 0);
    CHECK_OK(publish_text(hub, "first"));
    small = before;
    small.rlim_cur = PAYLOAD * 2;
    CHECK(setrlimit(RLIMIT_AS, &small) == 0);
    CHECK_STATUS(signalhub_publish(hub, 0, payload, PAYLOAD, NULL, NULL), SIGNALHUB_ERR_NO_MEMORY);
    CHECK_OK(publish_text(hub, "second"));
    views[1].data = payload;
    views[1].len = PAYLOAD;
    CHECK_STATUS(signalhub_publish_timeout(hub, &views[1], -1, NULL, NULL),
                 SIGNALHUB_ERR_NO_MEMORY);
    CHECK_STATUS(signalhub_publish_many(hub, views, 3, &published), SIGNALHUB_ERR_NO_MEMORY);
    CHECK(published == 1);
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);

    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "first");
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "second");
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "");
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_EMPTY);
    CHECK_OK(signalhub_publish(hub, 0, payload, PAYLOAD, NULL, NULL));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK(view_of(message).len == PAYLOAD);

    free(payload);
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    a_ring_that_no_machine_can_hold_is_refused();
    if (address_space_is_ours())
        a_message_that_there_is_no_memory_for_is_not_published();
    puts("memory: fine");
    return 0;
}
