// SPDX-License-Identifier: MIT OR Apache-2.0
// Timeouts: look without waiting, wait for a while, wait until it comes.
#include <chrono>
#include <future>
#include <iostream>
#include <thread>

#include <signalhub/signalhub.hpp>

using namespace std::chrono_literals;

int main()
{
    const signalhub::Hub hub;
    signalhub::Receiver receiver = hub.subscribe();

    if (receiver.try_recv().outcome() == signalhub::Outcome::empty)
        std::cout << "looked once: nothing is there\n";
    if (receiver.recv_timeout(20ms).outcome() == signalhub::Outcome::timeout)
        std::cout << "waited 20 ms: nothing came\n";

    const auto publisher = std::async(std::launch::async, [&hub] {
        std::this_thread::sleep_for(50ms);
        hub.publish("better late than never");
    });
    if (const auto received = receiver.recv_timeout(10s))
        std::cout << "waited up to 10 s: received \"" << received->payload() << "\"\n";
}
