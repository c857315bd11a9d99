/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fan-out: every receiver gets every message, each in its own thread, at its own pace. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <signalhub/signalhub.h>

enum { READERS = 3, MESSAGES = 1000 };

typedef struct {
    const char *name;
    signalhub_receiver_t *receiver;
    pthread_t thread;
    int received;
    char last[32];
} reader_t;

/* Ends the program if a call failed. */
static void check(const char *what, signalhub_status_t status)
{
    if (status != SIGNALHUB_OK) {
        fprintf(stderr, "%s: %s\n", what, signalhub_status_str(status));
        exit(1);
    }
}

/* Counts the messages until the hub is closed, and keeps the last one's text. */
static void *read_to_the_end(void *argument)
{
    reader_t *reader = argument;
    signalhub_message_t *message;
    signalhub_status_t status;

    check("message_new", signalhub_message_new(&message));
    while ((status = signalhub_receiver_recv(reader->receiver, message, NULL)) == SIGNALHUB_OK) {
        signalhub_view_t view = SIGNALHUB_VIEW_INIT;
        check("view", signalhub_message_view(message, &view));
        reader->received++;
        snprintf(reader->last, sizeof reader->last, "%.*s", (int)view.len, (const char *)view.data);
    }
    if (status != SIGNALHUB_CLOSED)
        check("recv", status);
    signalhub_message_free(message);
    return NULL;
}

int main(void)
{
    reader_t readers[READERS] = {{.name = "display"}, {.name = "logger"}, {.name = "archive"}};
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_t *hub;
    uint64_t receivers = 0;

    options.capacity = MESSAGES; /* room for all of it, so that nobody can fall behind */
    check("new", signalhub_new(&options, &hub));
    for (int i = 0; i < READERS; i++) {
        check("subscribe", signalhub_subscribe(hub, &readers[i].receiver));
        if (pthread_create(&readers[i].thread, NULL, read_to_the_end, &readers[i]) != 0)
            abort();
    }

    for (int i = 0; i < MESSAGES; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "message %d", i);
        check("publish",
              signalhub_publish(hub, SIGNALHUB_KIND_TEXT, text, (size_t)len, NULL, &receivers));
    }
    printf("published %d messages to %" PRIu64 " receivers\n", MESSAGES, receivers);
    check("close", signalhub_close(hub));

    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        printf("%s: received %d, the last one \"%s\"\n", readers[i].name, readers[i].received,
               readers[i].last);
        signalhub_receiver_free(readers[i].receiver);
    }
    signalhub_free(hub);
    return 0;
}
