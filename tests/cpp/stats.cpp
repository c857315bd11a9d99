// SPDX-License-Identifier: MIT OR Apache-2.0
// Statistics of a hub and of its receivers have what C tells, however many receivers come
// meanwhile.
#include "check.h"

static const signalhub_t *watched; // in which receivers come
static signalhub_receiver_t *guest;

// Stand in for the calls by which the header asks, the second time each, when it has made room: one
// more receiver comes, whose name makes the text longer.
static void guest_comes(const signalhub_t *hub)
{
    signalhub_receiver_options_t options = SIGNALHUB_RECEIVER_OPTIONS_INIT;
    options.name = "a guest whose name is no short string";
    options.name_len = strlen(options.name);
    if (hub == watched && guest == nullptr)
        CHECK_OK(signalhub_subscribe_with(hub, &options, &guest));
}

static signalhub_status_t late_receivers(const signalhub_t *hub, signalhub_receiver_stats_t *stats,
                                         size_t count, size_t *out_count)
{
    if (count > 0)
        guest_comes(hub);
    return (signalhub_stats_receivers)(hub, stats, count, out_count);
}

static signalhub_status_t late_text(const signalhub_t *hub, const char *label, size_t label_len,
                                    void *buf, size_t buf_len, size_t *out_len)
{
    if (buf_len > 0)
        guest_comes(hub);
    return (signalhub_stats_text)(hub, label, label_len, buf, buf_len, out_len);
}

#define signalhub_stats_receivers late_receivers
#define signalhub_stats_text late_text
#include <signalhub/signalhub.hpp>

using namespace signalhub;

static Hub hub_of(std::uint64_t capacity)
{
    Options options;
    options.capacity = capacity;
    return Hub(options);
}

static void a_receiver_counts_what_it_comes_across()
{
    const Hub hub = hub_of(4);
    const Receiver first = hub.subscribe();
    ReceiverOptions options;
    options.pattern = "a";
    options.name = "gr\u00f6\u00dfe";
    options.warn_behind = 2;
    Receiver receiver = hub.subscribe(options);
    for (const char *topic : {"a", "b", "a", "b", "a", "a"})
        CHECK(hub.publish(View("x").with_topic(topic)));
    const ReceiverStats before = receiver.stats();
    CHECK(before.behind == 6 && before.worst_behind == 6 && before.is_about_to_lag);
    while (receiver.try_recv().outcome() != Outcome::empty) {
    }
    const ReceiverStats stats = receiver.stats();
    CHECK(stats.id == 1 && stats.name == options.name && !stats.is_lossless);
    CHECK(stats.start_seq == 0 && stats.next_seq == 6);
    CHECK(stats.received == 3 && stats.filtered == 1 && stats.missed == 2);
    CHECK(stats.behind == 0 && stats.worst_behind == 6 && !stats.is_about_to_lag);
}

static void a_hub_counts_what_it_comes_across()
{
    const Hub hub = hub_of(2);
    CHECK(hub.stats().receivers.empty() && !hub.stats().gated_by);
    ReceiverOptions options;
    options.lossless = true;
    options.name = "slow";
    const Receiver lossy = hub.subscribe(), slow = hub.subscribe(options);
    CHECK(hub.publish("x") && hub.publish("x") && !hub.publish("x"));
    const HubStats stats = hub.stats();
    CHECK(stats.capacity == 2 && stats.published == 2);
    CHECK(stats.waiting == 0 && stats.waiting_publishers == 0 && stats.gated_by == 1u);
    CHECK(stats.receivers.size() == 2 && stats.receivers[0].name.empty());
    CHECK(stats.receivers[1].name == "slow" && stats.receivers[1].is_lossless);
}

static void the_text_has_its_label()
{
    const Hub hub = hub_of(7);
    const std::string text = hub.stats_text("a \"hub\"");
    CHECK(text.find("signalhub_capacity{hub=\"a \\\"hub\\\"\"} 7\n") != text.npos);
    CHECK(text.back() == '\n' && text.find('\0') == text.npos);
    CHECK(hub.stats_text({}).find("signalhub_capacity{hub=\"\"} 7\n") != text.npos);
}

// One that comes between two looks is told of, too.
static void receivers_may_come_meanwhile()
{
    const Hub hub = hub_of(2);
    const Receiver first = hub.subscribe();
    watched = hub.native_handle();
    const HubStats stats = hub.stats();
    CHECK(guest != nullptr && stats.receivers.size() == 2);
    CHECK(stats.receivers[1].name == "a guest whose name is no short string");
    CHECK_OK(signalhub_receiver_free(guest));
    guest = nullptr;
    const std::string text = hub.stats_text("hub");
    CHECK(guest != nullptr && text.find("name=\"a guest") != text.npos && text.back() == '\n');
    CHECK_OK(signalhub_receiver_free(guest));
}

int main()
{
    watchdog();
    a_receiver_counts_what_it_comes_across();
    a_hub_counts_what_it_comes_across();
    the_text_has_its_label();
    receivers_may_come_meanwhile();
    puts("stats: fine");
}
