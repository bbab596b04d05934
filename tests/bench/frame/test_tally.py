from __future__ import annotations

from npc_sdk.bench.frame.tally import Tally
from npc_sdk.bench.frame.times import TARGET_MS


def test_decisions_count_when_the_game_has_them_by_the_frame_of_the_deadline() -> None:
    tally = Tally(deadline_ms=100.0)
    tally.decided(100.0 + TARGET_MS - 0.1, is_by_model=True)
    tally.decided(100.0 + TARGET_MS + 0.1, is_by_model=True)
    tally.decided(20.0, is_by_model=False)
    figures = tally.to_dict(10.0)
    assert (figures["decisions"], figures["in_time"]) == (3, 1), "a default is no decision of the model"
    assert figures["decision_p50_ms"] == 100.0 + TARGET_MS + 0.1


def test_replies_and_tokens_become_rates() -> None:
    tally = Tally(deadline_ms=100.0)
    tally.replied(is_by_model=True, tokens=30, read=80)
    tally.replied(is_by_model=False, tokens=0)
    figures = tally.to_dict(10.0)
    assert (figures["tokens_per_s"], figures["read_per_s"], figures["replies_per_s"]) == (3.0, 8.0, 0.1)
    assert (figures["replies"], figures["fallbacks"]) == (1, 1)


def test_nothing_happened() -> None:
    figures = Tally(deadline_ms=100.0).to_dict(0.0)
    assert figures["in_time_share"] is None and figures["decision_p50_ms"] is None and figures["tokens_per_s"] == 0.0
