/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Topics: receivers that want some messages only, and one that joins late and gets the history. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signalhub/signalhub.h>

/* Ends the program if a call failed. */
static void check(const char *what, signalhub_status_t status)
{
    if (status != SIGNALHUB_OK) {
        fprintf(stderr, "%s: %s\n", what, signalhub_status_str(status));
        exit(1);
    }
}

static void publish(const signalhub_t *hub, const char *topic, const char *text)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    view.kind = SIGNALHUB_KIND_TEXT;
    view.data = text;
    view.len = strlen(text);
    view.topic = topic;
    view.topic_len = strlen(topic);
    check("publish", signalhub_publish_view(hub, &view, NULL, NULL));
}

static signalhub_receiver_t *subscribe(const signalhub_t *hub, const char *pattern, int start)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_t *receiver;
    options.pattern = pattern;
    options.pattern_len = strlen(pattern);
    options.start = start;
    check("subscribe", signalhub_subscribe_with(hub, &options, &receiver));
    return receiver;
}

/* Prints what a receiver gets until the hub is closed, and what it has come across. */
static void read_to_the_end(const char *name, signalhub_receiver_t *receiver)
{
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    signalhub_message_t *message;
    signalhub_status_t status;

    check("message_new", signalhub_message_new(&message));
    while ((status = signalhub_receiver_recv(receiver, message, NULL)) == SIGNALHUB_OK) {
        signalhub_view_t view = SIGNALHUB_VIEW_INIT;
        check("view", signalhub_message_view(message, &view));
        printf("%s: %.*s \"%.*s\"\n", name, (int)view.topic_len, view.topic, (int)view.len,
               (const char *)view.data);
    }
    if (status != SIGNALHUB_CLOSED)
        check("recv", status);
    check("stats", signalhub_receiver_stats(receiver, &stats));
    printf("%s: received %" PRIu64 ", filtered %" PRIu64 ", missed %" PRIu64 "\n", name,
           stats.received, stats.filtered, stats.missed);
    signalhub_message_free(message);
}

int main(void)
{
    signalhub_t *hub;
    signalhub_receiver_t *kitchen, *latecomer;

    check("new", signalhub_new(NULL, &hub));
    kitchen = subscribe(hub, "kitchen.>", SIGNALHUB_START_NEXT);
    publish(hub, "kitchen.temperature", "21.5");
    publish(hub, "cellar.temperature", "12.0");
    publish(hub, "kitchen.humidity", "40");

    latecomer = subscribe(hub, "*.temperature", SIGNALHUB_START_OLDEST);
    publish(hub, "attic.temperature", "30.5");
    puts("published 3 messages; a receiver joined late; published 1 more");
    check("close", signalhub_close(hub));

    read_to_the_end("kitchen", kitchen);
    read_to_the_end("latecomer", latecomer);
    signalhub_receiver_free(latecomer);
    signalhub_receiver_free(kitchen);
    signalhub_free(hub);
    return 0;
}
