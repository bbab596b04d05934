"""What the shipped characters can do in ``npc chat``, and the small world they do it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from npc_sdk.actions import Action, VocabularyName

if TYPE_CHECKING:
    from npc_sdk.runtime.events import ActionCall
    from npc_sdk.runtime.npc import Npc


class OpenGate(Action):
    """Open the gate."""


class CloseGate(Action):
    """Close the gate."""


class CallGuards(Action):
    """Call the guards."""


class PointTo(Action):
    """Point to a place."""

    place: Annotated[str, VocabularyName("places")]


class GiveItem(Action):
    """Give an item to the player."""

    item: Annotated[str, VocabularyName("items")]


class Heal(Action):
    """Heal an ally."""

    target: Annotated[str, VocabularyName("allies")]


class FollowPlayer(Action):
    """Follow the player."""


class Gesture(Action):
    """Make a gesture."""

    kind: Literal["wave", "bow", "nod"]


_PLACES = ("the mill", "the chapel", "the market", "Senn Bridge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a character can do, and what there is to do it with.

    Args:
        actions: Declarations.
        vocabularies: The live world at the beginning.
    """

    actions: tuple[type[Action], ...]
    vocabularies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_SCENES = {
    "guard": Scene(actions=(OpenGate, CloseGate, CallGuards, PointTo), vocabularies={"places": _PLACES}),
    "merchant": Scene(
        actions=(GiveItem, PointTo),
        vocabularies={"items": ("rope", "oil lamp", "blanket", "bread"), "places": _PLACES},
    ),
    "medic": Scene(
        actions=(Heal, GiveItem, PointTo),
        vocabularies={"allies": ("Captain Brandt", "the player"), "items": ("bandage", "redroot"), "places": _PLACES},
    ),
}
_OTHERS = Scene(actions=(PointTo, GiveItem, FollowPlayer, Gesture))


def scene_for(persona: str) -> Scene:
    """Return the scene of a shipped persona, or one that suits any other."""
    return _SCENES.get(persona, _OTHERS)


class Stage:
    """The game of ``npc chat``: it does what characters do, and moves its live world on.

    Not thread safe; owned by the chat.

    Args:
        npc: The character whose live world this is.
        scene: What there is at the beginning.
    """

    def __init__(self, npc: Npc, scene: Scene) -> None:
        self._npc = npc
        self._is_gate_open = False
        npc.world.update(tick=1, **scene.vocabularies)

    def perform(self, call: ActionCall) -> str:
        """Do what the character wants; returns what came of it."""
        live = self._npc.world
        result = self._outcome(call.name, call.arguments)
        live.update(tick=live.tick + 1)
        return result

    def _outcome(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name in ("open_gate", "close_gate"):
            is_to_open = name == "open_gate"
            if self._is_gate_open == is_to_open:
                return "failed: it is already done"
            self._is_gate_open = is_to_open
        if name == "give_item":
            items = self._npc.world.vocabularies.get("items", ())
            self._npc.world.update(items=[item for item in items if item != arguments["item"]])
        return "ok"
