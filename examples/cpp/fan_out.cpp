// SPDX-License-Identifier: MIT OR Apache-2.0
// Fan-out: every receiver gets every message, each in its own thread, at its own pace.
#include <cstdint>
#include <future>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <signalhub/signalhub.hpp>

struct Read {
    int count = 0;
    std::string last;
};

/// Counts the messages until the hub is closed, and keeps the last one's text.
static Read read_to_the_end(signalhub::Receiver receiver)
{
    Read read;
    for (const signalhub::Received &received : receiver) {
        read.count++;
        read.last = received->payload();
    }
    return read;
}

int main()
{
    // Before the hub, so that it outlives it: should anything throw, the end of the hub ends the
    // threads that are waited for here.
    std::vector<std::pair<const char *, std::future<Read>>> readers;

    signalhub::Options options;
    options.capacity = 1000; // room for all of it, so that nobody can fall behind
    const signalhub::Hub hub(options);

    for (const char *name : {"display", "logger", "archive"})
        readers.emplace_back(name,
                             std::async(std::launch::async, read_to_the_end, hub.subscribe()));

    std::uint64_t receivers = 0;
    for (int i = 0; i < 1000; i++)
        receivers = hub.publish("message " + std::to_string(i)).value().receivers;
    std::cout << "published 1000 messages to " << receivers << " receivers\n";
    hub.close();

    for (auto &[name, reader] : readers) {
        const Read read = reader.get();
        std::cout << name << ": received " << read.count << ", the last one \"" << read.last
                  << "\"\n";
    }
}
