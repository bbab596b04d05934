from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from npc_sdk.wire import memory_guard
from npc_sdk.wire.memory_guard import LOOK_MS, MemoryGuard, allow_files, is_crowded, own_bytes


class Memory:
    """What a process holds, as a test wants it."""

    def __init__(self) -> None:
        self.held = 1000
        self.kept_after_trim: int | None = None
        self.is_crowded = False

    def read(self) -> int:
        """Return what is held."""
        return self.held

    def trim(self) -> None:
        """Give back what is free."""
        if self.kept_after_trim is not None:
            self.held = self.kept_after_trim

    def guard(self) -> MemoryGuard:
        """Return a guard that looks here."""
        return MemoryGuard(limit_bytes=100, read=self.read, crowd=lambda: self.is_crowded, trim=self.trim)


@pytest.fixture
def times() -> Callable[[], float]:
    """Moments at which a guard looks."""

    def count() -> Iterator[float]:
        now_ms = 0.0
        while True:
            yield now_ms
            now_ms += LOOK_MS

    moments = count()
    return lambda: next(moments)


def test_more_than_the_limit_is_too_much(times: Callable[[], float]) -> None:
    memory = Memory()
    guard = memory.guard()
    assert not guard.look(times())
    memory.held = 1100
    assert not guard.look(times())
    memory.held = 1101
    assert guard.look(times())


def test_it_looks_only_now_and_then() -> None:
    memory = Memory()
    guard = memory.guard()
    assert not guard.look(0.0)
    memory.held = 5000
    assert not guard.look(LOOK_MS - 1)
    assert guard.look(LOOK_MS)


def test_what_strangers_held_does_not_become_usual(times: Callable[[], float]) -> None:
    memory = Memory()
    guard = memory.guard()
    guard.look(times())
    for _ in range(3):
        memory.held, memory.kept_after_trim = 1500, 1040
        assert guard.look(times())
        guard.freed()
        assert not guard.look(times())
    memory.held = 1101
    assert guard.look(times())


def test_what_cannot_be_freed_is_not_freed_again_and_again(times: Callable[[], float]) -> None:
    memory = Memory()
    guard = memory.guard()
    guard.look(times())
    memory.held = 4000
    assert guard.look(times())
    guard.freed()
    assert not guard.look(times())
    memory.held = 4101
    assert guard.look(times())


def test_too_many_connections_count_too(times: Callable[[], float]) -> None:
    memory = Memory()
    guard = memory.guard()
    assert not guard.look(times())
    memory.is_crowded = True
    assert guard.look(times())


def test_this_process_can_be_looked_at(times: Callable[[], float]) -> None:
    assert own_bytes() > 1_000_000
    assert not is_crowded()
    guard = MemoryGuard()
    assert not guard.look(times())
    guard.freed()
    assert not guard.look(times())


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_few_files_are_made_more(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: asked.append(limits))
    for soft, hard in ((256, resource.RLIM_INFINITY), (256, 1024), (1024, 1024), (9000, 10_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda what, found=(soft, hard): found)
        allow_files()
    assert asked == [(4096, resource.RLIM_INFINITY), (1024, 1024)]
    monkeypatch.setattr(resource, "getrlimit", lambda what: (1, 1))
    assert memory_guard.is_crowded()
