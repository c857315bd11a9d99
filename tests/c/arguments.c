/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A wrong argument in any position gives a status, and then nothing has changed. */
#include "check.h"

static signalhub_t *hub;
static signalhub_receiver_t *receiver;
static signalhub_message_t *message;

/* Nothing was published, and nothing was received. */
static void nothing_happened(void)
{
    uint64_t seq = 77;
    CHECK_OK(signalhub_next_seq(hub, &seq));
    CHECK(seq == 0);
    CHECK_OK(signalhub_receiver_next_seq(receiver, &seq));
    CHECK(seq == 0);
}

static void ignore_message(void *user_data, signalhub_status_t status,
                           signalhub_message_t *received, uint64_t missed)
{
    (void)user_data, (void)status, (void)received, (void)missed;
}

static void null_in_any_position_is_a_status(void)
{
    const signalhub_status_t null = SIGNALHUB_ERR_NULL;
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_receiver_options_t receiver_options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    signalhub_stats_t hub_stats = SIGNALHUB_STATS_INIT;
    signalhub_t *out_hub = NULL;
    signalhub_receiver_t *out_receiver = NULL;
    signalhub_message_t *none = NULL;
    signalhub_loan_t *loan = NULL, *out_loan = NULL;
    void *data = NULL;
    uint64_t number = 77;
    size_t count = 77, offsets[2] = {77, 77};
    char buf[8];
    int closed, fd = 77;

    CHECK_STATUS(signalhub_new(NULL, NULL), null);
    CHECK_STATUS(signalhub_clone(NULL, &out_hub), null);
    CHECK_STATUS(signalhub_clone(hub, NULL), null);
    CHECK_STATUS(signalhub_publish(NULL, 0, "x", 1, &number, &number), null);
    CHECK_STATUS(signalhub_publish(hub, 0, NULL, 1, &number, &number), null);
    CHECK_STATUS(signalhub_publish_view(NULL, &view, &number, &number), null);
    CHECK_STATUS(signalhub_publish_view(hub, NULL, &number, &number), null);
    CHECK_STATUS(signalhub_publish_many(NULL, &view, 1, &count), null);
    CHECK_STATUS(signalhub_publish_many(hub, NULL, 1, &count), null);
    CHECK_STATUS(signalhub_capacity(NULL, &number), null);
    CHECK_STATUS(signalhub_capacity(hub, NULL), null);
    CHECK_STATUS(signalhub_next_seq(NULL, &number), null);
    CHECK_STATUS(signalhub_next_seq(hub, NULL), null);
    CHECK_STATUS(signalhub_is_closed(NULL, &closed), null);
    CHECK_STATUS(signalhub_is_closed(hub, NULL), null);
    CHECK_STATUS(signalhub_close(NULL), null);
    CHECK_STATUS(signalhub_message_new(NULL), null);
    CHECK_STATUS(signalhub_message_view(NULL, &view), null);
    CHECK_STATUS(signalhub_message_view(message, NULL), null);
    CHECK_STATUS(signalhub_message_clear(NULL), null);
    CHECK_STATUS(signalhub_subscribe(NULL, &out_receiver), null);
    CHECK_STATUS(signalhub_subscribe(hub, NULL), null);
    CHECK_STATUS(signalhub_subscribe_with(NULL, &receiver_options, &out_receiver), null);
    CHECK_STATUS(signalhub_subscribe_with(hub, &receiver_options, NULL), null);
    CHECK_STATUS(signalhub_receiver_try_recv(NULL, message, &number), null);
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, NULL, &number), null);
    CHECK_STATUS(signalhub_receiver_recv(NULL, message, &number), null);
    CHECK_STATUS(signalhub_receiver_recv(receiver, NULL, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_timeout(NULL, message, -1, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_timeout(receiver, NULL, -1, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_into(NULL, buf, 8, -1, &count, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_into(receiver, NULL, 8, -1, &count, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_into(receiver, buf, 8, -1, NULL, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_many(NULL, &message, 1, -1, &count, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_many(receiver, NULL, 1, -1, &count, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_many(receiver, &none, 1, -1, &count, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_many(receiver, &message, 1, -1, NULL, &number), null);
    CHECK_STATUS(signalhub_receiver_recv_packed(NULL, buf, 8, offsets, 1, -1, &count, &number),
                 null);
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, NULL, 8, offsets, 1, -1, &count, &number),
                 null);
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, buf, 8, NULL, 1, -1, &count, &number),
                 null);
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, buf, 8, NULL, 0, -1, &count, &number),
                 null);
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, buf, 8, offsets, 1, -1, NULL, &number),
                 null);
    CHECK_STATUS(signalhub_receiver_next_seq(NULL, &number), null);
    CHECK_STATUS(signalhub_receiver_next_seq(receiver, NULL), null);
    CHECK_STATUS(signalhub_receiver_stats(NULL, &stats), null);
    CHECK_STATUS(signalhub_receiver_stats(receiver, NULL), null);
    CHECK_STATUS(signalhub_receiver_fd(NULL, &fd), null);
    CHECK_STATUS(signalhub_receiver_fd(receiver, NULL), null);
    CHECK_STATUS(signalhub_wait_any(NULL, 1, -1, &count), null);
    CHECK_STATUS(signalhub_wait_any(&out_receiver, 1, -1, &count), null);
    CHECK_STATUS(signalhub_wait_any(&receiver, 1, -1, NULL), null);
    CHECK_STATUS(signalhub_dispatcher_new(NULL), null);
    CHECK_STATUS(signalhub_receiver_on_message(NULL, NULL, NULL, NULL, NULL), null);
    CHECK_STATUS(signalhub_receiver_on_message(NULL, NULL, ignore_message, NULL, NULL), null);
    CHECK_STATUS(signalhub_receiver_on_message(receiver, NULL, NULL, &number, NULL), null);
    CHECK_STATUS(signalhub_receiver_on_message(receiver, NULL, NULL, NULL, free), null);

    CHECK_OK(signalhub_loan(hub, 1, &loan, &data));
    CHECK_STATUS(signalhub_loan(NULL, 1, &out_loan, &data), null);
    CHECK_STATUS(signalhub_loan(hub, 1, NULL, &data), null);
    CHECK_STATUS(signalhub_loan(hub, 1, &out_loan, NULL), null);
    CHECK_STATUS(signalhub_loan_publish(NULL, &view, &number, &number), null);
    CHECK_STATUS(signalhub_loan_publish(loan, NULL, &number, &number), null);
    CHECK_STATUS(signalhub_publish_owned(NULL, &view, free, NULL, &number, &number), null);
    CHECK_STATUS(signalhub_publish_owned(hub, NULL, free, NULL, &number, &number), null);
    CHECK(out_loan == NULL);
    CHECK_STATUS(signalhub_publish_timeout(NULL, &view, -1, &number, &number), null);
    CHECK_STATUS(signalhub_publish_timeout(hub, NULL, -1, &number, &number), null);
    CHECK_STATUS(signalhub_stats(NULL, &hub_stats), null);
    CHECK_STATUS(signalhub_stats(hub, NULL), null);
    CHECK_STATUS(signalhub_stats_receivers(NULL, &stats, 1, &count), null);
    CHECK_STATUS(signalhub_stats_receivers(hub, NULL, 1, &count), null);
    CHECK_STATUS(signalhub_stats_receivers(hub, &stats, 1, NULL), null);
    CHECK_STATUS(signalhub_stats_text(NULL, "", 0, buf, 8, &count), null);
    CHECK_STATUS(signalhub_stats_text(hub, NULL, 1, buf, 8, &count), null);
    CHECK_STATUS(signalhub_stats_text(hub, "", 0, NULL, 8, &count), null);
    CHECK_STATUS(signalhub_stats_text(hub, "", 0, buf, 8, NULL), null);

    view.len = 1;
    CHECK_STATUS(signalhub_publish_owned(hub, &view, free, NULL, &number, &number), null);
    CHECK_STATUS(signalhub_publish_view(hub, &view, &number, &number), null);
    CHECK_STATUS(signalhub_publish_timeout(hub, &view, -1, &number, &number), null);
    CHECK_STATUS(signalhub_publish_many(hub, &view, 1, &count), null);
    view.len = 0;
    view.topic_len = 1;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &number, &number), null);
    CHECK_STATUS(signalhub_publish_owned(hub, &view, free, NULL, &number, &number), null);
    CHECK_OK(signalhub_loan_free(loan));
    CHECK_STATUS(signalhub_publish_view(hub, &view, &number, &number), null);
    CHECK_STATUS(signalhub_publish_many(hub, &view, 1, &count), null);
    receiver_options.pattern_len = 1;
    CHECK_STATUS(signalhub_subscribe_with(hub, &receiver_options, &out_receiver), null);
    receiver_options.pattern_len = 0;
    receiver_options.name_len = 1;
    CHECK_STATUS(signalhub_subscribe_with(hub, &receiver_options, &out_receiver), null);

    CHECK(out_hub == NULL && out_receiver == NULL && number == 77 && count == 77 && fd == 77);
    CHECK(offsets[0] == 77 && offsets[1] == 77);
    nothing_happened();
}

static void null_is_fine_where_nothing_is_wanted(void)
{
    signalhub_t *small = new_hub(1), *with_defaults = NULL;
    signalhub_receiver_t *slow = NULL;
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    uint64_t capacity = 0;
    size_t count = 77, start_only = 77;

    CHECK_OK(signalhub_new(NULL, &with_defaults));
    CHECK_OK(signalhub_capacity(with_defaults, &capacity));
    CHECK(capacity == SIGNALHUB_CAPACITY_DEFAULT);
    CHECK_OK(signalhub_free(with_defaults));

    CHECK_OK(signalhub_subscribe_with(small, NULL, &slow));
    CHECK_OK(signalhub_publish(small, 0, NULL, 0, NULL, NULL));
    CHECK_OK(signalhub_publish_view(small, &view, NULL, NULL));
    CHECK_STATUS(signalhub_receiver_try_recv(slow, message, NULL), SIGNALHUB_LAGGED);
    CHECK_OK(signalhub_publish_many(small, &view, 1, NULL));
    CHECK_STATUS(signalhub_receiver_recv_timeout(slow, message, 0, NULL), SIGNALHUB_LAGGED);
    CHECK_OK(signalhub_publish_many(small, NULL, 0, NULL));
    CHECK_OK(signalhub_receiver_recv_into(slow, NULL, 0, 0, &count, NULL));
    CHECK(count == 0);
    CHECK_OK(signalhub_receiver_recv_many(slow, NULL, 0, 0, &count, NULL));
    CHECK(count == 0);
    count = 77;
    CHECK_OK(signalhub_receiver_recv_packed(slow, NULL, 0, &start_only, 0, 0, &count, NULL));
    CHECK(count == 0 && start_only == 0);
    CHECK_OK(signalhub_receiver_free(slow));
    CHECK_OK(signalhub_free(small));
}

static void an_unknown_kind_is_a_status(void)
{
    static const int kinds[] = {4, 99, -1, INT32_MAX, INT32_MIN};
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        view.kind = kinds[i];
        CHECK_STATUS(signalhub_publish(hub, kinds[i], "x", 1, NULL, NULL), SIGNALHUB_ERR_KIND);
        CHECK_STATUS(signalhub_publish_view(hub, &view, NULL, NULL), SIGNALHUB_ERR_KIND);
        CHECK_STATUS(signalhub_publish_timeout(hub, &view, -1, NULL, NULL), SIGNALHUB_ERR_KIND);
        CHECK_STATUS(signalhub_publish_many(hub, &view, 1, NULL), SIGNALHUB_ERR_KIND);
    }
    nothing_happened();
}

static void text_that_is_not_utf8_is_a_status(void)
{
    static const int kinds[] = {SIGNALHUB_KIND_TEXT, SIGNALHUB_KIND_JSON, SIGNALHUB_KIND_EVENT};
    static const char *const texts[] = {"\xff",         "\xc0\xaf", "\xed\xa0\x80",
                                        "\xf4\x90\x80", "a\x80",    "\xe2\x82"};
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        for (size_t i = 0; i < COUNT_OF(texts); i++)
            CHECK_STATUS(signalhub_publish(hub, kinds[k], texts[i], strlen(texts[i]), NULL, NULL),
                         SIGNALHUB_ERR_UTF8);
    nothing_happened();
}

static void a_bad_topic_is_a_status(void)
{
    static const char *const topics[] = {"", ".", "a.", ".a", "a..b", "a.*", ">", "a b", "a\n"};
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        view.topic = topics[i];
        view.topic_len = strlen(topics[i]);
        CHECK_STATUS(signalhub_publish_view(hub, &view, NULL, NULL), SIGNALHUB_ERR_TOPIC);
        CHECK_STATUS(signalhub_publish_timeout(hub, &view, -1, NULL, NULL), SIGNALHUB_ERR_TOPIC);
    }
    /* A NUL ends no topic: it is refused, not cut off. */
    view.topic = "a\0b";
    view.topic_len = 3;
    CHECK_STATUS(signalhub_publish_view(hub, &view, NULL, NULL), SIGNALHUB_ERR_TOPIC);
    view.topic = "\xff";
    view.topic_len = 1;
    CHECK_STATUS(signalhub_publish_view(hub, &view, NULL, NULL), SIGNALHUB_ERR_UTF8);
    nothing_happened();
}

/* What a subscription with these options comes to. */
static signalhub_status_t try_receiver_options(const signalhub_receiver_options_t *options)
{
    signalhub_receiver_t *out_receiver = NULL;
    signalhub_status_t status = signalhub_subscribe_with(hub, options, &out_receiver);
    CHECK((status == SIGNALHUB_OK) == (out_receiver != NULL));
    CHECK_OK(signalhub_receiver_free(out_receiver));
    return status;
}

static void a_bad_pattern_is_a_status(void)
{
    static const char *const bad[] = {"",   ".",    "a.",    ".a",  "a..b", "a*",
                                      "**", "a.>>", "a.>.b", "a b", "a\n",  "\x7f"};
    static const char *const not_utf8[] = {"\xff", "a.\xc0\xaf", "\xed\xa0\x80.>", "a.\xe2\x82"};
    static const char *const fine[] = {"*", ">", "a", "a.*", "*.b.>", "\xc3\xbc.*"};
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    char longest[256];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        options.pattern = bad[i];
        options.pattern_len = strlen(bad[i]);
        CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_PATTERN);
    }
    for (size_t i = 0; i < COUNT_OF(not_utf8); i++) {
        options.pattern = not_utf8[i];
        options.pattern_len = strlen(not_utf8[i]);
        CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_UTF8);
    }
    for (size_t i = 0; i < COUNT_OF(fine); i++) {
        options.pattern = fine[i];
        options.pattern_len = strlen(fine[i]);
        CHECK_OK(try_receiver_options(&options));
    }
    /* A NUL ends no pattern: it is refused, not cut off. */
    options.pattern = "a\0b";
    options.pattern_len = 3;
    CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_PATTERN);
    options.pattern_len = 1;
    CHECK_OK(try_receiver_options(&options));
    memset(longest, 'x', sizeof longest);
    options.pattern = longest;
    options.pattern_len = sizeof longest;
    CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_PATTERN);
    options.pattern_len = sizeof longest - 1;
    CHECK_OK(try_receiver_options(&options));
    options.pattern_len = SIZE_MAX;
    CHECK(try_receiver_options(&options) < 0);
    nothing_happened();
}

static void an_unknown_start_on_lag_or_wait_is_a_status(void)
{
    static const int wrong[] = {99, -1, INT32_MAX, INT32_MIN};
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        options.start = wrong[i];
        CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_START);
        options.start = SIGNALHUB_START_NEXT;
        options.on_lag = wrong[i];
        CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_ON_LAG);
        options.on_lag = SIGNALHUB_ON_LAG_REPORT;
        options.wait = wrong[i];
        CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_WAIT);
        options.wait = SIGNALHUB_WAIT_ADAPTIVE;
    }
    options.start = SIGNALHUB_START_SEQ + 1;
    CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_START);
    options.start = SIGNALHUB_START_NEXT;
    options.on_lag = SIGNALHUB_ON_LAG_NEWEST + 1;
    CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_ON_LAG);
    options.on_lag = SIGNALHUB_ON_LAG_REPORT;
    options.wait = SIGNALHUB_WAIT_PARK + 1;
    CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_WAIT);
    options.wait = SIGNALHUB_WAIT_PARK;
    CHECK_OK(try_receiver_options(&options));
    nothing_happened();
}

static void a_start_beyond_the_next_message_is_a_status(void)
{
    static const uint64_t beyond[] = {1, (uint64_t)1 << 56, (uint64_t)1 << 63, UINT64_MAX};
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    options.start = SIGNALHUB_START_SEQ;
    CHECK_OK(try_receiver_options(&options));
    for (size_t i = 0; i < COUNT_OF(beyond); i++) {
        options.start_at = beyond[i];
        CHECK_STATUS(try_receiver_options(&options), SIGNALHUB_ERR_START);
    }
    /* Any number will do of messages that are asked for, and where none is asked for. */
    options.start_at = UINT64_MAX;
    options.ignore_origin = UINT64_MAX;
    for (options.start = SIGNALHUB_START_NEXT; options.start <= SIGNALHUB_START_LAST;
         options.start++)
        CHECK_OK(try_receiver_options(&options));
    nothing_happened();
}

static void too_big_a_length_is_a_status(void)
{
    static const size_t lengths[] = {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 2, (size_t)1 << 40};
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    size_t len = 77;
    char buf[8];
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        view.data = "x";
        view.len = lengths[i];
        CHECK_STATUS(signalhub_publish(hub, 0, "x", lengths[i], NULL, NULL), SIGNALHUB_ERR_TOO_BIG);
        CHECK_STATUS(signalhub_publish_view(hub, &view, NULL, NULL), SIGNALHUB_ERR_TOO_BIG);
        CHECK_STATUS(signalhub_publish_timeout(hub, &view, -1, NULL, NULL), SIGNALHUB_ERR_TOO_BIG);
        CHECK_STATUS(signalhub_publish_many(hub, &view, 1, NULL), SIGNALHUB_ERR_TOO_BIG);
    }
    view.len = 1;
    view.topic = "x";
    view.topic_len = SIZE_MAX;
    CHECK(signalhub_publish_view(hub, &view, NULL, NULL) < 0);
    CHECK(signalhub_publish_many(hub, &view, SIZE_MAX, NULL) < 0);
    CHECK(signalhub_receiver_recv_into(receiver, buf, SIZE_MAX, 0, &len, NULL) < 0);
    CHECK(signalhub_receiver_recv_many(receiver, &message, SIZE_MAX, 0, &len, NULL) < 0);
    CHECK_STATUS(signalhub_wait_any(&receiver, SIZE_MAX, 0, &len), SIGNALHUB_ERR_TOO_BIG);
    for (size_t i = 0; i < 3; i++) {
        size_t offset = 77;
        CHECK_STATUS(
            signalhub_receiver_recv_packed(receiver, buf, 8, &offset, lengths[i], 0, &len, NULL),
            SIGNALHUB_ERR_TOO_BIG);
        CHECK(offset == 77);
    }
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, buf, SIZE_MAX, &len, 0, 0, &len, NULL),
                 SIGNALHUB_ERR_TOO_BIG);
    CHECK(signalhub_stats_receivers(hub, &stats, SIZE_MAX, &len) < 0);
    CHECK(signalhub_stats_text(hub, "x", SIZE_MAX, buf, 8, &len) < 0);
    CHECK(signalhub_stats_text(hub, "x", 1, buf, SIZE_MAX, &len) < 0);
    CHECK(len == 77);
    nothing_happened();
}

static void all_messages_are_checked_before_the_first_is_published(void)
{
    signalhub_view_t views[3] = {SIGNALHUB_VIEW_INIT, SIGNALHUB_VIEW_INIT, SIGNALHUB_VIEW_INIT};
    size_t published = 77;
    views[2].kind = 99;
    CHECK_STATUS(signalhub_publish_many(hub, views, 3, &published), SIGNALHUB_ERR_KIND);
    views[2].kind = SIGNALHUB_KIND_BYTES;
    views[2].topic = "a b";
    views[2].topic_len = 3;
    CHECK_STATUS(signalhub_publish_many(hub, views, 3, &published), SIGNALHUB_ERR_TOPIC);
    CHECK(published == 77);
    nothing_happened();
}

static void a_buffer_that_is_too_small_stays_as_it_is(void)
{
    char buf[4] = "abc";
    size_t len = 77;
    CHECK_OK(publish_text(hub, "12345"));
    CHECK_STATUS(signalhub_receiver_recv_into(receiver, NULL, 0, -1, &len, NULL),
                 SIGNALHUB_ERR_TOO_SMALL);
    CHECK(len == 5);
    len = 77;
    CHECK_STATUS(signalhub_receiver_recv_into(receiver, buf, 4, -1, &len, NULL),
                 SIGNALHUB_ERR_TOO_SMALL);
    CHECK(len == 5 && strcmp(buf, "abc") == 0);
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_TEXT(message, "12345");
}

static void outputs_are_written_only_when_the_status_says_so(void)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_receiver_options_t receiver_options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_t *out_hub = NULL;
    signalhub_receiver_t *out_receiver = NULL;
    const signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    uint64_t missed = 77, seq = 77, receivers = 77;
    size_t count = 77, offsets[2] = {77, 77};
    char buf[8];

    options.capacity = 0;
    CHECK_STATUS(signalhub_new(&options, &out_hub), SIGNALHUB_ERR_CAPACITY);
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, &missed), SIGNALHUB_EMPTY);
    CHECK_STATUS(signalhub_receiver_recv_timeout(receiver, message, 1, &missed), SIGNALHUB_TIMEOUT);
    CHECK_STATUS(signalhub_receiver_recv_into(receiver, buf, 8, 1, &count, &missed),
                 SIGNALHUB_TIMEOUT);
    CHECK_STATUS(signalhub_receiver_recv_many(receiver, &message, 1, 1, &count, &missed),
                 SIGNALHUB_TIMEOUT);
    CHECK_STATUS(signalhub_wait_any(&receiver, 1, 1, &count), SIGNALHUB_TIMEOUT);
    CHECK_STATUS(signalhub_wait_any(&receiver, 0, -1, &count), SIGNALHUB_ERR_WAIT);
    CHECK_STATUS(signalhub_wait_any(NULL, 0, -1, &count), SIGNALHUB_ERR_WAIT);
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, buf, 8, offsets, 1, 1, &count, &missed),
                 SIGNALHUB_TIMEOUT);
    CHECK_OK(publish_text(hub, "x"));
    CHECK_OK(signalhub_receiver_recv(receiver, message, &missed));
    CHECK(missed == 77);

    CHECK_OK(signalhub_close(hub));
    CHECK_STATUS(signalhub_subscribe(hub, &out_receiver), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_subscribe_with(hub, &receiver_options, &out_receiver), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_publish(hub, 0, "x", 1, &seq, &receivers), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_publish_timeout(hub, &view, -1, &seq, &receivers), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_receiver_recv(receiver, message, &missed), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_receiver_recv_into(receiver, buf, 8, -1, &count, &missed),
                 SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_receiver_recv_packed(receiver, buf, 8, offsets, 1, -1, &count, &missed),
                 SIGNALHUB_CLOSED);
    CHECK(out_hub == NULL && out_receiver == NULL);
    CHECK(offsets[0] == 77 && offsets[1] == 77);
    CHECK(missed == 77 && seq == 77 && receivers == 77 && count == 77);
}

int main(void)
{
    watchdog();
    hub = new_hub(4);
    receiver = new_receiver(hub);
    message = new_message();
    null_in_any_position_is_a_status();
    null_is_fine_where_nothing_is_wanted();
    an_unknown_kind_is_a_status();
    text_that_is_not_utf8_is_a_status();
    a_bad_topic_is_a_status();
    a_bad_pattern_is_a_status();
    an_unknown_start_on_lag_or_wait_is_a_status();
    a_start_beyond_the_next_message_is_a_status();
    too_big_a_length_is_a_status();
    all_messages_are_checked_before_the_first_is_published();
    a_buffer_that_is_too_small_stays_as_it_is();
    outputs_are_written_only_when_the_status_says_so();
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
    puts("arguments: fine");
    return 0;
}
