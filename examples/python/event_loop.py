# SPDX-License-Identifier: MIT OR Apache-2.0
"""Event loops: a receiver among other things that a thread waits for, here time, with poll."""

from __future__ import annotations

import select
import threading

from signalhub import ClosedError, SignalHub, SignalReceiver

questions, answers = SignalHub(), SignalHub()


def work(receiver: SignalReceiver) -> None:
    """Answer from another thread, until there are no more questions."""
    with receiver:
        for text in receiver:
            answers.publish(f"{text} squared is {int(text) ** 2}")
    answers.close()


worker = threading.Thread(target=work, args=[questions.subscribe()])
worker.start()

with answers.subscribe() as receiver:
    poll = select.poll()
    poll.register(receiver, select.POLLIN)
    timeout_ms: int | None = 1
    number = 0
    while True:
        if not poll.poll(timeout_ms):  # it is time
            if number == 3:
                questions.close()
            else:
                number += 1
                print(f"timer: asks for the square of {number}")
                questions.publish(str(number))
            timeout_ms = None
            continue
        try:
            while (message := receiver.try_recv()) is not None:
                print(f"hub: {message}")
                timeout_ms = 1
        except ClosedError:
            print("hub: closed, so the loop ends")
            break

worker.join()
