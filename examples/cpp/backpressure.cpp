// SPDX-License-Identifier: MIT OR Apache-2.0
// Backpressure: publishers wait for a logger that is to lose nothing, and not for a watcher.
#include <future>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <signalhub/signalhub.hpp>

/// Receives until the hub is closed, and says what came.
static std::string read_to_the_end(signalhub::Receiver receiver)
{
    std::vector<std::string> texts;
    for (const signalhub::Received &received : receiver) // lags are counted
        texts.emplace_back(received->payload());
    const signalhub::ReceiverStats stats = receiver.stats();
    return stats.name + ": received " + std::to_string(stats.received) + ", missed " +
           std::to_string(stats.missed) + ", from \"" + texts.front() + "\" to \"" + texts.back() +
           "\"\n";
}

int main()
{
    std::future<std::string> logging; // before the hub, whose end ends the thread
    signalhub::Options options;
    options.capacity = 4;
    const signalhub::Hub hub(options);

    signalhub::ReceiverOptions logger;
    logger.name = "logger";
    logger.lossless = true;
    signalhub::ReceiverOptions watcher;
    watcher.name = "watcher";
    signalhub::Receiver log = hub.subscribe(logger), watch = hub.subscribe(watcher);

    // Without waiting, until the logger has a whole ring unread.
    int next = 0;
    while (hub.publish("sample " + std::to_string(next)))
        next++;
    std::cout << "published " << next << ": the hub is full\n";

    logging = std::async(std::launch::async, read_to_the_end, std::move(log));
    for (; next < 20; next++)
        hub.publish_timeout("sample " + std::to_string(next), std::nullopt);
    std::cout << "published 20, as fast as the logger reads\n";
    hub.close();

    std::cout << logging.get() << read_to_the_end(std::move(watch));
}
