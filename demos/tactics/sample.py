"""Scenes that are made up, to look at the drawing without a battle: ``python -m demos.tactics.sample DIRECTORY``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ..drawing.notice import Notice
from .battle import Course, step
from .cast import persona_of
from .players import utility_player
from .rules import SIDES, Battle, Move, Side, Unit
from .scene import Bubble, Mark, MarkKind, Scene, Shot, Soldier, Source, TalkLine, TalkPanel

_LIMIT = 60
_MODEL_AGAINST_RULES: Mapping[Side, str] = {"blue": "model", "red": "utility"}
_MODELS: Mapping[Side, str] = {"blue": "model", "red": "mixed"}
_PLAYER: Mapping[Side, str] = {"blue": "player", "red": "model"}
_MARKS: tuple[tuple[str, MarkKind], ...] = (("-3", "hit"), ("miss", "miss"), ("+3", "heal"), ("-2", "hit"))
SIZES = ((1280, 720), (1920, 1080), (640, 360), (720, 1280))


def skirmish(seed: int = 7, ticks: int = 5) -> Scene:
    """Return a battle in full swing, as it comes after some ticks of two sides that play by rules."""
    course = Course(seed=seed, limit=_LIMIT, battle=Battle.new(seed))
    players = dict.fromkeys(SIDES, utility_player())
    before = course.battle
    while course.battle.tick < ticks and course.verdict is None:
        before = course.battle
        step(course, players)
    moves = course.records[-1].moves if course.records else {}
    soldiers = tuple(
        _soldier(before, course.battle, unit, moves, number) for number, unit in enumerate(course.battle.units)
    )
    return Scene(
        ground=course.battle.ground,
        tick=course.battle.tick,
        limit=_LIMIT,
        tick_progress=0.42,
        seed=seed,
        players=_MODEL_AGAINST_RULES,
        soldiers=soldiers,
        wins={"blue": 3, "red": 1},
    )


def _soldier(before: Battle, after: Battle, unit: Unit, moves: Mapping[str, Move], number: int) -> Soldier:
    old, move = before.unit(unit.label), moves.get(unit.label)
    target = next((other for other in after.units if move is not None and other.label == move.target), None)
    sources: tuple[Source, ...] = ("model", "model", "said", "model", "fallback") if unit.side == "blue" else ("game",)
    return Soldier(
        label=unit.label,
        name=persona_of(unit).name,
        side=unit.side,
        role=unit.role,
        at=_between(old, unit, 0.62),
        looks_at=None if target is None else (target.cell[0] + 0.5, target.cell[1] + 0.5),
        health=unit.health,
        morale=unit.morale,
        shots=unit.shots,
        is_in_cover=after.is_in_cover(unit),
        is_shaken=unit.is_shaken,
        is_thinking=unit.is_alive and unit.side == "blue" and number % 2 == 0,
        verb=None if move is None else move.verb,
        target="" if move is None else move.target,
        source=sources[number % len(sources)],
        latency_ms=180.0 + 37 * number if unit.side == "blue" else None,
        fallen_ms=None if unit.is_alive else 2000.0,
    )


def _between(old: Unit, new: Unit, share: float) -> tuple[float, float]:
    (x, y), (to_x, to_y) = old.cell, new.cell
    return x + (to_x - x) * share + 0.5, y + (to_y - y) * share + 0.5


def in_full_swing(seed: int = 7) -> Scene:
    """Return a battle with shots, marks, speech, orders and news."""
    scene = skirmish(seed)
    living = [soldier for soldier in scene.soldiers if soldier.fallen_ms is None]
    shots = tuple(
        Shot(side=one.side, start=one.at, end=target.at, progress=0.25 + 0.22 * (number % 4), is_hit=number % 3 != 1)
        for number, one in enumerate(living)
        if one.verb == "attack" and (target := scene.soldier(one.target)) is not None
    )
    texts = (
        "Together! The archer first.",
        "Reloading, cover me!",
        "You fight well for a miller.",
        "Hold still, this will sting.",
    )
    bubbles = tuple(
        Bubble(label=soldier.label, text=text, kind="order" if soldier.role == "captain" else "bark", age_ms=400.0)
        for soldier, text in zip(living[::2], texts, strict=False)
    )
    marks = [
        Mark(at=soldier.at, text=text, kind=kind, age=0.15 + 0.2 * number)
        for number, (soldier, (text, kind)) in enumerate(zip(living[1::2], _MARKS, strict=False))
    ]
    return replace(
        scene,
        shots=shots,
        bubbles=bubbles,
        marks=tuple(marks),
        notices=(Notice(text="The engine is back after 1.4 s; the battle went on", kind="good", age_ms=900.0),),
        orders={"blue": "attack Hilda", "red": "attack Mara"},
    )


def everybody_thinks(seed: int = 11) -> Scene:
    """Return the beginning of a tick in which all soldiers of both sides are asked, and some speak."""
    scene = in_full_swing(seed)
    soldiers = tuple(replace(soldier, is_thinking=soldier.fallen_ms is None) for soldier in scene.soldiers)
    words = "Nobody crosses this bridge while I can still lift a musket, and that is all there is to say about it."
    bubbles = tuple(
        Bubble(label=soldier.label, text=words[: 14 + 11 * number], age_ms=300.0 * number)
        for number, soldier in enumerate(soldiers)
        if soldier.fallen_ms is None
    )
    return replace(scene, soldiers=soldiers, bubbles=bubbles, shots=(), marks=(), players=_MODELS, tick_progress=0.1)


def conversation(seed: int = 7) -> Scene:
    """Return a battle in which the player talks to a soldier."""
    scene = in_full_swing(seed)
    chosen = next(soldier for soldier in scene.soldiers if soldier.fallen_ms is None and soldier.side == "blue")
    soldiers = tuple(replace(soldier, is_selected=soldier.label == chosen.label) for soldier in scene.soldiers)
    lines = (
        TalkLine(speaker="You", text="What do you see from there?", is_player=True),
        TalkLine(speaker=chosen.name, text="Two raiders behind the crates. One of them limps."),
        TalkLine(speaker="You", text="Then go and take the archer down before she reloads!", is_player=True),
        TalkLine(speaker=chosen.name, text="With pleasure. Cover me.", note="obeys: attack raider_3"),
        TalkLine(speaker="You", text="And stay alive.", is_player=True),
        TalkLine(speaker=chosen.name, text=""),
    )
    talk = TalkPanel(
        label=chosen.label,
        name=chosen.name,
        about="the captain of the guard",
        lines=lines,
        typed="Who gave you that hat, by the",
        is_waiting=True,
    )
    bubble = Bubble(label=chosen.label, text="With pleasure. Cover", kind="talk", age_ms=200.0)
    return replace(scene, soldiers=soldiers, talk=talk, bubbles=(bubble, *scene.bubbles[1:]))


def choosing(seed: int = 7) -> Scene:
    """Return a battle in which the player leads a soldier."""
    scene = conversation(seed)
    if scene.talk is None:
        return scene
    options = (
        "attack raider_1",
        "attack raider_3",
        "move to raider_5",
        "bandage yourself",
        "take cover",
        "retreat",
        "hold",
    )
    talk = replace(scene.talk, choices=options, chosen=1, is_waiting=False, typed="")
    return replace(scene, talk=talk, players=_PLAYER)


def decided(seed: int = 7) -> Scene:
    """Return the end of a battle."""
    scene = skirmish(seed, ticks=40)
    fallen = tuple(
        replace(soldier, health=0, fallen_ms=900.0) if soldier.side == "red" else soldier for soldier in scene.soldiers
    )
    return replace(scene, soldiers=fallen, verdict="blue", verdict_ms=900.0, tick_progress=1.0)


SAMPLES: Mapping[str, Callable[[], Scene]] = {
    "swing": in_full_swing,
    "thinking": everybody_thinks,
    "talk": conversation,
    "choices": choosing,
    "verdict": decided,
}


def main(directory: Path) -> None:
    """Draw all samples in all sizes.

    Args:
        directory: Where the pictures go.
    """
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    import pygame

    from .picture import Picture

    picture = Picture()
    directory.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        for size in SIZES:
            surface = pygame.Surface(size)
            picture.draw(surface, make())
            pygame.image.save(surface, str(directory / f"{name}-{size[0]}x{size[1]}.png"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
