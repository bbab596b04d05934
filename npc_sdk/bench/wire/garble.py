"""Messages that nobody should send: malformed, oversized, deeply nested, out of order, and with wrong keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, TypeAlias

import msgpack

from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG, encode
from npc_sdk.wire.outputs import Channel

Kind: TypeAlias = Literal["malformed", "oversized", "nested", "out of order", "wrong key"]

KINDS: tuple[Kind, ...] = ("malformed", "oversized", "nested", "out of order", "wrong key")
_WEIGHTS = (55, 4, 8, 20, 13)
_KEY = "w" * 43
_LARGE = b"\x81\xa4type\xdb\x00\x04\x93\xe0" + b"x" * 300_000
_PARTS = (
    *(b"\xc0", b"\xc1", b"\xc4\x01x", b"\xcb\x7f\xf8" + bytes(6)),
    *(b"\xdc\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff"),
)
_MODES = ("explore", "combat", "", "nothing that is known")


@dataclass(frozen=True, slots=True)
class Garbage:
    """One message.

    Args:
        kind: What is wrong with it.
        channel: Where it is sent.
        frames: What is sent.
    """

    kind: Kind
    channel: Channel
    frames: list[bytes]


def to_host() -> tuple[m.Message, ...]:
    """Return one good message of each type that a client sends on the requests channel."""
    persona = m.Reference(value={"name": "Bron", "role": "the gate guard", "knows": ["the gate is shut"]})
    return (
        m.Hello(attempt=1, protocol=m.PROTOCOL, instance="garble", token="wrong", owner_key=_KEY),
        m.NpcSpawn(id=1, persona=persona, name="Bron", actions=({"name": "wait", "description": "Wait."},)),
        m.NpcSay(id=2, npc="Bron", text="Good evening.", deadline_ms=1000.0),
        m.NpcDecide(id=3, npc="Bron", situation="It is late.", options=("sleep", "watch")),
        m.NpcObserve(id=4, npc="Bron", text="It rains.", ttl_ms=5.0),
        m.NpcGreet(id=5, npc="Bron"),
        m.NpcPark(id=6, npc="Bron"),
        m.NpcHistory(id=7, npc="Bron", last=3),
        m.NpcHeard(id=8, npc="Bron", turn=2, characters=4),
        m.NpcResult(id=9, npc="Bron", action_id="1", result="done"),
        m.WorldSet(id=10, tick=4, vocabularies={"enemies": ("goblin", "wolf")}),
        m.BudgetReserve(id=11, mib=64),
        m.NpcDespawn(id=12, npc="Bron"),
        m.Ack(below=3, upto=(m.Receipt(id=4, seq=2),)),
        m.Ping(n=1),
        m.Bye(),
    )


def to_control() -> tuple[m.Message, ...]:
    """Return one good message of each type that a client sends on the control channel."""
    return (
        m.Attach(attempt=1, session="garble", owner_key=_KEY),
        m.Cancel(id=2),
        m.StatusAsk(n=1),
        m.Frame(target_ms=16.7, measured_ms=18.0, mode="combat"),
        m.Ping(n=2),
    )


class Garbler:
    """Makes messages; the same seed makes the same ones. Not thread safe.

    Args:
        seed: Of everything that is left to chance.
        token: The host's token, for those who get in and misbehave then; None knows none.
    """

    def __init__(self, seed: int, token: str | None = None) -> None:
        self.chance = Random(seed)
        self._token = token
        self._makers: dict[Kind, Callable[[Channel], list[bytes]]] = {
            "malformed": self._malformed,
            "oversized": self._oversized,
            "nested": self._nested,
            "out of order": self._out_of_order,
            "wrong key": self._wrong_key,
        }
        self._bodies: dict[Channel, list[bytes]] = {
            "requests": [encode(message)[1] for message in to_host()],
            "control": [encode(message)[1] for message in to_control()],
        }

    def next(self) -> Garbage:
        """Return the next message."""
        channel: Channel = "requests" if self.chance.random() < 0.75 else "control"
        kind = self.chance.choices(KINDS, _WEIGHTS)[0]
        return Garbage(kind, channel, self._makers[kind](channel))

    def _malformed(self, channel: Channel) -> list[bytes]:
        body = bytearray(self.chance.choice(self._bodies[channel]))
        for _ in range(self.chance.randrange(1, 4)):
            self._change(body)
        choice = self.chance.random()
        if choice < 0.05:
            return [self.chance.randbytes(self.chance.randrange(9)), bytes(body)]
        if choice < 0.1:
            return [TAG, bytes(body), *[b"x"] * self.chance.randrange(1, 6)][: self.chance.randrange(1, 7)]
        return [TAG, bytes(body)]

    def _change(self, body: bytearray) -> None:
        place = self.chance.randrange(len(body) + 1)
        kind = self.chance.randrange(4)
        if kind == 0 and body:
            body[place % len(body)] = self.chance.randrange(256)
        elif kind == 1:
            body[place:place] = self.chance.choice(_PARTS)
        elif kind == 2:
            del body[place : place + self.chance.randrange(1, 9)]
        else:
            body[place:place] = body[: self.chance.randrange(len(body) + 1)]

    def _oversized(self, channel: Channel) -> list[bytes]:
        if self.chance.random() < 0.2:
            return [TAG, _LARGE]
        count = self.chance.choice((300, 5000, 20_000))
        value: Any = {str(number): 0 for number in range(count)} if self.chance.random() < 0.3 else [0] * count
        return [TAG, msgpack.packb({"type": self._type(channel), "id": self._id(), "text": value})]

    def _nested(self, channel: Channel) -> list[bytes]:
        depth = self.chance.choice((17, 40, 513, 5000))
        head = msgpack.packb(self._type(channel))
        opened = self.chance.choice((b"\x91", b"\x81\xa1a"))
        return [TAG, b"\x82\xa4type" + head + b"\xa5value" + opened * depth + b"\xc0"]

    def _type(self, channel: Channel) -> str:
        return str(msgpack.unpackb(self.chance.choice(self._bodies[channel]))["type"])

    def _id(self) -> int:
        return self.chance.choice((0, 1, 2, self.chance.randrange(1, 64), self.chance.getrandbits(64)))

    def _out_of_order(self, channel: Channel) -> list[bytes]:
        """Return a message that is good by itself, at a time and with numbers at which it should not come."""
        data = msgpack.unpackb(self.chance.choice(self._bodies[channel]))
        for name in ("id", "attempt", "n", "below", "turn", "characters", "tick"):
            if name in data:
                data[name] = self._id()
        if data["type"] == "ack":
            data["upto"] = [{"id": self._id(), "seq": self._id()} for _ in range(self.chance.randrange(5))]
        elif data["type"] == "hello":
            data["resume"] = [{"id": self._id() or 1, "next_seq": self._id()} for _ in range(self.chance.randrange(5))]
        elif data["type"] == "frame":
            data["mode"] = self.chance.choice(_MODES)
        return [TAG, msgpack.packb(data)]

    def _wrong_key(self, channel: Channel) -> list[bytes]:
        key = "".join(self.chance.choices("abcXYZ019_-", k=self.chance.choice((0, 31, 43, 128, 129))))
        attempt = self._id()
        if channel == "control":
            return [TAG, msgpack.packb({"type": "attach", "attempt": attempt, "session": key[:20], "owner_key": key})]
        token = self._token if self.chance.random() < 0.02 else self.chance.choice((None, "", "wrong", "x" * 300))
        hello = {"type": "hello", "attempt": attempt, "protocol": self.chance.choice(("1.0", "2.0", "1", "")),
                 "instance": key[:16] or "a", "token": token, "owner_key": key}  # fmt: skip
        return [TAG, msgpack.packb(hello)]
