"""Calls of llama.cpp, one by one, for whoever draws them; nothing is kept while nobody asks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, runtime_checkable

MOST_CALLS: Final = 4096


@dataclass(frozen=True, slots=True)
class EngineCall:
    """One call of llama.cpp.

    Args:
        age_ms: From its end until it was reported.
        spent_ms: What it took.
        tokens: Tokens in the batch.
        rows: Sequences in the batch.
        is_reading: Whether prompts were read; otherwise characters spoke.
    """

    age_ms: float
    spent_ms: float
    tokens: int
    rows: int
    is_reading: bool


OnCalls: TypeAlias = Callable[[Sequence[EngineCall]], None]


@runtime_checkable
class ReportsCalls(Protocol):
    """An engine that can report its calls."""

    def watch_calls(self, on_calls: OnCalls) -> None:
        """Report calls from now on, also after a restart.

        Args:
            on_calls: Called from the engine's thread with the calls that ended since the last time; must return
                quickly.
        """
        ...


class StepLog:
    """Calls that were not reported yet; when nobody takes them, the oldest are lost. Owned by the engine thread."""

    def __init__(self) -> None:
        self._calls: deque[tuple[float, float, int, int, bool]] = deque(maxlen=MOST_CALLS)

    def __bool__(self) -> bool:
        return bool(self._calls)

    def note(self, ended_s: float, spent_s: float, tokens: int, rows: int, is_reading: bool) -> None:
        """Take a call.

        Args:
            ended_s: When it ended, in seconds of a clock.
            spent_s: What it took.
            tokens: Tokens in the batch.
            rows: Sequences in the batch.
            is_reading: Whether prompts were read.
        """
        self._calls.append((ended_s, spent_s, tokens, rows, is_reading))

    def take(self, now_s: float) -> list[EngineCall]:
        """Return the calls, oldest first, and keep none."""
        calls = [
            EngineCall((now_s - ended_s) * 1000, spent_s * 1000, tokens, rows, is_reading)
            for ended_s, spent_s, tokens, rows, is_reading in self._calls
        ]
        self._calls.clear()
        return calls
