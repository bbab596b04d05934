"""How players say things, and how a matter is put into a character's manner."""

from __future__ import annotations

import re

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.split import Table, join, lines
from npc_sdk.forge.corpus.voices import MANNERS, VOICE_FORMS, Manner

_BEFORE = Table.lines("""
Excuse me.
Hey.
Tell me,
Hello.
Please tell me,
Good day.
Listen,
Well,
Sorry to bother you.
Friend,
One question:
Say,
By the way,
Hm,
Quick question.
I wonder,
You there!
Good sir,
Now then,
Pardon me,
""").with_training(
    lines("""
Good evening.
Good morning.
Hi.
Hello there.
Greetings.
My friend,
Stranger,
Sir,
Ah, good.
Oh,
Ah,
So,
And now,
Please,
Forgive me,
Look,
Wait.
One more thing.
One more question.
Another thing:
Just one question:
I have a question.
A question:
Before I go:
Thank you.
Thanks.
I see.
All right.
Right.
Fine.
Never mind that.
Be honest with me.
Can you help me?
Help me.
I need help.
Since you ask,
Do not be afraid.
Well then,
First of all,
Also,
But tell me,
Come now,
If I may ask,
Maybe you can help me.
""")
)
_AFTER = Table.lines("""
Please.
I need to know.
Thank you.
Can you help me?
Be honest.
I am in a hurry.
It is important.
I would be grateful.
Do not lie to me.
A friend told me to ask you.
Just curious.
Tell me quickly.
""").with_training(
    lines("""
Please tell me.
Tell me.
Tell me now.
Tell me the truth.
Tell me honestly.
The truth, please.
Quickly, please.
Quick.
Be quick.
Hurry.
Speak up.
Speak.
Answer me.
I have to know.
I must know.
I want to know.
I am only asking.
I only ask.
It matters to me.
It would help me.
You would help me a lot.
I have little time.
I have no time.
I will not tell anyone.
I am new here.
I mean no harm.
My friend.
Friend.
Well?
Thanks.
Thank you, friend.
Do you know?
Can you tell me?
Can you say?
I was told that you know.
They said that you can help.
Think well.
Try to remember.
No lies.
Now.
Right now.
If you please.
If you can.
If you know.
""")
)

# A persona's own limit unless its file says otherwise.
_MOST_SENTENCES = 3
_ENDS = re.compile(r"[.!?*]+(?=\s|$)")
_ARTICLE = re.compile(r"\b([Aa])(?= [aeiou])")
_RAMBLE = Table.lines("""
I have walked for three days in the rain and my horse ran away.
You would not believe what a journey it was.
Last night I slept in a ditch and a frog sat on my face.
My mother always said that one should ask when in doubt.
First I went left, then right, and then I stood before your door.
I am not from here and everything looks the same to me.
They sent me from one door to the next and nobody could help.
I do not want to be a burden, and I know that you are busy.
It is a long story and I will spare you the rest of it.
I have asked many people and they only laughed.
My feet hurt, my back hurts and I have not eaten since the morning.
I know that it is late, and I am sorry to come at this hour.
""").with_training(
    lines("""
It has been a long day and the road was full of mud.
I came by ship and I was sick all the way.
I have never seen such a strange place before.
Nobody here wants to talk with me.
The others told me to go away.
I am a stranger here and I know nobody.
I lost my hat in the wind and my shoes in the river.
There was a big dog on the road and I had to run.
I am tired and hungry and my bag is heavy.
My father sent me, and he is not a patient man.
I promise that I will not take much of your time.
You look like someone who knows things.
You have a kind face.
People say that you are the one to ask.
What a day it is.
I have been waiting here since noon.
I do not come here often, as you can see.
Once I was rich, but that was long ago.
Last year I was here too, but then it rained all day.
I was about to leave when I saw you.
I heard that folk here are friendly.
All the doors are closed and the streets are empty.
""")
)


def voice_line(draw: Draw, manner: Manner) -> str:
    """Return a card's voice line for a manner; words are shared by both splits, their combinations are not."""
    one, two = draw.rng.sample(manner.keywords, 2)
    line = draw.pick(VOICE_FORMS).format(one=one, two=two)
    line = _ARTICLE.sub(r"\1n", line)
    return f"{line[0].upper()}{line[1:]}." if draw.chance(0.5) else line


def asked(draw: Draw, line: str) -> str:
    """Return a player's line as players type it: with a word before or after it, in a hurry, without marks."""
    if draw.chance(0.2):
        line = _lead(draw.pick(_BEFORE), line)
    elif draw.chance(0.08):
        line = join((*draw.rng.sample(_RAMBLE.part(draw.split), draw.choice((1, 1, 2))), line))
    if draw.chance(0.1):
        line = f"{line} {draw.pick(_AFTER)}"
    if draw.chance(0.08):
        line = line.rstrip("?.!")
    return line


def _lead(before: str, line: str) -> str:
    if before[-1] in ".!":
        return f"{before} {line}"
    return f"{before} {line if line.startswith('I ') else line[0].lower() + line[1:]}"


def speak(draw: Draw, manner: Manner | None, matter: str) -> str:
    """Return a matter with the words around it that give away the manner.

    Args:
        draw: The conversation's randomness.
        manner: The manner, or None for a plain voice.
        matter: One or two whole sentences.
    """
    if manner is None:
        return matter
    roll = draw.rng.random()
    opener = draw.choice(manner.openers) if roll < 0.7 else ""
    closer = draw.choice(manner.closers) if roll >= 0.5 else ""
    free = _MOST_SENTENCES - _sentences(matter)
    if _sentences(opener) + _sentences(closer) > free:
        fitting = [row for row in (*manner.openers, *manner.closers) if _sentences(row) <= max(1, free)]
        row = draw.choice(fitting)
        opener, closer = (row, "") if row in manner.openers else ("", row)
    return join((opener, matter, closer))


def _sentences(text: str) -> int:
    return len(_ENDS.findall(text))


def plain(manner: Manner | None, field: str) -> tuple[str, ...]:
    """Return a manner's own lines for a turn that is all manner, or plain ones.

    Args:
        manner: The manner, or None for a plain voice.
        field: The name of a line table of ``Manner``.
    """
    return _PLAIN[field] if manner is None else getattr(manner, field)


_PLAIN: dict[str, tuple[str, ...]] = {
    "greetings": ("Hello.", "Good day.", "Welcome.", "Good day to you. What do you need?", "Hello, traveller.", "Yes?"),
    "goodbyes": ("Goodbye.", "Farewell.", "Safe travels.", "Until next time.", "Good day to you."),
    "moods": ("I am well.", "Well enough.", "I cannot complain.", "Not bad, thank you."),
    "defiance": ("You do not scare me.", "Leave, before I call for help.", "I would not try that.", "Put that away."),
    "refusals": ("No, I will not do that.", "I cannot do that.", "No. Ask someone else.", "I would rather not."),
    "ignorance": ("I do not know.", "I know nothing of that.", "I could not say.", "I have not heard of that."),
}


def manner_of(name: str) -> Manner | None:
    """Return the manner of that name; an empty name is the plain voice."""
    return MANNERS[name] if name else None
