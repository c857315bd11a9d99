// SPDX-License-Identifier: MIT OR Apache-2.0
// The first message: make a hub, subscribe, publish, receive.
#include <iostream>

#include <signalhub/signalhub.hpp>

int main()
{
    const signalhub::Hub hub;
    signalhub::Receiver receiver = hub.subscribe();

    if (const auto published = hub.publish("hello, hub"))
        std::cout << "published to " << published->receivers << " receiver\n";

    if (const auto received = receiver.recv())
        std::cout << "received \"" << received->payload() << "\"\n";
}
