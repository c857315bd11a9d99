/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A loan is written where receivers read it; it is the caller's until it is published or freed. */
#include "check.h"

static signalhub_t *hub;
static signalhub_receiver_t *receiver;
static signalhub_message_t *message;

static signalhub_loan_t *borrow(size_t len, void **data)
{
    signalhub_loan_t *loan = NULL;
    CHECK_OK(signalhub_loan(hub, len, &loan, data));
    CHECK(loan != NULL && (uintptr_t)*data % 64 == 0);
    return loan;
}

static void a_loan_is_received_where_it_was_written(void)
{
    static const size_t lengths[] = {0, 1, 40, 1000, 1 << 20};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        signalhub_view_t view = SIGNALHUB_VIEW_INIT, got;
        void *data = NULL;
        signalhub_loan_t *loan = borrow(lengths[i], &data);
        uint64_t seq = 77, receivers = 77;
        memset(data, 'a' + (int)i, lengths[i]);
        view.len = lengths[i];
        view.kind = SIGNALHUB_KIND_TEXT;
        view.topic = "a.b";
        view.topic_len = 3;
        view.origin = 9;
        view.data = i % 2 == 0 ? NULL : data;
        CHECK_OK(signalhub_loan_publish(loan, &view, &seq, &receivers));
        CHECK(seq == i && receivers == 1);
        CHECK_OK(signalhub_receiver_try_recv(receiver, message, NULL));
        got = view_of(message);
        CHECK(got.data == data && got.len == lengths[i]);
        CHECK(got.len == 0 || *(const char *)got.data == 'a' + (int)i);
        CHECK(got.kind == SIGNALHUB_KIND_TEXT && got.origin == 9);
        CHECK(got.topic_len == 3 && memcmp(got.topic, "a.b", 3) == 0);
    }
}

static void a_refused_loan_is_still_the_callers(void)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    void *data = NULL;
    signalhub_loan_t *loan = borrow(5, &data);
    uint64_t seq = 77, next = 0;
    memcpy(data, "ab\xff\0c", 5);
    view.len = 6;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_LOAN);
    view.len = SIZE_MAX;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_LOAN);
    view.len = 5;
    view.data = (char *)data + 1;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_LOAN);
    view.data = "other";
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_LOAN);
    view.data = NULL;
    view.kind = SIGNALHUB_KIND_TEXT;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_UTF8);
    view.kind = 4;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_KIND);
    view.kind = SIGNALHUB_KIND_BYTES;
    view.topic = "a..b";
    view.topic_len = 4;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_TOPIC);
    view.topic = "\xff";
    view.topic_len = 1;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_UTF8);
    view.topic = NULL;
    view.topic_len = 0;
    view.reserved = 1;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_STRUCT_SIZE);
    view.reserved = 0;
    view.struct_size = 8;
    CHECK_STATUS(signalhub_loan_publish(loan, &view, &seq, &seq), SIGNALHUB_ERR_STRUCT_SIZE);
    view.struct_size = sizeof view;
    CHECK_OK(signalhub_next_seq(hub, &next));
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), SIGNALHUB_EMPTY);
    CHECK(seq == 77);

    view.len = 2;
    view.kind = SIGNALHUB_KIND_TEXT;
    CHECK_OK(signalhub_loan_publish(loan, &view, &seq, NULL));
    CHECK(seq == next);
    CHECK_OK(signalhub_receiver_try_recv(receiver, message, NULL));
    CHECK_TEXT(message, "ab");
}

static void what_is_too_long_is_not_lent(void)
{
    signalhub_loan_t *loan = NULL;
    void *data = NULL;
    CHECK_STATUS(signalhub_loan(hub, (1 << 30) + 1, &loan, &data), SIGNALHUB_ERR_TOO_BIG);
    CHECK_STATUS(signalhub_loan(hub, SIZE_MAX, &loan, &data), SIGNALHUB_ERR_TOO_BIG);
    CHECK(loan == NULL && data == NULL);
}

static void *publish_it(void *loan)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    view.len = 3;
    CHECK_OK(signalhub_loan_publish((signalhub_loan_t *)loan, &view, NULL, NULL));
    return NULL;
}

static void a_loan_goes_to_another_thread(void)
{
    void *data = NULL;
    signalhub_loan_t *loan = borrow(3, &data);
    memcpy(data, "abc", 3);
    join(start(publish_it, loan));
    CHECK_OK(signalhub_receiver_try_recv(receiver, message, NULL));
    CHECK_TEXT(message, "abc");
}

/* The last test: it ends the hub. */
static void a_loan_outlives_its_hub(void)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    void *data = NULL, *other = NULL;
    signalhub_loan_t *loan = borrow(100000, &data), *closed = borrow(1, &other), *none = NULL;
    view.len = 100000;
    CHECK_OK(signalhub_close(hub));
    CHECK_STATUS(signalhub_loan(hub, 1, &none, &data), SIGNALHUB_CLOSED);
    CHECK_STATUS(signalhub_loan_publish(loan, &view, NULL, NULL), SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_free(hub));
    CHECK_OK(signalhub_receiver_free(receiver));
    memset(data, 1, 100000);
    CHECK_STATUS(signalhub_loan_publish(loan, &view, NULL, NULL), SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_loan_free(loan));
    CHECK_OK(signalhub_loan_free(closed));
    CHECK(none == NULL);
}

int main(void)
{
    watchdog();
    hub = new_hub(8);
    receiver = new_receiver(hub);
    message = new_message();
    a_loan_is_received_where_it_was_written();
    a_refused_loan_is_still_the_callers();
    what_is_too_long_is_not_lent();
    a_loan_goes_to_another_thread();
    a_loan_outlives_its_hub();
    CHECK_OK(signalhub_message_free(message));
    puts("loans: fine");
    return 0;
}
