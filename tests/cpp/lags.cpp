// SPDX-License-Identifier: MIT OR Apache-2.0
// In a range-for, lags with no message between them come as one.
#include "check.h"

static int lags;
static const signalhub_t *hub_handle;

// Stands in for the call by which the header asks where a lag goes on: the first time, publishers
// overtake the receiver once more before it has read on.
static signalhub_status_t overtaken_again(signalhub_receiver_t *receiver, uint64_t *out_seq)
{
    if (lags++ == 0)
        for (int i = 0; i < 5; i++)
            CHECK_OK(publish_text(hub_handle, "later"));
    return signalhub_receiver_next_seq(receiver, out_seq);
}

#define signalhub_receiver_next_seq overtaken_again
#include <signalhub/signalhub.hpp>

int main()
{
    watchdog();
    signalhub::Options options;
    options.capacity = 2;
    const signalhub::Hub hub(options);
    hub_handle = hub.native_handle();
    signalhub::Receiver receiver = hub.subscribe();
    for (int i = 0; i < 5; i++)
        hub.publish("sooner");
    const auto first = receiver.begin();
    const signalhub::Received &received = *first;
    CHECK(lags == 2 && received->seq() == 8);
    CHECK(received.lag()->missed == 8 && received.lag()->first_lost == 0);
    CHECK(received.lag()->resume_at == 8);
    puts("lags: fine");
}
