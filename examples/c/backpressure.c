/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Backpressure: publishers wait for a logger that is to lose nothing, and not for a watcher. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signalhub/signalhub.h>

typedef struct {
    signalhub_receiver_t *receiver;
    char first[32], last[32];
} reader_t;

/* Ends the program if a call failed. */
static void check(const char *what, signalhub_status_t status)
{
    if (status != SIGNALHUB_OK) {
        fprintf(stderr, "%s: %s\n", what, signalhub_status_str(status));
        exit(1);
    }
}

static reader_t subscribe(signalhub_t *hub, const char *name, int lossless)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    reader_t reader = {NULL, "", ""};
    options.name = name;
    options.name_len = strlen(name);
    options.lossless = lossless;
    check("subscribe", signalhub_subscribe_with(hub, &options, &reader.receiver));
    return reader;
}

/* Publishes "sample N", and waits so long for lossless receivers; negative is for ever. */
static signalhub_status_t publish(signalhub_t *hub, int number, int64_t timeout_ns)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    char text[32];
    view.kind = SIGNALHUB_KIND_TEXT;
    view.data = text;
    view.len = (size_t)snprintf(text, sizeof text, "sample %d", number);
    return signalhub_publish_timeout(hub, &view, timeout_ns, NULL, NULL);
}

/* Receives until the hub is closed. */
static void *read_to_the_end(void *argument)
{
    reader_t *reader = argument;
    signalhub_status_t status = SIGNALHUB_OK;
    while (status != SIGNALHUB_CLOSED) {
        char text[32];
        size_t len;
        status = signalhub_receiver_recv_into(reader->receiver, text, sizeof text, -1, &len, NULL);
        if (status == SIGNALHUB_CLOSED || status == SIGNALHUB_LAGGED) /* which is counted */
            continue;
        check("recv", status);
        snprintf(reader->last, sizeof reader->last, "%.*s", (int)len, text);
        if (reader->first[0] == '\0')
            memcpy(reader->first, reader->last, sizeof reader->first);
    }
    return NULL;
}

/* Says what came. */
static void report(const reader_t *reader)
{
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    check("stats", signalhub_receiver_stats(reader->receiver, &stats));
    printf("%s: received %" PRIu64 ", missed %" PRIu64 ", from \"%s\" to \"%s\"\n", stats.name,
           stats.received, stats.missed, reader->first, reader->last);
}

int main(void)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_status_t status;
    signalhub_t *hub;
    reader_t logger, watcher;
    pthread_t logging;
    int next = 0;

    options.capacity = 4;
    check("new", signalhub_new(&options, &hub));
    logger = subscribe(hub, "logger", 1);
    watcher = subscribe(hub, "watcher", 0);

    /* Without waiting, until the logger has a whole ring unread. */
    while ((status = publish(hub, next, 0)) == SIGNALHUB_OK)
        next++;
    if (status != SIGNALHUB_FULL)
        check("publish", status);
    printf("published %d: the hub is full\n", next);

    if (pthread_create(&logging, NULL, read_to_the_end, &logger) != 0)
        abort();
    for (; next < 20; next++)
        check("publish", publish(hub, next, -1));
    puts("published 20, as fast as the logger reads");
    check("close", signalhub_close(hub));

    pthread_join(logging, NULL);
    report(&logger);
    read_to_the_end(&watcher);
    report(&watcher);
    signalhub_receiver_free(logger.receiver);
    signalhub_receiver_free(watcher.receiver);
    signalhub_free(hub);
    return 0;
}
