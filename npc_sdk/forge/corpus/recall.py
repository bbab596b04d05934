"""What the player said earlier in the conversation, asked for later, or asked for though it was never said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.more_statements import statements
from npc_sdk.forge.corpus.phrasing import asked
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.social import chat, insult, praise, tell_name, tell_role, thank
from npc_sdk.forge.corpus.split import Table, lines
from npc_sdk.forge.corpus.wording import worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that a player may say about himself and ask for later."""

    make: Callable[[Draw], str]
    tells: Table
    echoes: tuple[str, ...]
    asks: Table
    answers: tuple[str, ...]
    denials: tuple[str, ...]


_TELLS = {
    "name": """
    You may call me {v}.
    I go by the name of {v}.
    {v} is my name.
    Let me tell you my name: {v}.
    Remember me, I am {v}.
    """,
    "home": """
    I was born in {v}.
    I live in {v}.
    My house stands in {v}.
    {v} is my home.
    I am a stranger here, I come from {v}.
    I left {v} many days ago.
    """,
    "errand": """
    I need {v}.
    I have to buy {v}.
    They sent me for {v}.
    I came to find {v}.
    At home they wait for {v}.
    My errand is to get {v}.
    """,
    "friend": """
    I am trying to find {v}.
    I have to talk to {v}.
    I hope to meet {v} here.
    I must speak with {v}.
    {v} is the one I seek.
    """,
    "road": """
    I am going to {v}.
    I go to {v}.
    I have to be at {v} tomorrow.
    I am walking to {v}.
    My way goes to {v}.
    """,
    "money": """
    My purse holds {v}.
    I have {v} left.
    I own {v}.
    There are {v} in my purse.
    I brought {v}.
    """,
}


def _said(
    name: str, make: Callable[[Draw], str], tells: str, echoes: str, asks: str, answers: str, denials: str
) -> Said:
    return Said(
        make=make,
        tells=Table.lines(tells).with_training((*lines(_TELLS[name]), *statements(f"said_{name}"))),
        echoes=lines(echoes),
        asks=Table.lines(asks).with_wordings(worded(f"said_{name}")),
        answers=lines(answers),
        denials=lines(denials),
    )


_SAID = (
    _said(
        "name",
        lambda draw: draw.person(),
        "I am {v}.\nMy name is {v}.\nThey call me {v}.\nCall me {v}.\nHello, I am {v}.\nPeople know me as {v}.",
        "Well met, {v}.\nI greet you, {v}.\nSo you are {v}.\nThat is a good name.\nI will remember that name.",
        """
        What is my name?
        Do you remember my name?
        Who am I?
        How am I called?
        Do you know who I am?
        Say my name.
        """,
        "Your name? You are {v}.\nYour name is {v}.\nWho you are? You are {v}.",
        "Your name? You have not told me.\nYour name is unknown to me.\nWho you are? You never told me.",
    ),
    _said(
        "home",
        lambda draw: draw.town(),
        "I come from {v}.\nI am from {v}.\nMy home is {v}.\nI grew up in {v}.\nI have walked here from {v}.",
        "I have never been to {v}.\n{v}? A long way.\nThat is a long way.\nYou are far from home.",
        "Where do I come from?\nDo you remember where I am from?\nWhere is my home?\nWhich town am I from?",
        "Your home? It is {v}.\nYour home is {v}.\nWhere you come from? From {v}.",
        "Your home? You have not told me.\nYour home is unknown to me.\nWhere you come from? You never told me.",
    ),
    _said(
        "errand",
        lambda draw: draw.good(),
        """
        I need to buy {v} for my mother.
        I was sent to get {v}.
        My master wants {v}.
        I must bring home {v}.
        """,
        "Then I wish you luck with it.\nNot an easy errand.\nSo you need {v}.\nI hear that you need {v}.",
        """
        What did I need?
        What was my errand?
        I forgot what I came for. Do you know?
        What was I sent to get?
        """,
        "Your errand? You need {v}.\nYou came for {v}.",
        "Your errand? You have not told me.\nYou came for something that I do not know.",
    ),
    _said(
        "friend",
        lambda draw: draw.person(),
        "I am looking for my friend {v}.\nI search for {v}.\nI must find {v}.\nI came to meet {v}.",
        """
        I hope that you find {v}.
        I wish you luck with that.
        Many people are lost these days.
        So you seek {v}.
        """,
        """
        Whom am I looking for?
        Who is it that I seek?
        Whom did I want to meet?
        What is the name of the one I seek?
        """,
        "The one you seek? It is {v}.\nYou seek {v}.",
        "The one you seek? You have not told me.\nYou seek someone that I do not know.",
    ),
    _said(
        "road",
        lambda draw: draw.place(),
        """
        I am on my way to {v}.
        Tomorrow I travel to {v}.
        I want to reach {v} by night.
        My road leads to {v}.
        """,
        "May your road be safe.\nSo you go to {v}.\nThen do not lose time.\nI wish you a safe way to {v}.",
        "Where am I going?\nWhere did I want to go?\nDo you remember where my road leads?\nWhere do I travel?",
        "Your road? It leads to {v}.\nYou go to {v}.",
        "Your road? You have not told me.\nYou go to a place that I do not know.",
    ),
    _said(
        "money",
        lambda draw: draw.price(),
        "I have {v} in my purse.\nI carry {v}.\nAll I own is {v}.\nI have saved {v}.",
        "Hide it well.\nThat is not much.\nDo not say that so loudly.\nSo you have {v}.",
        """
        How much money do I have?
        What is in my purse?
        How much do I carry?
        Do you remember how much I own?
        """,
        "Your money? You have {v}.\nYou carry {v}.",
        "Your money? You have not told me.\nYou carry I do not know how much.",
    ),
)

_FILLERS = (chat, praise, insult, thank, tell_name, tell_role)


def recall(scene: Scene) -> None:
    """The player says something, talks of other things, then asks for it, or for something never said."""
    draw = scene.draw
    if scene.dense:
        _recall_several(scene)
        return
    wanted, other = draw.rng.sample(_SAID, 2)
    value, noise = wanted.make(draw), other.make(draw)
    told = draw.present()
    _tell(scene, *((wanted, value) if told else (other, noise)))
    for filler in draw.rng.sample(_FILLERS, draw.choice((0, 1, 1, 2) if scene.small else (0, 1, 1, 2, 2, 3))):
        filler(scene)
    if told and draw.chance(0.4):
        _tell(scene, other, noise)
    _ask(scene, wanted, value if told else "", noise)


def _ask(scene: Scene, wanted: Said, value: str, noise: str) -> None:
    """Ask for what was said, or, when there is no value, for what was not."""
    draw = scene.draw
    line = asked(draw, draw.ask(wanted.asks))
    if value:
        text = scene.voice(draw.choice(wanted.answers).format(v=value))
        scene.say(line, text, scene.expect("recall", must=[value.removeprefix("the ")]))
    else:
        text = scene.voice(draw.choice(wanted.denials))
        scene.say(line, text, scene.expect("recall", must_not=[noise.removeprefix("the ")], unknown=True))


def _recall_several(scene: Scene) -> None:
    draw = scene.draw
    subjects = draw.rng.sample(_SAID, 4)
    values = [subject.make(draw) for subject in subjects]
    for subject, value in zip(subjects[:2], values, strict=False):
        _tell(scene, subject, value)
    for filler in draw.rng.sample(_FILLERS, draw.choice((0, 1, 1, 2))):
        filler(scene)
    for _ in range(draw.number(2, 4)):
        index = draw.number(0, 1) + (0 if draw.present() else 2)
        _ask(scene, subjects[index], values[index] if index < 2 else "", values[0])


def _tell(scene: Scene, said: Said, value: str) -> None:
    draw = scene.draw
    text = scene.voice(draw.choice(said.echoes).format(v=value))
    scene.say(draw.pick(said.tells).format(v=value), text, scene.expect("told"))
