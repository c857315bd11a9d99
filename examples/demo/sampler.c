/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Samples this machine from /proc, a thousand times a second, and publishes what it reads as JSON.
 *
 * One sample is one message on each topic: cpu.0, cpu.1, ..., sched, mem, load, disk, net. The
 * numbers are as the kernel has them, most of them counted since boot; who wants a rate takes the
 * difference of two messages. A file that this /proc does not have is left out.
 *
 * All of it is in one file, long as it is, for the demo makes a library of each.
 */

#define _POSIX_C_SOURCE 200809L

#include <signalhub/signalhub.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 1000000
#define TEXT_BYTES (1 << 20) /* the longest is /proc/stat: 64 KiB with 256 cores */
#define JSON_BYTES 512
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What a sampler has done so far. */
typedef struct {
    uint64_t samples;   /* taken */
    uint64_t overruns;  /* due, but left out: the one before was not done yet */
    uint64_t published; /* messages */
    char failure[256];  /* why it ended; empty if all is well */
} sampler_report_t;

typedef struct sampler sampler_t;

/* Publishes what the text of a file, read at that time, says. False: the sampler has to end. */
typedef bool publish_source_t(sampler_t *sampler, char *text, const char *at);

static publish_source_t publish_stat, publish_meminfo, publish_loadavg, publish_diskstats,
    publish_net_dev;

static const struct {
    const char *path;
    publish_source_t *publish;
} sources[] = {
    {"/proc/stat", publish_stat},       {"/proc/meminfo", publish_meminfo},
    {"/proc/loadavg", publish_loadavg}, {"/proc/diskstats", publish_diskstats},
    {"/proc/net/dev", publish_net_dev},
};

struct sampler {
    signalhub_t *hub;
    int files[COUNT(sources)]; /* -1: not on this machine */
    char text[TEXT_BYTES];
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows: the thread writes it, callers look */
    bool stopping;        /* but this one callers write */
    sampler_report_t report;
};

/* Each returns 0, or -1 when the report says what failed. */
int sampler_start(const signalhub_t *hub, sampler_t **out_sampler, sampler_report_t *out_report);
int sampler_report(sampler_t *sampler, sampler_report_t *out_report);
int sampler_stop(sampler_t *sampler, sampler_report_t *out_report);

/* Notes why the sampler ends. Returns false, for the caller to return. */
static bool fail(sampler_t *sampler, const char *what, const char *why)
{
    pthread_mutex_lock(&sampler->lock);
    snprintf(sampler->report.failure, sizeof sampler->report.failure, "%s: %s", what, why);
    pthread_mutex_unlock(&sampler->lock);
    return false;
}

/* Publishes one JSON value. False: the sampler has to end, for this failed or the hub is closed. */
__attribute__((format(printf, 3, 4))) static bool publish(sampler_t *sampler, const char *topic,
                                                          const char *format, ...)
{
    char json[JSON_BYTES];
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    signalhub_status_t status;
    va_list values;
    int len;

    va_start(values, format);
    len = vsnprintf(json, sizeof json, format, values);
    va_end(values);
    if (len < 0 || (size_t)len >= sizeof json)
        return fail(sampler, topic, "the JSON does not fit its buffer");

    view.data = json;
    view.len = (size_t)len;
    view.topic = topic;
    view.topic_len = strlen(topic);
    view.kind = SIGNALHUB_KIND_JSON;
    status = signalhub_publish_view(sampler->hub, &view, NULL, NULL);
    if (status == SIGNALHUB_CLOSED)
        return false;
    if (status != SIGNALHUB_OK)
        return fail(sampler, "signalhub_publish_view", signalhub_status_str(status));

    pthread_mutex_lock(&sampler->lock);
    sampler->report.published++;
    pthread_mutex_unlock(&sampler->lock);
    return true;
}

/* Cuts the next line off the text; NULL at the end. */
static char *next_line(char **text)
{
    char *line = *text;
    size_t len = strcspn(line, "\n");

    if (*line == '\0')
        return NULL;
    *text = line + len + (line[len] == '\n');
    line[len] = '\0';
    return line;
}

/* Reads the number of a line that begins with a label. */
static bool number(const char *line, const char *label, unsigned long long *out_number)
{
    size_t len = strlen(label);

    if (strncmp(line, label, len) != 0)
        return false;
    *out_number = strtoull(line + len, NULL, 10);
    return true;
}

static bool publish_cpu(sampler_t *sampler, const char *line, const char *at)
{
    const unsigned long long tick_ms = 1000 / (unsigned long long)sysconf(_SC_CLK_TCK);
    unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
    unsigned core;
    char topic[32];

    if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu", &core, &user, &nice, &system,
               &idle, &iowait, &irq, &softirq, &steal) != 9)
        return fail(sampler, "not understood in /proc/stat", line);
    snprintf(topic, sizeof topic, "cpu.%u", core);
    return publish(sampler, topic,
                   "{\"time\":%s,\"user_ms\":%llu,\"nice_ms\":%llu,\"system_ms\":%llu,"
                   "\"idle_ms\":%llu,\"iowait_ms\":%llu,\"irq_ms\":%llu,\"softirq_ms\":%llu,"
                   "\"steal_ms\":%llu}",
                   at, user * tick_ms, nice * tick_ms, system * tick_ms, idle * tick_ms,
                   iowait * tick_ms, irq * tick_ms, softirq * tick_ms, steal * tick_ms);
}

static bool publish_stat(sampler_t *sampler, char *text, const char *at)
{
    unsigned long long switches = 0, interrupts = 0, forks = 0, running = 0, blocked = 0;
    char *line;

    while ((line = next_line(&text)) != NULL) {
        if (strncmp(line, "cpu", 3) == 0 && isdigit((unsigned char)line[3])) {
            if (!publish_cpu(sampler, line, at))
                return false;
        } else {
            (void)(number(line, "ctxt ", &switches) || number(line, "intr ", &interrupts) ||
                   number(line, "processes ", &forks) || number(line, "procs_running ", &running) ||
                   number(line, "procs_blocked ", &blocked));
        }
    }
    return publish(sampler, "sched",
                   "{\"time\":%s,\"context_switches\":%llu,\"interrupts\":%llu,\"forks\":%llu,"
                   "\"running\":%llu,\"blocked\":%llu}",
                   at, switches, interrupts, forks, running, blocked);
}

static bool publish_meminfo(sampler_t *sampler, char *text, const char *at)
{
    unsigned long long total = 0, available = 0, unused = 0, cached = 0, swap = 0, swap_unused = 0;
    char *line;

    while ((line = next_line(&text)) != NULL)
        (void)(number(line, "MemTotal:", &total) || number(line, "MemFree:", &unused) ||
               number(line, "MemAvailable:", &available) || number(line, "Cached:", &cached) ||
               number(line, "SwapTotal:", &swap) || number(line, "SwapFree:", &swap_unused));
    return publish(sampler, "mem",
                   "{\"time\":%s,\"total_bytes\":%llu,\"available_bytes\":%llu,\"free_bytes\":%llu,"
                   "\"cached_bytes\":%llu,\"swap_total_bytes\":%llu,\"swap_free_bytes\":%llu}",
                   at, total * 1024, available * 1024, unused * 1024, cached * 1024, swap * 1024,
                   swap_unused * 1024);
}

static bool publish_loadavg(sampler_t *sampler, char *text, const char *at)
{
    char load[3][16]; /* text stays text: printf's decimal point depends on the locale */
    unsigned long long running, tasks;

    if (sscanf(text, "%15s %15s %15s %llu/%llu", load[0], load[1], load[2], &running, &tasks) != 5)
        return fail(sampler, "not understood in /proc/loadavg", text);
    return publish(sampler, "load",
                   "{\"time\":%s,\"load1\":%s,\"load5\":%s,\"load15\":%s,\"running\":%llu,"
                   "\"tasks\":%llu}",
                   at, load[0], load[1], load[2], running, tasks);
}

/* Devices that keep their data in memory, or on other devices, where it is counted already. */
static bool is_stacked(const char *device)
{
    static const char *const kinds[] = {"loop", "ram", "zram", "dm-", "md", "drbd", "bcache"};

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(device, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

/* A partition is its disk's name and a number, with a p between if the name ends with a digit. */
static bool is_partition(const char *device, const char *disk)
{
    size_t len = strlen(disk);
    const char *suffix = device + len;

    if (len == 0 || strncmp(device, disk, len) != 0)
        return false;
    if (isdigit((unsigned char)disk[len - 1]) && *suffix++ != 'p')
        return false;
    return *suffix != '\0' && suffix[strspn(suffix, "0123456789")] == '\0';
}

static bool publish_diskstats(sampler_t *sampler, char *text, const char *at)
{
    const unsigned long long sector_bytes = 512; /* in this file, whatever the disk has */
    unsigned long long reads = 0, sectors_read = 0, writes = 0, sectors_written = 0;
    char disk[64] = "";
    char *line;

    while ((line = next_line(&text)) != NULL) {
        unsigned long long count[4];
        char device[sizeof disk];

        if (sscanf(line, "%*u %*u %63s %llu %*u %llu %*u %llu %*u %llu", device, &count[0],
                   &count[1], &count[2], &count[3]) != 5)
            return fail(sampler, "not understood in /proc/diskstats", line);
        if (is_stacked(device) || is_partition(device, disk))
            continue;
        memcpy(disk, device, sizeof disk);
        reads += count[0];
        sectors_read += count[1];
        writes += count[2];
        sectors_written += count[3];
    }
    return publish(sampler, "disk",
                   "{\"time\":%s,\"reads\":%llu,\"read_bytes\":%llu,\"writes\":%llu,"
                   "\"written_bytes\":%llu}",
                   at, reads, sectors_read * sector_bytes, writes, sectors_written * sector_bytes);
}

/* All interfaces together, but for the loopback. */
static bool publish_net_dev(sampler_t *sampler, char *text, const char *at)
{
    unsigned long long rx_bytes = 0, rx_packets = 0, tx_bytes = 0, tx_packets = 0;
    char *line;

    while ((line = next_line(&text)) != NULL) {
        unsigned long long count[4];
        char *counts = strchr(line, ':');

        if (counts == NULL || strncmp(line + strspn(line, " "), "lo:", 3) == 0)
            continue; /* the two lines of headings have no colon */
        if (sscanf(counts, ":%llu %llu %*u %*u %*u %*u %*u %*u %llu %llu", &count[0], &count[1],
                   &count[2], &count[3]) != 4)
            return fail(sampler, "not understood in /proc/net/dev", line);
        rx_bytes += count[0];
        rx_packets += count[1];
        tx_bytes += count[2];
        tx_packets += count[3];
    }
    return publish(sampler, "net",
                   "{\"time\":%s,\"rx_bytes\":%llu,\"rx_packets\":%llu,\"tx_bytes\":%llu,"
                   "\"tx_packets\":%llu}",
                   at, rx_bytes, rx_packets, tx_bytes, tx_packets);
}

/* Reads a file from its start, which is when the kernel makes its text anew. */
static bool read_source(sampler_t *sampler, size_t source)
{
    const int file = sampler->files[source];
    size_t len = 0;

    while (len < sizeof sampler->text) {
        ssize_t count = pread(file, sampler->text + len, sizeof sampler->text - len, (off_t)len);

        if (count == 0) {
            sampler->text[len] = '\0';
            return true;
        }
        if (count > 0)
            len += (size_t)count;
        else if (errno != EINTR)
            return fail(sampler, sources[source].path, strerror(errno));
    }
    return fail(sampler, sources[source].path, strerror(EFBIG));
}

/* Reads every file and publishes what it says, with the time in seconds since 1970. */
static bool sample(sampler_t *sampler)
{
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct timespec now;
        char at[32];

        if (sampler->files[i] < 0)
            continue;
        if (!read_source(sampler, i))
            return false;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(at, sizeof at, "%jd.%06ld", (intmax_t)now.tv_sec, now.tv_nsec / 1000);
        if (!sources[i].publish(sampler, sampler->text, at))
            return false;
    }
    return true;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_until(int64_t due_ns)
{
    struct timespec due;

    due.tv_sec = (time_t)(due_ns / 1000000000);
    due.tv_nsec = (long)(due_ns % 1000000000);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
        ;
}

/* Counts a sample and the overruns after it. Returns whether to take another. */
static bool count_sample(sampler_t *sampler, uint64_t overruns)
{
    bool go_on;

    pthread_mutex_lock(&sampler->lock);
    sampler->report.samples++;
    sampler->report.overruns += overruns;
    go_on = !sampler->stopping;
    pthread_mutex_unlock(&sampler->lock);
    return go_on;
}

/* The thread. Samples are due at fixed times: one that is late delays no other. */
static void *run(void *argument)
{
    sampler_t *sampler = argument;
    int64_t due_ns = now_ns();

    while (sample(sampler)) {
        int64_t overruns = (now_ns() - due_ns) / PERIOD_NS;

        if (!count_sample(sampler, (uint64_t)overruns))
            break;
        due_ns += (overruns + 1) * PERIOD_NS;
        sleep_until(due_ns);
    }
    return NULL;
}

static bool open_sources(sampler_t *sampler)
{
    for (size_t i = 0; i < COUNT(sources); i++) {
        sampler->files[i] = open(sources[i].path, O_RDONLY | O_CLOEXEC);
        if (sampler->files[i] < 0 && (errno != ENOENT || i == 0))
            return fail(sampler, sources[i].path, strerror(errno));
    }
    return true;
}

static bool start(sampler_t *sampler, const signalhub_t *hub)
{
    signalhub_status_t status;
    int error;

    if (!open_sources(sampler))
        return false;
    status = signalhub_clone(hub, &sampler->hub);
    if (status != SIGNALHUB_OK)
        return fail(sampler, "signalhub_clone", signalhub_status_str(status));
    error = pthread_create(&sampler->thread, NULL, run, sampler);
    return error == 0 || fail(sampler, "pthread_create", strerror(error));
}

static void discard(sampler_t *sampler)
{
    for (size_t i = 0; i < COUNT(sources); i++)
        if (sampler->files[i] >= 0)
            close(sampler->files[i]);
    signalhub_free(sampler->hub);
    pthread_mutex_destroy(&sampler->lock);
    free(sampler);
}

/* Starts a thread that samples and publishes. `hub` remains the caller's. */
int sampler_start(const signalhub_t *hub, sampler_t **out_sampler, sampler_report_t *out_report)
{
    sampler_t *sampler = calloc(1, sizeof *sampler);

    memset(out_report, 0, sizeof *out_report);
    if (sampler == NULL) {
        snprintf(out_report->failure, sizeof out_report->failure, "no memory");
        return -1;
    }
    pthread_mutex_init(&sampler->lock, NULL);
    for (size_t i = 0; i < COUNT(sources); i++)
        sampler->files[i] = -1;
    if (!start(sampler, hub)) {
        *out_report = sampler->report;
        discard(sampler);
        return -1;
    }
    *out_sampler = sampler;
    return 0;
}

/* Says what the sampler has done so far. */
int sampler_report(sampler_t *sampler, sampler_report_t *out_report)
{
    pthread_mutex_lock(&sampler->lock);
    *out_report = sampler->report;
    pthread_mutex_unlock(&sampler->lock);
    return out_report->failure[0] == '\0' ? 0 : -1;
}

/* Ends the thread and frees the sampler, also when it returns -1. */
int sampler_stop(sampler_t *sampler, sampler_report_t *out_report)
{
    int status;

    pthread_mutex_lock(&sampler->lock);
    sampler->stopping = true;
    pthread_mutex_unlock(&sampler->lock);
    pthread_join(sampler->thread, NULL);
    status = sampler_report(sampler, out_report);
    discard(sampler);
    return status;
}
