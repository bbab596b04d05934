"""Many short questions on one card: each line of the card is read once and teaches several answers."""

from __future__ import annotations

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.fact import Fact, FactKind
from npc_sdk.forge.corpus.fact_kinds import SUBJECT_KINDS
from npc_sdk.forge.corpus.lookup import ask_known, new_fact, offer
from npc_sdk.forge.corpus.more_kinds import MORE_KINDS
from npc_sdk.forge.corpus.own_facts import OWN_KINDS, WORLD_KINDS
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.social import tell_name, tell_role

_SAME_KIND_SHARE = 0.75
_NEAR_SHARE = 0.3
_SELF_SHARE = 0.08
# Both tell what is new.
_CLASHES = ("rumour", "news")


def quiz(scene: Scene) -> None:
    """Fill a card with facts of few kinds and ask for what is there and for what is not, in any order."""
    draw = scene.draw
    facts = _facts(scene, draw.number(2, 4) if scene.small else draw.number(4, 9 if scene.large else 7))
    for fact in facts:
        _write(scene, fact)
    for _ in range(draw.number(5, 7) if scene.small else draw.number(5, 9)):
        if draw.chance(_SELF_SHARE):
            draw.choice((tell_name, tell_role))(scene)
        elif draw.present():
            ask_known(scene, draw.choice(facts), facts, present=True)
        else:
            ask_known(scene, _missing(scene, facts), facts, present=False)


def _facts(scene: Scene, count: int) -> list[Fact]:
    draw = scene.draw
    many = draw.rng.sample((*SUBJECT_KINDS, *MORE_KINDS), draw.choice((1, 1, 2, 3)))
    facts: list[Fact] = []
    while len(facts) < count:
        kind = draw.choice(many) if draw.chance(_SAME_KIND_SHARE) else draw.choice(_OTHERS)
        if _fits(kind, facts):
            facts.append(new_fact(scene, kind, _near(draw, kind, facts)))
    return facts


_OTHERS = (*SUBJECT_KINDS, *MORE_KINDS, *OWN_KINDS, *OWN_KINDS, *WORLD_KINDS)


def _fits(kind: FactKind, facts: list[Fact]) -> bool:
    used = {fact.kind.name for fact in facts}
    if not kind.subject and kind.name in used:
        return False
    return not (kind.name in _CLASHES and used & set(_CLASHES) - {kind.name})


def _near(draw: Draw, kind: FactKind, facts: list[Fact]) -> str:
    alike = [fact.slots[kind.subject] for fact in facts if fact.kind is kind and kind.subject]
    return draw.choice(alike) if alike and draw.chance(_NEAR_SHARE) else ""


def _missing(scene: Scene, facts: list[Fact]) -> Fact:
    """Return a fact that the card lacks, mostly of a kind that it has."""
    draw = scene.draw
    while True:
        alike = draw.chance(_SAME_KIND_SHARE)
        kind = draw.choice(facts).kind if alike else draw.choice(_OTHERS)
        if _fits(kind, facts):
            return new_fact(scene, kind, _near(draw, kind, facts))


def _write(scene: Scene, fact: Fact) -> None:
    if fact.kind in WORLD_KINDS:
        scene.world_facts.append(fact.text)
    else:
        scene.know(fact.text, offer=offer(fact))
