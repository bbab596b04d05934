from __future__ import annotations

import os

import pytest

from npc_sdk.wire import messages as m
from npc_sdk.wire.gauges import Gauges, quantile


def test_a_quantile_is_a_value_that_was_there() -> None:
    assert quantile([], 0.5) is None
    assert quantile([3.0], 0.95) == 3.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert quantile([float(n) for n in range(1, 101)], 0.95) == 95.0


def test_first_tokens_of_the_last_minute_are_counted() -> None:
    gauges = Gauges()
    for n, at_ms in enumerate((0.0, 50_000.0, 70_000.0)):
        gauges.ended("model", {"first_token_ms": 100.0 + n}, at_ms)
    gauges.ended("fallback", {"first_token_ms": None}, 70_000.0)
    recent = gauges.completed({}, 80_000.0)["recent"]
    assert recent["first_token_ms"] == {"count": 2, "p50": 101.0, "p95": 102.0}
    assert recent["ended"] == {"model": 3, "fallback": 1}


def test_the_speed_is_that_of_the_last_seconds() -> None:
    gauges = Gauges()
    speeds = [
        gauges.completed({"stats": {"decode_tokens": tokens}}, at_ms)["recent"]["tokens_per_s"]
        for at_ms, tokens in ((0.0, 0), (1000.0, 50), (2000.0, 100), (20_000.0, 100), (26_000.0, 100))
    ]
    assert speeds == [0.0, 50.0, 50.0, pytest.approx(0.0, abs=3.0), 0.0]


def test_an_engine_that_was_started_again_counts_anew() -> None:
    gauges = Gauges()
    gauges.completed({"stats": {"decode_tokens": 1000}}, 0.0)
    assert gauges.completed({"stats": {"decode_tokens": 10}}, 1000.0)["recent"]["tokens_per_s"] == 0.0
    assert gauges.completed({"stats": {"decode_tokens": 30}}, 2000.0)["recent"]["tokens_per_s"] == 20.0


def test_the_frame_is_forgotten_when_the_game_says_no_more() -> None:
    gauges = Gauges()
    assert gauges.completed({}, 0.0)["frame"] is None
    gauges.hint(m.Frame(target_ms=16.6, measured_ms=15.0, mode="combat"), 100.0)
    assert gauges.completed({}, 200.0)["frame"] == {
        "target_ms": 16.6,
        "measured_ms": 15.0,
        "mode": "combat",
        "hints": 1,
    }
    assert gauges.completed({}, 10_000.0)["frame"] is None


def test_words_of_a_client_are_no_mode() -> None:
    gauges = Gauges()
    gauges.hint(m.Frame(target_ms=16.6, measured_ms=15.0, mode="\x1b[31m\nsecret"), 0.0)
    assert gauges.completed({}, 1.0)["frame"]["mode"] == "explore"


def test_memory_is_told_by_holder() -> None:
    figures = {
        "engine": {"process_id": os.getpid(), "device_bytes": 7},
        "stats": {"context_bytes": 5, "parked_bytes": 3},
        "budget": {"room_bytes": 11, "reserve_bytes": 2},
    }
    memory = Gauges().completed(figures, 0.0)["memory"]
    assert memory["host_bytes"] > 1 << 20 and memory["engine_bytes"] > 1 << 20
    assert (memory["device_bytes"], memory["budget_bytes"], memory["context_bytes"]) == (7, 11, 5)
    assert Gauges().completed({"engine": {"process_id": 2**22 + 1}}, 0.0)["memory"]["engine_bytes"] is None
