"""Characters as plain data, for the tests of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.world import CharacterRecord, CharacterStore


@pytest.fixture
def kept() -> Callable[..., dict[str, Any]]:
    """Makes what is kept of a character that has said some lines."""

    def make(*lines: str, first: int = 0, dropped: int = 0, **changes: Any) -> dict[str, Any]:
        history = {
            "version": 1,
            "fingerprint": "words",
            "dropped_exchanges": dropped,
            "first": first,
            "exchanges": [{"line": line, "steps": []} for line in lines],
        }
        return {"version": 1, "seed": 3, "tick": 9, "vocabularies": {"foes": ["orc"]}, "history": history, **changes}

    return make


@pytest.fixture
def record(kept: Callable[..., dict[str, Any]]) -> Callable[..., CharacterRecord]:
    """Makes the record of a character."""

    def make(*lines: str, owner: str = "game", name: str = "Bron", **changes: Any) -> CharacterRecord:
        return CharacterRecord(owner=owner, name=name, cast={"persona": {"name": name}}, kept=kept(*lines, **changes))

    return make


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., CharacterStore]]:
    """Opens stores that are closed after the test, on one file unless another is named."""
    opened: list[CharacterStore] = []

    def start(name: str = "characters.db", **options: Any) -> CharacterStore:
        opened.append(CharacterStore(tmp_path / name, **options))
        return opened[-1]

    yield start
    for store in opened:
        store.close()
