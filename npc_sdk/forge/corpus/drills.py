"""Exercises for the first part of training: repeat, recite, find in a list, copy a list."""

from __future__ import annotations

from collections.abc import Callable

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.fact import draw_fact
from npc_sdk.forge.corpus.fact_kinds import SUBJECT_KINDS
from npc_sdk.forge.corpus.own_facts import OWN_KINDS
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Table

Drill = Callable[[Scene], None]

_REPEAT = Table.lines("""
Repeat after me: {v}
Say this: {v}
Say "{v}" to me.
Please repeat: {v}
Repeat the words {v}
Can you say {v}
""")
_RECITE = Table.lines("""
What do you know?
Tell me all that you know.
Say what is on your card.
Recite what you know.
What can you tell me?
""")
_FIRST = Table.lines("""
What is the first thing you know?
What comes first on your list?
Tell me the first thing only.
""")
_LIST_SHAPES = Table.lines("""
Has {v}.
On the shelf: {v}.
The list: {v}.
Carries {v}.
Owns {v}.
""")
_LIST_ASKS = Table.lines("""
Read me the list.
What is on the list?
What do you have?
Name all of it.
Tell me everything on it.
""")
_MEMBER_ASKS = Table.lines("""
Is {v} on the list?
Do you have {v}?
Does the list hold {v}?
Is there {v}?
Can you find {v}?
""")


def _thing(draw: Draw) -> str:
    return draw.choice((draw.good, draw.place, draw.person, draw.price, draw.made))()


def repeat(scene: Scene) -> None:
    """Repeat a few words."""
    for _ in range(3):
        value = " ".join(_thing(scene.draw) for _ in range(scene.draw.number(1, 3)))
        line = scene.draw.pick(_REPEAT).format(v=value)
        scene.say(line, f"You said {value}.", scene.expect("drill_repeat", must=[value]))


def recite(scene: Scene) -> None:
    """Recite the card, or its first line."""
    draw = scene.draw
    texts = [draw_fact(draw, draw.choice((*SUBJECT_KINDS, *OWN_KINDS))).text for _ in range(draw.number(1, 3))]
    scene.knows[:] = texts
    first = draw.chance(0.4)
    said = texts[:1] if first else texts
    scene.say(draw.pick(_FIRST if first else _RECITE), " ".join(said), scene.expect("drill_recite", must=said))


def enumerate_list(scene: Scene) -> None:
    """Copy a list from the card, then tell what is on it and what is not."""
    draw = scene.draw
    values = list(dict.fromkeys(_thing(draw) for _ in range(draw.number(2, 5))))
    scene.knows[:] = [draw.pick(_LIST_SHAPES).format(v=", ".join(values))]
    text = f"I have {', '.join(values)}."
    if draw.chance(0.5):
        scene.say(draw.pick(_LIST_ASKS), text, scene.expect("drill_list", must=values))
    for _ in range(3):
        present = draw.present()
        value = draw.choice(values) if present else _thing(draw)
        answer = f"Yes, I have {value}." if present else f"No, I have no {value}."
        expectation = scene.expect("drill_member", must=[value] if present else (), unknown=not present)
        scene.say(draw.pick(_MEMBER_ASKS).format(v=value), answer, expectation)


def pair_up(scene: Scene) -> None:
    """Tell the value that belongs to a key."""
    draw = scene.draw
    pairs = {draw.made(): _thing(draw) for _ in range(draw.number(2, 5))}
    scene.knows[:] = [f"For {key}: {value}." for key, value in pairs.items()]
    for _ in range(3):
        if draw.present():
            key = draw.choice(list(pairs))
            expectation = scene.expect("drill_pair", must=[pairs[key]])
            scene.say(f"What is there for {key}?", f"For {key}: {pairs[key]}.", expectation)
        else:
            key = draw.made()
            expectation = scene.expect("drill_pair", unknown=True)
            scene.say(f"What is there for {key}?", f"For {key}: nothing.", expectation)


DRILLS: tuple[Drill, ...] = (repeat, recite, enumerate_list, pair_up)


def drill(scene: Scene) -> None:
    """One exercise in a plain voice."""
    scene.manner_name, scene.manner = "", None
    scene.draw.choice(DRILLS)(scene)
