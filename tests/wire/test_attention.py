from __future__ import annotations

from npc_sdk.wire.attention import Attention


def test_time_runs_while_somebody_looks() -> None:
    now_ms = 5000.0
    attention = Attention(lambda: now_ms, longest_gap_ms=100.0)
    assert attention.now_ms() == 0.0
    now_ms += 60
    assert attention.now_ms() == attention.last_ms == 60.0
    now_ms += 10_000
    assert attention.now_ms() == 160.0
    assert attention.now_ms() == 160.0


def test_it_never_runs_backwards() -> None:
    now_ms = 5000.0
    attention = Attention(lambda: now_ms)
    now_ms = 1000.0
    assert attention.now_ms() == 0.0
    now_ms = 1001.0
    assert attention.now_ms() == 1.0
