// SPDX-License-Identifier: MIT OR Apache-2.0
// Clean shutdown: close the hub, and everybody reads what is left and then ends.
#include <future>
#include <iostream>
#include <string>
#include <vector>

#include <signalhub/signalhub.hpp>

/// Receives until the hub is closed, and says how many messages came.
static int work(signalhub::Receiver receiver)
{
    int count = 0;
    for ([[maybe_unused]] const signalhub::Received &received : receiver)
        count++;
    return count;
}

int main()
{
    // Before the hub, so that it outlives it: should anything throw, the end of the hub ends the
    // threads that are waited for here.
    std::vector<std::future<int>> workers;
    const signalhub::Hub hub;
    for (int i = 0; i < 2; i++)
        workers.push_back(std::async(std::launch::async, work, hub.subscribe()));

    for (int i = 0; i < 10; i++)
        hub.publish("job " + std::to_string(i));
    hub.close();
    std::cout << "published 10 messages and closed the hub\n";

    int number = 0;
    for (auto &worker : workers)
        std::cout << "worker " << ++number << ": received " << worker.get()
                  << ", then the hub was closed\n";
    if (!hub.publish("too late"))
        std::cout << "published after that: the hub is closed\n";
}
