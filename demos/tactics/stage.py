"""The battle as it is shown: what has happened when goes in as cues, and a scene comes out for every moment.

Whatever chance, a player or a model decides comes in through :meth:`Stage.take`, as plain data. So the cues of a battle
are all that is needed to show it again, exactly as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..drawing.notice import Notice, NoticeKind
from .cast import named, persona_of
from .panel import Conversation, panel_of
from .rules import SIDES, Battle, Event, Move, Side, Unit, Verdict, resolve, verdict
from .scene import Scene, Soldier, Source
from .speech import Speech
from .timeline import Timeline
from .view import move_text

NOTICE_MS = 6000.0
MOST_NOTICES = 4

Cue = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Who chose a soldier's move, and how long that took."""

    source: Source
    latency_ms: float | None = None


@dataclass(slots=True, kw_only=True)
class _News:
    text: str
    kind: NoticeKind
    at_ms: float


@dataclass(slots=True)
class Happened:
    """What happened in a tick, for whoever wants to say something about it."""

    before: Battle
    after: Battle
    events: tuple[Event, ...]
    moves: Mapping[str, Move]


class Stage:
    """A battle that is shown. Not thread safe; all times are in ms since the battle began.

    Args:
        seed: Its number.
        limit: Ticks after which the side with more health wins.
        tick_ms: How long a tick is shown.
        players: Who plays each side.
        wins: Battles won before.
    """

    def __init__(
        self,
        *,
        seed: int,
        limit: int,
        tick_ms: float,
        players: Mapping[Side, str],
        wins: Mapping[Side, int] | None = None,
    ) -> None:
        self.seed, self.limit, self.tick_ms, self.players = seed, limit, tick_ms, dict(players)
        self.wins: dict[Side, int] = {side: (wins or {}).get(side, 0) for side in SIDES}
        self.battle = Battle.new(seed)
        self.speech = Speech()
        self.talks: dict[str, Conversation] = {}
        self.selected: str | None = None
        self.typed = ""
        self.choices: tuple[str, ...] = ()
        self.chosen: int | None = None
        self.thinking: set[str] = set()
        self.happened: Happened | None = None
        self.over_ms: float | None = None
        self._moves: dict[str, Move] = {}
        self._sources: dict[str, Chosen] = {}
        self._fallen_ms: dict[str, float] = {}
        self._news: list[_News] = []
        self._timelines = [Timeline.still(self.battle, began_ms=0.0, tick_ms=tick_ms)]
        self._takers: Mapping[str, Callable[[Cue, float], None]] = {
            "tick": self._take_tick,
            "asked": lambda cue, _: self.thinking.update(cue["labels"]),
            "answered": lambda cue, _: self.thinking.difference_update(cue["labels"]),
            "speak": lambda cue, at_ms: self._speak(cue, at_ms),
            "say": lambda cue, at_ms: self.speech.all[cue["id"]].say(cue["text"], at_ms),
            "instead": lambda cue, at_ms: self.speech.all[cue["id"]].say_instead(cue["text"], at_ms),
            "end": lambda cue, at_ms: self.speech.all[cue["id"]].end(cue["text"], at_ms),
            "cut": lambda cue, at_ms: self._cut(cue["id"], at_ms),
            "notice": self._take_notice,
            "select": self._take_select,
            "typed": self._take_typed,
            "choices": self._take_choices,
            "line": self._take_line,
            "note": lambda cue, _: self.talk(cue["label"]).note(cue["index"], cue["note"]),
        }

    # What comes in.

    def take(self, cue: Cue) -> None:
        """Take in what has happened; ``at`` of a cue never runs backwards.

        Raises:
            KeyError: The cue is none.
        """
        self._takers[cue["what"]](cue, float(cue["at"]))

    def talk(self, label: str) -> Conversation:
        """Return the conversation with a soldier."""
        return self.talks.setdefault(label, Conversation())

    @property
    def verdict(self) -> Verdict | None:
        """Who has won, or None."""
        return verdict(self.battle, self.limit)

    def _take_tick(self, cue: Cue, at_ms: float) -> None:
        self._moves = {label: as_move(words) for label, words in cue["moves"].items()}
        orders = {cast(Side, side): as_move(words) for side, words in cue["orders"].items()}
        self._sources = {
            label: Chosen(source=source, latency_ms=latency_ms)
            for label, (source, latency_ms) in cue["sources"].items()
        }
        before = self.battle
        self.battle, events = resolve(before, self._moves, orders)
        self.happened = Happened(before, self.battle, events, self._moves)
        made = Timeline(before, self.battle, events, began_ms=at_ms, tick_ms=self.tick_ms, moves=self._moves)
        self._timelines = [self._timelines[-1], made]
        self._fallen_ms.update(made.falls)
        self.thinking.clear()
        decided = self.verdict
        if decided is not None:
            self.over_ms = at_ms
            if decided != "draw":
                self.wins[decided] += 1

    def _speak(self, cue: Cue, at_ms: float) -> None:
        made = self.speech.begin(cue["label"], cue["kind"], at_ms)
        if cue["kind"] == "talk":
            self.talk(cue["label"]).answer(made, self._name(cue["label"]))

    def _cut(self, number: int, at_ms: float) -> None:
        self.speech.all[number].cut(at_ms)

    def _take_notice(self, cue: Cue, at_ms: float) -> None:
        self._news = [*self._news[1 - MOST_NOTICES :], _News(text=cue["text"], kind=cue["kind"], at_ms=at_ms)]

    def _take_select(self, cue: Cue, at_ms: float) -> None:
        self.selected, self.typed = cue["label"], ""
        self.choices, self.chosen = (), None

    def _take_typed(self, cue: Cue, at_ms: float) -> None:
        self.typed = cue["text"]

    def _take_choices(self, cue: Cue, at_ms: float) -> None:
        self.choices, self.chosen = tuple(cue["options"]), cue["chosen"]

    def _take_line(self, cue: Cue, at_ms: float) -> None:
        self.talk(cue["label"]).line(cue["speaker"], cue["text"], is_player=cue["is_player"])

    # What comes out.

    def fallen_ms(self, label: str) -> float | None:
        """Return since when a soldier is down, as it is shown; None while it lives."""
        return self._fallen_ms.get(label)

    def scene(self, now_ms: float) -> Scene:
        """Return the moment."""
        self.speech.tidy(now_ms)
        timeline = self._timelines[-1]
        return Scene(
            ground=self.battle.ground,
            tick=self.battle.tick,
            limit=self.limit,
            tick_progress=timeline.progress(now_ms),
            seed=self.seed,
            players=self.players,
            soldiers=tuple(self._soldier(unit, timeline, now_ms) for unit in self.battle.units),
            bubbles=self.speech.bubbles(now_ms),
            shots=timeline.shots(now_ms),
            marks=tuple(mark for each in self._timelines for mark in each.marks(now_ms)),
            notices=self._notices(now_ms),
            orders={side: self._order(order) for side in SIDES if (order := self.battle.order(side)) is not None},
            talk=self._panel(now_ms),
            verdict=self.verdict,
            verdict_ms=0.0 if self.over_ms is None else now_ms - self.over_ms,
            wins=dict(self.wins),
        )

    def _soldier(self, unit: Unit, timeline: Timeline, now_ms: float) -> Soldier:
        label, move = unit.label, self._moves.get(unit.label)
        chosen = self._sources.get(label)
        fallen_ms = self._fallen_ms.get(label)
        health = timeline.health(label, now_ms)
        return Soldier(
            label=label,
            name=self._name(label),
            side=unit.side,
            role=unit.role,
            at=timeline.place(label, now_ms),
            looks_at=timeline.looks_at(label, now_ms),
            health=health,
            morale=unit.morale,
            shots=unit.shots,
            is_in_cover=self.battle.is_in_cover(unit),
            is_shaken=unit.is_shaken,
            is_thinking=label in self.thinking and unit.is_alive,
            verb=None if move is None else move.verb,
            target="" if move is None else move.target,
            source="" if chosen is None else chosen.source,
            latency_ms=None if chosen is None else chosen.latency_ms,
            is_selected=label == self.selected,
            fallen_ms=None if fallen_ms is None or now_ms < fallen_ms else now_ms - fallen_ms,
        )

    def _notices(self, now_ms: float) -> tuple[Notice, ...]:
        return tuple(
            Notice(text=news.text, kind=news.kind, age_ms=now_ms - news.at_ms)
            for news in self._news
            if now_ms - news.at_ms < NOTICE_MS
        )

    def _panel(self, now_ms: float) -> Any:
        if self.selected is None:
            return None
        unit = self.battle.unit(self.selected)
        return panel_of(unit, self.talk(unit.label), self, now_ms)

    def _order(self, order: Move) -> str:
        return named(move_text(order), self.battle.units)

    def _name(self, label: str) -> str:
        return persona_of(self.battle.unit(label)).name


def as_move(words: Any) -> Move:
    """Return a move of a cue."""
    return Move(words[0], words[1])
