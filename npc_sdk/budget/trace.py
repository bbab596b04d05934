"""Traces of a device's memory and a game's frames over time: one JSON object a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, TextIO

from npc_sdk.errors import RequestError

FORMAT = 1
MAX_LINES = 1_000_000
MAX_LINE_CHARACTERS = 4_096
MAX_FINDINGS = 1_000
_LEAST_GAP_MS = 2_000.0
_GAP_PERIODS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSample:
    """What was seen at one moment.

    Args:
        at_ms: Time since the beginning of the trace.
        total_bytes: Memory of the device.
        used_by_others_bytes: What everybody but the model holds.
        frame_ms: How long the game took for a frame; None when nobody measured.
    """

    at_ms: float
    total_bytes: int
    used_by_others_bytes: int
    frame_ms: float | None = None

    def to_line(self) -> str:
        """Return the sample as a line of a trace, with its newline."""
        fields: dict[str, Any] = {
            "at_ms": round(self.at_ms, 3),
            "total_bytes": self.total_bytes,
            "used_by_others_bytes": self.used_by_others_bytes,
        }
        if self.frame_ms is not None:
            fields["frame_ms"] = round(self.frame_ms, 3)
        return json.dumps(fields) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFinding:
    """Something about a trace that a reader should know.

    Args:
        line: Where in the file, from 1.
        code: ``trace_bad_line``, ``trace_disorder``, ``trace_gap``, ``trace_total_changed``, ``trace_too_long``
            or ``trace_too_bad``.
        problem: The same in words.
    """

    line: int
    code: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Samples in the order of time, and what was wrong with the lines they came from.

    Args:
        samples: At least one.
        findings: What was left out, and where time is missing.
        about: Where the trace comes from, in words.
    """

    samples: tuple[TraceSample, ...]
    findings: tuple[TraceFinding, ...] = ()
    about: str = ""

    @classmethod
    def load(cls, path: Path) -> Trace:
        """Read a trace from a file; see :meth:`parse`.

        Raises:
            RequestError: The file cannot be read (``trace_unreadable``), or holds no sample (``trace_empty``).
        """
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                return cls.parse(_lines(file), name=str(path))
        except OSError as error:
            raise RequestError(
                f"The trace {path} cannot be read: {error.strerror or error}.",
                "Name a file that `npc budget record` wrote.",
                code="trace_unreadable",
                path=str(path),
            ) from error

    @classmethod
    def parse(cls, lines: Iterable[str], *, name: str = "trace") -> Trace:
        """Read the lines of a trace; a line that cannot be used is left out and becomes a finding.

        Args:
            lines: Lines as :meth:`TraceSample.to_line` writes them, perhaps after a line about the trace.
            name: What to call the trace in an error.

        Raises:
            RequestError: No line holds a sample (``trace_empty``).
        """
        reader = _Reader()
        for number, line in enumerate(lines, start=1):
            if number > MAX_LINES:
                reader.note(number, "trace_too_long", f"lines after {MAX_LINES} are not read")
                break
            if len(reader.findings) >= MAX_FINDINGS:
                reader.note(number, "trace_too_bad", f"after {MAX_FINDINGS} findings the rest is not read")
                break
            reader.take(number, line)
        if not reader.samples:
            what = "; ".join(f"line {finding.line}: {finding.problem}" for finding in reader.findings[:3])
            raise RequestError(
                f"{name} holds no sample{f' ({what})' if what else ''}.",
                "Name a file that `npc budget record` wrote.",
                code="trace_empty",
            )
        samples = tuple(sample for _, sample in reader.samples)
        found = sorted((*reader.findings, *_gaps(reader.samples)), key=lambda finding: finding.line)
        return cls(samples=samples, findings=tuple(found), about=reader.about)

    @property
    def duration_ms(self) -> float:
        """Time from the first sample to the last."""
        return self.samples[-1].at_ms - self.samples[0].at_ms

    @property
    def gap_ms(self) -> float:
        """How long a sample speaks for the time after it; beyond that, time is missing."""
        return _gap_ms([sample.at_ms for sample in self.samples])

    def scaled(self, total_bytes: int) -> Trace:
        """Return the same story on a device of another size.

        Args:
            total_bytes: Memory of that device, more than 0.

        Raises:
            RequestError: That is no size (``bad_budget``).
        """
        if total_bytes <= 0:
            raise RequestError(f"A device of {total_bytes} bytes is none.", "Give more than 0.", code="bad_budget")
        samples = (
            replace(
                sample,
                total_bytes=total_bytes,
                used_by_others_bytes=sample.used_by_others_bytes * total_bytes // sample.total_bytes,
            )
            for sample in self.samples
        )
        return replace(self, samples=tuple(samples))

    def to_lines(self) -> Iterator[str]:
        """Return the lines of a file that holds this trace."""
        yield header_line(self.about)
        yield from (sample.to_line() for sample in self.samples)


def header_line(about: str) -> str:
    """Return the first line of a trace: the version of the format, and where the trace comes from."""
    return json.dumps({"npc_trace": FORMAT, "about": about}) + "\n"


def _lines(file: TextIO) -> Iterator[str]:
    """Yield lines; of one that is too long, pieces, so that no file can fill the memory."""
    while line := file.readline(MAX_LINE_CHARACTERS + 2):
        yield line


class _Reader:
    """Collects what the lines of a trace say. Not thread-safe."""

    def __init__(self) -> None:
        self.samples: list[tuple[int, TraceSample]] = []
        self.findings: list[TraceFinding] = []
        self.about = ""

    def note(self, line: int, code: str, problem: str) -> None:
        self.findings.append(TraceFinding(line=line, code=code, problem=problem))

    def take(self, number: int, line: str) -> None:
        if not line.strip():
            return
        fields = _fields(line)
        if number == 1 and isinstance(fields, dict) and "npc_trace" in fields:
            self._take_header(fields)
            return
        sample = fields if isinstance(fields, str) else _sample(fields)
        if isinstance(sample, str):
            self.note(number, "trace_bad_line", sample)
        elif self.samples and sample.at_ms <= (last_ms := self.samples[-1][1].at_ms):
            self.note(number, "trace_disorder", f"{sample.at_ms:g} ms comes after {last_ms:g} ms; it is left out")
        else:
            self._take_sample(number, sample)

    def _take_header(self, fields: dict[str, Any]) -> None:
        self.about = str(fields.get("about", ""))
        if fields["npc_trace"] != FORMAT:
            self.note(1, "trace_bad_line", f"format {fields['npc_trace']!r} is not known; {FORMAT} is")

    def _take_sample(self, number: int, sample: TraceSample) -> None:
        if self.samples and sample.total_bytes != self.samples[-1][1].total_bytes:
            self.note(number, "trace_total_changed", "the device has another size from here on")
        self.samples.append((number, sample))


def _fields(line: str) -> dict[str, Any] | str:
    if len(line) > MAX_LINE_CHARACTERS:
        return "the line is too long"
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return "this is no JSON"
    return fields if isinstance(fields, dict) else "this is no JSON object"


def _sample(fields: dict[str, Any]) -> TraceSample | str:
    at_ms, total, used = (_number(fields.get(name)) for name in ("at_ms", "total_bytes", "used_by_others_bytes"))
    if at_ms is None or total is None or used is None:
        return "at_ms, total_bytes and used_by_others_bytes must be numbers"
    if at_ms < 0:
        return f"at_ms is {at_ms:g}; time begins at 0"
    if total < 1:
        return f"total_bytes is {total:g}"
    if not 0 <= used <= total:
        return f"used_by_others_bytes is {used:g} of {total:g}"
    frame_ms = fields.get("frame_ms")
    if frame_ms is not None and ((frame := _number(frame_ms)) is None or frame <= 0):
        return f"frame_ms is {frame_ms!r}"
    return TraceSample(at_ms=at_ms, total_bytes=int(total), used_by_others_bytes=int(used), frame_ms=_number(frame_ms))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e18:
        return None
    return float(value) if math.isfinite(value) else None


def _gaps(samples: Sequence[tuple[int, TraceSample]]) -> Iterator[TraceFinding]:
    limit_ms = _gap_ms([sample.at_ms for _, sample in samples])
    for (_, before), (number, after) in zip(samples, samples[1:], strict=False):
        if after.at_ms - before.at_ms > limit_ms:
            problem = f"nothing is known from {before.at_ms:g} ms to {after.at_ms:g} ms"
            yield TraceFinding(line=number, code="trace_gap", problem=problem)


def _gap_ms(times_ms: Sequence[float]) -> float:
    periods = [after - before for before, after in zip(times_ms, times_ms[1:], strict=False)]
    return max(_LEAST_GAP_MS, _GAP_PERIODS * median(periods)) if periods else _LEAST_GAP_MS
