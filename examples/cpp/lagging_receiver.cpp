// SPDX-License-Identifier: MIT OR Apache-2.0
// A lagging receiver: publishers do not wait for it, and it is told exactly what it missed.
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <signalhub/signalhub.hpp>

int main()
{
    signalhub::Options options;
    options.capacity = 100;
    const signalhub::Hub hub(options);
    signalhub::Receiver receiver = hub.subscribe();

    for (int i = 0; i < 300; i++)
        hub.publish("message " + std::to_string(i));
    std::cout << "published 300 messages into a hub that retains " << hub.capacity() << '\n';
    hub.close();

    std::uint64_t missed = 0;
    std::vector<std::string> texts;
    for (const signalhub::Received &received : receiver) {
        if (const auto &lag = received.lag()) {
            std::cout << "missed " << lag->missed << '\n';
            missed += lag->missed;
        }
        texts.emplace_back(received->payload());
    }
    std::cout << "received " << texts.size() << ", from \"" << texts.front() << "\" to \""
              << texts.back() << "\"\n";
    std::cout << "received " << texts.size() << " + missed " << missed << " = published "
              << texts.size() + missed << '\n';
}
