"""Personas and worlds: text files that modders write, checked and turned into values."""

from __future__ import annotations

from npc_sdk.persona.check import check_persona, check_world
from npc_sdk.persona.finding import Finding
from npc_sdk.persona.persona import Example, Limits, Persona, PersonaSampling, shipped_personas
from npc_sdk.persona.world import World, shipped_worlds

__all__ = [
    "Example",
    "Finding",
    "Limits",
    "Persona",
    "PersonaSampling",
    "World",
    "check_persona",
    "check_world",
    "shipped_personas",
    "shipped_worlds",
]
