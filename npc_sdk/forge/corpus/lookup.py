"""Questions for facts that are on the card or are not: the same card and question in both cases."""

from __future__ import annotations

from npc_sdk.forge.corpus.conversation import Expectation
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.fact import Fact, FactKind, draw_fact
from npc_sdk.forge.corpus.fact_kinds import SUBJECT_KINDS
from npc_sdk.forge.corpus.more_kinds import MORE_KINDS
from npc_sdk.forge.corpus.own_facts import OWN_KINDS, WORLD_KINDS
from npc_sdk.forge.corpus.phrasing import asked, speak
from npc_sdk.forge.corpus.scene import Scene

_NEAR_SHARE = 0.3


def ask_subject(scene: Scene, kind: FactKind) -> None:
    """Add facts of a kind to the card and a question for one that is there in half of all cases."""
    draw = scene.draw
    others = [new_fact(scene, kind) for _ in range(_distractors(scene))]
    for other in others:
        scene.know(other.text, offer=offer(other))
    near = draw.choice(others).slots[kind.subject] if others and draw.chance(_NEAR_SHARE) else ""
    fact = new_fact(scene, kind, near)
    ask_fact(scene, fact, others, present=draw.present())


def new_fact(scene: Scene, kind: FactKind, near: str = "") -> Fact:
    """Draw a fact whose subject nothing else in the conversation is about; ``near`` asks for a subject like it."""
    while True:
        fact = draw_fact(scene.draw, kind, near)
        subject = fact.slots[kind.subject].lower() if kind.subject else kind.name
        if subject not in scene.subjects or not kind.subject:
            scene.subjects.add(subject)
            return fact
        near = ""


def _distractors(scene: Scene) -> int:
    return scene.draw.choice((0, 1, 1, 2) if scene.small else (0, 1, 1, 2, 2, 3))


def ask_fact(scene: Scene, fact: Fact, others: list[Fact], *, present: bool) -> None:
    """Put a fact on the card, or leave it out, and ask for it."""
    if present:
        scene.know(fact.text, offer=offer(fact))
    ask_known(scene, fact, others, present=present)


def ask_known(scene: Scene, fact: Fact, others: list[Fact], *, present: bool) -> None:
    """Ask for a fact that is on the card, or is not."""
    draw = scene.draw.fork()
    line = asked(draw, draw.ask(fact.kind.questions, **fact.slots))
    text = answer(draw, scene, fact) if present else denial(draw, scene, fact)
    scene.say(line, text, expectation(scene, fact, others, present=present))


def offer(fact: Fact) -> tuple[str, str] | None:
    """Return the thing and the price of a fact that can be listed with other prices."""
    if fact.kind.name not in ("trade", "trade_one"):
        return None
    return fact.slots.get("one", fact.slots.get("good", "")), fact.slots["price"]


def answer(draw: Draw, scene: Scene, fact: Fact) -> str:
    """Return an answer that quotes the fact."""
    rows = fact.kind.answers
    if scene.manner_name == "curt":
        rows = tuple(sorted(rows, key=len)[: max(2, len(rows) // 2)])
    return speak(draw, scene.manner, draw.choice(rows).format(**fact.slots))


def denial(draw: Draw, scene: Scene, fact: Fact) -> str:
    """Return an answer that says the fact is not known, and names nothing but what was asked for.

    It begins as the answer would: whether there is something to tell shows when it is looked up, and not before.
    """
    return speak(draw, scene.manner, draw.choice(fact.kind.denials).format(**fact.slots))


def expectation(scene: Scene, fact: Fact, others: list[Fact], *, present: bool) -> Expectation:
    """Return what evaluation asks of the answer to a question for a fact."""
    name = fact.kind.name
    if present:
        return scene.expect(name, must=fact.quotes)
    wrong = [quote for other in others for quote in other.quotes if not quote.isdigit()]
    return scene.expect(name, must_not=(*wrong, *fact.quotes), unknown=True)


def ask_own(scene: Scene, kind: FactKind) -> None:
    """Ask for a fact about the speaker that the card holds in half of all cases."""
    ask_fact(scene, draw_fact(scene.draw, kind), [], present=scene.draw.present())


def ask_world(scene: Scene, kind: FactKind) -> None:
    """Ask for a fact of the world that the world file holds in half of all cases."""
    fact, present = draw_fact(scene.draw, kind), scene.draw.present()
    if present:
        scene.world_facts.append(fact.text)
    ask_known(scene, fact, [], present=present)


def pad_card(scene: Scene, count: int) -> None:
    """Put facts on the card that nobody asks for, each of a kind that is not yet asked for."""
    used = {step.expectation.intent for step in scene.steps if hasattr(step, "expectation")}
    if used & {"news", "rumour"}:
        used |= {"news", "rumour"}
    if used & {"trade", "trade_one", "stock", "sell", "sell_missing"}:
        used |= {"trade_one", "stock"}
    free = [kind for kind in (*SUBJECT_KINDS, *MORE_KINDS, *OWN_KINDS) if kind.name not in used]
    for kind in scene.draw.rng.sample(free, min(count, len(free))):
        scene.know(new_fact(scene, kind).text)
    for kind in scene.draw.rng.sample(WORLD_KINDS, scene.draw.choice((2, 3, 4) if scene.large else (0, 0, 0, 1, 2))):
        if kind.name not in used and not scene.small:
            scene.world_facts.append(draw_fact(scene.draw, kind).text)
