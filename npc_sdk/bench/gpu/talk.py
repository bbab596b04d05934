"""Characters in conversation without an end: each reads what the player said, speaks, and is spoken to again."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from npc_sdk.bench.gpu.session import Session
from npc_sdk.bench.harness import boundaries, plain_tokens
from npc_sdk.engine.request import Ended, Event, PrefixKind, Request, TokensOut

PERSONA: Final = 200
HEARD: Final = 128
SPOKEN: Final = 48
CELLS: Final = 2048
"""Room that one character needs; when it is full, its conversation begins anew."""

_LOOK_S: Final = 0.25


class Talk:
    """Keeps characters busy on an engine. Not thread safe.

    Args:
        session: The engine; nobody else may take its events meanwhile.
        characters: How many talk.

    Attributes:
        spoken: Tokens that were spoken in all.
        turns: Turns that came to their end.
    """

    def __init__(self, session: Session, characters: int) -> None:
        self.spoken = 0
        self.turns = 0
        self._session = session
        self._characters = characters
        self._owners: dict[int, int] = {}
        self._said: dict[int, tuple[int, ...]] = {}
        self._seed = 0
        self._is_on = False

    def run(self, seconds: float) -> None:
        """Let everybody talk for so long; what is not done goes on at the next call.

        Raises:
            NpcError: The engine failed.
        """
        self._is_on = True
        for index in set(range(self._characters)) - set(self._owners.values()):
            self._say(index)
        ends_s = perf_counter() + seconds
        while (left_s := ends_s - perf_counter()) > 0:
            self._take(min(left_s, _LOOK_S))

    def stop(self) -> None:
        """End what is going on and wait for its end.

        Raises:
            NpcError: The engine failed.
        """
        self._is_on = False
        for request_id in list(self._owners):
            self._session.engine.cancel(request_id)
        ends_s = perf_counter() + 10
        while self._owners and perf_counter() < ends_s:
            self._take(_LOOK_S)

    def _take(self, timeout_s: float) -> None:
        found = self._session.next(timeout_s)
        if found is not None:
            self.heard(found[1])

    def heard(self, event: Event) -> None:
        """Take in an event of the engine, whoever waited for it."""
        if isinstance(event, TokensOut):
            self.spoken += len(event.tokens)
            if event.id in self._owners:
                self._said[self._owners[event.id]] += event.tokens
        elif isinstance(event, Ended) and event.id in self._owners:
            owner = self._owners.pop(event.id)
            self.turns += 1
            if self._is_on:
                self._say(owner)

    def _say(self, index: int) -> None:
        self._seed += 1
        persona = plain_tokens(500 + index, PERSONA)
        before = self._said.get(index, persona)
        if len(before) + HEARD + SPOKEN > CELLS:
            before = persona
        self._said[index] = before + plain_tokens(10_000 + self._seed, HEARD)
        request = Request(
            id=self._session.id(),
            sequence=f"talker {index}",
            tokens=self._said[index],
            boundaries=boundaries((PERSONA, PrefixKind.PERSONA)),
            max_tokens=SPOKEN,
            ignore_end=True,
        )
        self._owners[request.id] = index
        self._session.engine.submit(request)
