from __future__ import annotations

import pytest

from npc_sdk.bench.wire.core_fuzz import Broken, HostUnderFuzz, PeerUnderFuzz
from npc_sdk.bench.wire.fuzz_child import fuzz
from npc_sdk.errors import StateError


def test_neither_core_stumbles() -> None:
    told = fuzz(4000, seed=7)
    assert told["stumbles"] == []
    assert sum(told["kinds"].values()) == 4000


def test_a_client_that_is_not_served_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    host = HostUnderFuzz(1)
    core = host._core
    monkeypatch.setattr(core, "finish", lambda *_: [])
    with pytest.raises(Broken):
        for _ in range(500):
            host.step()


def test_what_stumbles_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(self: PeerUnderFuzz) -> None:
        raise StateError("It fell.", code="fell")

    monkeypatch.setattr(PeerUnderFuzz, "step", stumble)
    told = fuzz(20, seed=1)
    assert len(told["stumbles"]) == 2 and "It fell." in told["stumbles"][0]
