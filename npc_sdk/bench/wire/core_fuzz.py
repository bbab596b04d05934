"""Garbage for the two cores of the protocol: neither may stumble, nor keep anything of it."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from npc_sdk.bench.wire.garble import Garbler
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import decode, encode
from npc_sdk.wire.host_core import HostConfig, HostCore
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.outputs import Begin, Channel, Output, Send
from npc_sdk.wire.peer import Peer, PeerConfig

TOKEN = "t" * 43
STEP_MS = 1.0
GOOD = b"good"
STRANGERS = 40
INTRUDERS = 4
MAX_SESSIONS = 64
LOOK_EVERY = 200
# Sessions of those who came by once are over soon, so that there is room for the next ones.
LIMITS = Limits(session_ttl_ms=10_000)


class Broken(Exception):
    """A core did what it must not do; never leaves this package."""


class HostUnderFuzz:
    """A host's core with a good client, clients that misbehave, and strangers. Not thread safe.

    Args:
        seed: Makes everything that comes.
    """

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._garbler = Garbler(seed, TOKEN)
        self._secrets = 0
        self._core = HostCore(HostConfig(limits=LIMITS, token=TOKEN, max_sessions=MAX_SESSIONS), self._secret)
        self._now_ms = 0.0
        self._attempts: Counter[bytes] = Counter()
        self._turn = 0
        self._arrived: list[m.Message] = []
        self.kinds: Counter[str] = Counter()
        self._enter(GOOD)

    def step(self) -> None:
        """Send one message.

        Raises:
            Broken: The core keeps too much, or the good client is not served.
        """
        garbage = self._garbler.next()
        self.kinds[garbage.kind] += 1
        self._now_ms += STEP_MS
        self._do(self._core.receive(garbage.channel, self._route(), garbage.frames, self._now_ms))
        self._do(self._core.tick(self._now_ms))
        if self.kinds.total() % LOOK_EVERY == 0:
            self._look()

    def _secret(self) -> str:
        self._secrets += 1
        return f"{self._secrets:0>43}"[::-1]

    def _route(self) -> bytes:
        if self._chance.random() < 0.5:
            return b"stranger %d" % self._chance.randrange(STRANGERS)
        return b"intruder %d" % self._chance.randrange(INTRUDERS)

    def _enter(self, route: bytes) -> None:
        """Say hello with a good token and a key of one's own, and attach."""
        self._attempts[route] += 1
        key = route.hex().ljust(43, "k")
        hello = m.Hello(
            attempt=self._attempts[route], protocol=m.PROTOCOL, instance=key[:16], token=TOKEN, owner_key=key
        )
        for output in self._receive(route, "requests", hello):
            welcome = decode(output.frames, DEFAULT_LIMITS, "to_client") if isinstance(output, Send) else None
            if isinstance(welcome, m.Welcome):
                attach = m.Attach(attempt=self._attempts[route], session=welcome.session, owner_key=key)
                self._do(self._receive(route, "control", attach))

    def _receive(self, route: bytes, channel: Channel, message: m.Message) -> list[Output]:
        return self._core.receive(channel, route, encode(message), self._now_ms)

    def _do(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Begin):
                self._answer(output)
            elif isinstance(output, Send) and output.route == GOOD and output.channel == "requests":
                self._arrived.append(decode(output.frames, DEFAULT_LIMITS, "to_client"))

    def _answer(self, begin: Begin) -> None:
        session, id = begin.session, begin.request.id
        if isinstance(begin.request, m.NpcSay):
            self._do(self._core.emit(session, id, m.Speech(text="Halt!", source="model"), self._now_ms))
        self._do(self._core.finish(session, id, m.Done(), self._now_ms))

    def _look(self) -> None:
        """See whether the good client is served, and let those in again who were thrown out."""
        self._turn += 1
        self._arrived.clear()
        say = m.NpcSay(id=self._turn, npc="Bron", text="Are you there?")
        self._do(self._receive(GOOD, "requests", say))
        self._do(self._receive(GOOD, "requests", m.Ack(below=self._turn + 1)))
        told = [type(message) for message in self._arrived]
        if told != [m.Event, m.End]:
            raise Broken(f"The good client was told {told}.")
        if len(self._core.sessions) > MAX_SESSIONS:
            raise Broken(f"There are {len(self._core.sessions)} sessions.")
        kept = sum(session.open_requests for session in self._core.sessions.values())
        if kept > 2 * DEFAULT_LIMITS.max_requests * (INTRUDERS + 2):
            raise Broken(f"{kept} requests are kept.")
        self._enter(b"intruder %d" % (self._turn % INTRUDERS))


class PeerUnderFuzz:
    """A client's core whose host sends garbage. Not thread safe.

    Args:
        seed: Makes everything that comes.
    """

    def __init__(self, seed: int) -> None:
        self._garbler = Garbler(seed)
        self._now_ms = 0.0
        self._seed = seed
        channels: tuple[Channel, ...] = ("requests", "control")
        self._bodies = {channel: [encode(message) for message in _to_client(channel)] for channel in channels}
        self._peer = self._fresh()
        self.kinds: Counter[str] = Counter()

    def step(self) -> None:
        """Send one message."""
        garbage = self._garbler.next()
        frames = garbage.frames
        if garbage.kind in ("out of order", "wrong key"):
            frames = self._garbler.chance.choice(self._bodies[garbage.channel])
        self.kinds[garbage.kind] += 1
        self._now_ms += STEP_MS
        self._peer.receive(garbage.channel, frames, self._now_ms)
        self._peer.tick(self._now_ms)
        if self._peer.state in ("refused", "closed") or self.kinds.total() % LOOK_EVERY == 0:
            self._peer = self._fresh()

    def _fresh(self) -> Peer:
        peer = Peer(PeerConfig(instance="fuzz", token=TOKEN, owner_key="k" * 43, client=m.Client(), seed=self._seed))
        peer.start(self._now_ms)
        peer.receive("requests", self._bodies["requests"][0], self._now_ms)
        peer.receive("control", self._bodies["control"][0], self._now_ms)
        for _ in range(3):
            peer.ask(m.NpcSay(id=peer.next_id(), npc="Bron", text="Good evening."), self._now_ms)
        return peer


def _to_client(channel: str) -> tuple[m.Message, ...]:
    failure = m.Failure(kind="StateError", code="closing", cause="It stops.")
    if channel == "control":
        return (m.Attached(attempt=1, session="s"), m.Pong(n=1), m.StatusReply(n=1, status={}), m.Error(error=failure))
    welcome: dict[str, Any] = {"attempt": 1, "protocol": m.PROTOCOL, "session": "s", "owner_key": "k" * 43}
    return (
        m.Welcome(**welcome, is_resumed=False, limits=DEFAULT_LIMITS),
        m.Event(id=1, seq=0, event=m.Speech(text="Halt!", source="model")),
        m.Event(id=2, seq=7, event=m.Speech(text="Halt!", source="model")),
        m.End(id=1, seq=1, result=m.Done()),
        m.Error(id=3, seq=0, error=failure),
        m.Error(error=failure),
        m.Notice(seq=4, notice=m.News(kind="closing")),
        m.Pong(n=1, requests=9, items=9),
        m.Refused(attempt=1, error=failure),
        m.SessionEnded(session="s", error=failure),
    )
