"""A game under test: characters that are talked to all the time, and what must hold for each of their turns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from npc_sdk.persona import Limits, Persona
from npc_sdk.runtime.events import TurnEnd, TurnEvent
from npc_sdk.runtime.turn import Turn
from npc_sdk.wire.client import Client
from npc_sdk.wire.remote_npc import RemoteNpc

DEADLINES_MS = (1000.0, 5000.0, 20_000.0)
FRAME_S = 0.004
WHOLE = frozenset({"stop", "limit"})


def persona(name: str) -> Persona:
    """Return a character that may speak at length."""
    limits = Limits(characters=4000, tokens=200, sentences=8)
    return Persona(name=name, role="the gate guard", fallback=("Hm.", "What?"), limits=limits)


def talker(client: Client, name: str) -> RemoteNpc:
    """Bring in a character, or take it up again."""
    return client.spawn(persona(name), name=name)


class Asked:
    """One turn, and each call that was made about it.

    Args:
        line: What the player said.
    """

    def __init__(self, line: str) -> None:
        self.line = line
        self.calls: list[TurnEvent] = []
        self.turn: Turn | None = None

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with it, once the game is over."""
        turn = self.turn
        if turn is None or not turn.is_over:
            yield f"{self.line!r} has not ended"
            return
        ends = [event for event in self.calls if isinstance(event, TurnEnd)]
        if len(ends) != 1 or self.calls[-1] is not ends[0]:
            yield f"{self.line!r} has {len(ends)} ends"
        if tuple(self.calls) != turn.events:
            yield f"{self.line!r} was told otherwise than it stands"


class Game:
    """Talks to all its characters, frame by frame. Not thread safe.

    Args:
        client: Connected.
        characters: How many.
        seed: Makes lines and deadlines.
        deadlines_ms: What deadlines are drawn from.

    Attributes:
        asked: Every turn so far.
        heard: By character, the last line that it has answered to the end.
    """

    def __init__(
        self, client: Client, *, characters: int, seed: int, deadlines_ms: tuple[float, ...] = DEADLINES_MS
    ) -> None:
        self.client = client
        self.npcs = [talker(client, f"guard {number}") for number in range(characters)]
        self.asked: list[Asked] = []
        self.heard: dict[str, str] = {}
        self._chance = Random(seed)
        self._deadlines_ms = deadlines_ms
        self._live: dict[str, Asked] = {}
        self._is_asking = True

    @property
    def is_settled(self) -> bool:
        """Whether no turn runs."""
        return all(asked.turn is not None and asked.turn.is_over for asked in self._live.values())

    def frame(self) -> None:
        """Take in what has arrived, and speak to whoever is silent."""
        self.client.poll()
        if not self._is_asking:
            return
        for npc in self.npcs:
            asked = self._live.get(npc.name)
            if asked is not None and asked.turn is not None and asked.turn.is_over:
                if asked.turn.result().why in WHOLE:
                    self.heard[npc.name] = asked.line
                asked = None
            if asked is None:
                self._say(npc)

    def play(self, seconds: float) -> Iterator[None]:
        """Play on; one frame each time the iterator is moved."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self.frame()
            yield

    def until_connected(self, limit_s: float) -> Iterator[None]:
        """Play on until the host is there."""
        until_s = time.monotonic() + limit_s
        while self.client.state != "connected" and time.monotonic() < until_s:
            self.frame()
            yield

    def settle(self, limit_s: float) -> Iterator[None]:
        """Begin no turns any more, until all have ended."""
        self._is_asking = False
        until_s = time.monotonic() + limit_s
        while not self.is_settled and time.monotonic() < until_s:
            self.frame()
            yield
        self.client.poll()

    def problems(self, heard: dict[str, str]) -> list[str]:
        """Return what is wrong after all turns have ended.

        Args:
            heard: By character, a line that it must remember.
        """
        found = [problem for asked in self.asked for problem in asked.problems()]
        if self.client.state != "connected":
            return [*found, f"the client is {self.client.state}"]
        for npc in self.npcs:
            end = npc.say("Are you there?").result()
            if end.why not in WHOLE:
                found.append(f"{npc.name} does not answer: {end.why}")
            said = [line.text for line in npc.history]
            if npc.name in heard and heard[npc.name] not in said:
                found.append(f"{npc.name} has forgotten {heard[npc.name]!r}; it knows {len(said)} lines")
        return found

    def _say(self, npc: RemoteNpc) -> None:
        asked = Asked(f"Line {len(self.asked)} to {npc.name}.")
        self.asked.append(asked)
        self._live[npc.name] = asked
        asked.turn = npc.say(
            asked.line, deadline_ms=self._chance.choice(self._deadlines_ms), on_event=asked.calls.append
        )
