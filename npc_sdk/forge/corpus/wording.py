"""Many ways to ask for the same thing, put together from clauses and from the frames around them; for training alone.

A model that meets a question in thirty forms learns thirty forms; in three hundred it learns which of the words matter.
"""

from __future__ import annotations

from npc_sdk.forge.corpus.split import lines
from npc_sdk.forge.corpus.wording_of_self import SELF
from npc_sdk.forge.corpus.wording_of_things import THINGS

# Around a clause: "where the inn is".
_CLAUSE_FRAMES = lines("""
Do you know {i}?
Can you tell me {i}?
Could you tell me {i}?
Would you tell me {i}?
Will you tell me {i}?
Tell me {i}.
Please tell me {i}.
I want to know {i}.
I would like to know {i}.
I need to know {i}.
I must know {i}.
I wonder {i}.
I have been wondering {i}.
Do you happen to know {i}?
May I ask {i}?
May I know {i}?
Might I ask {i}?
Let me know {i}.
Can you say {i}?
Say {i}.
Do say {i}.
Have you any idea {i}?
Any idea {i}?
Nobody could tell me {i}.
I came to ask {i}.
I ask you {i}.
I was told to ask {i}.
You surely know {i}.
Would you mind telling me {i}?
Be so good and tell me {i}.
I have no idea {i}.
I forgot {i}.
Remind me {i}.
Does anyone know {i}?
I do not know {i}.
My friend wants to know {i}.
They say that you know {i}.
I must find out {i}.
Are you the one who knows {i}?
""")
# Around a name for what is asked: "the way to the inn".
_NAME_FRAMES = lines("""
What is {n}?
Do you know {n}?
Do you remember {n}?
Can you tell me {n}?
Could you tell me {n}?
Tell me {n}.
Please tell me {n}.
What about {n}?
And {n}?
{N}?
{N}, please.
I want to know {n}.
I need to know {n}.
I would like to know {n}.
I ask for {n}.
Name {n}.
Could you name {n}?
My question is about {n}.
About {n}: what do you know?
I forgot {n}.
Nobody told me {n}.
Let me hear {n}.
What can you say of {n}?
I came to ask for {n}.
""")
# Around a line of a card that is a whole sentence.
_CARD_FRAMES = lines("""
Believes that {s}.
Learned that {s}.
Has been told that {s}.
Swears that {s}.
All know that {s}.
It is no secret that {s}.
Can tell that {s}.
Noted that {s}.
""")
_SENTENCES = {
    "trade": "{good} cost {price}\n{good} are sold here for {price}",
    "trade_one": "{one} costs {price}\n{one} is worth {price}",
    "stock": "there are {count} {good} in the store\n{count} {good} are left",
    "place": "{place} lies {where}\n{place} is {where}",
    "person": "{person} {deed}",
    "rumour": "{content}",
    "plant": "{plant} grows {where}",
    "remedy": "{cure} will cure {ill}\nagainst {ill} one takes {cure}",
    "beasts": "{count} {beasts} were seen at {place}\nthere are {count} {beasts} at {place}",
    "toll": "the toll is {price}",
    "here": "this place is called {value}",
    "ruler": "{value} rules the land",
    "enemy": "there is war with {value}",
    "founder": "{value} founded the town",
    "river": "the river is called {value}",
    "feast": "the feast begins at {value}",
}
_ROWS = {**THINGS, **SELF}


def worded(kind: str) -> tuple[str, ...]:
    """Return questions for what is asked for, by its name; none for a name that nobody knows.

    Rows of a kind begin with ``i:`` for a clause and with ``n:`` for a name; others are whole questions.
    """
    found: list[str] = []
    for row in lines(_ROWS.get(kind, "")):
        mark, _, rest = row.partition(": ")
        if mark == "i":
            found += [frame.replace("{i}", rest) for frame in _CLAUSE_FRAMES]
        elif mark == "n":
            found += [_named(frame, rest) for frame in _NAME_FRAMES]
        else:
            found.append(row)
    return tuple(dict.fromkeys(found))


def _named(frame: str, name: str) -> str:
    return frame.replace("{n}", name).replace("{N}", name[0].upper() + name[1:])


def stated(kind: str) -> tuple[str, ...]:
    """Return lines of a card that state a kind of fact, by its name; none for a kind that has no sentence."""
    sentences = lines(_SENTENCES.get(kind, ""))
    return tuple(frame.replace("{s}", sentence) for sentence in sentences for frame in _CARD_FRAMES)
