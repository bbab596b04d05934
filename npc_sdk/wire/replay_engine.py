"""An engine that gives out again what another one gave out when it was recorded; needs no model."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.codec import unpack_event
from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.engine import EngineInfo, EngineStats
from npc_sdk.engine.request import Ended, EngineCost, EngineDown, EngineUp, Event, Failed, Request, Scored, TokensOut
from npc_sdk.errors import ProtocolError, StateError
from npc_sdk.testing import FakeClock, FakeTokenizer
from npc_sdk.testing.fake_template import FAKE_CHAT_TEMPLATE

# Words of the fake tokenizer are other ones than those of the model that was recorded, and there are more of them.
_ROOM: Final = 8


class ReplayEngine:
    """Follows the engine protocol; whoever replays says when it gives out what. Safe to use from any thread.

    Args:
        chat_template: That of the model that was recorded.
        cells: Tokens that fit.
        is_same_vocabulary: Whether a fake engine was recorded, whose tokens mean the same here.
    """

    def __init__(self, *, chat_template: str | None, cells: int, is_same_vocabulary: bool) -> None:
        self.clock = FakeClock(moves_alone=False)
        self._tokenizer = FakeTokenizer(FAKE_CHAT_TEMPLATE if chat_template is None else chat_template)
        self._cells = cells if is_same_vocabulary else cells * _ROOM
        self._emit: Callable[[Event], None] = lambda _: None
        self._changed = threading.Condition()
        self._asked: dict[tuple[str, str], deque[int]] = {}
        self._ids: dict[int, int] = {}
        self._live: set[int] = set()
        self._cancelled: set[int] = set()
        self._steps = 0

    # For whoever replays.

    def expect(self, recorded_id: int, sequence: str, kind: str, wait_s: float) -> int | None:
        """Wait until the runtime asks what it asked when it was recorded.

        Args:
            recorded_id: The request's id then.
            sequence: Whose request.
            kind: What kind of request.
            wait_s: Longest wait.

        Returns:
            The request's id now, or None when it does not ask.
        """
        end_s = time.monotonic() + wait_s
        with self._changed:
            while not self._asked.get((sequence, kind)):
                if not self._changed.wait(max(0.0, end_s - time.monotonic())) and time.monotonic() >= end_s:
                    return None
            id = self._ids[recorded_id] = self._asked[sequence, kind].popleft()
            return id

    def await_cancel(self, packed: Sequence[Any], wait_s: float) -> bool | None:
        """Wait until the runtime cancels what it cancelled when it was recorded.

        Args:
            packed: A recorded event.
            wait_s: Longest wait.

        Returns:
            None when the event is the end of a cancelled request, and it was not cancelled here.
        """
        if packed[0] != "ended" or packed[2] != "cancelled":
            return True
        with self._changed:
            id = self._ids.get(packed[1])
            return self._changed.wait_for(lambda: id is None or id in self._cancelled, wait_s) or None

    def give_out(self, packed: Sequence[Any], pieces: Sequence[bytes]) -> None:
        """Give out a recorded event; nothing for a request that was not asked here.

        Args:
            packed: As :func:`npc_sdk.engine.codec.pack_event` returned it.
            pieces: The bytes of its tokens.
        """
        try:
            event = unpack_event(list(packed))
        except (ProtocolError, TypeError, LookupError, ValueError):
            return
        if isinstance(event, (EngineDown, EngineUp)):
            self._emit(event)
        elif isinstance(event, (TokensOut, Scored, Ended, Failed)):
            self._give_out(event, pieces)

    def _give_out(self, event: TokensOut | Scored | Ended | Failed, pieces: Sequence[bytes]) -> None:
        with self._changed:
            id = self._ids.get(event.id)
            if id is None or id not in self._live:
                return
            if isinstance(event, (Ended, Failed)):
                self._live.discard(id)
                self._cancelled.discard(id)
            self._steps += 1
        if isinstance(event, TokensOut):
            self._emit(TokensOut(id, tuple(token for piece in pieces for token in self._tokens(piece)), event.data))
        else:
            self._emit(replace(event, id=id))

    def _tokens(self, piece: bytes) -> list[int]:
        try:
            return self._tokenizer.encode(piece.decode("utf-8"), special=True)
        except UnicodeDecodeError:
            return list(piece)

    # The engine protocol.

    @property
    def tokenizer(self) -> FakeTokenizer:
        """Words, with the template of the model that was recorded."""
        return self._tokenizer

    @property
    def info(self) -> EngineInfo:
        """What stands in for the model."""
        return EngineInfo(
            model_name="replay",
            fingerprint=self._tokenizer.fingerprint,
            slots=4,
            cells=self._cells,
            max_sequence_tokens=self._cells,
            is_hybrid=True,
            backend="replay",
        )

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        """Begin to answer."""
        self._emit = on_event

    def submit(self, request: Request) -> None:
        """Take note of a request."""
        with self._changed:
            self._live.add(request.id)
            self._asked.setdefault((request.sequence, request.kind), deque()).append(request.id)
            self._changed.notify_all()

    def cancel(self, request_id: int) -> None:
        """Take note; how the request ended stands in the recording."""
        with self._changed:
            self._cancelled.add(request_id)
            self._changed.notify_all()

    def park(self, sequence: str) -> None:
        """Do nothing."""

    def forget(self, sequence: str) -> None:
        """Do nothing."""

    def set_quantum(self, quantum: int) -> None:
        """Do nothing."""

    def reconfigure(self, config: EngineConfig) -> None:
        """Do nothing."""

    def suspend(self) -> None:
        """Do nothing."""

    def frame(self, hint: FrameHint) -> None:
        """Do nothing."""

    def pace(self, config: PacingConfig) -> None:
        """Do nothing."""

    def stats(self) -> EngineStats:
        """Return how many events were given out."""
        return EngineStats(steps=self._steps)

    def close(self, *, timeout_s: float = 10.0) -> None:
        """End what is live."""
        with self._changed:
            live, self._live = sorted(self._live), set()
        error = StateError("The replay is over.", code="closed")
        for id in live:
            self._emit(Failed(id, error, EngineCost()))


def engine_for(header: Mapping[str, Any]) -> ReplayEngine:
    """Return the engine for a recording, by its header."""
    cells = header.get("settings", {}).get("runtime", {}).get("cells")
    return ReplayEngine(
        chat_template=header.get("chat_template"),
        cells=cells if isinstance(cells, int) and cells > 0 else 8192,
        is_same_vocabulary=str(header.get("tokenizer", "")).startswith("fake-"),
    )
