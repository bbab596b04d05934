"""The words of the picture: sides, deeds and endings."""

from __future__ import annotations

from collections.abc import Mapping

from ..rules import Side, Verb
from ..scene import Figure, Scene

SIDE_NAMES: Mapping[Side, str] = {"blue": "Guards", "red": "Raiders"}
PLAYER_NAMES: Mapping[str, str] = {
    "model": "model",
    "mixed": "model + rules",
    "utility": "rules",
    "random": "chance",
    "player": "you",
}
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


def first_name(name: str) -> str:
    """Return the first word of a name, or all of it when it has none."""
    return name.split()[0] if name.split() else name


def deed(scene: Scene, figure: Figure) -> str:
    """Return what a soldier does, in a few words."""
    if figure.fallen_ms is not None:
        return "fallen"
    if figure.verb is None:
        return "ready"
    target = scene.figure(figure.target)
    name = first_name(target.name) if target is not None else figure.target
    return _DEEDS[figure.verb].format(target=name)


def ending(scene: Scene) -> tuple[str, str]:
    """Return the headline and the line below it for the end of a battle."""
    if scene.verdict is None:
        return "", ""
    title = "A draw" if scene.verdict == "draw" else f"The {SIDE_NAMES[scene.verdict].lower()} win"
    living = [figure for figure in scene.figures if figure.fallen_ms is None]
    left = sum(figure.side == scene.verdict for figure in living)
    standing = f"{left} still standing" if scene.verdict != "draw" else f"{len(living)} still standing"
    return title, f"after {scene.tick} ticks, {standing}"
