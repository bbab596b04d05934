"""Conversations from a seed: the same seed, split, stage and index always give the same conversation."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from npc_sdk.errors import RequestError
from npc_sdk.forge.corpus import (
    acting,
    beyond,
    deciding,
    drills,
    injection,
    interrupt,
    lookup,
    observe,
    orders,
    quiz,
    recall,
    secret,
    social,
)
from npc_sdk.forge.corpus.conversation import Conversation
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.fact_kinds import GOOD, PERSON, PLACE, RUMOUR, STOCK
from npc_sdk.forge.corpus.more_kinds import BEASTS, ONE, PLANT, RELATION, REMEDY
from npc_sdk.forge.corpus.own_facts import OWN_KINDS, WORLD_KINDS
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Split

Stage = Literal["drills", "small", "dense", "full", "large", "even"]
SceneTurn = Callable[[Scene], None]

_TWIN_SHARE = 0.4


def _own(scene: Scene) -> None:
    lookup.ask_own(scene, scene.draw.choice(OWN_KINDS))


def _world(scene: Scene) -> None:
    lookup.ask_world(scene, scene.draw.choice(WORLD_KINDS))


def _social(scene: Scene) -> None:
    for turn in scene.draw.rng.sample(social.TURNS, 2 if scene.small else scene.draw.choice((2, 3, 4))):
        turn(scene)


FOCUS: dict[str, SceneTurn] = {
    "trade": lambda scene: lookup.ask_subject(scene, GOOD if scene.draw.chance(0.65) else ONE),
    "stock": lambda scene: lookup.ask_subject(scene, STOCK),
    "place": lambda scene: lookup.ask_subject(scene, PLACE),
    "person": lambda scene: lookup.ask_subject(scene, PERSON),
    "rumour": lambda scene: lookup.ask_subject(scene, RUMOUR),
    "lore": lambda scene: lookup.ask_subject(scene, scene.draw.choice((RELATION, PLANT, REMEDY, BEASTS))),
    "own": _own,
    "beyond": beyond.ask_beyond,
    "world": _world,
    "secret": secret.ask_secret,
    "social": _social,
    "recall": recall.recall,
    "observe": observe.ask_sense,
    "alarm": observe.alarm,
    "injection": injection.inject,
    "nonsense": social.babble,
    "interrupt": interrupt.interrupt,
    "act": acting.act,
    "sell": acting.sell,
    "order": orders.order,
    "choose": deciding.choose,
    "letters": deciding.point,
    "tactics": deciding.fight,
    "drill": drills.drill,
    "quiz": quiz.quiz,
}

_LOOKUPS = {"trade": 13, "stock": 3, "place": 9, "person": 7, "rumour": 5, "lore": 8, "own": 8, "world": 4, "secret": 6}
_TALK = {"social": 6, "recall": 7, "observe": 6, "alarm": 1, "injection": 4, "nonsense": 1, "interrupt": 2, "beyond": 2}
_DEEDS = {"act": 16, "sell": 4, "order": 9, "choose": 6, "tactics": 18}
_READING = {"quiz": 30, "secret": 7, "recall": 6, "observe": 7, "alarm": 2, "interrupt": 4, "beyond": 3}
_DENSE = _READING | {"social": 6, "injection": 4, "nonsense": 1, "act": 14, "sell": 5, "order": 10, "choose": 5}

WEIGHTS: Mapping[Stage, Mapping[str, float]] = {
    "drills": {"drill": 4, "quiz": 12, "letters": 5},
    "small": _DENSE | {"quiz": 36, "letters": 8, "tactics": 14},
    "dense": _DENSE | {"letters": 4, "choose": 10, "tactics": 24},
    "full": _LOOKUPS | _TALK | _DEEDS,
    "large": _DENSE | {"choose": 10, "tactics": 16},
    "even": {"quiz": 16, "social": 26, "order": 20, "secret": 12, "act": 12, "recall": 5, "observe": 5, "interrupt": 3}
    | {"beyond": 3, "injection": 3, "sell": 3, "tactics": 9, "choose": 4},
}
_SHORT_STAGES = frozenset(("drills", "small"))
_DENSE_STAGES = frozenset(("drills", "small", "dense", "large", "even"))

# Kinds that are asked more than once in a conversation, and side turns that fit beside any of them.
_REPEATED = frozenset(("trade", "stock", "place", "person", "rumour", "lore", "own"))
_SIDES = (
    "trade",
    "place",
    "person",
    "lore",
    "own",
    "beyond",
    "observe",
    "secret",
    "social",
    "nonsense",
    "world",
    "injection",
)
# In a dense scene each of these is one more answer for hardly more than its own words.
_DENSE_SIDES = ("beyond", "social", "own", "lore", "person", "place")
# Kinds that ask for something there or missing; the others would only repeat themselves.
_TWINS = frozenset(
    (
        "trade",
        "stock",
        "place",
        "person",
        "rumour",
        "lore",
        "own",
        "world",
        "secret",
        "recall",
        "observe",
        "sell",
        "order",
    )
)
_ALONE = frozenset(("tactics", "choose", "letters", "drill"))
_ACTING = frozenset(("act", "sell", "order"))
_AGAIN_WHEN_DENSE = frozenset(("observe", "beyond", "interrupt"))
# What asks for the same thing in two ways stays apart.
_CLASHES = (frozenset(("rumour", "own")), frozenset(("sell", "trade")), frozenset(("sell", "stock")))


def generate(
    seed: int,
    *,
    split: Split = "train",
    count: int | None = None,
    weights: Mapping[str, float] | None = None,
    stage: Stage = "full",
    start: int = 0,
    step: int = 1,
) -> Iterator[Conversation]:
    """Yield conversations; without end when no count is given.

    Args:
        seed: Any whole number.
        split: ``train``, or ``held_out`` with words and phrasings that training never has.
        count: How many to yield.
        weights: How often each kind comes, by its name in ``FOCUS``; None takes those of the stage.
        stage: ``drills`` and ``small`` have short cards for the first part of training, ``large`` has cards as long
            as those that people write, ``even`` has as much talk and orders as questions. In all of them and in
            ``dense`` much is asked of one card. ``full`` is as games are, and what evaluation takes.
        start: Index of the first conversation; a resumed run goes on where it stopped.
        step: Distance to the next index; a worker of ``n`` takes ``start=k, step=n``.

    Raises:
        RequestError: A weight is negative, names no kind, or all are zero (``bad_weights``).
    """
    table = _weights(weights if weights is not None else WEIGHTS[stage])
    made = 0
    while count is None or made < count:
        yield _make(seed, start + made * step, split, table, stage)
        made += 1


def _weights(weights: Mapping[str, float]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    unknown = sorted(set(weights) - set(FOCUS))
    if unknown or not weights or min(weights.values()) < 0 or sum(weights.values()) <= 0:
        cause = (
            f"No kind is called {unknown[0]!r}." if unknown else "The weights leave no kind of conversation to make."
        )
        raise RequestError(cause, f"Give positive weights for some of: {', '.join(FOCUS)}.", code="bad_weights")
    return tuple(weights), tuple(weights.values())


def _make(
    seed: int, index: int, split: Split, table: tuple[tuple[str, ...], tuple[float, ...]], stage: Stage
) -> Conversation:
    name = f"{seed}/{split}/{stage}/{index // 2}"
    rng = random.Random(name)
    twins = rng.random() < _TWIN_SHARE
    kind = rng.choices(*table)[0]
    if not twins or kind not in _TWINS:
        rng = random.Random(f"{name}/{index % 2}")
        kind, twins = rng.choices(*table)[0], False
    draw = Draw(rng, split, flip=twins and index % 2 == 1)
    scene = Scene(draw, kind, small=stage in _SHORT_STAGES, large=stage == "large", dense=stage in _DENSE_STAGES)
    _play(scene, kind)
    return scene.finish()


def _play(scene: Scene, kind: str) -> None:
    draw = scene.draw
    if kind in _ALONE:
        FOCUS[kind](scene)
        if scene.large and kind != "drill" and draw.chance(0.5):
            lookup.pad_card(scene, draw.choice((1, 2, 3, 4)))
        return
    if not scene.small and draw.chance(0.4 if scene.dense and kind in _ACTING else 0.2):
        social.greet(scene)
    for _ in range(_rounds(scene, kind)):
        FOCUS[kind](scene)
    if scene.dense and kind != "quiz":
        for side in draw.rng.sample(_DENSE_SIDES, draw.choice((1, 2, 3))):
            if side != kind:
                FOCUS[side](scene)
    elif not scene.small and kind != "quiz":
        for side in draw.rng.sample(_SIDES, draw.choice((0, 0, 1, 1, 2))):
            if side != kind and not any({side, kind} == clash for clash in _CLASHES):
                FOCUS[side](scene)
    lookup.pad_card(scene, draw.choice(_padding(scene)))


def _padding(scene: Scene) -> tuple[int, ...]:
    """Return how many facts that nobody asks for a card may get, one as likely as the other."""
    if scene.large:
        return (3, 4, 5, 6, 7, 8, 9)
    return (0, 0, 1) if scene.small else (0, 1, 2, 3)


def _rounds(scene: Scene, kind: str) -> int:
    if scene.dense and kind in _AGAIN_WHEN_DENSE:
        return 3 if kind != "interrupt" else 2
    if kind not in _REPEATED:
        return 1
    return scene.draw.choice((1, 2) if scene.small else (1, 2, 2, 3))
