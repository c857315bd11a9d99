/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A message is the caller's: it keeps what it was filled with, whatever becomes of the hub. */
#include "check.h"

static void a_fresh_message_is_empty(void)
{
    signalhub_message_t *message = new_message();
    signalhub_view_t view = view_of(message);
    CHECK(view.len == 0 && view.kind == SIGNALHUB_KIND_BYTES);
    CHECK(view.topic == NULL && view.topic_len == 0 && view.origin == 0 && view.seq == 0);
    CHECK_OK(signalhub_message_clear(message));
    CHECK_OK(signalhub_message_free(message));
}

static void every_part_arrives(void)
{
    signalhub_t *hub = new_hub(4);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    uint64_t seq = 77, receivers = 77;
    CHECK_OK(signalhub_publish(hub, 0, NULL, 0, &seq, &receivers));
    CHECK(seq == 0 && receivers == 1);
    view.data = "{}";
    view.len = 2;
    view.kind = SIGNALHUB_KIND_JSON;
    view.topic = "cpu.load.not this";
    view.topic_len = 8;
    view.origin = UINT64_MAX;
    view.seq = 12345; /* ignored */
    CHECK_OK(signalhub_publish_view(hub, &view, &seq, &receivers));
    CHECK(seq == 1 && receivers == 1);
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    view = view_of(message);
    CHECK(view.struct_size == sizeof view && view.reserved == 0);
    CHECK(view.len == 2 && memcmp(view.data, "{}", 2) == 0);
    CHECK(view.kind == SIGNALHUB_KIND_JSON && view.origin == UINT64_MAX && view.seq == 1);
    CHECK(view.topic_len == 8 && memcmp(view.topic, "cpu.load", 8) == 0);
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
}

/* Receives one message of so many bytes and checks it when everything else is gone. */
static void a_message_outlives_hub_and_receiver(size_t len)
{
    uint8_t *payload = (uint8_t *)malloc(len);
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    signalhub_view_t view;
    CHECK(payload != NULL);
    for (size_t i = 0; i < len; i++)
        payload[i] = (uint8_t)(i % 251);
    CHECK_OK(signalhub_publish(hub, 0, payload, len, NULL, NULL));
    memset(payload, 0xee, len); /* it was copied */
    CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
    for (int i = 0; i < 5; i++)
        CHECK_OK(signalhub_publish(hub, 0, payload, len, NULL, NULL));
    CHECK_OK(signalhub_close(hub));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
    view = view_of(message);
    CHECK(view.len == len && (uintptr_t)view.data % 64 == 0);
    for (size_t i = 0; i < len; i++)
        CHECK(((const uint8_t *)view.data)[i] == i % 251);
    CHECK_OK(signalhub_message_free(message));
    free(payload);
}

static void receivers_share_a_large_payload(void)
{
    static char large[1 << 16];
    signalhub_t *hub = new_hub(2);
    signalhub_receiver_t *receivers[2];
    signalhub_message_t *messages[2];
    for (size_t i = 0; i < 2; i++) {
        receivers[i] = new_receiver(hub);
        messages[i] = new_message();
    }
    CHECK_OK(signalhub_publish(hub, 0, large, sizeof large, NULL, NULL));
    for (size_t i = 0; i < 2; i++)
        CHECK_OK(signalhub_receiver_recv(receivers[i], messages[i], NULL));
    CHECK(view_of(messages[0]).data == view_of(messages[1]).data);
    CHECK_OK(signalhub_message_clear(messages[0]));
    CHECK(view_of(messages[0]).len == 0);
    CHECK(view_of(messages[1]).len == sizeof large);
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(signalhub_message_free(messages[i]));
        CHECK_OK(signalhub_receiver_free(receivers[i]));
    }
    CHECK_OK(signalhub_free(hub));
}

/* What was received can be published again as it is, also while it is all that holds it. */
static void a_message_can_be_published_again(size_t len)
{
    char *payload = (char *)calloc(1, len);
    signalhub_t *hub = new_hub(1);
    signalhub_receiver_t *receiver = new_receiver(hub);
    signalhub_message_t *message = new_message();
    signalhub_view_t view = SIGNALHUB_VIEW_INIT;
    CHECK(payload != NULL);
    memset(payload, 'x', len);
    view.data = payload;
    view.len = len;
    view.kind = SIGNALHUB_KIND_TEXT;
    view.topic = "a.b";
    view.topic_len = 3;
    view.origin = 7;
    CHECK_OK(signalhub_publish_view(hub, &view, NULL, NULL));
    for (uint64_t seq = 0; seq < 10; seq++) {
        CHECK_OK(signalhub_receiver_recv(receiver, message, NULL));
        view = view_of(message);
        CHECK(view.len == len && memcmp(view.data, payload, len) == 0 && view.seq == seq);
        CHECK(view.topic_len == 3 && memcmp(view.topic, "a.b", 3) == 0);
        CHECK(view.kind == SIGNALHUB_KIND_TEXT && view.origin == 7);
        CHECK_OK(signalhub_publish_view(hub, &view, NULL, NULL));
    }
    CHECK_OK(signalhub_message_free(message));
    CHECK_OK(signalhub_receiver_free(receiver));
    CHECK_OK(signalhub_free(hub));
    free(payload);
}

static void a_message_goes_from_hub_to_hub(void)
{
    signalhub_t *hubs[3];
    signalhub_receiver_t *receivers[3];
    signalhub_message_t *message = new_message();
    static const size_t lens[] = {5, 5000, 0};
    static char text[5000];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < 3; i++) {
        hubs[i] = new_hub(4);
        receivers[i] = new_receiver(hubs[i]);
        CHECK_OK(signalhub_publish(hubs[i], 1, text, lens[i], NULL, NULL));
    }
    for (size_t i = 0; i < 9; i++) {
        signalhub_view_t view;
        CHECK_OK(signalhub_receiver_recv(receivers[i % 3], message, NULL));
        view = view_of(message);
        CHECK(view.len == lens[i % 3] && memcmp(view.data, text, view.len) == 0);
        CHECK_OK(signalhub_publish_view(hubs[i % 3], &view, NULL, NULL));
    }
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(signalhub_receiver_free(receivers[i]));
        CHECK_OK(signalhub_free(hubs[i]));
    }
    CHECK_OK(signalhub_message_free(message));
}

int main(void)
{
    watchdog();
    a_fresh_message_is_empty();
    every_part_arrives();
    a_message_outlives_hub_and_receiver(1);
    a_message_outlives_hub_and_receiver(200);
    a_message_outlives_hub_and_receiver(1 << 20);
    receivers_share_a_large_payload();
    a_message_can_be_published_again(5);
    a_message_can_be_published_again(10000);
    a_message_goes_from_hub_to_hub();
    puts("messages: fine");
    return 0;
}
