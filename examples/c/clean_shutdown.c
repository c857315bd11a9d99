/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Clean shutdown: close the hub, and everybody reads what is left and then ends. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <signalhub/signalhub.h>

enum { WORKERS = 2 };

typedef struct {
    signalhub_receiver_t *receiver;
    pthread_t thread;
    int received;
} worker_t;

/* Ends the program if a call failed. */
static void check(const char *what, signalhub_status_t status)
{
    if (status != SIGNALHUB_OK) {
        fprintf(stderr, "%s: %s\n", what, signalhub_status_str(status));
        exit(1);
    }
}

/* Receives until the hub is closed, and counts what came. */
static void *work(void *argument)
{
    worker_t *worker = argument;
    signalhub_message_t *message;
    signalhub_status_t status;

    check("message_new", signalhub_message_new(&message));
    while ((status = signalhub_receiver_recv(worker->receiver, message, NULL)) == SIGNALHUB_OK)
        worker->received++;
    if (status != SIGNALHUB_CLOSED)
        check("recv", status);
    signalhub_message_free(message);
    return NULL;
}

int main(void)
{
    worker_t workers[WORKERS] = {{0}};
    signalhub_t *hub;

    check("new", signalhub_new(NULL, &hub));
    for (int i = 0; i < WORKERS; i++) {
        check("subscribe", signalhub_subscribe(hub, &workers[i].receiver));
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            abort();
    }

    for (int i = 0; i < 10; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "job %d", i);
        check("publish",
              signalhub_publish(hub, SIGNALHUB_KIND_TEXT, text, (size_t)len, NULL, NULL));
    }
    check("close", signalhub_close(hub));
    puts("published 10 messages and closed the hub");

    /* Threads first, then what they use. */
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        printf("worker %d: received %d, then the hub was closed\n", i + 1, workers[i].received);
        signalhub_receiver_free(workers[i].receiver);
    }
    if (signalhub_publish(hub, SIGNALHUB_KIND_TEXT, "too late", 8, NULL, NULL) == SIGNALHUB_CLOSED)
        puts("published after that: the hub is closed");
    signalhub_free(hub);
    return 0;
}
