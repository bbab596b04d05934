"""The report of a battle: enough to show it again, letter by letter, without any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from npc_sdk.errors import RequestError

from ..drawing.gauges import Gauges
from .battle import FORMAT, Course, Record, report_of
from .cue_check import CueCheck
from .loading import Loading
from .players import Player
from .rules import SIDES, Battle, Side, resolve
from .scene import Point, Scene
from .stage import Cue, Stage, as_move

DEFAULT_TICK_MS: Final = 1400.0
LINGERS_MS: Final = 4000.0
_MOST_SEED, _MOST_LIMIT, _MOST_WINS = 2**63, 10_000, 10**9
_LEAST_TICK_MS, _MOST_TICK_MS = 1.0, 3_600_000.0


def full_report(
    stage: Stage, cues: Sequence[Cue], players: Mapping[Side, Player], walls_ms: Sequence[float]
) -> dict[str, Any]:
    """Return a battle as plain data.

    Args:
        stage: The battle.
        cues: All that went into it.
        players: Who played.
        walls_ms: How long each tick took.
    """
    course = Course(seed=stage.seed, limit=stage.limit, battle=Battle.new(stage.seed), walls_ms=list(walls_ms))
    for cue in cues:
        if cue["what"] == "tick":
            _run(course, cue)
    return {
        **report_of(course, players),
        "pace_ms": stage.tick_ms,
        "wins": wins_before(stage),
        "speech": speech_of(stage),
        "cues": list(cues),
    }


def wins_before(stage: Stage) -> dict[str, int]:
    """Return the battles that each side had won when this one began."""
    won = stage.verdict
    return {side: stage.wins[side] - (side == won) for side in SIDES}


def speech_of(stage: Stage) -> list[dict[str, Any]]:
    """Return everything that was said: by whom, when, and how much of it was shown in the end."""
    return [
        {
            "at_ms": round(said.began_ms, 1),
            "label": said.label,
            "kind": said.kind,
            "text": said.text if said.cut_at is None else said.text[: said.cut_at],
            "is_cut": said.cut_at is not None,
        }
        for said in stage.speech.all.values()
    ]


def cues_of(report: Mapping[str, Any]) -> tuple[Cue, ...]:
    """Return what goes into a stage to show a battle again, in order.

    Args:
        report: A report of a game, or of a battle without a window, which has ticks alone.

    Raises:
        RequestError: It is no such report (``bad_report``).
    """
    try:
        pace_ms = _pace_ms(report)
        if "cues" in report:
            return tuple(_timed(cue) for cue in report["cues"])
        return tuple(_tick_cue(row, pace_ms) for row in report["records"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RequestError(
            f"The report is no report of a battle: {error!r:.100}.",
            "Pass a file that --report has written.",
            code="bad_report",
        ) from error


class Replay:
    """A game that was played before; it is used like :class:`demos.tactics.play.Play`. Not thread safe.

    Args:
        report: What :func:`full_report` returned.

    Raises:
        RequestError: It is no report of a battle (``bad_report``).
    """

    def __init__(self, report: Mapping[str, Any]) -> None:
        self.loading = Loading(text="Ready", share=1.0)
        self.is_loaded = True
        self.is_paused = False
        self._report = report
        self._cues = cues_of(report)
        self._now_ms: float | None = None
        self._next = 0
        self._at_ms = 0.0
        self.stage = self._new_stage()
        self._check()

    @property
    def scene(self) -> Scene:
        """The moment."""
        return self.stage.scene(self._at_ms)

    @property
    def gauges(self) -> Gauges:
        """Nothing: no model runs."""
        return Gauges(engine="away")

    @property
    def is_over(self) -> bool:
        """Whether all was shown."""
        last_ms = float(self._cues[-1]["at"]) if self._cues else 0.0
        return self._next >= len(self._cues) and self._at_ms - last_ms >= LINGERS_MS

    def load(self) -> None:
        """Do nothing: all is there."""

    def advance(self, now_ms: float) -> None:
        """Go on to a moment."""
        before_ms, self._now_ms = self._now_ms, now_ms
        if before_ms is None:
            self._show(0.0)
        elif not self.is_paused:
            self._show(self._at_ms + min(250.0, max(0.0, now_ms - before_ms)))

    def report(self) -> dict[str, Any]:
        """Return what is shown again."""
        return dict(self._report)

    def toggle_pause(self) -> None:
        """Stop the time, or let it go on."""
        self.is_paused = not self.is_paused

    def restart(self) -> None:
        """Show it again from the beginning."""
        self.stage, self._next, self._at_ms, self._now_ms = self._new_stage(), 0, 0.0, None

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Do nothing: no model runs."""

    def click(self, at: Point | None, button: int = 1) -> None:
        """Do nothing: what is shown has happened."""

    def choose(self, index: int) -> None:
        """Do nothing."""

    def type(self, text: str) -> None:
        """Do nothing."""

    def erase(self) -> None:
        """Do nothing."""

    def submit(self) -> None:
        """Do nothing."""

    def deselect(self) -> None:
        """Do nothing."""

    def toggle_reserve(self) -> None:
        """Do nothing."""

    def toggle_pacing(self) -> None:
        """Do nothing."""

    def kill_engine(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def _show(self, at_ms: float) -> None:
        self._at_ms = at_ms
        while self._next < len(self._cues) and float(self._cues[self._next]["at"]) <= at_ms:
            self._take(self._cues[self._next])
            self._next += 1

    def _take(self, cue: Cue) -> None:
        try:
            self.stage.take(cue)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise RequestError(
                f"The report is damaged: {error!r:.100}.", "Pass a file that --report has written.", code="bad_report"
            ) from error

    def _check(self) -> None:
        """Look at all that will be shown, so that a damaged report is told at once and not in the middle of it."""
        check = CueCheck(unit.label for unit in self.stage.battle.units)
        try:
            if self._report.get("format", FORMAT) != FORMAT:
                raise ValueError("another version of this demo has written it")
            for cue in self._cues:
                check.check(cue)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise RequestError(
                f"The report cannot be shown: {error!r:.100}.",
                "Pass a file that --report has written.",
                code="bad_report",
            ) from error

    def _new_stage(self) -> Stage:
        report = self._report
        try:
            squads = {side: str(report["squads"][side]) for side in SIDES}
            return Stage(
                seed=_whole(report["seed"], 0, _MOST_SEED),
                limit=_whole(report["limit"], 1, _MOST_LIMIT),
                tick_ms=_pace_ms(report),
                players=squads,
                wins={side: _whole(report.get("wins", {}).get(side, 0), 0, _MOST_WINS) for side in SIDES},
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise RequestError(
                f"The report is no report of a battle: {error!r:.100}.",
                "Pass a file that --report has written.",
                code="bad_report",
            ) from error


def _run(course: Course, cue: Cue) -> None:
    moves = {label: as_move(words) for label, words in cue["moves"].items()}
    orders = {side: as_move(words) for side in SIDES if (words := cue["orders"].get(side)) is not None}
    course.records.append(Record(tick=course.battle.tick, moves=moves, orders=orders))
    course.battle, events = resolve(course.battle, moves, orders)
    course.events.update(event.kind for event in events)


def _timed(cue: Mapping[str, Any]) -> Cue:
    """Return a cue whose time can be waited for."""
    if not isfinite(cue["at"]):
        raise ValueError(f"{cue['at']!r} is no time")
    return dict(cue)


def _pace_ms(report: Mapping[str, Any]) -> float:
    pace_ms = float(report.get("pace_ms", DEFAULT_TICK_MS))
    if not _LEAST_TICK_MS <= pace_ms <= _MOST_TICK_MS:
        raise ValueError(f"a tick of {pace_ms} ms")
    return pace_ms


def _whole(value: Any, least: int, most: int) -> int:
    if not least <= int(value) <= most:
        raise ValueError(f"{value!r:.30} is not from {least} to {most}")
    return int(value)


def _tick_cue(row: Mapping[str, Any], pace_ms: float) -> Cue:
    at_ms = (int(row["tick"]) + 1) * pace_ms
    return {"at": at_ms, "what": "tick", "moves": row["moves"], "orders": row["orders"], "sources": {}}
