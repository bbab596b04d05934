"""Turns without facts: greeting, parting, name, role, mood, threats, praise, small talk, nonsense."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus import social_lines as said
from npc_sdk.forge.corpus.phrasing import asked, plain
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Table, join

SceneTurn = Callable[[Scene], None]


def greet(scene: Scene) -> None:
    """The player greets; the greeting back is all manner."""
    draw = scene.draw
    tail = draw.choice(said.GREETING_TAILS).format(name=scene.name) if draw.chance(0.7) else ""
    text = join((draw.choice(plain(scene.manner, "greetings")), tail))
    scene.say(draw.pick(said.GREETINGS), text, scene.expect("greeting"))


def part(scene: Scene) -> None:
    """The player leaves."""
    text = scene.draw.choice(plain(scene.manner, "goodbyes"))
    scene.say(scene.draw.pick(said.GOODBYES), text, scene.expect("goodbye"))


def tell_name(scene: Scene) -> None:
    """The player asks for the name."""
    text = scene.voice(scene.draw.choice(said.NAME_ANSWERS).format(name=scene.name))
    scene.say(asked(scene.draw, scene.draw.ask(said.NAME_QUESTIONS)), text, scene.expect("name", must=[scene.name]))


def tell_role(scene: Scene) -> None:
    """The player asks for the role."""
    text = scene.voice(scene.draw.choice(said.ROLE_ANSWERS).format(name=scene.name, role=scene.role))
    must = scene.role.split(" ", 1)[1]
    scene.say(asked(scene.draw, scene.draw.ask(said.ROLE_QUESTIONS)), text, scene.expect("role", must=[must]))


def tell_mood(scene: Scene) -> None:
    """The player asks how it goes; the card names a mood in half of all cases."""
    draw = scene.draw
    mood, question = draw.phrase(said.MOODS, composed.state), draw.ask(said.MOOD_QUESTIONS)
    if draw.present():
        scene.description.append(draw.pick(said.MOOD_SHAPES).format(name=scene.name, mood=mood))
        text = scene.voice(draw.choice(said.MOOD_ANSWERS).format(mood=mood))
        scene.say(asked(draw, question), text, scene.expect("mood", must=[mood]))
    else:
        scene.say(asked(draw, question), draw.choice(plain(scene.manner, "moods")), scene.expect("mood_free"))


def threaten(scene: Scene) -> None:
    """The player threatens."""
    text = scene.draw.choice(plain(scene.manner, "defiance"))
    scene.say(asked(scene.draw, scene.draw.pick(said.THREATS)), text, scene.expect("threat"))


def refuse(scene: Scene) -> None:
    """The player asks for something that no one would do."""
    text = scene.draw.choice(plain(scene.manner, "refusals"))
    line = scene.draw.fill(scene.draw.pick(_SHAMELESS))
    scene.say(asked(scene.draw, line), text, scene.expect("refusal"))


_SHAMELESS = Table.lines("""
Give me all your {good} for free.
Lend me {price}.
Carry me to {place}.
Kill {person} for me.
Set fire to {place}.
Let me sleep in your bed.
Tell me a lie about {person}.
Swear an oath to {faction}.
Shave your head for me.
Jump into the river.
Betray {person}.
Steal {good} from {person}.
Leave your post and come with me.
Sign this paper without reading it.
""")


def _free(intent: str, asks: Table, answers: Sequence[str]) -> SceneTurn:
    def turn(scene: Scene) -> None:
        draw = scene.draw
        text = draw.choice(answers).format(name=scene.name, role=scene.role)
        scene.say(asked(draw, draw.ask(asks)), scene.voice(text), scene.expect(intent))

    return turn


insult = _free("insult", said.INSULTS, said.INSULT_ANSWERS)
praise = _free("praise", said.PRAISES, said.PRAISE_ANSWERS)
thank = _free("thanks", said.THANKS, said.THANKS_ANSWERS)
_talk = tuple(_free("small_talk", questions, answers) for questions, answers in said.TALK)


def chat(scene: Scene) -> None:
    """Small talk about nothing that a card would hold."""
    scene.draw.choice(_talk)(scene)


def babble(scene: Scene) -> None:
    """The player says something without sense."""
    draw = scene.draw
    if draw.chance(0.5):
        line = draw.pick(said.NONSENSE)
    else:
        words = [draw.made() for _ in range(draw.number(1, 7))]
        line = " ".join(words).capitalize() + draw.choice((".", "!", "?", "", "..."))
    text = scene.voice(draw.choice(said.NONSENSE_ANSWERS))
    scene.say(line, text, scene.expect("nonsense"))


TURNS: tuple[SceneTurn, ...] = (
    greet,
    part,
    tell_name,
    tell_role,
    tell_mood,
    threaten,
    refuse,
    insult,
    praise,
    thank,
    chat,
)
