"""Observations in the tail that the answer depends on, and questions about what was not observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.goods import GOODS
from npc_sdk.forge.corpus.more_phrasings import more_lines
from npc_sdk.forge.corpus.more_statements import statements
from npc_sdk.forge.corpus.phrasing import asked
from npc_sdk.forge.corpus.places import HOURS, LANDMARKS
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.social_lines import GREETINGS
from npc_sdk.forge.corpus.split import Table, lines
from npc_sdk.forge.corpus.wording import worded

ANIMALS = Table.words("""
wolf, bear, boar, fox, snake, dragon, troll, goblin, ghost, giant spider, horse, cow, dog, cat, raven, owl, rat,
deer, soldier, thief, beggar, knight, stranger, child, robot, drone, bandit, ogre, skeleton, witch, messenger,
merchant cart
""")

WEATHER = Table.words("""
raining, snowing, hailing, storming, foggy, sunny, windy, freezing, very hot, very cold, cloudy, dark, misty,
thundering, dusty, stuffy
""")


def _sight(draw: Draw) -> str:
    who = draw.person() if draw.chance(0.4) else composed.with_article(draw.phrase(ANIMALS, composed.thing))
    return f"{who} near {draw.phrase(LANDMARKS, composed.landmark)}"


def _sound(draw: Draw) -> str:
    who = composed.with_article(draw.phrase(ANIMALS, composed.thing))
    return f"{who} behind {draw.phrase(LANDMARKS, composed.landmark)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """Something that can be observed, asked for, and told."""

    name: str
    make: Callable[[Draw], str]
    shapes: Table
    asks: Table
    answers: tuple[str, ...]
    denials: tuple[str, ...]


def _sense(name: str, make: Callable[[Draw], str], shapes: str, asks: str, answers: str, denials: str) -> Sense:
    return Sense(
        name=name,
        make=make,
        shapes=Table.lines(shapes).with_training(statements(name)),
        asks=Table.lines(asks).with_training(more_lines(name)).with_wordings(worded(name)),
        answers=lines(answers),
        denials=lines(denials),
    )


SENSES = (
    _sense(
        "sight",
        _sight,
        "There is {v}.\nYou see {v}.\nYou notice {v}.\nIn view: {v}.\nYou spot {v}.",
        """
        What do you see?
        Do you see anyone?
        What is out there?
        Look around. What do you see?
        Is something there?
        Tell me what you see.
        """,
        "I see {v}.\nI can see {v}.\nIn front of us is {v}.",
        "I see nothing.\nI can see nothing.\nIn front of us is nothing.",
    ),
    _sense(
        "weather",
        lambda draw: draw.phrase(WEATHER, composed.state),
        "It is {v}.\nOutside it is {v}.\nThe weather: {v}.\nIt has been {v} for hours.\nRight now it is {v}.",
        """
        How is the weather?
        What is it like outside?
        What is the weather doing?
        Do I need a coat outside?
        Tell me about the weather.
        """,
        "The weather? It is {v}.\nOutside? It is {v}.",
        "The weather? I do not know.\nOutside? I do not know.",
    ),
    _sense(
        "held",
        lambda draw: draw.good() if draw.chance(0.5) else draw.pick(GOODS),
        "The player holds {v}.\nThe player carries {v}.\nIn the player's hands: {v}.\nThe player shows {v}.",
        """
        What do I have here?
        What am I holding?
        Do you see what I carry?
        What is in my hands?
        Guess what I have brought.
        """,
        "You hold {v}.\nYou carry {v}.\nI see that you carry {v}.",
        "You hold nothing.\nYou carry nothing.\nI see that you carry nothing.",
    ),
    _sense(
        "hour",
        lambda draw: draw.phrase(HOURS, composed.hour),
        "The time is {v}.\nIt is {v} now.\nThe clock shows {v}.\nThe bell rings for {v}.",
        "What time is it?\nHow late is it?\nWhat is the hour?\nDo you know the time?\nWhat does the clock say?",
        "The hour? It is {v}.\nThe time is {v}.",
        "The hour? I do not know.\nThe time is unknown to me.",
    ),
    _sense(
        "sound",
        _sound,
        """
        You hear {v}.
        There is the sound of {v}.
        Something moves: it must be {v}.
        A noise tells you of {v}.
        """,
        "What was that noise?\nWhat do you hear?\nDo you hear that?\nWhat is that sound?\nListen! What is it?",
        "I hear {v}.\nWhat I hear is {v}.",
        "I hear nothing.\nWhat I hear is nothing.",
    ),
)

_ALARMS = lines("""
Look out, {v}!
Careful, there is {v}!
Not now! I see {v}!
Quiet, there is {v}!
""")


def ask_sense(scene: Scene) -> None:
    """Ask for something that the tail tells in half of all cases, among other observations."""
    draw = scene.draw
    wanted, other = draw.rng.sample(SENSES, 2)
    value, present = wanted.make(draw), draw.present()
    observed = [draw.pick(wanted.shapes).format(v=value)] if present else []
    if draw.chance(0.5):
        noise = draw.pick(other.shapes).format(v=other.make(draw))
        observed.insert(draw.number(0, len(observed)), noise)
    line = asked(draw, draw.ask(wanted.asks))
    if present:
        text = scene.voice(draw.choice(wanted.answers).format(v=value))
        expectation = scene.expect(wanted.name, must=[value])
    else:
        text = scene.voice(draw.choice(wanted.denials))
        expectation = scene.expect(wanted.name, must_not=[value], unknown=True)
    scene.say(line, text, expectation, observations=observed)


def alarm(scene: Scene) -> None:
    """A danger is near; the character warns instead of greeting."""
    draw = scene.draw
    danger = draw.phrase(_DANGERS, composed.thing)
    value = f"a {danger} near {draw.phrase(LANDMARKS, composed.landmark)}"
    observed = [draw.pick(_DANGER_SHAPES).format(v=value)]
    text = scene.voice(draw.choice(_ALARMS).format(v=value))
    scene.say(draw.pick(GREETINGS), text, scene.expect("alarm", must=[value]), observations=observed)


_DANGERS = Table.words("wolf, bear, snake, dragon, troll, goblin, bandit, ghost, fire, boar, giant, murderer, witch")
_DANGER_SHAPES = Table.lines("""
Danger: {v}!
Danger! There is {v}.
Danger is close: {v}.
Beware, danger: {v}.
""").with_training(statements("danger"))


def noise_observation(draw: Draw) -> str:
    """Return an observation that no one asks for."""
    sense = draw.choice(SENSES)
    return draw.pick(sense.shapes).format(v=sense.make(draw))
