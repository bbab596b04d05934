"""Whatever goes wrong inside the runtime, as an error that a turn can end with."""

from __future__ import annotations

from npc_sdk.errors import NpcError, StateError


def as_npc_error(error: Exception) -> NpcError:
    """Return an error of this package as it is, and any other as ``internal``."""
    if isinstance(error, NpcError):
        return error
    failure = StateError(f"The runtime met {error!r:.400}.", "Report this.", code="internal")
    failure.__cause__ = error
    return failure
