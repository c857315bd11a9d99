/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writes every message of a hub to a file, each as a line of JSON:
 *
 *   {"seq":0,"topic":"load","payload":{"load1":0.52}}
 */

#define _POSIX_C_SOURCE 200809L

#include <signalhub/signalhub.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a logger has done so far. */
typedef struct {
    uint64_t first_seq; /* of the first message meant for it */
    uint64_t received;  /* messages, all of them written */
    uint64_t missed;    /* messages */
    char failure[256];  /* why it ended; empty if all is well */
} logger_report_t;

typedef struct {
    signalhub_receiver_t *receiver;
    signalhub_message_t *message;
    FILE *file;
    char buffer[1 << 16]; /* the file's */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows: the thread writes it, callers look */
    logger_report_t report;
} logger_t;

/* Each returns 0, or -1 when the report says what failed. */
int logger_start(const signalhub_t *hub, const char *path, logger_t **out_logger,
                 logger_report_t *out_report);
int logger_report(logger_t *logger, logger_report_t *out_report);
int logger_stop(logger_t *logger, logger_report_t *out_report);

/* Notes why the logger ends, if it is the first reason. Returns false, for the caller to return. */
static bool fail(logger_t *logger, const char *what, const char *why)
{
    char *failure = logger->report.failure;

    pthread_mutex_lock(&logger->lock);
    if (failure[0] == '\0')
        snprintf(failure, sizeof logger->report.failure, "%s: %s", what, why);
    pthread_mutex_unlock(&logger->lock);
    return false;
}

static bool check(logger_t *logger, const char *what, signalhub_status_t status)
{
    return status == SIGNALHUB_OK || fail(logger, what, signalhub_status_str(status));
}

/* Adds to what is counted. */
static void count(logger_t *logger, uint64_t received, uint64_t missed)
{
    pthread_mutex_lock(&logger->lock);
    logger->report.received += received;
    logger->report.missed += missed;
    pthread_mutex_unlock(&logger->lock);
}

/* Writes a topic as a JSON string. */
static void write_topic(FILE *file, const signalhub_view_t *view)
{
    putc('"', file);
    for (size_t i = 0; i < view->topic_len; i++) {
        unsigned char byte = (unsigned char)view->topic[i];

        if (byte < ' ' || byte == '"' || byte == '\\')
            fprintf(file, "\\u%04x", byte);
        else
            putc(byte, file);
    }
    putc('"', file);
}

/* Writes a JSON value on one line: between its tokens, and only there, it may have line ends. */
static void write_payload(FILE *file, const signalhub_view_t *view)
{
    const char *payload = view->data;

    for (size_t i = 0; i < view->len; i++)
        putc(payload[i] == '\n' || payload[i] == '\r' ? ' ' : payload[i], file);
}

static bool write_message(logger_t *logger)
{
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;

    if (!check(logger, "signalhub_message_view", signalhub_message_view(logger->message, &view)))
        return false;
    if (view.kind != SIGNALHUB_KIND_JSON)
        return fail(logger, "cannot write", "a message is not JSON");

    fprintf(logger->file, "{\"seq\":%llu,\"topic\":", (unsigned long long)view.seq);
    if (view.topic == NULL)
        fputs("null", logger->file);
    else
        write_topic(logger->file, &view);
    fputs(",\"payload\":", logger->file);
    write_payload(logger->file, &view);
    fputs("}\n", logger->file);
    return !ferror(logger->file) || fail(logger, "cannot write", strerror(errno));
}

/* Returns whether more can come. */
static bool receive(logger_t *logger)
{
    uint64_t missed = 0;
    signalhub_status_t status;

    status = signalhub_receiver_recv(logger->receiver, logger->message, &missed);
    if (status == SIGNALHUB_CLOSED)
        return false;
    if (status == SIGNALHUB_LAGGED) {
        count(logger, 0, missed);
        return true;
    }
    if (!check(logger, "signalhub_receiver_recv", status) || !write_message(logger))
        return false;
    count(logger, 1, 0);
    return true;
}

/* The thread. */
static void *run(void *argument)
{
    logger_t *logger = argument;

    while (receive(logger))
        ;
    if (fclose(logger->file) != 0) /* it writes what is still in the buffer */
        fail(logger, "cannot write", strerror(errno));
    logger->file = NULL;
    return NULL;
}

static bool start(logger_t *logger, const signalhub_t *hub, const char *path)
{
    int error;

    logger->file = fopen(path, "w");
    if (logger->file == NULL)
        return fail(logger, "cannot open", strerror(errno));
    setvbuf(logger->file, logger->buffer, _IOFBF, sizeof logger->buffer);
    if (!check(logger, "signalhub_message_new", signalhub_message_new(&logger->message)) ||
        !check(logger, "signalhub_subscribe", signalhub_subscribe(hub, &logger->receiver)) ||
        !check(logger, "signalhub_receiver_next_seq",
               signalhub_receiver_next_seq(logger->receiver, &logger->report.first_seq)))
        return false;
    error = pthread_create(&logger->thread, NULL, run, logger);
    return error == 0 || fail(logger, "pthread_create", strerror(error));
}

static void discard(logger_t *logger)
{
    if (logger->file != NULL)
        fclose(logger->file);
    signalhub_receiver_free(logger->receiver);
    signalhub_message_free(logger->message);
    pthread_mutex_destroy(&logger->lock);
    free(logger);
}

/* Starts a thread that writes a file, anew if it is there. `hub` and `path` remain the caller's. */
int logger_start(const signalhub_t *hub, const char *path, logger_t **out_logger,
                 logger_report_t *out_report)
{
    logger_t *logger = calloc(1, sizeof *logger);

    memset(out_report, 0, sizeof *out_report);
    if (logger == NULL) {
        snprintf(out_report->failure, sizeof out_report->failure, "no memory");
        return -1;
    }
    pthread_mutex_init(&logger->lock, NULL);
    if (!start(logger, hub, path)) {
        *out_report = logger->report;
        discard(logger);
        return -1;
    }
    *out_logger = logger;
    return 0;
}

/* Says what the logger has done so far. */
int logger_report(logger_t *logger, logger_report_t *out_report)
{
    pthread_mutex_lock(&logger->lock);
    *out_report = logger->report;
    pthread_mutex_unlock(&logger->lock);
    return out_report->failure[0] == '\0' ? 0 : -1;
}

/* Waits until the hub is closed and its last message written, then frees the logger, also when it
 * returns -1. */
int logger_stop(logger_t *logger, logger_report_t *out_report)
{
    int status;

    pthread_join(logger->thread, NULL);
    status = logger_report(logger, out_report);
    discard(logger);
    return status;
}
