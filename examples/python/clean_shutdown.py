# SPDX-License-Identifier: MIT OR Apache-2.0
"""Clean shutdown: close the hub, and everybody reads what is left and then ends."""

from concurrent.futures import ThreadPoolExecutor

from signalhub import ClosedError, SignalHub, SignalReceiver


def main() -> None:
    with SignalHub() as hub, ThreadPoolExecutor() as threads:
        workers = [threads.submit(work, hub.subscribe()) for _ in range(2)]
        for i in range(10):
            hub.publish(f"job {i}")
        hub.close()
        print("published 10 messages and closed the hub")

        for number, worker in enumerate(workers, 1):
            received = worker.result()
            print(f"worker {number}: received {received}, then the hub was closed")
        try:
            hub.publish("too late")
        except ClosedError as error:
            print(f"published after that: {error}")


def work(receiver: SignalReceiver) -> int:
    """Receive until the hub is closed, and return how many messages came."""
    with receiver:
        return sum(1 for _ in receiver)


if __name__ == "__main__":
    main()
