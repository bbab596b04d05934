"""Lets a process stand back, so that the system gives a core to the game first."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

NICENESS: Final = 10
"""About a tenth of the time that others get, where somebody else wants the same core; all of it where nobody does."""

HOST_NICENESS: Final = 5
"""A third: a host has little to do, and must neither push the game aside nor wait for the engine."""

AUTOGROUP: Final = Path("/proc/self/autogroup")


def stand_back(niceness: int = NICENESS, *, autogroup: Path = AUTOGROUP) -> None:
    """Lower the priority of this process for good; what cannot be lowered stays as it is.

    To be called before threads are started: on Linux a thread has the priority of the one that started it.

    Args:
        niceness: How far, from 0 to 19; on Windows, which has fewer steps, less than ``NICENESS`` does nothing.
        autogroup: Where Linux keeps the priority of this session.
    """
    if sys.platform == "win32":
        with suppress(psutil.Error, OSError):
            if niceness >= NICENESS:
                psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, max(niceness, os.getpriority(os.PRIO_PROCESS, 0)))
    if _has_own_session():
        # Linux weighs sessions against each other, and niceness only within one. Of a session that others share
        # it must not be changed: the game would be made to stand back too.
        with suppress(OSError):
            if autogroup.exists():
                autogroup.write_text(str(niceness), encoding="ascii")


def _has_own_session() -> bool:
    return os.getsid(0) == os.getpid()
