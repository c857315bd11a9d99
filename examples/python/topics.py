# SPDX-License-Identifier: MIT OR Apache-2.0
"""Topics: receivers that want some messages only, and one that joins late and gets the history."""

from signalhub import ClosedError, SignalHub, SignalReceiver


def main() -> None:
    with SignalHub() as hub, hub.subscribe("kitchen.>") as kitchen:
        hub.publish("21.5", topic="kitchen.temperature")
        hub.publish("12.0", topic="cellar.temperature")
        hub.publish("40", topic="kitchen.humidity")

        with hub.subscribe("*.temperature", replay="all") as latecomer:
            hub.publish("30.5", topic="attic.temperature")
            print("published 3 messages; a receiver joined late; published 1 more")
            hub.close()

            read_to_the_end("kitchen", kitchen)
            read_to_the_end("latecomer", latecomer)


def read_to_the_end(name: str, receiver: SignalReceiver) -> None:
    """Print what a receiver gets until the hub is closed, and what it has come across."""
    closed = False
    while not closed:
        try:
            message = receiver.recv_message()
            print(f'{name}: {message.topic} "{message.text}"')
        except ClosedError:
            closed = True
    stats = receiver.stats
    print(f"{name}: received {stats.received}, filtered {stats.filtered}, missed {stats.missed}")


if __name__ == "__main__":
    main()
