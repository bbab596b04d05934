"""Reads a probe on a thread of its own, so that a driver that hangs holds up nobody else."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from npc_sdk.budget.probe import PROBE_CLOSED, Device, MemoryReading, NoReading, Probe

ANSWER_MS = 250.0
STALE_MS = 2000.0

_NO_ANSWER = NoReading(code="probe_failed", reason="The probe gave up its thread.")


@dataclass(slots=True)
class _Question:
    """One reading that was begun."""

    began_s: float
    took_s: float = 0.0
    answer: MemoryReading | NoReading | Exception = _NO_ANSWER
    device: Device | None = None
    is_answered: threading.Event = field(default_factory=threading.Event)


class ApartProbe:
    """Reads another probe on a thread, and waits for it only so long.

    A reading that takes longer is ``probe_slow`` and goes on alone: only one is ever under way, what it brings is
    given out when it comes, unless it is too old by then, and as long as the probe stays that slow nobody waits for
    it any more. A probe that raises does so here too. Not thread-safe; owned by the thread that reads.

    Args:
        probe: What is read; closed with this one, when it does not read any more.
        answer_ms: How long is waited for a reading.
        stale_ms: From when on a reading that came late is of no use.
    """

    def __init__(self, probe: Probe, *, answer_ms: float = ANSWER_MS, stale_ms: float = STALE_MS) -> None:
        self._probe = probe
        self._answer_s = answer_ms / 1000.0
        self._stale_s = stale_ms / 1000.0
        self._question: _Question | None = None
        self._device: Device | None = None
        self._has_device = self._is_slow = self._is_closed = False

    @property
    def name(self) -> str:
        """The probe's name."""
        return self._probe.name

    @property
    def device(self) -> Device | None:
        """The probe's device, as of the last reading; asked for on this thread before there is one."""
        return self._device if self._has_device or self._question is not None else self._probe.device

    def read(self) -> MemoryReading | NoReading:
        """Return what the probe sees, or that it takes too long."""
        if self._is_closed:
            return PROBE_CLOSED
        question = self._question = self._question or self._ask()
        if not question.is_answered.wait(0.0 if self._is_slow else self._answer_s):
            self._is_slow = True
            return _slow(f"has said nothing for {time.monotonic() - question.began_s:.1f} s")
        self._question = None
        self._is_slow = question.took_s > self._answer_s
        answer = question.answer
        if isinstance(answer, Exception):
            raise answer
        self._device, self._has_device = question.device, True
        if time.monotonic() - question.began_s > self._stale_s:
            return _slow(f"took {question.took_s:.1f} s, which is too long to be of use")
        return answer

    def close(self) -> None:
        """Close the probe as soon as it does not read any more; waits for that no longer than for a reading."""
        if self._is_closed:
            return
        self._is_closed = True
        closing = threading.Thread(target=self._close, args=(self._question,), name="npc-probe-close", daemon=True)
        closing.start()
        closing.join(self._answer_s)

    def _ask(self) -> _Question:
        question = _Question(began_s=time.monotonic())
        threading.Thread(target=self._answer, args=(question,), name="npc-probe", daemon=True).start()
        return question

    def _answer(self, question: _Question) -> None:
        try:
            question.answer = self._probe.read()
            question.device = self._probe.device
        except Exception as error:
            question.answer = error
        finally:
            question.took_s = time.monotonic() - question.began_s
            question.is_answered.set()

    def _close(self, question: _Question | None) -> None:
        if question is not None:
            question.is_answered.wait()
        try:
            self._probe.close()
        except Exception:
            # A probe of somebody else's may break its promise, and nobody is left to tell.
            return


def _slow(what: str) -> NoReading:
    return NoReading(
        code="probe_slow", reason=f"The probe {what}.", next_step="See whether the driver hangs: run npc doctor."
    )
