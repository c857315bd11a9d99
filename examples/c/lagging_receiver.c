/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A lagging receiver: publishers do not wait for it, and it is told exactly what it missed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <signalhub/signalhub.h>

/* Ends the program if a call failed. */
static void check(const char *what, signalhub_status_t status)
{
    if (status != SIGNALHUB_OK) {
        fprintf(stderr, "%s: %s\n", what, signalhub_status_str(status));
        exit(1);
    }
}

int main(void)
{
    signalhub_options_t options = SIGNALHUB_OPTIONS_INIT;
    signalhub_t *hub;
    signalhub_receiver_t *receiver;
    signalhub_message_t *message;
    signalhub_status_t status;
    char first[32] = "", last[32] = "";
    uint64_t received = 0, missed = 0, missed_now;

    options.capacity = 100;
    check("new", signalhub_new(&options, &hub));
    check("subscribe", signalhub_subscribe(hub, &receiver));
    check("message_new", signalhub_message_new(&message));

    for (int i = 0; i < 300; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "message %d", i);
        check("publish",
              signalhub_publish(hub, SIGNALHUB_KIND_TEXT, text, (size_t)len, NULL, NULL));
    }
    printf("published 300 messages into a hub that retains %d\n", (int)options.capacity);
    check("close", signalhub_close(hub));

    while ((status = signalhub_receiver_recv(receiver, message, &missed_now)) != SIGNALHUB_CLOSED) {
        signalhub_view_t view = SIGNALHUB_VIEW_INIT;
        if (status == SIGNALHUB_LAGGED) {
            printf("missed %" PRIu64 "\n", missed_now);
            missed += missed_now;
            continue;
        }
        check("recv", status);
        check("view", signalhub_message_view(message, &view));
        snprintf(last, sizeof last, "%.*s", (int)view.len, (const char *)view.data);
        if (received++ == 0)
            snprintf(first, sizeof first, "%s", last);
    }
    printf("received %" PRIu64 ", from \"%s\" to \"%s\"\n", received, first, last);
    printf("received %" PRIu64 " + missed %" PRIu64 " = published %" PRIu64 "\n", received, missed,
           received + missed);

    signalhub_message_free(message);
    signalhub_receiver_free(receiver);
    signalhub_free(hub);
    return 0;
}
