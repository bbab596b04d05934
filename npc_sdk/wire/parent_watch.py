"""Notices that the process for which a host was started has ended, so that no host is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from npc_sdk.wire.process_mark import born_s, is_alive

LOOK_S: Final = 0.5


class ParentWatch:
    """Looks after a process on a thread of its own.

    Args:
        pid: The process.
        on_gone: Called once when it has ended, on the watch's thread; also at once when there is none.
        look_s: How often to look.
    """

    def __init__(self, pid: int, on_gone: Callable[[], None], *, look_s: float = LOOK_S) -> None:
        self._pid = pid
        self._born = born_s(pid)
        self._on_gone = on_gone
        self._look_s = look_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="npc-parent", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; safe to call twice and from ``on_gone``."""
        self._stopped.set()

    def _run(self) -> None:
        while self._born is not None and is_alive(self._pid, self._born):
            if self._stopped.wait(self._look_s):
                return
        self._on_gone()
