"""Orders that are obeyed or refused as the card says."""

from __future__ import annotations

from collections.abc import Sequence

from npc_sdk.forge.corpus.acting import CONFIRM, REQUESTS, draw_deeds, equip, mirrored, request_line
from npc_sdk.forge.corpus.conversation import Call
from npc_sdk.forge.corpus.deed import Deed, usual_deeds, wish
from npc_sdk.forge.corpus.more_deeds import (
    MORE_COWARD,
    MORE_LOYAL,
    MORE_MASTER,
    MORE_NO_PAY,
    MORE_PAID,
    MORE_PAY,
    MORE_PROUD,
)
from npc_sdk.forge.corpus.phrasing import plain
from npc_sdk.forge.corpus.scene import Scene
from npc_sdk.forge.corpus.split import Table, join


def order(scene: Scene) -> None:
    """An order that is obeyed or refused as the card says."""
    draw = scene.draw
    deeds = draw_deeds(draw, draw.choice((1, 2, 2, 3)))
    equip(scene, deeds)
    draw.choice((_absolute, _absolute, _only_one_master, _coward, _paid))(scene, deeds)


_LOYAL = Table.lines("""
{name} obeys every order without question.
{name} does whatever is asked.
A loyal soul who follows all orders.
{name} never refuses an order.
Loyal: does what anyone orders.
""").with_training(MORE_LOYAL)
_PROUD = Table.lines("""
{name} is too proud to take orders from anyone.
{name} obeys no one.
A stubborn soul who refuses all orders.
{name} never follows an order.
Proud: does nothing that others order.
""").with_training(MORE_PROUD)
_MASTER = Table.lines("""
{name} obeys only {person}.
Takes orders from {person} and from no one else.
Only {person} may give {name} orders.
Refuses all orders, except those of {person}.
""").with_training(MORE_MASTER)
_COWARD = Table.lines("""
{name} is a coward and refuses everything dangerous, but does harmless things.
A coward: never does what is dangerous, else obeys.
Too afraid for dangerous orders; does the rest.
""").with_training(MORE_COWARD)
_PAID = Table.lines("""
{name} does nothing without pay.
Does what is asked only for coins.
Obeys only those who pay.
Works for coins alone, never for free.
""").with_training(MORE_PAID)


def _obey(scene: Scene, deeds: Sequence[Deed], obeys: bool, *, speaker: str | None = None, lead: str = "") -> None:
    draw = scene.draw
    wished = wish(draw, draw.choice(deeds), scene.vocabulary)
    call = Call(name=wished.deed.spec.name, arguments=wished.arguments)
    line = join((lead, request_line(draw, draw.pick(REQUESTS), wished.phrase)))
    if obeys:
        text = scene.voice(draw.choice(CONFIRM).format(do=mirrored(wished.phrase))) if draw.chance(0.7) else ""
        scene.say(line, text, scene.expect("order", calls=[call], obeys=True), calls=[call], speaker=speaker)
    else:
        text = draw.choice(plain(scene.manner, "refusals"))
        scene.say(line, text, scene.expect("order", obeys=False), speaker=speaker)


def _absolute(scene: Scene, deeds: Sequence[Deed]) -> None:
    obeys = scene.draw.present()
    scene.description.append(scene.draw.pick(_LOYAL if obeys else _PROUD).format(name=scene.name))
    for _ in range(_times(scene)):
        _obey(scene, deeds, obeys)


def _times(scene: Scene) -> int:
    return scene.draw.number(2, 3) if scene.dense else 1


def _only_one_master(scene: Scene, deeds: Sequence[Deed]) -> None:
    draw = scene.draw
    master, other, obeys = draw.person(), draw.person(), draw.present()
    scene.description.append(draw.pick(_MASTER).format(name=scene.name, person=master))
    _obey(scene, deeds, obeys, speaker=master if obeys else other)
    if scene.dense or (not scene.small and draw.chance(0.5)):
        _obey(scene, deeds, not obeys, speaker=other if obeys else master)
    if scene.dense:
        again = draw.present()
        _obey(scene, deeds, again, speaker=master if again else other)


def _coward(scene: Scene, deeds: Sequence[Deed]) -> None:
    draw = scene.draw
    scene.description.append(draw.pick(_COWARD).format(name=scene.name))
    for _ in range(_times(scene)):
        harmless = draw.present()
        deed = draw.choice([deed for deed in usual_deeds() if deed.dangerous != harmless])
        equip(scene, [deed])
        _obey(scene, [deed], not deed.dangerous)


def _paid(scene: Scene, deeds: Sequence[Deed]) -> None:
    draw = scene.draw
    scene.description.append(draw.pick(_PAID).format(name=scene.name))
    for _ in range(_times(scene)):
        obeys = draw.present()
        lead = draw.pick(_PAY).format(price=draw.price()) if obeys else (draw.pick(_NO_PAY) if draw.chance(0.6) else "")
        _obey(scene, deeds, obeys, lead=lead)


_PAY = Table.lines("""
Here are {price}.
I give you {price}.
Take these {price}.
I pay {price}.
For {price}:
""").with_training(MORE_PAY)
_NO_PAY = Table.lines("""
I have no money.
Do it for free.
As a favour.
I cannot pay you.
Just to be kind:
""").with_training(MORE_NO_PAY)
