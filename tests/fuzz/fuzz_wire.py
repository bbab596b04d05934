"""Fuzzing of decoder and host core with atheris; ``mutations`` makes inputs for the ordinary tests without it.

python tests/fuzz/fuzz_wire.py seeds FOLDER               writes the golden vectors as a first corpus
python tests/fuzz/fuzz_wire.py decode|host FOLDER [atheris options]
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from npc_sdk.errors import ProtocolError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import DIRECTIONS, TAG, Direction, decode, encode
from npc_sdk.wire.host_core import HostConfig, HostCore
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.outputs import Begin

VECTORS = Path(__file__).parents[2] / "bindings" / "vectors" / "messages.json"
PLACES: tuple[Direction, ...] = tuple(DIRECTIONS)
LIMITS = Limits(max_faults=1_000_000_000, max_bytes_per_s=1_000_000_000, max_burst_bytes=1_000_000_000)
KEY = "k" * 43
INTERESTING = (b"\xc0", b"\xc1", b"\xdc\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\x91" * 600)


def fuzz_decode(data: bytes) -> None:
    """Decode anything as anything: a message that can be encoded again, or a ProtocolError.

    Args:
        data: The first byte chooses direction and frames, the rest is what is decoded.
    """
    choice, body = (data[0] if data else 0), data[1:]
    direction = PLACES[choice % len(PLACES)]
    frames = [TAG, body] if choice < 200 else [bytes(part) for part in body.split(b"|")]
    try:
        message = decode(frames, DEFAULT_LIMITS, direction)
    except ProtocolError as error:
        if not error.code or not error.cause:
            raise AssertionError("an error without words") from error
        return
    if decode(encode(message), DEFAULT_LIMITS, direction) != message:
        raise AssertionError("a message changes on its way")


class HostUnderFuzz:
    """A host's core with one good client and whatever comes from others."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self._secrets = 0
        self.core = self._fresh()

    def _secret(self) -> str:
        self._secrets += 1
        return f"{self._secrets:0>43}"[::-1]

    def _fresh(self) -> HostCore:
        core = HostCore(HostConfig(limits=LIMITS, token="token"), self._secret)
        hello = m.Hello(attempt=1, protocol="1.0", instance="fuzz", token="token", owner_key=KEY)
        core.receive("requests", b"bad", encode(hello), self.now_ms)
        attach = m.Attach(attempt=1, session=next(iter(core.sessions)), owner_key=KEY)
        core.receive("control", b"bad", encode(attach), self.now_ms)
        return core

    def take(self, data: bytes) -> None:
        """Give one message to the host, from a stranger or from a client that it knows."""
        choice, body = (data[0] if data else 0), data[1:]
        route = b"bad" if choice & 1 else b"stranger"
        channel = "control" if choice & 2 else "requests"
        self.now_ms += 1.0
        outputs = self.core.receive(channel, route, [TAG, body], self.now_ms)  # type: ignore[arg-type]
        outputs += self.core.tick(self.now_ms)
        for output in outputs:
            if isinstance(output, Begin):
                self.core.finish(output.session, output.request.id, m.Done(), self.now_ms)
        if (b"bad" not in {session.route for session in self.core.sessions.values()}) or choice == 255:
            self.core = self._fresh()
        kept = sum(session.open_requests for session in self.core.sessions.values())
        if kept > 2 * LIMITS.max_requests or len(self.core.sessions) > 256:
            raise AssertionError("the host keeps too much")


def seeds() -> Iterator[bytes]:
    """Return the golden vectors as inputs."""
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    for one in vectors["accept"] + vectors["refuse"]:
        if len(one["frames"]) > 1:
            place = PLACES.index(one["direction"])
            # A direction for the decoder, and a known client and its channel for the host.
            yield bytes([place + 5 * (3 if "control" in one["direction"] else 1)]) + bytes.fromhex(one["frames"][1])


def mutations(count: int, seed: int) -> Iterator[bytes]:
    """Return inputs made from the golden vectors by small changes."""
    chance = random.Random(seed)
    bodies = [one[1:] for one in seeds()]
    for _ in range(count):
        body = bytearray(chance.choice(bodies))
        for _ in range(chance.randrange(4)):
            _mutate(body, chance)
        yield bytes([chance.randrange(256)]) + bytes(body)


def _mutate(body: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(body) + 1)
    kind = chance.randrange(4)
    if kind == 0 and body:
        body[place % len(body)] = chance.randrange(256)
    elif kind == 1:
        body[place:place] = chance.choice(INTERESTING)
    elif kind == 2:
        del body[place : place + chance.randrange(8)]
    else:
        body[place:place] = body[: chance.randrange(len(body) + 1)]


def main() -> None:
    """Fuzz until stopped, or write seeds."""
    if sys.argv[1:2] == ["seeds"]:
        folder = Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        for index, seed in enumerate(seeds()):
            (folder / f"seed-{index}").write_bytes(seed)
        return
    import atheris

    which = sys.argv.pop(1)
    atheris.instrument_all()
    atheris.Setup(sys.argv, fuzz_decode if which == "decode" else HostUnderFuzz().take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
