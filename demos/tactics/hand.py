"""What the player does with mouse and keys: selecting, leading, typing."""

from __future__ import annotations

import re
from math import dist

from .cast import named
from .human import choice_text, choices_of, move_onto
from .player_names import is_person
from .rules import Move
from .scene import Point, Scene, Soldier
from .stage import Stage
from .voices import Cueing

LONGEST_LINE = 400
NEAR = 0.75
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


class Hand:
    """The player's hand. Not thread safe; owned by the game's loop.

    Args:
        cue: Takes what has happened.
    """

    def __init__(self, cue: Cueing) -> None:
        self._cue = cue
        self._moves: tuple[Move, ...] = ()

    def point(self, stage: Stage, scene: Scene, at: Point | None, led: dict[str, Move] | None) -> None:
        """Take a click on a place: select who stands there, or have a soldier that is led go for him.

        Args:
            stage: The battle.
            scene: What the player saw.
            at: Where; None is beside the field.
            led: What the soldiers of the player's own side were told; None when he leads none.
        """
        soldier = None if at is None else _at(scene, at)
        if soldier is None:
            self.select(stage, None, led)
            return
        if led is not None and stage.selected is not None and self._aim(stage, soldier, led):
            return
        self.select(stage, soldier.label, led)

    def select(self, stage: Stage, label: str | None, led: dict[str, Move] | None) -> None:
        """Open the panel of a soldier, or close it."""
        if label != stage.selected:
            self._cue("select", label=label)
        self.offer(stage, led)

    def offer(self, stage: Stage, led: dict[str, Move] | None) -> None:
        """List what the selected soldier may be told, when the player leads it."""
        self._moves = ()
        label = stage.selected
        if label is None or led is None or not is_person(stage.players[stage.battle.unit(label).side]):
            if stage.choices:
                self._cue("choices", options=[], chosen=None)
            return
        unit = stage.battle.unit(label)
        self._moves = choices_of(stage.battle, unit) if unit.is_alive else ()
        told = led.get(label)
        chosen = self._moves.index(told) if told in self._moves and told is not None else None
        self._cue(
            "choices", options=[named(choice_text(move), stage.battle.units) for move in self._moves], chosen=chosen
        )

    def choose(self, stage: Stage, index: int, led: dict[str, Move] | None) -> None:
        """Take one of the choices."""
        if stage.selected is not None and led is not None and 0 <= index < len(self._moves):
            led[stage.selected] = self._moves[index]
            self.offer(stage, led)

    def type(self, stage: Stage, text: str) -> None:
        """Take typed or pasted text, as much of it as a soldier would listen to."""
        # Before anything looks at a pasted megabyte, it is one no more.
        clean = _CONTROL.sub(" ", text[: 4 * LONGEST_LINE])
        wanted = stage.typed + clean
        if len(wanted) > LONGEST_LINE or len(text) > 4 * LONGEST_LINE:
            self._cue("notice", text=f"Nobody listens to more than {LONGEST_LINE} letters.", kind="news")
        self._typed(stage, wanted[:LONGEST_LINE])

    def erase(self, stage: Stage) -> None:
        """Take the last letter away."""
        self._typed(stage, stage.typed[:-1])

    def taken(self, stage: Stage) -> str:
        """Return what was typed, and begin anew."""
        text = " ".join(stage.typed.split())
        self._typed(stage, "")
        return text

    def _typed(self, stage: Stage, text: str) -> None:
        if text != stage.typed:
            self._cue("typed", text=text)

    def _aim(self, stage: Stage, soldier: Soldier, led: dict[str, Move]) -> bool:
        """Have the selected soldier go for somebody else; returns whether that was possible."""
        unit = stage.battle.unit(stage.selected or "")
        if not is_person(stage.players[unit.side]) or not unit.is_alive or unit.label == soldier.label:
            return False
        move = move_onto(stage.battle, unit, stage.battle.unit(soldier.label))
        if move is None:
            return False
        led[unit.label] = move
        self.offer(stage, led)
        return True


def _at(scene: Scene, at: Point) -> Soldier | None:
    """Return who stands at a place, the living first."""
    near = [soldier for soldier in scene.soldiers if dist(soldier.at, at) <= NEAR]
    return min(near, key=lambda soldier: (soldier.fallen_ms is not None, dist(soldier.at, at)), default=None)
