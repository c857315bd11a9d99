// SPDX-License-Identifier: MIT OR Apache-2.0
// Event loops: a receiver among other things that a thread waits for, here a timer, with libuv.
#include <iostream>
#include <string>
#include <thread>

#include <signalhub/signalhub.hpp>
#include <uv.h>

using namespace signalhub;

/// Answers from another thread, until there are no more questions.
static void work(Receiver questions, const Hub &answers)
{
    for (const Received &question : questions) {
        const int number = std::stoi(std::string(question->payload()));
        answers.publish(std::to_string(number) + " squared is " + std::to_string(number * number));
    }
    answers.close();
}

/// What the loop has: where it asks, and where the answers come.
struct Asker {
    Hub questions;
    Receiver answers;
    uv_timer_t timer;
    uv_poll_t readable;
    int number = 0;

    void start()
    {
        uv_timer_start(
            &timer, [](uv_timer_t *handle) { static_cast<Asker *>(handle->data)->on_timer(); }, 1,
            0);
    }

    // Asks the next question, or says that there are no more.
    void on_timer()
    {
        if (number == 3)
            return questions.close();
        std::cout << "timer: asks for the square of " << ++number << '\n';
        questions.publish(std::to_string(number));
    }

    // Takes all there is; then the descriptor is unreadable, until there is more.
    void on_readable()
    {
        Received received = answers.try_recv();
        for (; received; received = answers.try_recv()) {
            std::cout << "hub: " << received->payload() << '\n';
            start();
        }
        if (received.outcome() == Outcome::closed) {
            std::cout << "hub: closed, so the loop ends\n";
            uv_close(reinterpret_cast<uv_handle_t *>(&readable), nullptr);
            uv_close(reinterpret_cast<uv_handle_t *>(&timer), nullptr);
        }
    }
};

int main()
{
    const Hub answers;
    Asker asker = {Hub(), answers.subscribe(), {}, {}};
    std::thread worker(work, asker.questions.subscribe(), std::cref(answers));

    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &asker.timer);
    uv_poll_init(&loop, &asker.readable, asker.answers.fd());
    asker.timer.data = asker.readable.data = &asker;
    asker.start();
    uv_poll_start(&asker.readable, UV_READABLE, [](uv_poll_t *handle, int, int) {
        static_cast<Asker *>(handle->data)->on_readable();
    });
    uv_run(&loop, UV_RUN_DEFAULT); // until both are closed
    uv_loop_close(&loop);
    worker.join();
}
