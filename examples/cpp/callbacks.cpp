// SPDX-License-Identifier: MIT OR Apache-2.0
// Callbacks: a function that a thread of the library calls with each message.
#include <future>
#include <iostream>
#include <utility>

#include <signalhub/signalhub.hpp>

using namespace signalhub;

int main()
{
    const Hub hub;
    const Dispatcher dispatcher; // may serve many receivers
    Receiver receiver = hub.subscribe();

    // Whatever the callback holds is destroyed when it is over; what can only be moved will do.
    std::promise<void> end;
    std::future<void> is_over = end.get_future();
    receiver.on_message(dispatcher, [end = std::move(end)](const Delivery &delivery) mutable {
        if (delivery) {
            std::cout << "callback: received \"" << delivery->payload() << "\"\n";
        } else if (delivery.lag()) {
            std::cout << "callback: missed " << delivery.lag()->missed << '\n';
        } else { // once, at the end
            std::cout << "callback: the hub is closed\n";
            end.set_value();
        }
    });

    for (const char *text : {"one", "two", "three"})
        hub.publish(text);
    hub.close();
    is_over.wait();
    std::cout << "main: the callback is over\n";
}
