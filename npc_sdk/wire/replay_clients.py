"""The clients of a recording, at their sockets again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import msgpack
import zmq

from npc_sdk.wire.codec import TAG
from npc_sdk.wire.compare import is_compared
from npc_sdk.wire.connection_file import Connection
from npc_sdk.wire.outputs import Channel
from npc_sdk.wire.replay_plan import ReplayPlan

# No msgpack value begins with this byte.
_UNREADABLE: Final = b"\xc1"
_LOOK_MS: Final = 50


class ReplayClients:
    """One DEALER for each route of the recording. Not thread safe.

    Args:
        connection: The host.
        plan: What must be known beforehand.
    """

    def __init__(self, connection: Connection, plan: ReplayPlan) -> None:
        self._connection = connection
        self._plan = plan
        self._context = zmq.Context()
        self._poller = zmq.Poller()
        self._sockets: dict[tuple[str, int], zmq.Socket[bytes]] = {}
        self._names: dict[str, str] = {}
        self._actions: dict[str, str] = {}
        self._sessions: dict[int, str] = {}
        self._expected: set[tuple[str, int, int]] = set()
        self._items: dict[tuple[int, int, int], dict[str, Any]] = {}
        self._others: dict[tuple[int, str], deque[dict[str, Any]]] = {}

    def close(self) -> None:
        """Drop all connections."""
        for socket in self._sockets.values():
            socket.close(linger=0)
        self._context.term()

    def send(self, number: int, channel: Channel, data: Mapping[str, Any]) -> None:
        """Send a recorded message, with the names and secrets of now.

        Args:
            number: Of its record.
            channel: Where it came in.
            data: Of its record.
        """
        message = data.get("message")
        if message is None:
            frames = [_UNREADABLE * size for size in data["sizes"]]
            frames[:1] = [data["tag"] + _UNREADABLE * (size - len(data["tag"])) for size in data["sizes"][:1]]
        else:
            frames = [TAG, msgpack.packb(self._renamed(number, data["route"], message))]
        self._socket(channel, data["route"]).send_multipart(frames)

    def is_repeated(self, data: Mapping[str, Any]) -> bool:
        """Return whether an item of a stream was there before: it was sent again after a lost connection."""
        item = self._item(data)
        if item is None:
            return False
        is_repeated = item in self._expected
        self._expected.add(item)
        return is_repeated

    def wait_for(self, data: Mapping[str, Any], timeout_s: float) -> dict[str, Any] | None:
        """Return the message that stands for a recorded one, or None when it does not come."""
        end_s = time.monotonic() + timeout_s
        while True:
            self._receive(0)
            found = self._found(data)
            left_ms = (end_s - time.monotonic()) * 1000
            if found is not None or left_ms <= 0:
                return found
            self._receive(min(left_ms, _LOOK_MS))

    def learn(self, data: Mapping[str, Any], got: Mapping[str, Any]) -> None:
        """Take note of the names of now."""
        expected = data["message"]
        if expected["type"] == "welcome":
            self._names[expected["session"]] = got["session"]
            self._sessions[data["route"]] = expected["session"]
        elif expected["type"] == "event" and "action_id" in expected["event"]:
            self._actions[expected["event"]["action_id"]] = got["event"]["action_id"]

    def leftover(self, wait_s: float) -> dict[str, Any] | None:
        """Return a message that came and was never asked for, or None."""
        self._receive(wait_s * 1000)
        for (route, id, seq), message in sorted(self._items.items(), key=lambda pair: pair[0]):
            if (self._sessions.get(route, ""), id, seq) not in self._expected:
                return message
        others = (message for waiting in self._others.values() for message in waiting)
        return next((message for message in others if is_compared(message)), None)

    def _renamed(self, number: int, route: int, message: Mapping[str, Any]) -> dict[str, Any]:
        renamed = dict(message)
        kind = message.get("type")
        if kind == "hello":
            if self._plan.has_token(number):
                renamed["token"] = self._connection.token
            key = self._plan.owner_key(number)
            if "owner_key" not in renamed and key is not None:
                renamed["owner_key"] = key
        elif kind == "attach" and isinstance(message.get("session"), str):
            renamed["session"] = self._names.get(message["session"], message["session"])
        elif kind == "npc.result" and isinstance(message.get("action_id"), str):
            renamed["action_id"] = self._actions.get(message["action_id"], message["action_id"])
        elif kind == "npc.spawn" and message.get("seed") is None:
            seed = self._plan.seed(route, message.get("id"))
            if seed is not None:
                renamed["seed"] = seed
        return renamed

    def _socket(self, channel: str, route: int) -> zmq.Socket[bytes]:
        key = channel, route
        if key not in self._sockets:
            made: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
            made.setsockopt(zmq.LINGER, 0)
            made.setsockopt(zmq.RCVHWM, 0)
            endpoint = self._connection.requests if channel == "requests" else self._connection.control
            made.setsockopt(zmq.IPV6, int("[" in endpoint))
            made.connect(endpoint)
            self._poller.register(made, zmq.POLLIN)
            self._sockets[key] = made
        return self._sockets[key]

    def _receive(self, timeout_ms: float) -> None:
        routes = {socket: route for (_, route), socket in self._sockets.items()}
        for socket, _ in self._poller.poll(int(timeout_ms)):
            while socket.poll(0):
                message = msgpack.unpackb(socket.recv_multipart()[-1], raw=False)
                self._take(routes[socket], message)

    def _take(self, route: int, message: dict[str, Any]) -> None:
        if "id" in message and "seq" in message:
            self._items[route, message["id"], message["seq"]] = message
        elif is_compared(message):
            self._others.setdefault((route, message["type"]), deque()).append(message)

    def _found(self, data: Mapping[str, Any]) -> dict[str, Any] | None:
        message, route = data["message"], data["route"]
        if "id" in message and "seq" in message:
            return self._items.get((route, message["id"], message["seq"]))
        waiting = self._others.get((route, message["type"]))
        return waiting.popleft() if waiting else None

    def _item(self, data: Mapping[str, Any]) -> tuple[str, int, int] | None:
        message = data["message"]
        if "id" not in message or "seq" not in message:
            return None
        return self._sessions.get(data["route"], ""), message["id"], message["seq"]
