"""Breaks things on purpose, to see what becomes of the game."""

from __future__ import annotations

import os
import signal
from contextlib import suppress


def kill(process_id: int) -> bool:
    """End a process at once, without asking it; returns whether it was there.

    Args:
        process_id: Its number.
    """
    with suppress(OSError, OverflowError):
        os.kill(process_id, getattr(signal, "SIGKILL", signal.SIGTERM))
        return True
    return False
