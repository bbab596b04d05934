"""What the soldiers of a model say, from asking for it to the last letter shown: answers, barks and orders."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from npc_sdk import NpcError, TurnEnd

from .barks import Bark, Restraint, barks, killers
from .cast import named
from .deeds import Deed
from .meaning import is_meant, meaning
from .minds import Speaking
from .rules import Event, Move, Side
from .scene import BubbleKind
from .soldiers import Squad
from .stage import Happened, Stage
from .view import move_text

BARK_WAITS_MS = 2000.0


class Cueing(Protocol):
    """Takes what has happened; see :class:`demos.tactics.stage.Stage`."""

    def __call__(self, what: str, *, at_ms: float | None = None, **data: Any) -> None: ...


@dataclass(slots=True, kw_only=True)
class _Open:
    """Something that a soldier is saying."""

    label: str
    kind: BubbleKind
    speaking: Speaking
    number: int
    place: int | None = None
    meant: Move | None = None
    heard: int = -1


class Voices:
    """Lets the soldiers speak. Not thread safe; owned by the game's loop.

    Args:
        cue: Takes what has happened.
    """

    def __init__(self, cue: Cueing) -> None:
        self._cue = cue
        self._open: list[_Open] = []
        self._waiting: list[tuple[float, Bark]] = []
        self._restraint = Restraint()
        self._kills: dict[str, int] = {}
        self._places: dict[str, int] = {}
        self._meant: dict[str, Move | None] = {}
        self._now_ms = 0.0

    def talk(self, stage: Stage, squad: Squad, label: str, text: str) -> None:
        """Say something to a soldier for the player; whatever the soldier was saying breaks off."""
        for each in [each for each in self._open if each.kind == "bark" or each.label == label]:
            self._break_off(stage, each)
        self._cue("line", label=label, speaker="You", text=text, is_player=True)
        speaking = squad.talk(stage.battle, label, text)
        self._begin(stage, label, "talk", speaking)
        self._meant[label] = self._open[-1].meant = meaning(text, stage.battle.units)

    def tick(self, stage: Stage, happened: Happened, now_ms: float) -> None:
        """Take note of what has happened in a tick."""
        self._waiting = [
            (now_ms, bark) for bark in barks(happened.before, happened.after, happened.events, self._kills)
        ]
        for fallen in (event.unit for event in happened.events if event.kind == "fall"):
            for who in killers(fallen, happened.events):
                self._kills[who] = self._kills.get(who, 0) + 1
        self._order(stage, happened.events)

    def _order(self, stage: Stage, events: tuple[Event, ...]) -> None:
        """Show what a captain orders; the words are the game's, the order is the captain's own."""
        for event in events:
            if event.kind == "order":
                side = stage.battle.unit(event.unit).side
                order = stage.battle.orders[side].move
                self._cue("speak", label=event.unit, kind="order")
                number = len(stage.speech.all) - 1
                self._cue("say", id=number, text=order_line(stage, order))
                self._cue("end", id=number, text=order_line(stage, order))

    def advance(self, stage: Stage, squads: Mapping[Side, Squad], now_ms: float) -> None:
        """Pass on what has arrived and what was shown; once a frame."""
        self._now_ms = now_ms
        for each in list(self._open):
            fallen_ms = stage.fallen_ms(each.label)
            if fallen_ms is not None and fallen_ms <= now_ms:
                self._break_off(stage, each)
                continue
            self._listen(stage, each)
            self._hear(stage, each, now_ms)
        if not stage.thinking:
            # Decisions first: nobody barks while somebody thinks.
            self._bark(stage, squads, now_ms)

    def note(self, stage: Stage, deed: Deed, move: Move | None) -> None:
        """Say in the panel what came of what a soldier was told.

        Args:
            stage: The battle.
            deed: What he wanted to do.
            move: What he does; None when it was too late.
        """
        word = "too late" if move is None else "obeys"
        if move is not None and not deed.is_order and not is_meant(move, self._meant.get(deed.label)):
            word = "instead"
        place = self._places.pop(deed.label, None)
        self._note(stage, deed, move or deed.move, word, place)

    def acted(self, stage: Stage, deeds: list[Deed]) -> None:
        """Take what soldiers are about to do because they were told to."""
        for deed in deeds:
            place = stage.talk(deed.label).last_answer()
            if place is not None:
                self._places[deed.label] = place
            self._note(stage, deed, deed.move, "next", place)

    def close(self, stage: Stage) -> None:
        """Break everything off, at the end of a battle."""
        for each in list(self._open):
            self._break_off(stage, each)
        self._waiting.clear()
        # The next battle's clock begins at 0 again.
        self._restraint = Restraint()
        self._kills.clear()
        self._places.clear()
        self._meant.clear()

    # Inside.

    def _begin(self, stage: Stage, label: str, kind: BubbleKind, speaking: Speaking) -> None:
        self._cue("speak", label=label, kind=kind)
        place = stage.talk(label).last_answer() if kind == "talk" else None
        number = len(stage.speech.all) - 1
        self._open = [each for each in self._open if each.label != label]
        self._open.append(_Open(label=label, kind=kind, speaking=speaking, number=number, place=place))

    def _listen(self, stage: Stage, each: _Open) -> None:
        said = stage.speech.all[each.number]
        if said.is_whole:
            return
        for what, text in each.speaking.words():
            self._cue(what, id=each.number, text=text)
        end = each.speaking.end
        if end is not None:
            self._cue("end", id=each.number, text=end.text)
            if each.place is not None:
                note = _note_of(end, each.meant is not None)
                if note:
                    self._cue("note", label=each.label, index=each.place, note=note)

    def _hear(self, stage: Stage, each: _Open, now_ms: float) -> None:
        said = stage.speech.all[each.number]
        shown = said.shown(now_ms)
        if shown != each.heard:
            each.heard = shown
            each.speaking.heard(shown)
        if said.is_read(now_ms):
            self._open.remove(each)

    def _break_off(self, stage: Stage, each: _Open) -> None:
        self._cue("cut", id=each.number)
        each.speaking.cut()
        each.speaking.heard(stage.speech.all[each.number].shown(self._now_ms))
        if each in self._open:
            self._open.remove(each)

    def _bark(self, stage: Stage, squads: Mapping[Side, Squad], now_ms: float) -> None:
        self._waiting = [(since, bark) for since, bark in self._waiting if now_ms - since < BARK_WAITS_MS]
        if any(each.kind == "talk" for each in self._open):
            return
        for entry in list(self._waiting):
            bark = entry[1]
            unit = stage.battle.unit(bark.label)
            squad = squads.get(unit.side)
            busy = stage.speech.of(bark.label) is not None
            speaking = sum(each.kind == "bark" for each in self._open)
            if squad is None or not unit.is_alive or busy or not self._restraint.may(bark.label, speaking, now_ms):
                continue
            self._waiting.remove(entry)
            self._restraint.said(bark.label, now_ms)
            with suppress(NpcError):  # a host that is gone for good has no voices
                self._begin(stage, bark.label, "bark", squad.shout(unit, bark.seen))

    def _note(self, stage: Stage, deed: Deed, move: Move, word: str, place: int | None) -> None:
        """Write beside an answer what becomes of it; beside the last one when it is not known which it was."""
        where = stage.talk(deed.label).last_answer() if place is None else place
        what = f"order: {move_text(move)}" if deed.is_order else move_text(move)
        if where is not None:
            self._cue("note", label=deed.label, index=where, note=f"{word}: {named(what, stage.battle.units)}")


def _note_of(end: TurnEnd, is_order: bool) -> str:
    """Return what came of what was said to a soldier, when no deed did."""
    if end.dropped:
        return "too late: the target is gone"
    if end.source == "fallback":
        return f"fallback: {end.why}"
    return "refuses" if is_order and not end.calls and end.source == "model" else ""


def order_line(stage: Stage, order: Move) -> str:
    """Return an order as the captain calls it out."""
    if order.verb in ("attack", "approach"):
        return named(f"All on {order.target}!", stage.battle.units)
    return {"cover": "Take cover!", "retreat": "Fall back!"}.get(order.verb, f"{move_text(order).capitalize()}!")
