/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Many publishers, many receivers, payloads of 8 bytes to 1 MB: nothing is torn, nothing comes
   twice or out of order, and for every receiver received + missed = published. */
#include "check.h"

enum { PUBLISHERS = 3, RECEIVERS = 4, BATCH = 16, PAYLOAD_MAX = 1 << 20 };

static signalhub_t *hub;
static uint64_t published; /* by all publishers */

/* A generator of numbers that cost nothing: Marsaglia's xorshift. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Mostly a few words, sometimes some kilobytes, now and then up to a megabyte. */
static size_t random_words(uint64_t *state)
{
    uint64_t random = next_random(state);
    size_t max = random % 1000 == 0 ? PAYLOAD_MAX / 8 : random % 10 == 0 ? 1000 : 60;
    return 1 + next_random(state) % max;
}

/* The first word says who published it and its number there; the others follow from the first. */
static void fill(uint64_t *words, size_t count, uint64_t publisher, uint64_t number)
{
    uint64_t state = words[0] = publisher << 56 | (number + 1);
    for (size_t i = 1; i < count; i++)
        words[i] = next_random(&state);
}

/* Who published the payload; `out_number` its number there. Fails if it is not as it was filled. */
static uint64_t check(const void *payload, size_t len, uint64_t *out_number)
{
    const uint64_t *words = (const uint64_t *)payload;
    uint64_t state = words[0];
    CHECK(len >= 8 && len % 8 == 0 && (uintptr_t)payload % 8 == 0);
    for (size_t i = 1; i < len / 8; i++)
        CHECK(words[i] == next_random(&state));
    *out_number = (words[0] & ~((uint64_t)0xff << 56)) - 1;
    return words[0] >> 56;
}

static void *publish(void *id)
{
    uint64_t publisher = (uint64_t)(uintptr_t)id, state = publisher + 1;
    uint64_t *words = (uint64_t *)malloc(PAYLOAD_MAX);
    uint64_t count = (uint64_t)scaled(20000);
    CHECK(words != NULL);
    for (uint64_t number = 0; number < count; number++) {
        size_t len = random_words(&state);
        fill(words, len, publisher, number);
        CHECK_OK(signalhub_publish(hub, 0, words, len * 8, NULL, NULL));
        words[0] = 0; /* it was copied */
        if (next_random(&state) % 16 == 0)
            nap(); /* so that receivers sleep and wake, too */
    }
    __atomic_fetch_add(&published, count, __ATOMIC_RELAXED);
    free(words);
    return NULL;
}

/* What one receiver has seen. */
typedef struct {
    signalhub_receiver_t *receiver;
    signalhub_message_t *messages[BATCH];
    void *buf;
    uint64_t received, missed;
    uint64_t next_seq;
    uint64_t next_number[PUBLISHERS];
} reader_t;

static void take(reader_t *reader, const signalhub_view_t *view)
{
    uint64_t number, publisher = check(view->data, view->len, &number);
    CHECK(view->seq == reader->next_seq);
    CHECK(publisher < PUBLISHERS && number >= reader->next_number[publisher]);
    reader->next_number[publisher] = number + 1;
    reader->next_seq++;
    reader->received++;
}

/* Receives one message or several, in one way or another, and puts what it got into `views`. */
static signalhub_status_t receive(reader_t *reader, unsigned way, signalhub_view_t *views,
                                  size_t *count, uint64_t *missed)
{
    signalhub_receiver_t *receiver = reader->receiver;
    signalhub_message_t **messages = reader->messages;
    signalhub_status_t status;
    size_t offsets[BATCH + 1];
    *count = 1;
    switch (way % 6) {
    case 0: status = signalhub_receiver_recv(receiver, messages[0], missed); break;
    case 1: status = signalhub_receiver_try_recv(receiver, messages[0], missed); break;
    case 2: status = signalhub_receiver_recv_timeout(receiver, messages[0], 1000, missed); break;
    case 3:
        status = signalhub_receiver_recv_many(receiver, messages, BATCH, -1, count, missed);
        break;
    case 4:
        status = signalhub_receiver_recv_packed(receiver, reader->buf, PAYLOAD_MAX, offsets, BATCH,
                                                -1, count, missed);
        for (size_t i = 0; status == SIGNALHUB_OK && i < *count; i++) {
            views[i].data = (const char *)reader->buf + offsets[i];
            views[i].len = offsets[i + 1] - offsets[i];
            views[i].seq = reader->next_seq + i; /* it does not say */
        }
        return status;
    default:
        views[0].data = reader->buf;
        views[0].seq = reader->next_seq; /* it does not say */
        return signalhub_receiver_recv_into(receiver, reader->buf, PAYLOAD_MAX, -1, &views[0].len,
                                            missed);
    }
    for (size_t i = 0; status == SIGNALHUB_OK && i < *count; i++) {
        views[i] = view_of(messages[i]);
        CHECK((uintptr_t)views[i].data % 64 == 0);
    }
    return status;
}

static void *read_to_the_end(void *argument)
{
    reader_t *reader = (reader_t *)argument;
    signalhub_view_t views[BATCH];
    signalhub_status_t status = SIGNALHUB_OK;
    for (size_t i = 0; i < BATCH; i++)
        reader->messages[i] = new_message();
    CHECK(posix_memalign(&reader->buf, 64, PAYLOAD_MAX) == 0);
    for (unsigned way = 0; status != SIGNALHUB_CLOSED; way++) {
        uint64_t missed = 0;
        size_t count;
        status = receive(reader, way, views, &count, &missed);
        if (status == SIGNALHUB_OK) {
            for (size_t i = 0; i < count; i++)
                take(reader, &views[i]);
        } else if (status == SIGNALHUB_LAGGED) {
            CHECK(missed > 0);
            reader->missed += missed;
            reader->next_seq += missed;
        } else {
            CHECK(status == SIGNALHUB_EMPTY || status == SIGNALHUB_TIMEOUT ||
                  status == SIGNALHUB_CLOSED);
        }
    }
    free(reader->buf);
    for (size_t i = 0; i < BATCH; i++)
        CHECK_OK(signalhub_message_free(reader->messages[i]));
    return NULL;
}

static void *subscribe_and_leave(void *unused)
{
    signalhub_message_t *message = new_message();
    signalhub_receiver_t *receiver;
    while (signalhub_subscribe(hub, &receiver) == SIGNALHUB_OK) {
        signalhub_status_t status;
        do
            status = signalhub_receiver_recv(receiver, message, NULL);
        while (status == SIGNALHUB_LAGGED);
        CHECK_OK(signalhub_receiver_free(receiver));
        if (status == SIGNALHUB_OK) {
            signalhub_view_t view = view_of(message);
            uint64_t number;
            check(view.data, view.len, &number);
        }
    }
    CHECK_OK(signalhub_message_free(message));
    return unused;
}

static void a_storm(uint64_t capacity)
{
    static reader_t readers[RECEIVERS];
    pthread_t publishing[PUBLISHERS], reading[RECEIVERS], visitor;
    uint64_t end = 0;

    hub = new_hub(capacity);
    published = 0;
    memset(readers, 0, sizeof readers);
    for (size_t i = 0; i < RECEIVERS; i++) {
        readers[i].receiver = new_receiver(hub);
        reading[i] = start(read_to_the_end, &readers[i]);
    }
    visitor = start(subscribe_and_leave, NULL);
    for (size_t i = 0; i < PUBLISHERS; i++)
        publishing[i] = start(publish, (void *)i);
    for (size_t i = 0; i < PUBLISHERS; i++)
        join(publishing[i]);
    CHECK_OK(signalhub_next_seq(hub, &end));
    CHECK(end == published);
    CHECK_OK(signalhub_close(hub));
    join(visitor);
    for (size_t i = 0; i < RECEIVERS; i++) {
        join(reading[i]);
        CHECK(readers[i].received + readers[i].missed == published);
        printf("capacity %" PRIu64 ": received %" PRIu64 " + missed %" PRIu64
               " = published %" PRIu64 "\n",
               capacity, readers[i].received, readers[i].missed, published);
        CHECK_OK(signalhub_receiver_free(readers[i].receiver));
    }
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    a_storm(1);
    a_storm(3);
    a_storm(100);
    return 0;
}
