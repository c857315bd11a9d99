/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs the conformance scripts (tests/conformance/README.md) through the C API. One file, however
   long, so that it is compiled as any other test is. */
#include "check.h"

#include <ctype.h>
#include <glob.h>
#include <poll.h>

/* The keys that may stand before an `=`. */
enum {
    KIND,
    TOPIC,
    ORIGIN,
    SEQ,
    RECEIVERS,
    CAPACITY,
    MAX_MESSAGE_BYTES,
    SLOT_BYTES,
    PATTERN,
    START,
    ON_LAG,
    IGNORE_ORIGIN,
    WAIT,
    START_SEQ,
    RECEIVED,
    FILTERED,
    MISSED,
    BEHIND,
    LOSSLESS,
    MAX_STALL,
    TIMEOUT,
    CAPACITY_BYTES,
    OPTIONS
};
static const char *const option_keys[OPTIONS] = {"kind=",
                                                 "topic=",
                                                 "origin=",
                                                 "seq=",
                                                 "receivers=",
                                                 "capacity=",
                                                 "max_message_bytes=",
                                                 "slot_bytes=",
                                                 "pattern=",
                                                 "start=",
                                                 "on_lag=",
                                                 "ignore_origin=",
                                                 "wait=",
                                                 "start_seq=",
                                                 "received=",
                                                 "filtered=",
                                                 "missed=",
                                                 "behind=",
                                                 "lossless=",
                                                 "max_stall=",
                                                 "timeout=",
                                                 "capacity_bytes="};

#define UNSAID UINT64_MAX

enum { NAMES_MAX = 32, WORDS_MAX = 64, PAYLOADS_MAX = 2000, MESSAGES = 100 };

/* One side of the arrow: words and payloads are the same tokens, read twice. */
typedef struct {
    char *words[WORDS_MAX];
    int count;
    const char *options[OPTIONS];
} side_t;

/* What a script has a name for: a handle on a hub, a receiver, or a loan and its memory. */
typedef struct {
    char name[32];
    void *handle;
    int is_receiver;
    int is_freed;
    void *memory;
} named_t;

static named_t named[NAMES_MAX];
static int named_count;
static signalhub_t *hub; /* the one in use */
static signalhub_message_t *messages[MESSAGES];

static const char *file;
static int line;
static char command[256];

static void fail(const char *what)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, command, what);
    exit(1);
}

static void expect(int cond, const char *what)
{
    if (!cond)
        fail(what);
}

static uint64_t number(const char *text)
{
    expect(text != NULL && isdigit((unsigned char)*text), "a number is missing");
    return strtoull(text, NULL, 10);
}

/* The statuses that scripts know, by their words. */
static const struct {
    int status;
    const char *word;
} statuses[] = {
    {SIGNALHUB_OK, "ok"},
    {SIGNALHUB_EMPTY, "empty"},
    {SIGNALHUB_LAGGED, "lagged"},
    {SIGNALHUB_CLOSED, "closed"},
    {SIGNALHUB_TIMEOUT, "timeout"},
    {SIGNALHUB_FULL, "full"},
    {SIGNALHUB_KEPT, "kept"},
    {SIGNALHUB_ERR_NULL, "err_null"},
    {SIGNALHUB_ERR_HANDLE, "err_handle"},
    {SIGNALHUB_ERR_CAPACITY, "err_capacity"},
    {SIGNALHUB_ERR_SLOT_BYTES, "err_slot_bytes"},
    {SIGNALHUB_ERR_MAX_MESSAGE_BYTES, "err_max_message_bytes"},
    {SIGNALHUB_ERR_KIND, "err_kind"},
    {SIGNALHUB_ERR_UTF8, "err_utf8"},
    {SIGNALHUB_ERR_TOPIC, "err_topic"},
    {SIGNALHUB_ERR_TOO_BIG, "err_too_big"},
    {SIGNALHUB_ERR_TOO_SMALL, "err_too_small"},
    {SIGNALHUB_ERR_PATTERN, "err_pattern"},
    {SIGNALHUB_ERR_START, "err_start"},
    {SIGNALHUB_ERR_ON_LAG, "err_on_lag"},
    {SIGNALHUB_ERR_CAPACITY_BYTES, "err_capacity_bytes"},
    {SIGNALHUB_ERR_LOAN, "err_loan"},
    {SIGNALHUB_ERR_WAIT, "err_wait"},
};
enum { STATUSES = sizeof statuses / sizeof statuses[0] };

static const char *word_of(int status)
{
    for (int i = 0; i < STATUSES; i++)
        if (statuses[i].status == status)
            return statuses[i].word;
    return signalhub_status_str(status);
}

static int is_status(const char *word)
{
    for (int i = 0; i < STATUSES; i++)
        if (strcmp(word, statuses[i].word) == 0)
            return 1;
    return 0;
}

/* Checks a status, and the number behind it, against what stands behind the arrow. */
static void expect_status(const side_t *want, int status, uint64_t value)
{
    char got[160];
    const char *word = want->count > 0 ? want->words[0] : "ok";
    int same = strcmp(word, word_of(status)) == 0;
    if (same && want->count > 1)
        same = number(want->words[1]) == value;
    snprintf(got, sizeof got, "got %s %" PRIu64 ", want %s %s", word_of(status), value, word,
             want->count > 1 ? want->words[1] : "");
    expect(same, got);
}

static uint64_t option(const side_t *side, int key, uint64_t unsaid)
{
    return side->options[key] != NULL ? number(side->options[key]) : unsaid;
}

/* The constant that `name` stands for: its place among `names`, or the number that it is. */
static int constant_of(const char *name, int unsaid, const char *const *names, int count)
{
    size_t len = name != NULL ? strcspn(name, "(") : 0;
    if (name == NULL)
        return unsaid;
    for (int value = 0; value < count; value++)
        if (strlen(names[value]) == len && strncmp(name, names[value], len) == 0)
            return value;
    expect(isdigit((unsigned char)*name) || *name == '-', "an unknown word");
    return (int)strtol(name, NULL, 10);
}

static int kind_of(const char *name, int unsaid)
{
    static const char *const kinds[] = {"bytes", "text", "json", "event"};
    return constant_of(name, unsaid, kinds, COUNT_OF(kinds));
}

static int start_of(const char *name)
{
    static const char *const starts[] = {"next", "oldest", "last", "seq"};
    return constant_of(name, SIGNALHUB_START_NEXT, starts, COUNT_OF(starts));
}

static int on_lag_of(const char *name)
{
    static const char *const policies[] = {"report", "skip", "newest"};
    return constant_of(name, SIGNALHUB_ON_LAG_REPORT, policies, COUNT_OF(policies));
}

static int wait_of(const char *name)
{
    static const char *const waits[] = {"adaptive", "spin", "yield", "park"};
    return constant_of(name, SIGNALHUB_WAIT_ADAPTIVE, waits, COUNT_OF(waits));
}

/* Reads the payload that `token` stands for, number `at` of its range; 0 behind the last. The
   bytes are the caller's to free. */
static int read_payload(const char *token, uint64_t at, signalhub_view_t *out)
{
    unsigned long first, end, seed, n = strlen(token);
    int is_range = sscanf(token, "%lu..%lu", &first, &end) == 2;
    int is_text = sscanf(token, "text(%lu,%lu)", &n, &seed) == 2;
    int is_bytes = sscanf(token, "bytes(%lu,%lu)", &n, &seed) == 2;
    uint8_t *data;
    if (at > 0 && (!is_range || first + at >= end))
        return 0;
    data = (uint8_t *)malloc(n + 32);
    CHECK(data != NULL);
    out->data = data;
    out->kind = SIGNALHUB_KIND_TEXT;
    if (is_range) {
        n = (unsigned long)sprintf((char *)data, "%lu", first + at);
    } else if (is_text) {
        for (size_t i = 0; i < n; i++)
            data[i] = (uint8_t)('a' + (seed + i + i / 25) % 26);
    } else if (is_bytes) {
        out->kind = SIGNALHUB_KIND_BYTES;
        for (size_t i = 0; i < n; i++)
            data[i] = (uint8_t)((seed + i + i / 255) % 256);
    } else if (strncmp(token, "hex(", 4) == 0) {
        out->kind = SIGNALHUB_KIND_BYTES;
        n = 0;
        for (unsigned byte; sscanf(token + 4 + 2 * n, "%2x", &byte) == 1;)
            data[n++] = (uint8_t)byte;
    } else {
        n -= *token == '\'' ? 2 : 0;
        memcpy(data, token + (*token == '\''), n);
    }
    out->len = n;
    return 1;
}

/* All payloads of a side from its word `from` on, with its topic and all else it says of them. */
static size_t read_views(const side_t *side, int from, signalhub_view_t *views)
{
    static signalhub_view_t topic = SIGNALHUB_VIEW_INIT;
    size_t count = 0;
    free((void *)(uintptr_t)topic.data);
    topic.data = NULL;
    topic.len = 0;
    if (side->options[TOPIC] != NULL)
        read_payload(side->options[TOPIC], 0, &topic);
    for (int word = from; word < side->count; word++) {
        signalhub_view_t view = SIGNALHUB_VIEW_INIT;
        for (uint64_t at = 0; read_payload(side->words[word], at, &view); at++) {
            expect(count < PAYLOADS_MAX, "too many payloads");
            view.kind = kind_of(side->options[KIND], view.kind);
            view.topic = (const char *)topic.data;
            view.topic_len = topic.len;
            view.origin = option(side, ORIGIN, 0);
            view.seq = option(side, SEQ, UNSAID);
            view.seq += view.seq != UNSAID ? count : 0;
            views[count++] = view;
        }
    }
    return count;
}

static void free_views(signalhub_view_t *views, size_t count)
{
    while (count > 0)
        free((void *)(uintptr_t)views[--count].data);
}

static void expect_message(const signalhub_view_t *got, const signalhub_view_t *want)
{
    expect(got->len == want->len, "another length");
    expect(memcmp(got->data, want->data, want->len) == 0, "other bytes");
    expect(got->kind == want->kind, "another kind");
    expect((got->topic == NULL) == (want->topic == NULL), "a topic, or none");
    expect(got->topic_len == want->topic_len, "another topic");
    expect(got->topic == NULL || memcmp(got->topic, want->topic, got->topic_len) == 0,
           "another topic");
    expect(got->origin == want->origin, "another origin");
    expect(want->seq == UNSAID || got->seq == want->seq, "another seq");
}

static named_t *find(const char *name)
{
    static named_t null = {"null", NULL, 0, 0, NULL};
    if (strcmp(name, null.name) == 0)
        return &null;
    for (int i = named_count - 1; i >= 0; i--)
        if (strcmp(named[i].name, name) == 0)
            return &named[i];
    fail("nothing has this name");
    return NULL;
}

/* Scripts may take a receiver for a hub, and the other way round. */
static signalhub_t *hub_of(const char *name)
{
    return (signalhub_t *)find(name)->handle;
}

static signalhub_receiver_t *receiver_of(const char *name)
{
    return (signalhub_receiver_t *)find(name)->handle;
}

static void give_name(const char *name, void *handle, int is_receiver)
{
    named_t *entry = &named[named_count++];
    expect(named_count <= NAMES_MAX, "too many names");
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->handle = handle;
    entry->is_receiver = is_receiver;
    entry->is_freed = 0;
    entry->memory = NULL;
}

static int free_named(named_t *entry)
{
    entry->is_freed = 1;
    if (entry->memory != NULL)
        return signalhub_loan_free((signalhub_loan_t *)entry->handle);
    return entry->is_receiver ? signalhub_receiver_free((signalhub_receiver_t *)entry->handle)
                              : signalhub_free((signalhub_t *)entry->handle);
}

static void free_all(void)
{
    for (int i = 0; i < named_count; i++)
        if (!named[i].is_freed)
            CHECK_OK(free_named(&named[i]));
    named_count = 0;
}

static void open_hub(const side_t *call, const side_t *want)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    int status;
    free_all();
    options.capacity = option(call, CAPACITY, options.capacity);
    options.max_message_bytes = option(call, MAX_MESSAGE_BYTES, 0);
    options.slot_bytes = option(call, SLOT_BYTES, 0);
    options.capacity_bytes = option(call, CAPACITY_BYTES, 0);
    status = signalhub_new(&options, &hub);
    expect_status(want, status, 0);
    if (status == SIGNALHUB_OK)
        give_name("hub", hub, 0);
}

static void subscribe(const side_t *call, const side_t *want)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    const char *start = call->options[START];
    signalhub_view_t pattern = SIGNALHUB_VIEW_INIT;
    signalhub_receiver_t *receiver = NULL;
    int status;
    if (call->options[PATTERN] != NULL)
        read_payload(call->options[PATTERN], 0, &pattern);
    options.pattern = (const char *)pattern.data;
    options.pattern_len = pattern.len;
    options.start = start_of(start);
    if (start != NULL && strchr(start, '(') != NULL)
        options.start_at = number(strchr(start, '(') + 1);
    options.on_lag = on_lag_of(call->options[ON_LAG]);
    options.ignore_origin = option(call, IGNORE_ORIGIN, 0);
    options.lossless = (int)option(call, LOSSLESS, 0);
    options.max_stall_ns = (int64_t)option(call, MAX_STALL, 0);
    options.wait = wait_of(call->options[WAIT]);
    status = signalhub_subscribe_with(hub, &options, &receiver);
    free((void *)(uintptr_t)pattern.data);
    expect_status(want, status, 0);
    if (status == SIGNALHUB_OK)
        give_name(call->words[1], receiver, 1);
}

static void expect_stats(const char *name, const side_t *want)
{
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    uint64_t next_seq = UNSAID;
    int status = signalhub_receiver_stats(receiver_of(name), &stats);
    if (status != SIGNALHUB_OK || want->options[START_SEQ] == NULL) {
        expect_status(want, status, 0);
        return;
    }
    CHECK_OK(signalhub_receiver_next_seq(receiver_of(name), &next_seq));
    expect(stats.next_seq == next_seq, "another next_seq");
    expect(stats.start_seq == number(want->options[START_SEQ]), "another start_seq");
    expect(stats.received == number(want->options[RECEIVED]), "another received");
    expect(stats.filtered == number(want->options[FILTERED]), "another filtered");
    expect(stats.missed == number(want->options[MISSED]), "another missed");
    expect(stats.behind == number(want->options[BEHIND]), "another behind");
    expect(option(want, LOSSLESS, (uint64_t)stats.lossless) == (uint64_t)stats.lossless,
           "lossless, or not");
    expect(stats.received + stats.filtered + stats.missed == next_seq - stats.start_seq,
           "counts that do not add up");
}

static void publish(const side_t *call, const side_t *want)
{
    static signalhub_view_t views[PAYLOADS_MAX];
    size_t count = read_views(call, 1, views);
    for (size_t i = 0; i < count; i++) {
        uint64_t receivers = 0;
        const char *timeout = call->options[TIMEOUT];
        int status = timeout == NULL ? signalhub_publish_view(hub, &views[i], NULL, &receivers)
                                     : signalhub_publish_timeout(hub, &views[i], atoll(timeout),
                                                                 NULL, &receivers);
        expect_status(want, status, 0);
        expect(option(want, RECEIVERS, receivers) == receivers, "other receivers");
    }
    free_views(views, count);
}

static uint64_t freed;

static void free_owned(void *data)
{
    free(data);
    freed++;
}

static void publish_owned(const side_t *call, const side_t *want)
{
    static signalhub_view_t views[PAYLOADS_MAX];
    size_t count = read_views(call, 1, views);
    for (size_t i = 0; i < count; i++) {
        void *data = (void *)(uintptr_t)views[i].data;
        int status = signalhub_publish_owned(hub, &views[i], free_owned, data, NULL, NULL);
        expect_status(want, status, 0);
        if (status != SIGNALHUB_OK)
            free(data);
    }
}

static void borrow(const side_t *call, const side_t *want)
{
    signalhub_loan_t *loan = NULL;
    void *memory = NULL;
    int status = signalhub_loan(hub, number(call->words[2]), &loan, &memory);
    expect_status(want, status, 0);
    if (status == SIGNALHUB_OK) {
        give_name(call->words[1], loan, 0);
        named[named_count - 1].memory = memory;
    }
}

static void publish_loan(named_t *loan, const side_t *call, const side_t *want)
{
    static signalhub_view_t views[PAYLOADS_MAX];
    size_t count = read_views(call, 2, views);
    int status;
    expect(count == 1, "one payload");
    memcpy(loan->memory, views[0].data, views[0].len);
    free_views(views, count);
    views[0].data = NULL;
    status = signalhub_loan_publish((signalhub_loan_t *)loan->handle, views, NULL, NULL);
    expect_status(want, status, 0);
    loan->is_freed = status == SIGNALHUB_OK;
}

static void publish_many(const side_t *call, const side_t *want)
{
    static signalhub_view_t views[PAYLOADS_MAX];
    size_t published = 0, count = read_views(call, 1, views);
    int status = signalhub_publish_many(hub, views, count, &published);
    expect_status(want, status, published);
    expect(status != SIGNALHUB_OK || published == count, "another number was published");
    free_views(views, count);
}

/* Receives into a buffer. What it cannot tell of the message is taken to be as it is wanted. */
static int recv_into(signalhub_receiver_t *receiver, size_t size, signalhub_view_t *got,
                     const signalhub_view_t *want, uint64_t *value)
{
    static uint8_t buf[1 << 16];
    size_t len = 0;
    int status = signalhub_receiver_recv_into(receiver, buf, size, 0, &len, value);
    expect(size <= sizeof buf, "so large a buffer");
    if (status == SIGNALHUB_ERR_TOO_SMALL)
        *value = len;
    *got = *want;
    got->data = buf;
    got->len = len;
    return status;
}

/* Receives payloads into a buffer. What it cannot tell is taken to be as it is wanted. */
static int recv_packed(const side_t *call, signalhub_view_t *got, const signalhub_view_t *want,
                       size_t *filled, uint64_t *value)
{
    static char buf[1 << 16];
    size_t offsets[MESSAGES + 1], count = number(call->words[2]), size = number(call->words[3]);
    int status;
    expect(count <= MESSAGES && size <= sizeof buf, "so much room");
    status = signalhub_receiver_recv_packed(receiver_of(call->words[1]), buf, size, offsets, count,
                                            0, filled, value);
    if (status == SIGNALHUB_ERR_TOO_SMALL)
        *value = offsets[1];
    for (size_t i = 0; status == SIGNALHUB_OK && i < *filled; i++) {
        got[i] = want[i];
        got[i].data = buf + offsets[i];
        got[i].len = offsets[i + 1] - offsets[i];
    }
    return status;
}

/* One receive of any form: fills `got`, or `value` is the number that belongs to the status. */
static int receive(const side_t *call, signalhub_view_t *got, const signalhub_view_t *want,
                   size_t *filled, uint64_t *value)
{
    const char *verb = call->words[0], *argument = call->count > 2 ? call->words[2] : "0";
    signalhub_receiver_t *receiver = receiver_of(call->words[1]);
    int64_t start = now_ns(), timeout_ns = strtoll(argument, NULL, 10);
    int status;
    *filled = 1;
    if (strcmp(verb, "recv_into") == 0)
        return recv_into(receiver, number(argument), got, want, value);
    if (strcmp(verb, "recv_packed") == 0)
        return recv_packed(call, got, want, filled, value);
    if (strcmp(verb, "try_recv") == 0) {
        status = signalhub_receiver_try_recv(receiver, messages[0], value);
    } else if (strcmp(verb, "recv") == 0) {
        status = signalhub_receiver_recv(receiver, messages[0], value);
    } else if (strcmp(verb, "recv_many") == 0) {
        size_t count = number(argument);
        status = signalhub_receiver_recv_many(receiver, messages, count, 0, filled, value);
    } else {
        status = signalhub_receiver_recv_timeout(receiver, messages[0], timeout_ns, value);
        expect(status != SIGNALHUB_TIMEOUT || now_ns() - start >= timeout_ns, "too early");
    }
    for (size_t i = 0; status == SIGNALHUB_OK && i < *filled; i++)
        got[i] = view_of(messages[i]);
    return status;
}

static void recv_all(const side_t *call, const side_t *want)
{
    static signalhub_view_t wanted[PAYLOADS_MAX], got[MESSAGES];
    int is_many =
        strcmp(call->words[0], "recv_many") == 0 || strcmp(call->words[0], "recv_packed") == 0;
    size_t count, at = 0, filled;
    uint64_t value = 0;
    if (want->count > 0 && is_status(want->words[0])) {
        int status = receive(call, got, wanted, &filled, &value);
        expect_status(want, status, value);
        return;
    }
    count = read_views(want, 0, wanted);
    while (at < count) {
        int status = receive(call, got, &wanted[at], &filled, &value);
        expect(status == SIGNALHUB_OK, word_of(status));
        expect(filled == (is_many ? count : 1), "another number of messages");
        for (size_t i = 0; i < filled; i++)
            expect_message(&got[i], &wanted[at++]);
    }
    free_views(wanted, count);
}

static void wait_any(const side_t *call, const side_t *want)
{
    signalhub_receiver_t *receivers[WORDS_MAX];
    size_t index = 0, count = (size_t)call->count - 1;
    int status;
    for (size_t i = 0; i < count; i++)
        receivers[i] = receiver_of(call->words[i + 1]);
    status = signalhub_wait_any(receivers, count, 0, &index);
    if (status == SIGNALHUB_OK)
        expect(want->count == 1 && strcmp(want->words[0], call->words[index + 1]) == 0,
               call->words[index + 1]);
    else
        expect_status(want, status, 0);
}

static void expect_readable(const char *name, const side_t *want)
{
    struct pollfd watched = {-1, POLLIN, 0};
    const char *got;
    CHECK_OK(signalhub_receiver_fd(receiver_of(name), &watched.fd));
    got = poll(&watched, 1, 0) == 1 ? "yes" : "no";
    expect(want->count == 1 && strcmp(want->words[0], got) == 0, got);
}

static void expect_number(const side_t *want, int status, uint64_t value)
{
    if (status == SIGNALHUB_OK)
        expect(number(want->words[0]) == value, "another number");
    else
        expect_status(want, status, 0);
}

static void run(const side_t *call, const side_t *want)
{
    const char *verb = call->words[0], *name = call->count > 1 ? call->words[1] : NULL;
    uint64_t value = 0;
    int status;
    if (strcmp(verb, "open") == 0) {
        open_hub(call, want);
    } else if (strcmp(verb, "publish") == 0) {
        publish(call, want);
    } else if (strcmp(verb, "publish_many") == 0) {
        publish_many(call, want);
    } else if (strcmp(verb, "publish_owned") == 0) {
        publish_owned(call, want);
    } else if (strcmp(verb, "freed") == 0) {
        expect_number(want, SIGNALHUB_OK, freed);
    } else if (strcmp(verb, "loan") == 0) {
        borrow(call, want);
    } else if (strcmp(verb, "publish_loan") == 0) {
        publish_loan(find(name), call, want);
    } else if (strstr(verb, "recv") != NULL) {
        recv_all(call, want);
    } else if (strcmp(verb, "capacity") == 0) {
        status = signalhub_capacity(hub, &value);
        expect_number(want, status, value);
    } else if (strcmp(verb, "next_seq") == 0) {
        status = name != NULL ? signalhub_receiver_next_seq(receiver_of(name), &value)
                              : signalhub_next_seq(hub, &value);
        expect_number(want, status, value);
    } else if (strcmp(verb, "close") == 0) {
        expect_status(want, signalhub_close(hub), 0);
    } else if (strcmp(verb, "use") == 0) {
        hub = hub_of(name);
    } else if (strcmp(verb, "free") == 0) {
        expect_status(want, free_named(find(name)), 0);
    } else if (strcmp(verb, "subscribe") == 0) {
        subscribe(call, want);
    } else if (strcmp(verb, "wait_any") == 0) {
        wait_any(call, want);
    } else if (strcmp(verb, "readable") == 0) {
        expect_readable(name, want);
    } else if (strcmp(verb, "stats") == 0) {
        expect_stats(name, want);
    } else if (strcmp(verb, "clone") == 0) {
        signalhub_t *clone = NULL;
        status = signalhub_clone(hub, &clone);
        expect_status(want, status, 0);
        if (status == SIGNALHUB_OK)
            give_name(name, clone, 0);
    } else {
        fail("unknown command");
    }
}

static void add_token(side_t *side, char *token)
{
    for (int i = 0; i < OPTIONS; i++) {
        size_t len = strlen(option_keys[i]);
        if (strncmp(token, option_keys[i], len) == 0) {
            side->options[i] = token + len;
            return;
        }
    }
    expect(side->count < WORDS_MAX, "too many words");
    side->words[side->count++] = token;
}

/* Splits a line at its blanks, in place, and runs it. */
static void run_line(char *text)
{
    side_t call, want, *side = &call;
    memset(&call, 0, sizeof call);
    memset(&want, 0, sizeof want);
    snprintf(command, sizeof command, "%s", text);
    while (*text != '\0') {
        char *token = text;
        int quoted = 0;
        for (; *text != '\0' && (quoted || *text != ' '); text++)
            quoted ^= *text == '\'';
        if (*text != '\0')
            *text++ = '\0';
        if (strcmp(token, "->") == 0)
            side = &want;
        else
            add_token(side, token);
    }
    if (call.count > 0)
        run(&call, &want);
}

static void run_script(const char *path)
{
    static char text[1 << 16];
    FILE *script = fopen(path, "r");
    CHECK(script != NULL);
    file = path;
    freed = 0;
    for (line = 1; fgets(text, sizeof text, script) != NULL; line++) {
        text[strcspn(text, "\n")] = '\0';
        if (text[0] != '#')
            run_line(text);
    }
    fclose(script);
    free_all();
}

int main(void)
{
    glob_t scripts;
    watchdog();
    CHECK(glob("tests/conformance/*.txt", 0, NULL, &scripts) == 0);
    for (size_t i = 0; i < MESSAGES; i++)
        messages[i] = new_message();
    for (size_t i = 0; i < scripts.gl_pathc; i++)
        run_script(scripts.gl_pathv[i]);
    for (size_t i = 0; i < MESSAGES; i++)
        CHECK_OK(signalhub_message_free(messages[i]));
    printf("%zu scripts agree\n", scripts.gl_pathc);
    globfree(&scripts);
    return 0;
}
