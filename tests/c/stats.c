/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Statistics of a hub and of its receivers: what they count, who holds publishers up, how they read
   as text. */
#include "check.h"

static signalhub_t *hub;

static signalhub_receiver_options_t named(const char *name)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    options.name = name;
    options.name_len = strlen(name);
    return options;
}

static signalhub_receiver_t *subscribe(const signalhub_receiver_options_t *options)
{
    signalhub_receiver_t *receiver = NULL;
    CHECK_OK(signalhub_subscribe_with(hub, options, &receiver));
    return receiver;
}

static signalhub_stats_t stats_of_hub(void)
{
    signalhub_stats_t stats = SIGNALHUB_STATS_INIT;
    CHECK_OK(signalhub_stats(hub, &stats));
    return stats;
}

static signalhub_receiver_stats_t stats_of(signalhub_receiver_t *receiver)
{
    signalhub_receiver_stats_t stats = SIGNALHUB_RECEIVER_STATS_INIT;
    CHECK_OK(signalhub_receiver_stats(receiver, &stats));
    return stats;
}

static void receive(signalhub_receiver_t *receiver, signalhub_status_t want)
{
    signalhub_message_t *message = new_message();
    CHECK_STATUS(signalhub_receiver_try_recv(receiver, message, NULL), want);
    CHECK_OK(signalhub_message_free(message));
}

static void a_hub_counts_what_it_comes_across(void)
{
    signalhub_receiver_t *receiver;
    signalhub_stats_t stats;
    hub = new_hub(2);
    stats = stats_of_hub();
    CHECK(stats.capacity == 2 && stats.published == 0 && stats.receivers == 0);
    CHECK(stats.waiting == 0 && stats.waiting_publishers == 0);
    CHECK(stats.gated_by == SIGNALHUB_NO_RECEIVER);
    receiver = new_receiver(hub);
    for (int i = 0; i < 3; i++)
        CHECK_OK(publish_text(hub, "x"));
    stats = stats_of_hub();
    CHECK(stats.published == 3 && stats.receivers == 1);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_close(hub));
    stats = stats_of_hub();
    CHECK(stats.published == 3 && stats.receivers == 0);
    CHECK_OK(signalhub_free(hub));
}

static void *sleep_in_recv(void *receiver)
{
    signalhub_message_t *message = new_message();
    CHECK_STATUS(signalhub_receiver_recv((signalhub_receiver_t *)receiver, message, NULL),
                 SIGNALHUB_CLOSED);
    CHECK_OK(signalhub_message_free(message));
    return NULL;
}

static void *wait_in_publish(void *unused)
{
    const signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    CHECK_STATUS(signalhub_publish_timeout(hub, &view, -1, NULL, NULL), SIGNALHUB_CLOSED);
    return unused;
}

static void it_tells_who_waits(void)
{
    signalhub_receiver_t *receiver;
    pthread_t thread;
    hub = new_hub(2);
    receiver = new_receiver(hub);
    thread = start(sleep_in_recv, receiver);
    while (stats_of_hub().waiting != 1)
        nap();
    CHECK_OK(signalhub_close(hub));
    join(thread);
    CHECK(stats_of_hub().waiting == 0);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void it_tells_who_holds_publishers_up(void)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_t *lossy, *fast, *slow;
    pthread_t publisher;
    hub = new_hub(2);
    options.lossless = 1;
    lossy = new_receiver(hub);
    fast = subscribe(&options);
    slow = subscribe(&options);
    CHECK_OK(publish_text(hub, "x"));
    CHECK(stats_of_hub().gated_by == SIGNALHUB_NO_RECEIVER); /* there is room for another one */
    CHECK_OK(publish_text(hub, "x"));
    receive(fast, SIGNALHUB_OK);
    CHECK(stats_of_hub().gated_by == stats_of(slow).id && stats_of(slow).id == 2);
    publisher = start(wait_in_publish, NULL);
    while (stats_of_hub().waiting_publishers != 1)
        nap();
    CHECK_OK(signalhub_close(hub));
    join(publisher);
    CHECK(stats_of_hub().waiting_publishers == 0);
    CHECK_OK(signalhub_receiver_free(slow));
    CHECK(stats_of_hub().gated_by == SIGNALHUB_NO_RECEIVER);
    CHECK_OK(signalhub_receiver_free(fast));
    CHECK_OK(signalhub_receiver_free(lossy));
    CHECK_OK(signalhub_free(hub));
}

static void a_receiver_counts_how_far_behind_it_was(void)
{
    signalhub_receiver_options_t options = named("slow");
    signalhub_receiver_stats_t stats;
    signalhub_receiver_t *receiver;
    options.warn_behind = 3;
    hub = new_hub(4);
    receiver = subscribe(&options);
    for (uint64_t behind = 0; behind < 4; behind++) {
        stats = stats_of(receiver);
        CHECK(stats.behind == behind && stats.worst_behind == behind);
        CHECK(stats.about_to_lag == (behind >= 3));
        CHECK_OK(publish_text(hub, "x"));
    }
    CHECK_OK(publish_text(hub, "x"));
    CHECK_OK(publish_text(hub, "x"));
    receive(receiver, SIGNALHUB_LAGGED);
    for (int i = 0; i < 4; i++)
        receive(receiver, SIGNALHUB_OK);
    stats = stats_of(receiver);
    CHECK(stats.behind == 0 && stats.worst_behind == 6 && stats.about_to_lag == 0);
    CHECK(stats.received == 4 && stats.missed == 2 && strcmp(stats.name, "slow") == 0);
    CHECK_OK(signalhub_receiver_free(receiver));

    options.warn_behind = 0; /* is never */
    receiver = subscribe(&options);
    for (int i = 0; i < 10; i++)
        CHECK_OK(publish_text(hub, "x"));
    CHECK(stats_of(receiver).about_to_lag == 0);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void receivers_are_told_of_in_their_order(void)
{
    static const char *const names[] = {"a", "", "h\xc3\xb6her"};
    signalhub_receiver_stats_t stats[4], *none = NULL;
    signalhub_receiver_t *receivers[COUNT_OF(names)];
    size_t count = 77;
    hub = new_hub(4);
    CHECK_OK(signalhub_stats_receivers(hub, none, 0, &count));
    CHECK(count == 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const signalhub_receiver_options_t options = named(names[i]);
        receivers[i] = subscribe(&options);
    }
    CHECK_OK(publish_text(hub, "x"));
    receive(receivers[1], SIGNALHUB_OK);
    for (size_t room = 0; room <= COUNT_OF(stats); room++) {
        memset(stats, 0x55, sizeof stats);
        for (size_t i = 0; i < room; i++)
            stats[i].struct_size = sizeof stats[i];
        CHECK_OK(signalhub_stats_receivers(hub, stats, room, &count));
        CHECK(count == COUNT_OF(names));
        for (size_t i = 0; i < room && i < count; i++) {
            CHECK(stats[i].id == i && strcmp(stats[i].name, names[i]) == 0);
            CHECK(stats[i].received == (i == 1) && stats[i].behind == (i != 1));
        }
        if (room < COUNT_OF(stats)) /* nothing behind the room, and nothing behind the last */
            CHECK(stats[room].id == 0x5555555555555555);
        CHECK(room <= count || stats[count].id == 0x5555555555555555);
    }
    /* Numbers are never given twice. */
    CHECK_OK(signalhub_receiver_free(receivers[0]));
    receivers[0] = new_receiver(hub);
    CHECK(stats_of(receivers[0]).id == 3);
    stats[0].struct_size = stats[1].struct_size = sizeof stats[0];
    CHECK_OK(signalhub_stats_receivers(hub, stats, 1, &count));
    CHECK(count == 3 && stats[0].id == 1);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        CHECK_OK(signalhub_receiver_free(receivers[i]));
    CHECK_OK(signalhub_free(hub));
}

static signalhub_status_t try_name(const char *name, size_t len)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    signalhub_receiver_t *receiver = NULL;
    signalhub_status_t status;
    options.name = name;
    options.name_len = len;
    status = signalhub_subscribe_with(hub, &options, &receiver);
    CHECK((status == SIGNALHUB_OK) == (receiver != NULL));
    if (receiver != NULL) {
        const signalhub_receiver_stats_t stats = stats_of(receiver);
        CHECK(strlen(stats.name) == (name != NULL ? len : 0));
        CHECK(name == NULL || memcmp(stats.name, name, len) == 0);
    }
    CHECK_OK(signalhub_receiver_free(receiver));
    return status;
}

static void names_have_rules(void)
{
    static const char *const controls[] = {"a\n", "\t", "\x1b[0m", "\x7f", "\xc2\x85"};
    static const char *const not_utf8[] = {"\xff", "a\xc0\xaf", "\xed\xa0\x80", "\xe2\x82"};
    static const char *const fine[] = {"a", "two words", "a.b/c-d", "\"\\", "gr\xc3\xb6\xc3\x9f"};
    char longest[64];
    hub = new_hub(1);
    memset(longest, 'n', sizeof longest);
    CHECK_OK(try_name(longest, 63));
    CHECK_STATUS(try_name(longest, 64), SIGNALHUB_ERR_NAME);
    CHECK_OK(try_name(NULL, 0));
    CHECK_OK(try_name("", 0));
    CHECK_STATUS(try_name(NULL, 1), SIGNALHUB_ERR_NULL);
    CHECK_STATUS(try_name("a\0b", 3), SIGNALHUB_ERR_NAME); /* a NUL ends no name */
    CHECK(try_name("a", SIZE_MAX) < 0);
    for (size_t i = 0; i < COUNT_OF(controls); i++)
        CHECK_STATUS(try_name(controls[i], strlen(controls[i])), SIGNALHUB_ERR_NAME);
    for (size_t i = 0; i < COUNT_OF(not_utf8); i++)
        CHECK_STATUS(try_name(not_utf8[i], strlen(not_utf8[i])), SIGNALHUB_ERR_UTF8);
    for (size_t i = 0; i < COUNT_OF(fine); i++)
        CHECK_OK(try_name(fine[i], strlen(fine[i])));
    CHECK(stats_of_hub().receivers == 0);
    CHECK_OK(signalhub_free(hub));
}

static void the_text_escapes_its_labels(void)
{
    static const char label[] = "a \"hub\" \\ of\nmine";
    const signalhub_receiver_options_t options = named("the \"slow\" \\ one");
    static char text[1 << 16];
    signalhub_receiver_t *receiver;
    size_t len = 0;
    hub = new_hub(7);
    receiver = subscribe(&options);
    CHECK_OK(publish_text(hub, "x"));
    CHECK_OK(signalhub_stats_text(hub, label, strlen(label), text, sizeof text - 1, &len));
    text[len] = '\0';
    CHECK(len > 0 && text[len - 1] == '\n');
    CHECK(strstr(text, "signalhub_capacity{hub=\"a \\\"hub\\\" \\\\ of\\nmine\"} 7\n") != NULL);
    CHECK(strstr(text, "signalhub_receiver_behind{hub=\"a \\\"hub\\\" \\\\ of\\nmine\","
                       "receiver=\"0\",name=\"the \\\"slow\\\" \\\\ one\"} 1\n") != NULL);
    CHECK_OK(signalhub_stats_text(hub, NULL, 0, text, sizeof text - 1, &len));
    text[len] = '\0';
    CHECK(strstr(text, "signalhub_published_total{hub=\"\"} 1\n") != NULL);
    CHECK_STATUS(signalhub_stats_text(hub, "\xff", 1, text, sizeof text, &len), SIGNALHUB_ERR_UTF8);
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

static void a_buffer_that_is_too_small_stays_as_it_is(void)
{
    static char text[1 << 16];
    size_t needed = 0, len = 77;
    hub = new_hub(7);
    CHECK_STATUS(signalhub_stats_text(hub, "h", 1, NULL, 0, &needed), SIGNALHUB_ERR_TOO_SMALL);
    CHECK(needed > 100 && needed < sizeof text);
    memset(text, 0x55, sizeof text);
    CHECK_STATUS(signalhub_stats_text(hub, "h", 1, text, needed - 1, &len),
                 SIGNALHUB_ERR_TOO_SMALL);
    CHECK(len == needed);
    for (size_t i = 0; i < sizeof text; i++)
        CHECK(text[i] == 0x55);
    CHECK_OK(signalhub_stats_text(hub, "h", 1, text, needed, &len));
    CHECK(len == needed && text[needed - 1] == '\n' && text[needed] == 0x55);
    CHECK_OK(signalhub_free(hub));
}

static int done;

static void *look_and_look(void *unused)
{
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        signalhub_receiver_stats_t stats[3] = {SIGNALHUB_RECEIVER_STATS_INIT,
                                               SIGNALHUB_RECEIVER_STATS_INIT,
                                               SIGNALHUB_RECEIVER_STATS_INIT};
        static char text[1 << 16];
        size_t count = 0, len = 0;
        (void)stats_of_hub();
        CHECK_OK(signalhub_stats_receivers(hub, stats, COUNT_OF(stats), &count));
        for (size_t i = 0; i + 1 < count && i + 1 < COUNT_OF(stats); i++)
            CHECK(stats[i].id < stats[i + 1].id && strcmp(stats[i].name, "guest") == 0);
        CHECK_OK(signalhub_stats_text(hub, "h", 1, text, sizeof text, &len));
    }
    return unused;
}

/* Receivers come, receive and go meanwhile, lossless ones too. */
static void any_thread_may_ask_at_any_time(void)
{
    signalhub_receiver_options_t options = named("guest");
    pthread_t thread;
    hub = new_hub(2);
    done = 0;
    thread = start(look_and_look, NULL);
    for (long i = scaled(2000); i > 0; i--) {
        signalhub_receiver_t *first, *second;
        options.lossless = i % 2 != 0;
        first = subscribe(&options);
        second = subscribe(&options);
        CHECK_OK(publish_text(hub, "x"));
        receive(second, SIGNALHUB_OK);
        CHECK_OK(signalhub_receiver_free(first));
        CHECK_OK(signalhub_receiver_free(second));
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    join(thread);
    CHECK(stats_of_hub().receivers == 0);
    CHECK_OK(signalhub_free(hub));
}

int main(void)
{
    watchdog();
    a_hub_counts_what_it_comes_across();
    it_tells_who_waits();
    it_tells_who_holds_publishers_up();
    a_receiver_counts_how_far_behind_it_was();
    receivers_are_told_of_in_their_order();
    names_have_rules();
    the_text_escapes_its_labels();
    a_buffer_that_is_too_small_stays_as_it_is();
    any_thread_may_ask_at_any_time();
    puts("stats: fine");
    return 0;
}
