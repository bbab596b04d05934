"""Figures of a host, kept fresh so that whoever asks need not wait for them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any, Final

from npc_sdk.errors import NpcError
from npc_sdk.runtime import Runtime

EVERY_S: Final = 0.5
_logger = logging.getLogger(__name__)


class Figures:
    """Looks at a runtime now and then, on a thread of its own.

    Args:
        runtime: The runtime.
        more: Returns figures that are not the runtime's; must return at once.
        publish: Gets the figures each time.
        now_ms: Tells the time.
        every_s: How often to look.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        more: Callable[[], dict[str, Any]],
        publish: Callable[[dict[str, Any]], None],
        now_ms: Callable[[], float],
        every_s: float = EVERY_S,
    ) -> None:
        self._runtime = runtime
        self._more = more
        self._publish = publish
        self._now_ms = now_ms
        self._every_s = every_s
        self._latest: dict[str, Any] = {}
        self._looked_ms = now_ms()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="npc-figures", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Look no more; safe to call twice."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def latest(self) -> dict[str, Any]:
        """Return the figures, with their age; safe from any thread, never waits."""
        return {**self._latest, **self._more(), "age_ms": round(self._now_ms() - self._looked_ms, 3)}

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._latest = _of(self._runtime)
                self._looked_ms = self._now_ms()
                self._publish({**self._latest, **self._more()})
            except NpcError as error:
                _logger.debug("There are no figures: %s", error)
            except Exception:
                _logger.exception("Figures failed.")
            self._stopped.wait(self._every_s)


def _of(runtime: Runtime) -> dict[str, Any]:
    status = runtime.status(is_brief=True)
    figures: dict[str, Any] = {
        "engine": None if status.engine is None else _plain(status.engine),
        "stats": None if status.stats is None else _plain(status.stats),
        "down": None if status.down is None else status.down.to_dict(),
        "talking": runtime.talking,
    }
    budget = getattr(status, "budget", None)
    if is_dataclass(budget) and not isinstance(budget, type):
        figures["budget"] = _plain(budget)
    return figures


def _plain(value: Any) -> Any:
    """Return a value as it may travel: what is no plain data becomes text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, NpcError):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(each) for name, each in asdict(value).items()}
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    return str(value)
