from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from npc_sdk.errors import CapacityError, NpcError, StateError
from npc_sdk.wire.saving import Saving
from npc_sdk.world import CharacterRecord

FULL = CapacityError("The disk is full.", code="disk_full")


class _Store:
    """Notes what shall be written, and is done when a test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.waiting: list[Callable[[NpcError | None], None]] = []
        self.is_closed = False

    def put(self, record: CharacterRecord, done: Any) -> None:
        self._take("put", done)

    def update(self, owner: str, name: str, kept: Any, done: Any) -> None:
        self._take("update", done)

    def remove(self, owner: str, name: str, done: Any) -> None:
        self._take("remove", done)

    def _take(self, what: str, done: Any) -> None:
        if self.is_closed:
            raise StateError("The store is closed.", code="closed")
        self.asked.append(what)
        self.waiting.append(done)

    def settle(self, error: NpcError | None = None) -> None:
        """Be done with the oldest."""
        self.waiting.pop(0)(error)


def _kept(*, is_whole: bool) -> dict[str, Any]:
    history = {"first": 0 if is_whole else 3, "dropped_exchanges": 0, "exchanges": []}
    return {"history": history, "vocabularies": {}} if is_whole else {"history": history}


@pytest.fixture
def store() -> _Store:
    return _Store()


@pytest.fixture
def outcomes() -> list[NpcError | None]:
    return []


@pytest.fixture
def saving(store: _Store, outcomes: list[NpcError | None]) -> Saving:
    record = CharacterRecord(owner="o", name="n", cast={}, kept={})
    return Saving(store, record, outcomes.append)  # type: ignore[arg-type]


def test_what_is_whole_replaces_and_what_changed_adds(saving: Saving, store: _Store) -> None:
    saving.change(_kept(is_whole=True))
    saving.change(_kept(is_whole=False))
    saving.remove()
    assert store.asked == ["put", "update", "remove"]


def test_it_is_safe_when_all_before_is_written(saving: Saving, store: _Store) -> None:
    order: list[str] = []
    saving.when_safe(lambda: order.append("nothing was asked"))
    saving.change(_kept(is_whole=True))
    saving.change(_kept(is_whole=False))
    saving.when_safe(lambda: order.append("two"))
    saving.change(_kept(is_whole=False))
    saving.when_safe(lambda: order.append("three"))
    assert order == ["nothing was asked"]
    store.settle()
    assert order == ["nothing was asked"]
    store.settle()
    assert order == ["nothing was asked", "two"]
    store.settle()
    assert order == ["nothing was asked", "two", "three"]


def test_a_failure_keeps_nobody_waiting_and_asks_for_the_whole(
    saving: Saving, store: _Store, outcomes: list[NpcError | None]
) -> None:
    done: list[int] = []
    saving.change(_kept(is_whole=True))
    saving.when_safe(lambda: done.append(1))
    store.settle(FULL)
    assert (done, outcomes, saving.needs_whole) == ([1], [FULL], True)
    # A change would leave a gap behind what was lost.
    saving.change(_kept(is_whole=False))
    assert store.asked == ["put"]
    saving.change(_kept(is_whole=True))
    store.settle()
    assert (store.asked, outcomes, saving.needs_whole) == (["put", "put"], [FULL, None], False)


def test_a_store_that_is_closed_is_a_failure(saving: Saving, store: _Store, outcomes: list[NpcError | None]) -> None:
    store.is_closed = True
    done: list[int] = []
    saving.change(_kept(is_whole=True))
    saving.when_safe(lambda: done.append(1))
    assert done == [1] and outcomes[0] is not None and outcomes[0].code == "closed"


def test_without_a_store_all_is_safe() -> None:
    record = CharacterRecord(owner="o", name="n", cast={}, kept={})
    saving = Saving(None, record, lambda error: None)
    done: list[int] = []
    saving.change(_kept(is_whole=True))
    saving.remove()
    saving.when_safe(lambda: done.append(1))
    assert done == [1] and not saving.needs_whole
