"""Changes of a fake engine: what it is told to become, and when it is, as scripted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from npc_sdk.engine.config import EngineConfig, Wish
from npc_sdk.engine.request import Event, Reconfigured, Suspended
from npc_sdk.errors import NpcError
from npc_sdk.testing.fake_schedule import FakeSchedule

_CELL_BYTES = 1 << 10
_SLOT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Script:
    takes_ms: float = 0.0
    error: NpcError | None = None


class FakeChanges:
    """Keeps a fake engine's configuration and holds its requests up while that changes.

    Not thread safe; owned by the fake engine.

    Args:
        config: What holds at first.
        schedule: Where the end of a change is planned.
        now_ms: Tells the time.
        tell: Reports an event.
        fail_unfit: Fails the requests that the new configuration cannot run.
        go_on: Begins the requests that came meanwhile.

    Attributes:
        config: What holds.
        is_suspended: Whether requests wait until the engine is brought back.
        wishes: Everything that was asked for.
    """

    def __init__(
        self,
        config: EngineConfig,
        schedule: FakeSchedule,
        *,
        now_ms: Callable[[], float],
        tell: Callable[[Event], None],
        fail_unfit: Callable[[bool], None],
        go_on: Callable[[], None],
    ) -> None:
        self.config = config
        self.is_suspended = False
        self.wishes: list[Wish] = []
        self._schedule = schedule
        self._now_ms = now_ms
        self._tell, self._fail_unfit, self._go_on = tell, fail_unfit, go_on
        self._scripts: deque[_Script] = deque()
        self._wish: Wish | None = None
        self._is_changing = False

    @property
    def is_away(self) -> bool:
        """Whether no request is worked on now."""
        return self._is_changing or self.is_suspended

    @property
    def context_bytes(self) -> int:
        """Bytes by a plain rule: 1 KiB a cell and 1 MiB a slot; nothing while suspended."""
        return 0 if self.is_suspended else self.config.cells * _CELL_BYTES + self.config.slots * _SLOT_BYTES

    def script(self, takes_ms: float, error: NpcError | None) -> None:
        """Queue what a change is like."""
        self._scripts.append(_Script(takes_ms, error))

    def want(self, wish: Wish) -> None:
        """Begin a change, or let it follow the one under way; a later wish replaces one that has not begun."""
        self.wishes.append(wish)
        self._wish = wish
        if not self._is_changing:
            self._begin()

    def _begin(self) -> None:
        wish, self._wish = self._wish, None
        if wish is None:
            return
        script = self._scripts.popleft() if self._scripts else _Script()
        self._is_changing = True
        self._schedule.hold(self._now_ms())
        self._schedule.plan(self._now_ms() + script.takes_ms, None, lambda: self._end(wish, script))

    def _end(self, wish: Wish, script: _Script) -> None:
        before_bytes = self.context_bytes
        self._is_changing = False
        event: Event
        if script.error is None and wish == "suspend":
            self.is_suspended = True
            event = Suspended(change_ms=script.takes_ms, context_bytes_before=before_bytes)
        else:
            if isinstance(wish, EngineConfig) and script.error is None:
                self._become(wish)
            event = Reconfigured(
                config=self.config,
                wanted=wish if isinstance(wish, EngineConfig) and script.error is not None else None,
                error=script.error,
                is_suspended=self.is_suspended,
                change_ms=script.takes_ms,
                context_bytes_before=before_bytes,
                context_bytes_after=self.context_bytes,
            )
        if not self.is_away and self._wish is None:
            self._schedule.go_on(self._now_ms())
            self._go_on()
        self._tell(event)
        if not self._is_changing:
            self._begin()

    def _become(self, config: EngineConfig) -> None:
        is_other_model = config.model_path != self.config.model_path
        self.config, self.is_suspended = config, False
        self._fail_unfit(is_other_model)
