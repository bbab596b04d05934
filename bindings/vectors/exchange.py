"""Writes down what two cores say to each other, step by step.

A step is one of:

    {"step": "game", "ask": MESSAGE}            the game asks its client for something
    {"step": "game", "cancel": ID} or {"step": "game", "close": FORGET}
    {"step": "client", "channel", "frames", "message"}   the client sends; with "is_lost" it does not arrive, with
                                                "by_hand" somebody else sends it on the client's connection
    {"step": "host", "channel", "frames", "message"}     the host sends
    {"step": "runtime", "emit" | "finish" | "fail", "id", ...}  what the host is about to tell
    {"step": "runtime", "notify": NEWS}
    {"step": "time", "now_ms": MILLISECONDS}    so late it is now, for both
    {"step": "connection", "by": "client" | "network"}   the connections are new ones
    {"step": "lost", "count": N}                the next N messages of the host are lost
    {"step": "restart"}                         the host is another one from here on
    {"step": "told", ...}                       what the client tells the game
"""

from __future__ import annotations

from collections import deque
from typing import Any

from samples import INSTANCE, OWNER_KEY, SESSION, TOKEN

from npc_sdk.errors import NpcError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import Direction, decode
from npc_sdk.wire.host_core import HostConfig, HostCore
from npc_sdk.wire.limits import DEFAULT_LIMITS
from npc_sdk.wire.outputs import Begin, CancelRequest, Channel, Output, Send
from npc_sdk.wire.peer import Peer, PeerConfig
from npc_sdk.wire.peer_outputs import Connect, Item, Lost, Over, PeerOutput, Stopped, ToHost

TO_HOST: dict[Channel, Direction] = {"requests": "to_host", "control": "to_host_control"}
TO_CLIENT: dict[Channel, Direction] = {"requests": "to_client", "control": "to_client_control"}


def make_core(number: int, token: str = TOKEN) -> HostCore:
    """Return the host of an exchange; ``number`` counts its restarts."""
    names = iter(f"{SESSION[:-1]}{number}{'-' * 27}" for _ in range(100))
    return HostCore(HostConfig(token=token, host=m.Host(host_id=f"host-{number}")), lambda: next(names))


def make_peer() -> Peer:
    """Return the client of an exchange; its pauses do not depend on chance."""
    return Peer(PeerConfig(instance=INSTANCE, owner_key=OWNER_KEY, token=TOKEN, seed=0))


class Exchange:
    """Two cores and the steps so far.

    Args:
        about: What the exchange shows.
        token: The token that the host wants.
    """

    def __init__(self, about: str, token: str = TOKEN) -> None:
        self.about = about
        self.steps: list[dict[str, Any]] = []
        self.now_ms = 0.0
        self._token = token
        self._restarts = 0
        self._connection = 0
        self._lost = 0
        self._core = make_core(0, token)
        self._peer = make_peer()
        self._session = ""
        self.orders: list[Output] = []
        self._is_cut = False
        self._queue: deque[tuple[str, Channel, list[bytes]]] = deque()

    def result(self) -> dict[str, Any]:
        """Return the exchange as it is written."""
        return {"protocol": m.PROTOCOL, "about": self.about, "token": self._token, "steps": self.steps}

    def start(self) -> None:
        """Connect."""
        self._client(self._peer.start(self.now_ms))
        self._settle()

    def ask(self, kind: type[m.Request], **fields: Any) -> int:
        """Ask something, and let all messages arrive."""
        request = kind.model_validate({"id": self._peer.next_id(), **fields})
        self.steps.append({"step": "game", "ask": request.model_dump(mode="json", exclude_none=True)})
        self._client(self._peer.ask(request, self.now_ms))
        self._settle()
        return request.id

    def cancel(self, id: int) -> None:
        """Cancel a request."""
        self.steps.append({"step": "game", "cancel": id})
        self._client(self._peer.cancel(id, self.now_ms))
        self._settle()

    def close(self, *, forget: bool = False) -> None:
        """Say goodbye."""
        self.steps.append({"step": "game", "close": forget})
        self._client(self._peer.close(self.now_ms, forget=forget))
        self._settle()

    def emit(self, id: int, event: m.EventBody) -> None:
        """Have something happen in a request."""
        plain = event.model_dump(mode="json", exclude_none=True)
        self.steps.append({"step": "runtime", "emit": plain, "id": id})
        self._host(self._core.emit(self._session, id, event, self.now_ms))
        self._settle()

    def finish(self, id: int, result: m.Result) -> None:
        """End a request."""
        plain = result.model_dump(mode="json", exclude_none=True)
        self.steps.append({"step": "runtime", "finish": plain, "id": id})
        self._host(self._core.finish(self._session, id, result, self.now_ms))
        self._settle()

    def fail(self, id: int, error: NpcError) -> None:
        """End a request with an error."""
        self.steps.append({"step": "runtime", "fail": error.to_dict(), "id": id})
        self._host(self._core.fail(self._session, id, error, self.now_ms))
        self._settle()

    def notify(self, kind: str, data: dict[str, Any]) -> None:
        """Have news."""
        self.steps.append({"step": "runtime", "notify": {"kind": kind, "data": data}})
        self._host(self._core.notify(None, kind, data, self.now_ms))
        self._settle()

    def wait(self, ms: float, *, is_cut: bool = False) -> None:
        """Let time pass; with a cut network nothing arrives."""
        end_ms = self.now_ms + ms
        self._is_cut = is_cut
        while True:
            due_ms = self._peer.next_ms()
            self.now_ms = end_ms if due_ms is None else min(end_ms, max(due_ms, self.now_ms))
            self.steps.append({"step": "time", "now_ms": self.now_ms})
            self._client(self._peer.tick(self.now_ms))
            self._host(self._core.tick(self.now_ms))
            self._settle()
            if self.now_ms >= end_ms:
                self._is_cut = False
                return

    def lose(self, count: int) -> None:
        """Lose the next messages of the host."""
        self.steps.append({"step": "lost", "count": count})
        self._lost = count

    def reconnect(self) -> None:
        """Break the connections: the network makes new ones by itself, and the host does not know them."""
        self.steps.append({"step": "connection", "by": "network"})
        self._connection += 1

    def restart(self) -> None:
        """Put another host in the place of this one."""
        self._restarts += 1
        self.steps.append({"step": "restart"})
        self._core = make_core(self._restarts, self._token)
        self._connection += 1

    def client_raw(self, frames: list[bytes]) -> None:
        """Have the client send something by hand."""
        self._note("client", "requests", frames, "to_host")
        self.steps[-1]["by_hand"] = True
        self._host(self._core.receive("requests", self._route(), frames, self.now_ms))
        self._settle()

    def _settle(self) -> None:
        while self._queue:
            side, channel, frames = self._queue.popleft()
            if side == "client":
                self._note(side, channel, frames, TO_HOST[channel])
                if self._is_cut:
                    self.steps[-1]["is_lost"] = True
                    continue
                self._host(self._core.receive(channel, self._route(), frames, self.now_ms))
            elif self._lost:
                self._lost -= 1
            else:
                self._note(side, channel, frames, TO_CLIENT[channel])
                self._client(self._peer.receive(channel, frames, self.now_ms))

    def _route(self) -> bytes:
        return self._connection.to_bytes(2, "big")

    def _note(self, side: str, channel: Channel, frames: list[bytes], direction: Direction) -> None:
        step: dict[str, Any] = {"step": side, "channel": channel, "frames": [frame.hex() for frame in frames]}
        try:
            message = decode(frames, DEFAULT_LIMITS, direction)
            step["message"] = message.model_dump(mode="json", exclude_none=True)
        except NpcError as error:
            step["code"] = error.code
        self.steps.append(step)

    def _host(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self._queue.append(("host", output.channel, output.frames))
            else:
                self.orders.append(output)
                self._session = getattr(output, "session", self._session)

    def _client(self, outputs: list[PeerOutput]) -> None:
        for output in outputs:
            if isinstance(output, ToHost):
                self._queue.append(("client", output.channel, output.frames))
            elif isinstance(output, Connect):
                self.steps.append({"step": "connection", "by": "client"})
                self._connection += 1
            else:
                self._told(output)

    def _told(self, output: PeerOutput) -> None:
        if isinstance(output, Item):
            event = output.event.model_dump(mode="json", exclude_none=True)
            self.steps.append({"step": "told", "what": "item", "id": output.id, "event": event})
        elif isinstance(output, Over):
            code = None if output.error is None else output.error.code
            over = {"step": "told", "what": "over", "id": output.id, "is_local": output.is_local}
            self.steps.append(over if code is None else {**over, "code": code})
        elif isinstance(output, (Lost, Stopped)):
            self.steps.append({"step": "told", "what": type(output).__name__.lower(), "code": output.failure.code})

    def has_begun(self, id: int) -> bool:
        """Whether the host runs a request."""
        return any(isinstance(order, Begin) and order.request.id == id for order in self.orders)

    def has_cancelled(self, id: int) -> bool:
        """Whether the host is told to end a request."""
        return any(isinstance(order, CancelRequest) and order.id == id for order in self.orders)
