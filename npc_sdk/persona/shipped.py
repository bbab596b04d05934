"""The texts of the personas and worlds that come with this package."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files
from typing import Literal

from npc_sdk.errors import PersonaError
from npc_sdk.persona.position import shown

Kind = Literal["persona", "world"]

_SUFFIX = ".toml"


def shipped_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of what is shipped of a kind, sorted."""
    folder = files("npc_sdk.persona") / "data" / f"{kind}s"
    found = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


def shipped_text(kind: Kind, name: str) -> str:
    """Return the TOML text of something shipped.

    Raises:
        PersonaError: Nothing of that kind has this name.
    """
    names = shipped_names(kind)
    if name not in names:
        close = get_close_matches(str(name)[:64], names, n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        raise PersonaError(
            f"No shipped {kind} is named {shown(str(name))!r}.",
            f"{guess}There are: {', '.join(names)}.",
            code=f"unknown_{kind}",
            names=list(names),
        )
    return (files("npc_sdk.persona") / "data" / f"{kind}s" / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
