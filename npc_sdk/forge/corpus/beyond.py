"""Questions that no card answers: learning, far lands, other people's lives, numbers."""

from __future__ import annotations

from npc_sdk.forge.corpus.phrasing import asked, plain
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Table, lines

_QUESTIONS = Table.lines("""
What is the capital of {made}?
Who is the cook of {person}?
How old is {person}?
What does the word {made} mean?
How many soldiers does {faction} have?
Who invented the wheel?
How far away is the moon?
What is twelve times {number}?
Who will win the war?
What will the weather be next year?
How many stars are there?
What is the meaning of life?
When was {person} born?
What did {person} eat this morning?
Who wrote the book of {made}?
How deep is the sea at {made}?
What is {number} plus {number_2}?
Who was king a thousand years ago?
How do birds fly?
What is behind the end of the world?
What is {person} thinking right now?
How much does {place} weigh?
Which horse will win the race?
Who lives in the last house of {made}?
Why is the sky blue?
What colour are the eyes of {person}?
How many doors does {place} have?
What happened in {made} last year?
Do you know the recipe for {made} soup?
Which language do they speak in {made}?
""")

_ANSWERS = lines("""
I do not know.
That I do not know.
I know nothing of that.
I could not tell you.
I would not know.
Nobody told me that.
I have no idea.
I never learned that.
""")


def ask_beyond(scene: Scene) -> None:
    """Ask for something that neither card nor conversation holds."""
    draw = scene.draw
    slots = {"made": draw.made().capitalize(), "number": str(draw.number(2, 99)), "number_2": str(draw.number(2, 99))}
    line = asked(draw, draw.fill(draw.pick(_QUESTIONS), **slots))
    text = scene.voice(draw.choice(_ANSWERS)) if draw.chance(0.6) else draw.choice(plain(scene.manner, "ignorance"))
    scene.say(line, text, scene.expect("beyond", unknown=True))
