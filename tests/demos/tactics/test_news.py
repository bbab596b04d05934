from __future__ import annotations

from typing import Any

import pytest

from demos.tactics.news import words_of
from demos.tactics.room import reserve_mib

MIB = 1 << 20


@pytest.mark.parametrize(
    ("kind", "data", "kind_of_notice", "words"),
    [
        ("engine_down", {"is_final": False}, "trouble", "started again"),
        ("engine_down", {"is_final": True}, "trouble", "for good"),
        ("engine_up", {}, "good", "back"),
        ("host_lost", {"code": "host_lost"}, "trouble", "gone"),
        ("host_found", {"is_resumed": True}, "good", "back"),
        ("budget_step", {"from_index": 0, "to_index": 2}, "news", "gave back 3 slots"),
        ("budget_step", {"from_index": 2, "to_index": 1}, "good", "gave back 3 slots"),
        ("budget_finding", {"code": "x", "cause": "Odd."}, "trouble", "Odd."),
        ("starving", {"is_starving": True}, "trouble", "too little time"),
    ],
)
def test_news_in_words(kind: str, data: dict[str, Any], kind_of_notice: str, words: str) -> None:
    told = words_of(kind, data, step="00:12 gave back 3 slots, 12 MiB")
    assert told is not None and told[1] == kind_of_notice and words in told[0]


def test_what_a_player_need_not_know() -> None:
    assert words_of("host_found", {}, is_first=True) is None
    assert words_of("slow_reader", {}) is None and words_of("starving", {"is_starving": False}) is None


def test_how_much_to_reserve() -> None:
    plan = {"gpu_layers": 0, "host_footprint": {"weights_bytes": 10 * MIB, "attention_bytes": 30 * MIB}}
    shared = {"free_bytes": 64 * MIB, "own_bytes": 0}
    assert reserve_mib({"budget": {"plan": plan, "reading": shared}}) == 42
    card = {"gpu_layers": 7, "footprint": {"weights_bytes": 100 * MIB}}
    assert reserve_mib({"budget": {"plan": card, "reading": {"free_bytes": 500 * MIB, "own_bytes": None}}}) == 545
    for nothing in ({}, {"budget": None}, {"budget": {"plan": plan}}, {"budget": {"reading": shared}}):
        assert reserve_mib(nothing) is None
    for odd in ([1], "x", {"host_footprint": 5}, {"host_footprint": {"weights_bytes": "many"}}, {"gpu_layers": [7]}):
        assert reserve_mib({"budget": {"plan": odd, "reading": shared}}) is None
        assert reserve_mib({"budget": {"plan": plan, "reading": odd}}) is None
