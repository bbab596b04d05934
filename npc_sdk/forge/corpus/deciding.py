"""Decisions: choices that the card, an observation or the ruleset of ``tactics`` settles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus.conversation import Decide
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Table, split_of
from npc_sdk.forge.corpus.tactics import (
    TEMPERS,
    Option,
    State,
    Temper,
    best_options,
    legal_options,
    random_state,
    situation,
)

_MOST_OPTIONS = 12


def decision(
    draw: Draw,
    text: str,
    options: Sequence[str],
    right: Sequence[str],
    intent: str,
    *,
    observations: Sequence[str] = (),
) -> Decide:
    """Return a decision with its options in random order.

    Args:
        draw: The conversation's randomness.
        text: The situation.
        options: All options, each once.
        right: The options of the best value; the first is the answer.
        intent: What settles the choice.
        observations: What the tail tells.
    """
    shuffled = list(options)
    draw.rng.shuffle(shuffled)
    indices = tuple(sorted(shuffled.index(option) for option in right))
    return Decide(
        situation=text,
        options=tuple(shuffled),
        answer_index=draw.choice(indices),
        equal_indices=indices,
        intent=intent,
        observations=tuple(observations),
    )


_TEMPER_LINES: dict[Temper, Table] = {
    "steady": Table.lines("""
    {name} is a steady fighter.
    A steady soldier.
    Fights in a steady way.
    Known as steady in battle.
    Steady under fire.
    """),
    "reckless": Table.lines("""
    {name} is a reckless fighter.
    A reckless soldier who hears no orders.
    Fights in a reckless way.
    Known as reckless in battle.
    Reckless under fire.
    """),
    "careful": Table.lines("""
    {name} is a careful fighter.
    A careful soldier.
    Fights in a careful way.
    Known as careful in battle.
    Careful under fire.
    """),
}
_BREEDS = tuple("goblin wolf guard orc rat bandit archer scout medic knight spider drone raider troll recruit".split())


def fight(scene: Scene) -> None:
    """One to three tactical states of one soldier, each on its own."""
    draw = scene.draw
    temper = draw.choice(TEMPERS)
    scene.description.append(draw.pick(_TEMPER_LINES[temper]).format(name=scene.name))
    breeds = list(dict.fromkeys((*draw.rng.sample(_BREEDS, 2), *(draw.made() for _ in range(2)))))
    for _ in range(draw.number(2, 3) if scene.dense else draw.choice((1, 2, 3))):
        state = random_state(draw.rng, breeds)
        options = legal_options(state)
        first = draw.rng.sample(options, 2) if scene.small else options
        _ask(scene, situation(state), state, temper, first)
        if scene.dense:
            _ask_on(scene, state, temper)


def _ask_on(scene: Scene, state: State, temper: Temper) -> None:
    """Ask for the best of some of the same options: more of the expert's ranking for one reading of the state."""
    draw, options = scene.draw, legal_options(state)
    for _ in range(draw.number(3, 4) if scene.small else draw.number(2, 4)):
        # Of two, it shows which of two rules is the stronger.
        pair = scene.small or draw.chance(0.5)
        some = draw.rng.sample(options, 2 if pair else draw.number(2, len(options)))
        _ask(scene, draw.pick(_AGAIN), state, temper, some)


def _ask(scene: Scene, text: str, state: State, temper: Temper, some: Sequence[Option]) -> None:
    right = [option.text for option in best_options(state, temper, some)]
    scene.decide(decision(scene.draw, text, [option.text for option in some], right, "tactics"))


_AGAIN = Table.of(
    "Of these?", "And of these?", "Only these are left.", "Choose among these.", "What if you can only do this?"
)


_TASTE = Table.lines("""
{name} likes {good} more than anything.
Loves {good}.
The favourite thing of {name}: {good}.
Always chooses {good}.
Is mad about {good}.
""")
_TASTE_TEXTS = Table.lines("""
You may take one thing.
Someone offers you a gift. Which one do you choose?
What do you take from the table?
The trader lets you pick one.
You can carry only one thing.
Which of these do you want?
""")
_GOAL = Table.lines("""
Wants to reach {place} before night.
Must get to {place}.
The goal of {name} is {place}.
Is on the way to {place}.
Has to meet someone at {place}.
""")
_GOAL_TEXTS = Table.lines("""
The road splits here.
Where do you go?
Choose your way.
A coachman asks where to take you.
You stand at a crossroads.
""")
_ORDER = Table.lines("""
The captain orders: {option}.
Order from the captain: {option}.
The captain shouts: {option}!
New order: {option}.
""")
_ORDER_TEXTS = Table.lines("""
What do you do?
You stand at your post. What now?
You must act now.
What is your next move?
""")
_FRIEND = Table.lines("""
{person} is the best friend of {name}.
Would do anything for {person}.
Trusts only {person}.
Loves {person}.
""")
_FRIEND_TEXTS = Table.lines("""
You can save only one of them.
Whom do you follow?
Who gets the last loaf?
Whom do you believe?
Who shall stand beside you?
""")


def prefer(scene: Scene) -> None:
    """A choice that one line of the card settles: a taste, a goal or a friend."""
    draw = scene.draw
    make, rows, texts, slot, form = draw.choice(
        (
            (draw.good, _TASTE, _TASTE_TEXTS, "good", "{v}"),
            (draw.place, _GOAL, _GOAL_TEXTS, "place", "go to {v}"),
            (draw.person, _FRIEND, _FRIEND_TEXTS, "person", "{v}"),
        )
    )
    most = 4 if scene.small else _MOST_OPTIONS
    values = list(dict.fromkeys(make() for _ in range(draw.number(2, most))))
    while len(values) < 2:
        values = list(dict.fromkeys((*values, make())))
    scene.know(draw.pick(rows).format(name=scene.name, **{slot: values[0]}))
    options = [form.format(v=value) for value in values]
    scene.decide(decision(draw, draw.pick(texts), options, options[:1], "prefer"))


def comply(scene: Scene) -> None:
    """A choice that an order in the tail settles."""
    draw = scene.draw
    low, high = (3, 5) if scene.small else (2, 5) if scene.dense else (3, 10)
    options = list(dict.fromkeys(_move(draw) for _ in range(draw.number(low, high))))
    if len(options) < 2:
        options = ["wait", "run"]
    observed = [draw.pick(_ORDER).format(option=options[0])]
    scene.decide(decision(draw, draw.pick(_ORDER_TEXTS), options, options[:1], "comply", observations=observed))


def _move(draw: Draw) -> str:
    if draw.composes():
        verb, noun = composed.verb_and_noun(draw.rng)
        return f"{verb} the {noun}"
    verb = draw.choice(_VERBS)
    return (
        verb
        if draw.chance(0.3)
        else f"{verb} {draw.choice(_OBJECTS)}"
        if draw.chance(0.5)
        else f"follow {draw.person()}"
    )


_VERBS = ("guard", "search", "clean", "watch", "repair", "leave", "burn", "defend", "open", "hide", "wait", "sing")
_OBJECTS = ("the gate", "the tower", "the wagon", "the door", "the bridge", "the chest", "the camp", "the wall")

_NATURES = (
    ("quick-tempered", "hot-headed", "strike back", "An insult is thrown at you."),
    ("peaceful", "calm", "stay calm", "An insult is thrown at you."),
    ("cowardly", "easily scared", "run away", "A stranger draws a blade."),
    ("brave", "fearless", "stand and fight", "A stranger draws a blade."),
    ("greedy", "money-loving", "take the coins", "A purse lies on the road."),
    ("honest", "upright", "look for the owner", "A purse lies on the road."),
    ("helpful", "kind-hearted", "help at once", "Someone cries for help."),
    ("selfish", "cold-hearted", "walk on", "Someone cries for help."),
    ("curious", "nosy", "open the box", "You find a strange box."),
    ("cautious", "distrustful", "leave the box alone", "You find a strange box."),
)


_POINTS = Table.lines("""
Take {v}.
Choose {v}.
Say {v}.
You want {v}.
The right one is {v}.
It must be {v}.
Nothing but {v}.
Pick {v} and nothing else.
Which of these is {v}?
They say that {v} is best.
""")


def point(scene: Scene) -> None:
    """Exercises in letters: the situation names the option itself."""
    draw = scene.draw
    for _ in range(draw.number(6, 9)):
        makers: tuple[Callable[[], str], ...] = (draw.good, draw.place, draw.person, draw.made, partial(_move, draw))
        make = draw.choice(makers)
        options = list(dict.fromkeys(make() for _ in range(draw.choice((2, 2, 3, 4) if scene.small else (2, 4, 6, 8)))))
        if len(options) > 1:
            text = draw.pick(_POINTS).format(v=options[0])
            scene.decide(decision(draw, text, options, options[:1], "point"))


def react(scene: Scene) -> None:
    """A choice that the character's nature settles."""
    draw = scene.draw
    nature, other, right, text = draw.choice(_NATURES)
    rivals = [row[2] for row in _NATURES if row[3] == text and row[2] != right]
    strays = [row[2] for row in _NATURES if row[3] != text]
    extra = draw.rng.sample(strays, draw.number(0, 2))
    form = next(row for row in draw.rng.sample(_NATURE_LINES, len(_NATURE_LINES)) if split_of(row) == draw.split)
    scene.description.append(form.format(name=scene.name, nature=nature if draw.chance(0.5) else other))
    scene.decide(decision(draw, text, [right, *rivals, *extra], [right], "react"))


_NATURE_LINES = tuple(
    row
    for who in ("{name} is", "Everyone says that {name} is", "By nature {name} is", "All know that {name} is", "Is")
    for row in (f"{who} {{nature}}.", f"{who} very {{nature}}.", f"{who} known to be {{nature}}.")
)


def choose(scene: Scene) -> None:
    """One or two decisions of the everyday kinds."""
    if scene.dense:
        for _ in range(scene.draw.number(3, 6) if scene.small else scene.draw.number(5, 9)):
            comply(scene)
    kinds = scene.draw.rng.sample((prefer, comply, react), 1 if scene.small else scene.draw.choice((1, 1, 2)))
    for kind in kinds:
        kind(scene)
