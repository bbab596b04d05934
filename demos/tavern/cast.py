"""Who the guests are: persona files by name, and the tavern that they share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from npc_sdk import Persona, World

from .guests import GUESTS
from .scene import Card
from .words import subjects

PERSONAS = Path(__file__).with_name("personas")


@cache
def persona(key: str) -> Persona:
    """Return who a guest is, as its file has it."""
    return Persona.load(PERSONAS / f"{key}.toml")


@cache
def world() -> World:
    """Return the setting."""
    return World.load(PERSONAS / "world.toml")


@cache
def card(key: str) -> Card:
    """Return what the player can see of a guest: not what it knows."""
    who = persona(key)
    return Card(key=key, name=who.name, role=who.role, manner=who.voice)


@cache
def names() -> dict[str, str]:
    """Return the whole names, by key."""
    return {guest.key: persona(guest.key).name for guest in GUESTS}


@cache
def known() -> dict[str, frozenset[str]]:
    """Return what each guest knows something about, for the rules of the table."""
    return {guest.key: subjects(*persona(guest.key).knows) for guest in GUESTS}
