"""Keeps a probe's silence and lies from whoever acts on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from npc_sdk.budget.probe import PROBE_CLOSED, Device, MemoryReading, NoReading, NowMs, Probe, monotonic_ms

HOLD_MS = 2000.0
JUMP_SHARE = 0.25
_SAME_TOTAL_SHARE = 0.01

_N = TypeVar("_N", int, float)


class GuardedProbe:
    """Gives the last good value for a bounded time when a probe fails or lies, and then the safe side.

    The safe side is a reading without any free memory, marked ``assumed``: nothing more is taken, and what the
    game wants back is given back. Before the first good value there is nothing to hold, and the probe's own
    ``NoReading`` is passed on. Every reading that is not measured carries the finding. Good news that is too good
    (much more free memory at once) is believed when the next reading says the same; bad news is believed at once.
    Not thread-safe; owned by the thread that reads.

    Args:
        probe: What is guarded; closed with this one.
        hold_ms: How long the last good value counts.
        jump_share: The share of the total by which free memory may grow at once.
        now_ms: The clock of the guarded probe's readings.
    """

    def __init__(
        self,
        probe: Probe,
        *,
        hold_ms: float = HOLD_MS,
        jump_share: float = JUMP_SHARE,
        now_ms: NowMs = monotonic_ms,
    ) -> None:
        self._probe = probe
        self._hold_ms = hold_ms
        self._jump_share = jump_share
        self._now_ms = now_ms
        self._is_closed = False
        self._good: MemoryReading | None = None
        self._doubted: MemoryReading | None = None
        self._doubting_since_ms: float | None = None

    @property
    def name(self) -> str:
        """The guarded probe's name."""
        return self._probe.name

    @property
    def device(self) -> Device | None:
        """The guarded probe's device."""
        try:
            return self._probe.device
        except Exception:
            # A probe of somebody else's may break its promise.
            return None

    def read(self) -> MemoryReading | NoReading:
        """Return a reading that can be acted on, or why there never was one."""
        if self._is_closed:
            return PROBE_CLOSED
        seen = self._seen()
        if isinstance(seen, NoReading):
            self._doubted = None
            return self._instead(seen, since_ms=None)
        doubt = self._doubt(seen)
        if doubt is not None:
            return self._instead(doubt, since_ms=self._doubting_since_ms)
        self._good, self._doubted, self._doubting_since_ms = seen, None, None
        return self._good

    def close(self) -> None:
        """Close the guarded probe."""
        self._is_closed = True
        try:
            self._probe.close()
        except Exception:
            # A probe of somebody else's may break its promise.
            return

    def _seen(self) -> MemoryReading | NoReading:
        try:
            seen = self._probe.read()
            return seen if isinstance(seen, NoReading) else _checked(seen)
        except Exception as error:
            # A probe of somebody else's may break its promise.
            reason = f"The probe failed: {type(error).__name__}: {error}."
            return NoReading(code="probe_failed", reason=reason)

    def _doubt(self, seen: MemoryReading) -> NoReading | None:
        """Return what is doubtful about a reading until a second one says the same."""
        good, before = self._good, self._doubted
        doubt = None if good is None else _doubt(seen, good, self._jump_share)
        if doubt is None or (before is not None and _doubt(seen, before, self._jump_share) is None):
            return None
        self._doubted = seen
        if self._doubting_since_ms is None:
            self._doubting_since_ms = self._now_ms()
        return doubt

    def _instead(self, finding: NoReading, *, since_ms: float | None) -> MemoryReading | NoReading:
        good = self._good
        if good is None:
            return finding
        # A doubtful reading is a reading: the last good value counts from the doubt on, however old it is.
        held_ms = self._now_ms() - (good.at_ms if since_ms is None else since_ms)
        if held_ms <= self._hold_ms:
            return replace(good, trust="held", finding=finding)
        return replace(
            good,
            free_bytes=0,
            used_by_others_bytes=None,
            own_bytes=None,
            utilisation=None,
            throttle=(),
            missing={"free_bytes": finding.reason},
            trust="assumed",
            finding=finding,
        )


def _checked(seen: object) -> MemoryReading | NoReading:
    """Return a reading without what cannot be true about it, or why it is none."""
    if not isinstance(seen, MemoryReading):
        return NoReading(code="probe_failed", reason=f"The probe gave {seen!r:.40}, which is no reading.")
    for n_bytes in (seen.total_bytes, seen.free_bytes):
        if not _is_count(n_bytes):
            return NoReading(code="probe_failed", reason=f"The probe gave {n_bytes!r:.40} for a number of bytes.")
    return _lie(seen) or _without_absurd_parts(seen)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _lie(seen: MemoryReading) -> NoReading | None:
    """Return what cannot be true about the memory of a reading."""
    if seen.total_bytes <= 0:
        return NoReading(code="probe_zero_total", reason=f"The device has {seen.total_bytes} bytes, says the probe.")
    if seen.free_bytes < 0:
        return NoReading(code="probe_negative_free", reason=f"{seen.free_bytes} bytes are free, says the probe.")
    if seen.free_bytes > seen.total_bytes:
        reason = f"{seen.free_bytes} of {seen.total_bytes} bytes are free, says the probe."
        return NoReading(code="probe_free_above_total", reason=reason)
    return None


def _doubt(seen: MemoryReading, known: MemoryReading, jump_share: float) -> NoReading | None:
    if abs(seen.total_bytes - known.total_bytes) > _SAME_TOTAL_SHARE * known.total_bytes:
        reason = f"The device had {known.total_bytes} bytes and now has {seen.total_bytes}, says the probe."
        return NoReading(code="probe_total_changed", reason=reason)
    if seen.free_bytes - known.free_bytes > jump_share * known.total_bytes:
        reason = f"Free memory grew from {known.free_bytes} to {seen.free_bytes} bytes at once, says the probe."
        return NoReading(code="probe_jump", reason=reason)
    return None


def _without_absurd_parts(seen: MemoryReading) -> MemoryReading:
    """Return a reading whose parts are None where they cannot be true."""
    absurd: dict[str, str] = {}

    def possible(name: str, value: _N | None, most: int) -> _N | None:
        if value is None or 0 <= value <= most:
            return value
        absurd[name] = f"{value} of {most} cannot be"
        return None

    parts = replace(
        seen,
        own_bytes=possible("own_bytes", seen.own_bytes, seen.total_bytes),
        used_by_others_bytes=possible("used_by_others_bytes", seen.used_by_others_bytes, seen.total_bytes),
        reserved_bytes=possible("reserved_bytes", seen.reserved_bytes, seen.total_bytes),
        utilisation=possible("utilisation", seen.utilisation, 1),
    )
    return replace(parts, missing={**seen.missing, **absurd}) if absurd else seen
