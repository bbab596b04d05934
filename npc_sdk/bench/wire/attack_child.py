"""Sends garbage to a live host over real sockets, at a steady pace, and brings strangers along."""

from __future__ import annotations

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import zmq

from npc_sdk.bench.wire.garble import Garbler
from npc_sdk.bench.wire.strangers import Strangers
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import encode
from npc_sdk.wire.connection_file import Connection, read_connection
from npc_sdk.wire.outputs import Channel

STRANGERS = 6
INTRUDERS = 2
# One in so many messages is followed by somebody who does not speak ZeroMQ.
KNOCK_EVERY = 20
CROWD_EVERY = 2000
ENTER_EVERY = 400
PAUSE_S = 0.001


class Attacker:
    """One who has a socket on each channel. Not thread safe.

    Args:
        context: Makes the sockets.
        connection: The host.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], connection: Connection) -> None:
        self._token = connection.token
        self._key = secrets.token_urlsafe(32)
        self._attempts = 0
        self._sockets: dict[Channel, zmq.Socket[bytes]] = {}
        places: dict[Channel, str] = {"requests": connection.requests, "control": connection.control}
        for channel, endpoint in places.items():
            made = self._sockets[channel] = context.socket(zmq.DEALER)
            made.setsockopt(zmq.LINGER, 0)
            made.setsockopt(zmq.RECONNECT_IVL, 10)
            made.connect(endpoint)

    def enter(self) -> None:
        """Say hello as a client that may come in."""
        self._attempts += 1
        hello = m.Hello(
            attempt=self._attempts, protocol=m.PROTOCOL, instance=self._key[:16], token=self._token, owner_key=self._key
        )
        self.send("requests", encode(hello))

    def send(self, channel: Channel, frames: list[bytes]) -> None:
        """Send something and read away what has been answered."""
        try:
            self._sockets[channel].send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            return
        while self._sockets[channel].poll(0):
            self._sockets[channel].recv_multipart()

    def close(self) -> None:
        """Leave."""
        for made in self._sockets.values():
            made.close()


def attack(connection: Connection, *, messages: int, per_s: float, seed: int) -> dict[str, Any]:
    """Send messages and return how many of which kind there were.

    Args:
        connection: The host.
        messages: How many.
        per_s: How fast.
        seed: Makes them.
    """
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    garbler = Garbler(seed, connection.token)
    strangers = Strangers((connection.requests, connection.control), seed)
    attackers = [Attacker(context, connection) for _ in range(STRANGERS + INTRUDERS)]
    counts: dict[str, int] = {}
    began_s = time.monotonic()
    for number in range(messages):
        while number >= (time.monotonic() - began_s) * per_s:
            time.sleep(PAUSE_S)
        if number % ENTER_EVERY == 0:
            attackers[number // ENTER_EVERY % INTRUDERS].enter()
        garbage = garbler.next()
        counts[garbage.kind] = counts.get(garbage.kind, 0) + 1
        garbler.chance.choice(attackers).send(garbage.channel, garbage.frames)
        if number % KNOCK_EVERY == 0:
            strangers.knock()
        if number % CROWD_EVERY == CROWD_EVERY - 1:
            strangers.crowd()
    taken_s = time.monotonic() - began_s
    for attacker in attackers:
        attacker.close()
    strangers.close()
    context.term()
    return {"kinds": counts, "visits": strangers.visits, "taken_s": taken_s}


def main() -> None:
    """Begin when told to, and print what was sent."""
    options: dict[str, Any] = json.loads(sys.argv[1])
    connection = read_connection(Path(options.pop("connection_file")))
    sys.stdout.write(json.dumps({"event": "ready"}) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(json.dumps(attack(connection, **options)) + "\n")


if __name__ == "__main__":
    main()
