/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A handle that was freed, or is of another type, gives a status; handles cost nothing once freed.
 */
#include "check.h"

#include <dirent.h>

static signalhub_view_t view_out = SIGNALHUB_VIEW_INIT;

/* What was refused is not freed. */
static void never(void *user_data)
{
    (void)user_data;
    CHECK(0);
}

/* Calls every function that takes a hub, but for free. */
static void hub_gives(signalhub_t *hub, signalhub_status_t want)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_t *clone = NULL;
    signalhub_receiver_t *receiver = NULL;
    signalhub_loan_t *loan = NULL;
    void *data = NULL;
    signalhub_stats_t stats = SIGNALHUB_STATS_INIT;
    signalhub_receiver_stats_t receiver_stats = SIGNALHUB_RECEIVER_STATS_INIT;
    int closed = 0;
    uint64_t number = 77;
    size_t count = 77;
    char buf[8];
    CHECK_STATUS(signalhub_clone(hub, &clone), want);
    CHECK_STATUS(signalhub_publish(hub, 0, "x", 1, &number, &number), want);
    CHECK_STATUS(signalhub_publish_view(hub, &view, &number, &number), want);
    CHECK_STATUS(signalhub_publish_many(hub, &view, 1, &count), want);
    CHECK_STATUS(signalhub_capacity(hub, &number), want);
    CHECK_STATUS(signalhub_next_seq(hub, &number), want);
    CHECK_STATUS(signalhub_is_closed(hub, &closed), want);
    CHECK_STATUS(signalhub_subscribe(hub, &receiver), want);
    CHECK_STATUS(signalhub_subscribe_with(hub, NULL, &receiver), want);
    CHECK_STATUS(signalhub_loan(hub, 1, &loan, &data), want);
    CHECK_STATUS(signalhub_publish_owned(hub, &view, never, NULL, &number, &number), want);
    CHECK_STATUS(signalhub_close(hub), want);
    CHECK_STATUS(signalhub_publish_timeout(hub, &view, -1, &number, &number), want);
    stats.capacity = 77;
    CHECK_STATUS(signalhub_stats(hub, &stats), want);
    receiver_stats.id = 77;
    CHECK_STATUS(signalhub_stats_receivers(hub, &receiver_stats, 1, &count), want);
    CHECK_STATUS(signalhub_stats_text(hub, "", 0, buf, 8, &count), want);
    CHECK(stats.capacity == 77 && receiver_stats.id == 77);
    CHECK(clone == NULL && receiver == NULL && number == 77 && count == 77);
    CHECK(loan == NULL && data == NULL);
}

/* Calls every function that takes a loan. */
static void loan_gives(signalhub_loan_t *loan, signalhub_status_t want)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    uint64_t number = 77;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &number, &number), want);
    CHECK_STATUS(signalhub_loan_free(loan), want);
    CHECK(number == 77);
}

static signalhub_loan_t *new_loan(const signalhub_t *hub)
{
    signalhub_loan_t *loan = NULL;
    void *data = NULL;
    CHECK_OK(signalhub_loan(hub, 8, &loan, &data));
    CHECK(loan != NULL && data != NULL);
    return loan;
}

static void ignore_message(void *user_data, signalhub_status_t status, signalhub_message_t *message,
                           uint64_t missed)
{
    (void)user_data, (void)status, (void)message, (void)missed;
}

/* Calls every function that takes a dispatcher. */
static void dispatcher_gives(signalhub_dispatcher_t *dispatcher, signalhub_receiver_t *receiver,
                             signalhub_status_t want)
{
    CHECK_STATUS(signalhub_receiver_on_message(receiver, dispatcher, ignore_message, NULL, NULL),
                 want);
    CHECK_STATUS(signalhub_dispatcher_free(dispatcher), want);
}

/* Calls every function that takes a receiver, but for free. */
static void receiver_gives(signalhub_receiver_t *receiver, signalhub_status_t want)
{
    signalhub_message_t *message = new_message();
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    uint64_t missed = 77, seq = 77;
    size_t count = 77, offsets[2] = {77, 77};
    int fd = 77;
    char buf[8];
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, &missed), want);
    CHECK_STATUS(signalhub_receiver_recv(receiver, message, &missed), want);
    CHECK_STATUS(signalhub_receiver_recv_timeout(receiver, message, 0, &missed), want);
    CHECK_STATUS(signalhub_receiver_recv_into(receiver, buf, 8, -1, &count, &missed), want);
    CHECK_STATUS(signalhub_receiver_recv_many(receiver, &message, 1, -1, &count, &missed), want);
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, buf, 8, offsets, 1, -1, &count, &missed),
                 want);
    CHECK(offsets[0] == 77 && offsets[1] == 77);
    CHECK_STATUS(signalhub_receiver_next_seq(receiver, &seq), want);
    stats.start_seq = 77;
    CHECK_STATUS(signalhub_receiver_stats(receiver, &stats), want);
    CHECK_STATUS(signalhub_receiver_fd(receiver, &fd), want);
    CHECK_STATUS(signalhub_wait_any(&receiver, 1, -1, &count), want);
    CHECK_STATUS(signalhub_receiver_on_message(receiver, NULL, ignore_message, NULL, NULL), want);
    CHECK_STATUS(signalhub_receiver_on_message(receiver, NULL, NULL, NULL, NULL), want);
    CHECK(missed == 77 && seq == 77 && count == 77 && stats.start_seq == 77 && fd == 77);
    CHECK_OK(signalhub_message_free(message));
}

/* Calls every function that takes a message, but for free; none consumes what `receiver` has. */
static void message_gives(signalhub_message_t *message, signalhub_receiver_t *receiver,
                          signalhub_status_t want)
{
    signalhub_message_t *messages[2];
    size_t count = 77;
    messages[0] = new_message();
    messages[1] = message;
    CHECK_STATUS(signalhub_message_view(message, &view_out), want);
    CHECK_STATUS(signalhub_message_clear(message), want);
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv(receiver, message, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv_timeout(receiver, message, -1, NULL), want);
    CHECK_STATUS(signalhub_receiver_recv_many(receiver, messages, 2, -1, &count, NULL), want);
    CHECK(count == 77);
    CHECK_OK(signalhub_receiver_try_recv(receiver, messages[0], NULL));
    CHECK_TEXT(messages[0], "kept");
    CHECK_OK(signalhub_message_free(messages[0]));
}

static void a_freed_handle_is_refused_by_every_function(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_receiver_t *other = new_receiver(hub);
    signalhub_message_t *message = new_message();
    signalhub_loan_t *published = new_loan(hub), *freed = new_loan(hub);

    CHECK_OK(signalhub_loan_publish(published, &view_out, NULL, NULL));
    loan_gives(published, SIGNALHUB_ERR_HANDLE);
    CHECK_OK(signalhub_loan_free(freed));
    loan_gives(freed, SIGNALHUB_ERR_HANDLE);
    CHECK_OK(signalhub_receiver_try_recv(other, message, NULL));
    signalhub_dispatcher_t *dispatcher = NULL;

    CHECK_OK(signalhub_dispatcher_new(&dispatcher));
    CHECK_OK(signalhub_dispatcher_free(dispatcher));
    dispatcher_gives(dispatcher, other, SIGNALHUB_ERR_HANDLE);

    CHECK_OK(signalhub_receiver_free(receiver));
    receiver_gives(receiver, SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_receiver_free(receiver), SIGNALHUB_ERR_HANDLE);

    CHECK_OK(publish_text(hub, "kept"));
    CHECK_OK(signalhub_message_free(message));
    message_gives(message, other, SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_message_free(message), SIGNALHUB_ERR_HANDLE);

    CHECK_OK(signalhub_free(hub));
    hub_gives(hub, SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_free(hub), SIGNALHUB_ERR_HANDLE);
    CHECK_OK(signalhub_receiver_free(other));
}

static void a_handle_of_another_type_is_refused_by_every_function(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    signalhub_dispatcher_t *dispatcher = NULL;

    signalhub_loan_t *loan = new_loan(hub);

    loan_gives((signalhub_loan_t *)hub, SIGNALHUB_ERR_HANDLE);
    loan_gives((signalhub_loan_t *)receiver, SIGNALHUB_ERR_HANDLE);
    loan_gives((signalhub_loan_t *)message, SIGNALHUB_ERR_HANDLE);
    hub_gives((signalhub_t *)loan, SIGNALHUB_ERR_HANDLE);
    receiver_gives((signalhub_receiver_t *)loan, SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_message_clear((signalhub_message_t *)loan), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_free((signalhub_t *)loan), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_receiver_free((signalhub_receiver_t *)loan), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_message_free((signalhub_message_t *)loan), SIGNALHUB_ERR_HANDLE);
    CHECK_OK(signalhub_loan_free(loan));
    CHECK_OK(signalhub_dispatcher_new(&dispatcher));
    CHECK_OK(publish_text(hub, "kept"));
    message_gives((signalhub_message_t *)hub, receiver, SIGNALHUB_ERR_HANDLE);
    CHECK_OK(publish_text(hub, "kept"));
    message_gives((signalhub_message_t *)receiver, receiver, SIGNALHUB_ERR_HANDLE);
    hub_gives((signalhub_t *)receiver, SIGNALHUB_ERR_HANDLE);
    hub_gives((signalhub_t *)message, SIGNALHUB_ERR_HANDLE);
    receiver_gives((signalhub_receiver_t *)hub, SIGNALHUB_ERR_HANDLE);
    receiver_gives((signalhub_receiver_t *)message, SIGNALHUB_ERR_HANDLE);
    dispatcher_gives((signalhub_dispatcher_t *)hub, receiver, SIGNALHUB_ERR_HANDLE);
    dispatcher_gives((signalhub_dispatcher_t *)receiver, receiver, SIGNALHUB_ERR_HANDLE);
    dispatcher_gives((signalhub_dispatcher_t *)message, receiver, SIGNALHUB_ERR_HANDLE);
    hub_gives((signalhub_t *)dispatcher, SIGNALHUB_ERR_HANDLE);
    receiver_gives((signalhub_receiver_t *)dispatcher, SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_free((signalhub_t *)dispatcher), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_free((signalhub_t *)receiver), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_free((signalhub_t *)message), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_receiver_free((signalhub_receiver_t *)hub), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_receiver_free((signalhub_receiver_t *)message), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_message_free((signalhub_message_t *)hub), SIGNALHUB_ERR_HANDLE);
    CHECK_STATUS(signalhub_message_free((signalhub_message_t *)receiver), SIGNALHUB_ERR_HANDLE);

    /* All of them still work. */
    CHECK_OK(signalhub_dispatcher_free(dispatcher));
    CHECK_OK(publish_text(hub, "fine"));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "fine");
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void freeing_null_does_nothing(void)
{
    CHECK_OK(signalhub_free(NULL));
    CHECK_OK(signalhub_dispatcher_free(NULL));
    CHECK_OK(signalhub_receiver_free(NULL));
    CHECK_OK(signalhub_message_free(NULL));
    CHECK_OK(signalhub_loan_free(NULL));
}

static void an_old_handle_is_not_the_one_that_took_its_place(void)
{
    signalhub_t *old = new_hub(1);
    CHECK_OK(signalhub_free(old));
    for (long i = scaled(5000); i > 0; i--) {
        signalhub_t *hub = new_hub(1);
        uint64_t capacity = 0;
        CHECK(hub != old);
        CHECK_STATUS(signalhub_capacity(old, &capacity), SIGNALHUB_ERR_HANDLE);
        CHECK_STATUS(signalhub_free(old), SIGNALHUB_ERR_HANDLE);
        CHECK_OK(signalhub_capacity(hub, &capacity));
        CHECK_OK(signalhub_free(hub));
    }
}

static void a_hub_closes_with_its_last_handle(void)
{
    signalhub_t *hub = new_hub(4), *clone = NULL;
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    CHECK_OK(signalhub_clone(hub, &clone));
    CHECK(clone != hub);
    CHECK_OK(signalhub_free(hub));
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_EMPTY);
    CHECK_OK(publish_text(clone, "last"));
    CHECK_OK(signalhub_free(clone));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_STATUS(signalhub_receiver_recv(receiver, message, NULL), SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_message_free(message));
}

/* A round trip through handles of one's own. */
static void make_use_and_free(int64_t text)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_receiver(hub), *filtering = NULL;
    signalhub_message_t *message = new_message();
    signalhub_view_t view;
    int fd = -1;
    options.pattern = "a.*";
    options.pattern_len = 3;
    options.lossless = 1;
    options.name = "filtering";
    options.name_len = 9;
    CHECK_OK(signalhub_subscribe_with(hub, &options, &filtering));
    CHECK_OK(signalhub_publish(hub, 0, &text, sizeof text, NULL, NULL));
    CHECK_OK(signalhub_receiver_fd(filtering, &fd));
    CHECK_STATUS(signalhub_receiver_try_recv(filtering, message, NULL), SIGNALHUB_EMPTY);
    CHECK_OK(signalhub_receiver_free(filtering));
    CHECK_OK(signalhub_loan_free(new_loan(hub)));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    view = view_of(message);
    CHECK(view.len == sizeof text && memcmp(view.data, &text, sizeof text) == 0);
    CHECK_OK(signalhub_free(hub));
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
}

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

static long resident_bytes(void)
{
    long total, resident;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm != NULL);
    CHECK(fscanf(statm, "%ld %ld", &total, &resident) == 2);
    fclose(statm);
    return resident * sysconf(_SC_PAGESIZE);
}

static void freed_handles_leave_no_memory_and_no_descriptor_behind(void)
{
    long descriptors = open_descriptors(), before, grown;
    for (long i = 0; i < 1000; i++)
        make_use_and_free(i);
    before = resident_bytes();
    for (long i = scaled(100000); i > 0; i--)
        make_use_and_free(i);
    grown = resident_bytes() - before;
    CHECK(open_descriptors() == descriptors);
    /* Tools that find bugs keep freed memory for that, and run this at a smaller scale. */
    CHECK(grown < 1 << 20 || getenv("SIGNALHUB_TEST_SCALE") != NULL);
}

static void *many_handles(void *id)
{
    for (int64_t i = scaled(2000); i > 0; i--)
        make_use_and_free((int64_t)(intptr_t)id << 32 | i);
    return NULL;
}

static void threads_make_and_free_handles_at_once(void)
{
    pthread_t threads[8];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        threads[i] = start(many_handles, (void *)i);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        join(threads[i]);
}

static void *make_hub(void *out_hub)
{
    *(signalhub_t **)out_hub = new_hub(3);
    return NULL;
}

static void a_handle_outlives_the_thread_that_made_it(void)
{
    signalhub_t *hub = NULL;
    uint64_t capacity = 0;
    join(start(make_hub, &hub));
    CHECK_OK(signalhub_capacity(hub, &capacity));
    CHECK(capacity == 3);
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    a_freed_handle_is_refused_by_every_function();
    a_handle_of_another_type_is_refused_by_every_function();
    freeing_null_does_nothing();
    an_old_handle_is_not_the_one_that_took_its_place();
    a_hub_closes_with_its_last_handle();
    freed_handles_leave_no_memory_and_no_descriptor_behind();
    threads_make_and_free_handles_at_once();
    a_handle_outlives_the_thread_that_made_it();
    puts("handles: fine");
    return 0;
}
