"""The words of the picture: sides, deeds and endings."""

from __future__ import annotations

from collections.abc import Mapping

from ..player_names import NAMED
from ..rules import Side, Verb
from ..scene import Scene, Soldier

SIDE_NAMES: Mapping[Side, str] = {"blue": "Guards", "red": "Raiders"}
_DEEDS: Mapping[Verb, str] = {
    "attack": "fires at {target}",
    "approach": "closes in on {target}",
    "heal": "tends {target}",
    "bandage": "bandages a wound",
    "reload": "reloads",
    "cover": "takes cover",
    "retreat": "falls back",
    "hold": "holds",
}


def player_name(player: str) -> str:
    """Return what the picture calls who plays a side; a name that is not in the table stays as it is."""
    return NAMED[player].shown if player in NAMED else player


def first_name(name: str) -> str:
    """Return the first word of a name, or all of it when it has none."""
    return name.split()[0] if name.split() else name


def deed(scene: Scene, soldier: Soldier) -> str:
    """Return what a soldier does, in a few words."""
    if soldier.fallen_ms is not None:
        return "fallen"
    if soldier.verb is None:
        return "ready"
    target = scene.soldier(soldier.target)
    name = first_name(target.name) if target is not None else soldier.target
    return _DEEDS[soldier.verb].format(target=name)


def ending(scene: Scene) -> tuple[str, str]:
    """Return the headline and the line below it for the end of a battle."""
    if scene.verdict is None:
        return "", ""
    title = "A draw" if scene.verdict == "draw" else f"The {SIDE_NAMES[scene.verdict].lower()} win"
    living = [soldier for soldier in scene.soldiers if soldier.fallen_ms is None]
    left = sum(soldier.side == scene.verdict for soldier in living)
    standing = f"{left} still standing" if scene.verdict != "draw" else f"{len(living)} still standing"
    return title, f"after {scene.tick} ticks, {standing}"
