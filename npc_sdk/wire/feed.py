"""Follows a turn or a decision, for the socket thread to hand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from npc_sdk.runtime.mailbox import Log
from npc_sdk.wire.saving import Saving


@dataclass(slots=True, eq=False)
class Feed:
    """What is on its way from a log of the runtime to a stream. Not thread safe; owned by the socket thread.

    Args:
        session: Whose stream.
        id: The request.
        log: What comes.
        read: Turns an item into what is sent: a body, and whether it is the last.
        saving: What must be safe before the end is sent; None for nothing.
        cancel: Ends it early; safe from any thread.
        index: The item that is handed on next.
    """

    session: str
    id: int
    log: Log[Any]
    read: Callable[[Any], tuple[Any, bool]]
    saving: Saving | None
    cancel: Callable[[], None]
    index: int = 0

    def next(self) -> tuple[Any, bool] | None:
        """Return the next body and whether it is the last, or None when nothing has come."""
        if self.index >= len(self.log):
            return None
        item = self.log.item(self.index)
        self.index += 1
        return self.read(item)
