"""A reply that the player cuts, and how the character goes on from where it was cut."""

from __future__ import annotations

from npc_sdk.forge.corpus.fact import draw_fact
from npc_sdk.forge.corpus.fact_kinds import GOOD, PERSON, PLACE, RUMOUR
from npc_sdk.forge.corpus.more_phrasings import more_lines
from npc_sdk.forge.corpus.phrasing import asked, speak
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.social import chat, tell_name
from npc_sdk.forge.corpus.split import Table, lines
from npc_sdk.forge.corpus.wording import worded

_GO_ON = (
    Table.lines("""
Go on.
Sorry, go on.
I interrupted you. Please go on.
What did you want to say?
You were saying?
Please finish.
And then?
Continue.
Sorry. What was the rest?
I did not hear the rest.
""")
    .with_training(more_lines("go_on"))
    .with_wordings(worded("go_on"))
)

_AGAIN = lines("""
As I was saying. {text}
I said this: {text}
You cut me off. {text}
Let me finish. {text}
""")


def interrupt(scene: Scene) -> None:
    """Ask for a fact, cut the answer, and ask to go on, at once or after another question."""
    draw = scene.draw
    fact = draw_fact(draw, draw.choice((GOOD, PLACE, PERSON, RUMOUR)))
    scene.know(fact.text)
    if not scene.small:
        scene.know(draw_fact(draw, fact.kind).text)
    matter = draw.choice(fact.kind.answers).format(**fact.slots)
    text = speak(draw, scene.manner, matter)
    line = asked(draw, draw.ask(fact.kind.questions, **fact.slots))
    scene.say(line, text, scene.expect("interrupted"), cut_at=_cut(scene, text))
    if draw.chance(0.25):
        draw.choice((chat, tell_name))(scene)
    # In the same words, so that what was heard leads to what was not.
    rest = draw.choice(_AGAIN).format(text=matter)
    expectation = scene.expect("continued", must=fact.quotes)
    scene.say(draw.ask(_GO_ON), rest, expectation)


def _cut(scene: Scene, text: str) -> int:
    ends = [index for index, mark in enumerate(text) if mark == " "]
    return scene.draw.choice(ends[: max(1, len(ends) - 1)]) if ends else len(text)
