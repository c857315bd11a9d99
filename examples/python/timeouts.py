# SPDX-License-Identifier: MIT OR Apache-2.0
"""Timeouts: look without waiting, wait for a while, wait until it comes."""

from threading import Timer

from signalhub import RecvTimeout, SignalHub


def main() -> None:
    with SignalHub() as hub, hub.subscribe() as receiver:
        if receiver.try_recv() is None:
            print("looked once: nothing is there")
        try:
            receiver.recv(timeout=0.02)
        except RecvTimeout:
            print("waited 20 ms: nothing came")

        publisher = Timer(0.05, hub.publish, ["better late than never"])
        publisher.start()
        print(f'waited up to 10 s: received "{receiver.recv(timeout=10)}"')
        publisher.join()


if __name__ == "__main__":
    main()
