# SPDX-License-Identifier: MIT OR Apache-2.0
"""The first message: make a hub, subscribe, publish, receive."""

from signalhub import SignalHub


def main() -> None:
    with SignalHub() as hub, hub.subscribe() as receiver:
        receivers = hub.publish("hello, hub")
        print(f"published to {receivers} receiver")
        print(f'received "{receiver.recv()}"')


if __name__ == "__main__":
    main()
