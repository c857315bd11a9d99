/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packed payloads: where they lie, and that nothing else is written. */
#include "check.h"

enum { RECORD = 24, RECORDS = 1000 };

static void records_of_one_size_are_an_array(void)
{
    signalhub_t *hub = new_hub(RECORDS);
    signalhub_receiver_t *receiver = new_receiver(hub);
    /* Just as much as is needed, so that tools see a byte beyond it. */
    uint64_t (*records)[RECORD / 8] = (uint64_t (*)[RECORD / 8]) malloc(RECORD * RECORDS);
    size_t *offsets = (size_t *)malloc((RECORDS + 1) * sizeof *offsets), count = 0;
    CHECK(records != NULL && offsets != NULL);
    for (uint64_t i = 0; i < RECORDS; i++) {
        uint64_t record[RECORD / 8] = {i, i * i, ~i};
        CHECK_OK(signalhub_publish(hub, 0, record, RECORD, NULL, NULL));
    }
    CHECK_OK(signalhub_receiver_recv_packed(receiver, records, RECORD * RECORDS, offsets, RECORDS,
                                            -1, &count, NULL));
    CHECK(count == RECORDS && offsets[RECORDS] == RECORD * RECORDS);
    for (uint64_t i = 0; i < RECORDS; i++) {
        CHECK(offsets[i] == i * RECORD);
        CHECK(records[i][0] == i && records[i][1] == i * i && records[i][2] == ~i);
    }
    free(records);
    free(offsets);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

/* Publishes one, two and three letters and receives them into `len` bytes and `count` offsets. */
static void nothing_is_written_beyond_what_is_taken(size_t len, size_t count, size_t taken)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    char buf[8] = "#######";
    size_t offsets[6] = {77, 77, 77, 77, 77, 77}, got = 0, end = taken * (taken + 1) / 2;
    uint64_t next = 0;
    CHECK_OK(publish_text(hub, "a"));
    CHECK_OK(publish_text(hub, "bb"));
    CHECK_OK(publish_text(hub, "ccc"));
    CHECK_OK(signalhub_receiver_recv_packed(receiver, buf, len, offsets, count, -1, &got, NULL));
    CHECK(got == taken && memcmp(buf, "abbccc", end) == 0);
    for (size_t i = 0; i < COUNT_OF(offsets); i++)
        CHECK(offsets[i] == (i <= taken ? i * (i + 1) / 2 : 77));
    for (size_t i = end; i < sizeof buf - 1; i++)
        CHECK(buf[i] == '#');
    CHECK_OK(signalhub_receiver_next_seq(receiver, &next));
    CHECK(next == taken);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void a_first_message_that_does_not_fit_stays_and_says_what_it_needs(size_t len)
{
    char *large = (char *)malloc(len);
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    size_t offsets[3] = {77, 77, 77}, count = 77;
    CHECK(large != NULL);
    memset(large, 'x', len);
    CHECK_OK(signalhub_publish(hub, 0, large, len, NULL, NULL));
    memset(large, 'y', len);
    CHECK_STATUS(
        signalhub_receiver_recv_packed(receiver, large, len - 1, offsets, 2, -1, &count, NULL),
        SIGNALHUB_ERR_TOO_SMALL);
    CHECK(offsets[1] == len && count == 77);
    for (size_t i = 0; i < len; i++)
        CHECK(large[i] == 'y');
    CHECK_OK(signalhub_receiver_recv_packed(receiver, large, len, offsets, 2, -1, &count, NULL));
    CHECK(count == 1 && offsets[0] == 0 && offsets[1] == len);
    for (size_t i = 0; i < len; i++)
        CHECK(large[i] == 'x');
    free(large);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    records_of_one_size_are_an_array();
    nothing_is_written_beyond_what_is_taken(7, 5, 3);
    nothing_is_written_beyond_what_is_taken(6, 3, 3);
    nothing_is_written_beyond_what_is_taken(7, 2, 2);
    nothing_is_written_beyond_what_is_taken(5, 5, 2);
    nothing_is_written_beyond_what_is_taken(1, 1, 1);
    nothing_is_written_beyond_what_is_taken(7, 0, 0);
    a_first_message_that_does_not_fit_stays_and_says_what_it_needs(1);
    a_first_message_that_does_not_fit_stays_and_says_what_it_needs(200);
    a_first_message_that_does_not_fit_stays_and_says_what_it_needs(1 << 20);
    puts("packed: fine");
    return 0;
}
