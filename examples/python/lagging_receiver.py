# SPDX-License-Identifier: MIT OR Apache-2.0
"""A lagging receiver: publishers do not wait for it, and it is told exactly what it missed."""

from signalhub import LaggedError, SignalHub, SignalReceiver


def main() -> None:
    with SignalHub(capacity=100) as hub, hub.subscribe() as receiver:
        for i in range(300):
            hub.publish(f"message {i}")
        print("published 300 messages into a hub that retains 100")
        hub.close()
        read_to_the_end(receiver)


def read_to_the_end(receiver: SignalReceiver) -> None:
    messages: list[str] = []
    missed = 0
    closed = False
    while not closed:
        try:
            messages.extend(receiver)  # until the hub is closed
            closed = True
        except LaggedError as lag:
            print(f"missed {lag.missed}")
            missed += lag.missed
    received = len(messages)
    print(f'received {received}, from "{messages[0]}" to "{messages[-1]}"')
    print(f"received {received} + missed {missed} = published {received + missed}")


if __name__ == "__main__":
    main()
