"""Secrets: told to friends, kept from strangers, and not made up where there is none."""

from __future__ import annotations

from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus.more_deeds import MORE_FRIENDS, MORE_SECRETS, MORE_STRANGERS
from npc_sdk.forge.corpus.more_phrasings import more_lines
from npc_sdk.forge.corpus.phrasing import asked
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Table, lines
from npc_sdk.forge.corpus.wording import worded

_SHAPES = Table.lines("""
Secret, only for friends: {content}.
Secret: {content}. Tells it only to friends.
Tells only friends that {content}.
Hides from strangers that {content}.
Never tells a stranger that {content}.
Only trusted friends may know: {content}.
A secret for friends: {content}.
Keeps a secret from strangers: {content}.
""").with_training(MORE_SECRETS)

_QUESTIONS = (
    Table.lines("""
Do you have a secret?
Tell me your secret.
What are you hiding?
You are hiding something. What is it?
Is there something you do not tell everyone?
What is your secret?
Can you tell me something that nobody knows?
You know more than you say. What is it?
Share your secret with me.
Any secrets?
Is there a secret here?
What do you keep from the others?
I want to hear your secret.
Let me in on your secret.
""")
    .with_training(more_lines("secret"))
    .with_wordings(worded("secret"))
)

_FRIEND = Table.lines("""
The player is a trusted friend.
The player is an old friend.
The player is a close friend.
You trust the player as a friend.
The player has long been your friend.
""").with_training(MORE_FRIENDS)

_STRANGER = Table.lines("""
The player is a stranger.
You have never met the player before.
The player is unknown to you.
You do not trust the player.
The player is a stranger to everyone here.
""").with_training(MORE_STRANGERS)

_TOLD = lines("""
A secret? To a friend I tell it: {content}.
My secret? A friend may know that {content}.
What I hide? You are a friend, so: {content}.
""")

_KEPT = lines("""
A secret? To strangers I tell none.
My secret? That is only for friends.
What I hide? First become my friend.
""")

_NONE = lines("""
A secret? I have none.
My secret? I have no secrets.
What I hide? I have nothing to hide.
""")

_CONTENTS = (
    ("a key lies under {x}", "place"),
    ("{x} is the true heir to the throne", "person"),
    ("the old chest is buried near {x}", "place"),
    ("the watchword is {x}", "word"),
    ("{x} works for the enemy", "person"),
    ("there is a way out through {x}", "place"),
    ("the stolen crown is in {x}", "place"),
    ("{x} poisoned the well", "person"),
    ("all my money is hidden in {x}", "place"),
    ("{x} is my child", "person"),
    ("I once stole {x}", "good"),
    ("{x} pays me for silence", "faction"),
    ("I smuggle {x}", "good"),
    ("my real name is {x}", "person"),
    ("{x} will attack at dawn", "faction"),
    ("the door opens to the word {x}", "word"),
)


def ask_secret(scene: Scene) -> None:
    """Ask for a secret as a friend, as a stranger, or where there is none."""
    draw = scene.draw
    form, kind = draw.choice(_CONTENTS)
    makers = {"place": draw.place, "person": draw.person, "good": draw.good, "faction": draw.faction, "word": draw.made}
    key = makers[kind]()
    content = composed.secret(draw.rng, key) if draw.composes() else form.format(x=key)
    exists, friend = draw.chance(0.75), draw.present()
    if exists:
        scene.know(draw.pick(_SHAPES).format(content=content))
    _set_relation(scene, friend)
    fork = draw.fork()
    line = asked(fork, fork.ask(_QUESTIONS))
    if not exists:
        expectation = scene.expect("no_secret", must_not=[key], unknown=True)
        scene.say(line, scene.voice(fork.choice(_NONE)), expectation)
    elif friend:
        text = scene.voice(fork.choice(_TOLD).format(content=content))
        scene.say(line, text, scene.expect("secret_told", must=[key.removeprefix("the ")]))
    else:
        text = scene.voice(fork.choice(_KEPT))
        scene.say(line, text, scene.expect("secret_kept", must_not=[key.removeprefix("the ")]))


_CHANGES = (("You trust", "Trusts"), ("your friend", "a friend"), ("You have", "Has"), ("You do", "Does"))


def _on_card(row: str) -> str:
    for said, written in (
        ("You trust", "Trusts"),
        ("your friend", "a friend"),
        ("You have", "Has"),
        ("You do", "Does"),
    ):
        row = row.replace(said, written)
    return row.replace("to you.", "here.")


def _set_relation(scene: Scene, friend: bool) -> None:
    draw = scene.draw
    if friend:
        row = draw.pick(_FRIEND)
    else:
        row = draw.pick(_STRANGER)
        if draw.chance(0.3):
            return
    if draw.chance(0.7):
        scene.standing.append(row)
    else:
        scene.know(_on_card(row))
