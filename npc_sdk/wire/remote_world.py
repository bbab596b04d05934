"""The live world of a character that lives in a host: what changes here is told there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from npc_sdk.actions import LiveWorld, WorldSnapshot
from npc_sdk.errors import ActionError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.answer import failure_of
from npc_sdk.wire.client_events import RequestLost
from npc_sdk.wire.desk import Desk, machine_ms
from npc_sdk.wire.peer_outputs import Over

# A game that counts every frame need not send every frame; a turn or a changed list takes the tick along.
TICK_PAUSE_MS = 100.0
_ENVELOPE_BYTES = 2048
_PASSING = frozenset({"too_fast", "too_many_requests", "no_answer", "closed"})


class RemoteWorld(LiveWorld):
    """Sends what has changed: lists at once, the tick alone now and then. Safe to use from any thread.

    While one change is on its way, later ones wait and go together.

    Args:
        desk: The way to the host.
        npc: Whose world it is.
    """

    def __init__(self, desk: Desk, npc: str) -> None:
        super().__init__()
        self._desk = desk
        self._npc = npc
        self._told = WorldSnapshot()
        self._on_its_way = 0
        self._told_ms = -TICK_PAUSE_MS

    def update(self, /, *, tick: int | None = None, **vocabularies: Iterable[str]) -> None:
        """As :meth:`LiveWorld.update`; the lists must also fit what the host accepts."""
        if isinstance(tick, int) and tick < 0:
            raise ActionError("The tick must not be negative.", code="bad_tick")
        checked = LiveWorld()
        checked.update(tick=tick, **vocabularies)
        self._require_room(checked.vocabularies)
        super().update(tick=tick, **checked.vocabularies)
        with self._desk.pump.lock:
            snapshot = self.snapshot()
            is_list_new = snapshot.vocabularies != self._told.vocabularies
            if not self._on_its_way and (is_list_new or machine_ms() >= self._told_ms + TICK_PAUSE_MS):
                self._send()

    def flush(self) -> None:
        """Send what has changed, before something that must know it."""
        with self._desk.pump.lock:
            self._send()

    def _send(self) -> None:
        before, now = self._told, self.snapshot()
        changed = {name: values for name, values in now.vocabularies.items() if before.vocabularies.get(name) != values}
        if not changed and now.tick == before.tick:
            return
        self._told, self._told_ms = now, machine_ms()
        try:
            for lists in self._parcels(changed):
                self._on_its_way += 1
                self._desk.ask(m.WorldSet, _Sent(self), npc=self._npc, tick=now.tick, vocabularies=lists)
        except StateError:
            # The client is closed; the world stays as the game sees it.
            self._on_its_way -= 1

    def _parcels(self, changed: Mapping[str, tuple[str, ...]]) -> list[dict[str, tuple[str, ...]]]:
        limit = self._desk.limits.max_body_bytes - _ENVELOPE_BYTES
        parcels: list[dict[str, tuple[str, ...]]] = [{}]
        size = 0
        for name, values in changed.items():
            bytes_needed = _size(name, values)
            if parcels[-1] and (size + bytes_needed > limit or len(parcels[-1]) >= self._desk.limits.max_map):
                parcels.append({})
                size = 0
            parcels[-1][name] = values
            size += bytes_needed
        return parcels

    def _require_room(self, vocabularies: Mapping[str, tuple[str, ...]]) -> None:
        limits = self._desk.limits
        for name, values in vocabularies.items():
            if len(values) > limits.max_list:
                raise _too_large(name, f"{len(values)} values, the host takes {limits.max_list}")
            if any(not _is_text(value) for value in values):
                raise ActionError(
                    f"Vocabulary {name!r} has a value that is no text: half a character.",
                    "Pass names or ids as text.",
                    code="bad_vocabulary",
                    vocabulary=name,
                )
            if _size(name, values) > limits.max_body_bytes - _ENVELOPE_BYTES:
                raise _too_large(name, f"more than {limits.max_body_bytes - _ENVELOPE_BYTES} bytes")

    def over(self, over: Over) -> None:
        """Take the end of one change."""
        self._on_its_way -= 1
        if over.error is None:
            if not self._on_its_way and self.snapshot().vocabularies != self._told.vocabularies:
                self._send()
            return
        # Whatever was not taken is told again with the next change or turn.
        self._told = WorldSnapshot(tick=self._told.tick)
        if over.error.code not in _PASSING:
            self._desk.tell(RequestLost(npc=self._npc, request="world.set", error=failure_of(over)))


class _Sent:
    def __init__(self, world: RemoteWorld) -> None:
        self._world = world

    def item(self, event: m.EventBody) -> None:
        """Pass over an event; none is expected."""

    def over(self, over: Over) -> None:
        """Take the end."""
        self._world.over(over)


def _size(name: str, values: tuple[str, ...]) -> int:
    return len(name) + 8 + sum(len(value.encode("utf-8", "replace")) + 5 for value in values)


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _too_large(name: str, problem: str) -> ActionError:
    return ActionError(
        f"Vocabulary {name!r} has {problem}.", "Pass only what is within reach.", code="bad_vocabulary", vocabulary=name
    )
