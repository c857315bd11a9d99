# SPDX-License-Identifier: MIT OR Apache-2.0
"""Fan-out: every receiver gets every message, each in its own thread, at its own pace."""

from concurrent.futures import ThreadPoolExecutor

from signalhub import SignalHub, SignalReceiver


def main() -> None:
    # Room for all of it, so that nobody can fall behind.
    with SignalHub(capacity=1000) as hub, ThreadPoolExecutor() as threads:
        readers = {
            name: threads.submit(read_to_the_end, hub.subscribe())
            for name in ("display", "logger", "archive")
        }
        receivers = 0
        for i in range(1000):
            receivers = hub.publish(f"message {i}")
        print(f"published 1000 messages to {receivers} receivers")
        hub.close()

        for name, reader in readers.items():
            messages = reader.result()
            print(f'{name}: received {len(messages)}, the last one "{messages[-1]}"')


def read_to_the_end(receiver: SignalReceiver) -> list[object]:
    """Return the messages until the hub is closed."""
    with receiver:
        return list(receiver)


if __name__ == "__main__":
    main()
