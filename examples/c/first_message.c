/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The first message: make a hub, subscribe, publish, receive. */
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

int main(void)
{
    static const char text[] = "hello, hub";
    signalhub_t *hub;
    signalhub_receiver_t *receiver;
    signalhub_message_t *message;
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    uint64_t receivers;

    check("new", signalhub_new(NULL, &hub));
    check("subscribe", signalhub_subscribe(hub, &receiver));
    check("message_new", signalhub_message_new(&message));

    check("publish",
          signalhub_publish(hub, SIGNALHUB_KIND_TEXT, text, strlen(text), NULL, &receivers));
    printf("published to %" PRIu64 " receiver\n", receivers);

    check("recv", signalhub_receiver_recv(receiver, message, NULL));
    check("view", signalhub_message_view(message, &view));
    printf("received \"%.*s\"\n", (int)view.len, (const char *)view.data);

    signalhub_message_free(message);
    signalhub_receiver_free(receiver);
    signalhub_free(hub);
    return 0;
}
