"""Who the soldiers are: persona files by role, and the setting they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from npc_sdk import Persona, World

from .rules import Unit
from .utility import Temper

PERSONAS = Path(__file__).with_name("personas")
# The same people on the other side bear other names.
RED_NAMES = {
    "captain": "Ulf Storm",
    "soldier": "Gorm Pike",
    "archer": "Hilda Frost",
    "scout": "Ragna Fox",
    "medic": "Sven Moor",
}
TEMPERS: Mapping[str, Temper] = {"scout": "reckless", "archer": "careful"}


def temper_of(unit: Unit) -> Temper:
    """Return how a soldier weighs danger; its persona says the same in words."""
    return TEMPERS.get(unit.role, "steady")


@cache
def persona(role: str) -> Persona:
    """Return the persona of a role, as its file has it."""
    return Persona.load(PERSONAS / f"{role}.toml")


@cache
def world() -> World:
    """Return the setting."""
    return World.load(PERSONAS / "world.toml")


def persona_of(unit: Unit) -> Persona:
    """Return who a soldier is."""
    return persona(unit.role) if unit.side == "blue" else _red_persona(unit.role)


@cache
def _red_persona(role: str) -> Persona:
    """Return who somebody of that role is on the red side; kept, because every frame asks for the names of all."""
    known, name = persona(role), RED_NAMES[role]
    captain, other = persona("captain").name, RED_NAMES["captain"]
    surname = (captain.rpartition(" ")[2], other.rpartition(" ")[2])
    changed = {
        "name": name,
        "role": known.role.replace("the guard", "the raiders"),
        "description": known.description.replace(known.name, name),
        "knows": tuple(line.replace(*surname) for line in known.knows),
    }
    return known.model_copy(update=changed)


def first_name(unit: Unit) -> str:
    """Return what the player calls a soldier."""
    return persona_of(unit).name.split()[0]


def shouter_of(unit: Unit) -> Persona:
    """Return who a soldier is when there is no time for more than one sentence."""
    known = persona_of(unit)
    return known.model_copy(update={"limits": known.limits.model_copy(update={"sentences": 1})})


def named(text: str, units: Iterable[Unit]) -> str:
    """Return a text with first names for labels, as a player reads it."""
    names = {unit.label: first_name(unit) for unit in units}
    return re.sub(r"\b[a-z]+_\d+\b", lambda found: names.get(found[0], found[0]), text)


def labelled(text: str, units: Iterable[Unit]) -> str:
    """Return a text with labels for names, as the soldiers' lists have them; first names will do."""
    labels = {name.lower(): unit.label for unit in units for name in _names(unit)}
    # A whole name goes before its first half.
    names = "|".join(sorted(map(re.escape, labels), key=len, reverse=True))
    return re.sub(rf"\b(?:{names})\b", lambda found: labels[found[0].lower()], text, flags=re.IGNORECASE)


def _names(unit: Unit) -> tuple[str, str]:
    name = persona_of(unit).name
    return name, name.split()[0]
