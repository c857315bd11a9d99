# SPDX-License-Identifier: MIT OR Apache-2.0
"""Backpressure: publishers wait for a logger that is to lose nothing, and not for a watcher."""

from concurrent.futures import ThreadPoolExecutor

from signalhub import FullError, LaggedError, SignalHub, SignalReceiver


def main() -> None:
    with SignalHub(capacity=4) as hub, ThreadPoolExecutor() as threads:
        logger = hub.subscribe(name="logger", lossless=True)
        watcher = hub.subscribe(name="watcher")

        # Without waiting, until the logger has a whole ring unread.
        count = 0
        try:
            while True:
                hub.publish(f"sample {count}")
                count += 1
        except FullError:
            print(f"published {count}: the hub is full")

        logging = threads.submit(read_to_the_end, logger)
        for i in range(count, 20):
            hub.publish(f"sample {i}", timeout=None)
        print("published 20, as fast as the logger reads")
        hub.close()

        print(logging.result())
        print(read_to_the_end(watcher))


def read_to_the_end(receiver: SignalReceiver) -> str:
    """Receive until the hub is closed, and return what came, in words."""
    messages: list[str] = []
    with receiver:
        closed = False
        while not closed:
            try:
                messages.extend(receiver)
                closed = True
            except LaggedError:
                pass  # which is counted
        stats = receiver.stats
    counts = f"received {stats.received}, missed {stats.missed}"
    return f'{stats.name}: {counts}, from "{messages[0]}" to "{messages[-1]}"'


if __name__ == "__main__":
    main()
