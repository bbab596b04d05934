"""What the player said earlier in the conversation, asked for later, or asked for though it was never said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.phrasing import asked
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.social import chat, insult, praise, tell_name, tell_role, thank
from npc_sdk.forge.corpus.split import Table, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that a player may say about himself and ask for later."""

    make: Callable[[Draw], str]
    tells: Table
    echoes: tuple[str, ...]
    asks: Table
    answers: tuple[str, ...]
    denials: tuple[str, ...]


def _said(make: Callable[[Draw], str], tells: str, echoes: str, asks: str, answers: str, denials: str) -> Said:
    return Said(
        make=make,
        tells=Table.lines(tells),
        echoes=lines(echoes),
        asks=Table.lines(asks),
        answers=lines(answers),
        denials=lines(denials),
    )


_SAID = (
    _said(
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
        "You are {v}.\nYour name is {v}.\nYou said that you are {v}.\nYou told me: your name is {v}.",
        "You have not told me your name.\nI do not know your name.\nYou never told me who you are.",
    ),
    _said(
        lambda draw: draw.town(),
        "I come from {v}.\nI am from {v}.\nMy home is {v}.\nI grew up in {v}.\nI have walked here from {v}.",
        "I have never been to {v}.\n{v}? A long way.\nThat is a long way.\nYou are far from home.",
        "Where do I come from?\nDo you remember where I am from?\nWhere is my home?\nWhich town am I from?",
        "You come from {v}.\nYour home is {v}.\nYou said that you are from {v}.",
        """
        You have not told me where you come from.
        I do not know where you come from.
        You never named your home.
        """,
    ),
    _said(
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
        "You need {v}.\nYou came for {v}.\nYou were sent to get {v}.",
        "You have not told me what you need.\nI do not know your errand.\nYou never told me what you came for.",
    ),
    _said(
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
        "You are looking for {v}.\nYou seek {v}.\nYou told me that you seek {v}.",
        "You have not told me whom you seek.\nI do not know whom you seek.\nYou never told me of anyone.",
    ),
    _said(
        lambda draw: draw.place(),
        """
        I am on my way to {v}.
        Tomorrow I travel to {v}.
        I want to reach {v} by night.
        My road leads to {v}.
        """,
        "May your road be safe.\nSo you go to {v}.\nThen do not lose time.\nI wish you a safe way to {v}.",
        "Where am I going?\nWhere did I want to go?\nDo you remember where my road leads?\nWhere do I travel?",
        "You are going to {v}.\nYour road leads to {v}.\nYou said that you travel to {v}.",
        """
        You have not told me where you are going.
        I do not know where you are going.
        You never named your road.
        """,
    ),
    _said(
        lambda draw: draw.price(),
        "I have {v} in my purse.\nI carry {v}.\nAll I own is {v}.\nI have saved {v}.",
        "Hide it well.\nThat is not much.\nDo not say that so loudly.\nSo you have {v}.",
        """
        How much money do I have?
        What is in my purse?
        How much do I carry?
        Do you remember how much I own?
        """,
        "You have {v}.\nYou carry {v}.\nYou said that you have {v}.",
        """
        You have not told me how much you have.
        I do not know what you carry.
        You never told me of your money.
        """,
    ),
)

_FILLERS = (chat, praise, insult, thank, tell_name, tell_role)


def recall(scene: Scene) -> None:
    """The player says something, talks of other things, then asks for it, or for something never said."""
    draw = scene.draw
    wanted, other = draw.rng.sample(_SAID, 2)
    value, noise = wanted.make(draw), other.make(draw)
    told = draw.present()
    _tell(scene, *((wanted, value) if told else (other, noise)))
    for filler in draw.rng.sample(_FILLERS, draw.choice((0, 1, 1, 2) if scene.small else (0, 1, 1, 2, 2, 3))):
        filler(scene)
    if told and draw.chance(0.4):
        _tell(scene, other, noise)
    line = asked(draw, draw.pick(wanted.asks))
    if told:
        text = scene.voice(draw.choice(wanted.answers).format(v=value))
        scene.say(line, text, scene.expect("recall", must=[value.removeprefix("the ")]))
    else:
        text = scene.voice(draw.choice(wanted.denials))
        scene.say(line, text, scene.expect("recall", must_not=[noise.removeprefix("the ")], unknown=True))


def _tell(scene: Scene, said: Said, value: str) -> None:
    draw = scene.draw
    text = scene.voice(draw.choice(said.echoes).format(v=value))
    scene.say(draw.pick(said.tells).format(v=value), text, scene.expect("told"))
