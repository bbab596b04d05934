"""Personas and worlds that clients name: by value, by shipped name, by name in a folder of the host; never by path."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

from npc_sdk.errors import PersonaError
from npc_sdk.persona import Persona, World
from npc_sdk.wire.messages import Reference

_Record = TypeVar("_Record", Persona, World)

SUFFIXES: Final = (".toml", ".yaml", ".yml", ".json")


class Library:
    """What clients may name; reads files anew each time. Safe to use from any thread.

    Args:
        personas: Folder of persona files, or None.
        worlds: Folder of world files, or None.
    """

    def __init__(self, personas: Path | None = None, worlds: Path | None = None) -> None:
        self._personas = personas
        self._worlds = worlds

    def persona(self, reference: Reference) -> Persona:
        """Return the persona that is meant.

        Raises:
            PersonaError: There is none, or it cannot be used.
        """
        return _found(Persona, reference, self._personas)

    def world(self, reference: Reference) -> World:
        """Return the world that is meant.

        Raises:
            PersonaError: There is none, or it cannot be used.
        """
        return _found(World, reference, self._worlds)


def _found(model: type[_Record], reference: Reference, folder: Path | None) -> _Record:
    if reference.value is not None:
        return model.from_dict(reference.value)
    if reference.shipped is not None:
        return model.shipped(reference.shipped)
    return _named(model, str(reference.named), folder)


def _named(model: type[_Record], name: str, folder: Path | None) -> _Record:
    if folder is None:
        raise PersonaError(
            f"The host has no folder of {model.kind}s.",
            f"Set {model.kind}s in its npc.toml, or send the {model.kind} by value.",
            code=f"no_{model.kind}_folder",
        )
    root = folder.resolve()
    for suffix in SUFFIXES:
        file = (folder / f"{name}{suffix}").resolve()
        # A name has no separators; this also stops links that lead out of the folder.
        if file.parent == root and file.is_file():
            return model.load(file)
    raise PersonaError(
        f"The host has no {model.kind} file named {name!r}.",
        f"Put {name}.toml into its folder of {model.kind}s.",
        code=f"unknown_{model.kind}",
    )
