"""News of the host in words for the player."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..drawing.notice import NoticeKind

_PLAIN: Mapping[str, tuple[str, NoticeKind]] = {
    "host_lost": ("The host is gone. The soldiers go by the rules.", "trouble"),
    "host_found": ("The host is back. The soldiers think again.", "good"),
    "engine_up": ("The engine is back.", "good"),
    "stopped": ("The connection has ended. Press R to start the host again.", "trouble"),
    "starving": ("The model gets too little time.", "trouble"),
    "npc_lost": ("A soldier could not be brought back.", "trouble"),
    "closing": ("The host is closing.", "trouble"),
}


def words_of(
    kind: str, data: Mapping[str, Any], *, step: str = "", is_first: bool = False
) -> tuple[str, NoticeKind] | None:
    """Return news as a line and how to take it, or None of what a player need not know.

    Args:
        kind: What it is about.
        data: What there is to say about it.
        step: What the governor did, in words, when it is about that.
        is_first: Whether the host is found for the first time, which is no news.
    """
    if kind == "host_found" and is_first:
        return None
    if kind == "engine_down":
        if data.get("is_final"):
            return "The engine has ended for good. Press R to start the host again.", "trouble"
        return "The engine has ended. It is started again; the battle goes on.", "trouble"
    if kind == "budget_step":
        before, after = data.get("from_index"), data.get("to_index")
        is_up = isinstance(before, int) and isinstance(after, int) and after < before
        return f"The model {step.partition(' ')[2]}.", "good" if is_up else "news"
    if kind == "budget_finding":
        return str(data.get("cause", "")), "trouble"
    if kind == "starving" and not data.get("is_starving", True):
        return None
    return _PLAIN.get(kind)
