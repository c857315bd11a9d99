/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Callbacks: a function that a thread of the library calls with each message. */
#include <semaphore.h>
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

static void on_message(void *user_data, signalhub_status_t status, signalhub_message_t *message,
                       uint64_t missed)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    (void)user_data;
    switch (status) {
    case SIGNALHUB_OK:
        check("view", signalhub_message_view(message, &view));
        printf("callback: received \"%.*s\"\n", (int)view.len, (const char *)view.data);
        break;
    case SIGNALHUB_LAGGED: printf("callback: missed %llu\n", (unsigned long long)missed); break;
    default: /* once, at the end */ puts("callback: the hub is closed"); break;
    }
}

/* Called once, when the callback is over for whatever reason. */
static void on_free(void *is_over)
{
    sem_post((sem_t *)is_over);
}

int main(void)
{
    static const char *const texts[] = {"one", "two", "three"};
    signalhub_t *hub;
    signalhub_receiver_t *receiver;
    signalhub_dispatcher_t *dispatcher;
    sem_t is_over;

    sem_init(&is_over, 0, 0);
    check("new", signalhub_new(NULL, &hub));
    check("subscribe", signalhub_subscribe(hub, &receiver));
    check("dispatcher_new", signalhub_dispatcher_new(&dispatcher)); /* may serve many receivers */
    check("on_message",
          signalhub_receiver_on_message(receiver, dispatcher, on_message, &is_over, on_free));

    for (int i = 0; i < 3; i++)
        check("publish",
              signalhub_publish(hub, SIGNALHUB_KIND_TEXT, texts[i], strlen(texts[i]), NULL, NULL));
    check("close", signalhub_close(hub));
    sem_wait(&is_over);
    puts("main: the callback is over");

    signalhub_dispatcher_free(dispatcher);
    signalhub_receiver_free(receiver);
    signalhub_free(hub);
    sem_destroy(&is_over);
    return 0;
}
