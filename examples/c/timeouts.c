/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Timeouts: look without waiting, wait for a while, wait until it comes. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <signalhub/signalhub.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND (1000 * MILLISECOND)

/* Ends the program if a call failed. */
static void check(const char *what, signalhub_status_t status)
{
    if (status != SIGNALHUB_OK) {
        fprintf(stderr, "%s: %s\n", what, signalhub_status_str(status));
        exit(1);
    }
}

static void *publish_later(void *hub)
{
    static const char text[] = "better late than never";
    static const struct timespec a_while = {0, 50 * MILLISECOND};
    nanosleep(&a_while, NULL);
    check("publish", signalhub_publish(hub, SIGNALHUB_KIND_TEXT, text, strlen(text), NULL, NULL));
    return NULL;
}

int main(void)
{
    signalhub_t *hub;
    signalhub_receiver_t *receiver;
    signalhub_message_t *message;
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    pthread_t publisher;

    check("new", signalhub_new(NULL, &hub));
    check("subscribe", signalhub_subscribe(hub, &receiver));
    check("message_new", signalhub_message_new(&message));

    if (signalhub_receiver_try_recv(receiver, message, NULL) == SIGNALHUB_EMPTY)
        puts("looked once: nothing is there");
    if (signalhub_receiver_recv_timeout(receiver, message, 20 * MILLISECOND, NULL) ==
        SIGNALHUB_TIMEOUT)
        puts("waited 20 ms: nothing came");

    if (pthread_create(&publisher, NULL, publish_later, hub) != 0)
        abort();
    check("recv_timeout", signalhub_receiver_recv_timeout(receiver, message, 10 * SECOND, NULL));
    check("view", signalhub_message_view(message, &view));
    printf("waited up to 10 s: received \"%.*s\"\n", (int)view.len, (const char *)view.data);

    pthread_join(publisher, NULL);
    signalhub_message_free(message);
    signalhub_receiver_free(receiver);
    signalhub_free(hub);
    return 0;
}
