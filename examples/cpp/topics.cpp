// SPDX-License-Identifier: MIT OR Apache-2.0
// Topics: receivers that want some messages only, and one that joins late and gets the history.
#include <iostream>
#include <string_view>
#include <utility>

#include <signalhub/signalhub.hpp>

using signalhub::View;

/// Prints what a receiver gets until the hub is closed, and what it has come across.
static void read_to_the_end(std::string_view name, signalhub::Receiver receiver)
{
    for (const signalhub::Received &received : receiver)
        std::cout << name << ": " << received->topic() << " \"" << received->payload() << "\"\n";

    const signalhub::ReceiverStats stats = receiver.stats();
    std::cout << name << ": received " << stats.received << ", filtered " << stats.filtered
              << ", missed " << stats.missed << '\n';
}

int main()
{
    const signalhub::Hub hub;
    signalhub::ReceiverOptions options;
    options.pattern = "kitchen.>";
    signalhub::Receiver kitchen = hub.subscribe(options);

    hub.publish(View("21.5").with_topic("kitchen.temperature"));
    hub.publish(View("12.0").with_topic("cellar.temperature"));
    hub.publish(View("40").with_topic("kitchen.humidity"));

    options.pattern = "*.temperature";
    options.start = signalhub::Start::oldest();
    signalhub::Receiver latecomer = hub.subscribe(options);
    hub.publish(View("30.5").with_topic("attic.temperature"));
    std::cout << "published 3 messages; a receiver joined late; published 1 more\n";
    hub.close();

    read_to_the_end("kitchen", std::move(kitchen));
    read_to_the_end("latecomer", std::move(latecomer));
}
