from __future__ import annotations

import json

from npc_sdk.engine.request import EngineCost
from npc_sdk.runtime.cost import CostMeter


def meter() -> CostMeter:
    return CostMeter(started_ms=100, deadline_ms=500)


def test_requests_are_added_up() -> None:
    costs = meter()
    for _ in range(2):
        costs.asked()
        costs.tokens(3, 130)
        costs.ended(
            EngineCost(
                queue_ms=1,
                read_ms=2,
                decode_ms=3,
                tokens_cached=4,
                tokens_read=5,
                tokens_sampled=6,
                tokens_forced=7,
                state_from="fork",
            )
        )
    cost = costs.close(source="model", why="stop", now_ms=190)
    assert (cost.queue_ms, cost.read.ms, cost.read.cached, cost.read.new) == (2, 4, 8, 10)
    assert (cost.decode.sampled, cost.decode.forced, cost.decode.ms) == (12, 14, 6)
    assert (cost.first_token_ms, cost.total_ms, cost.deadline_ms) == (30, 90, 500)
    assert (cost.requests, cost.state_from, cost.is_complete) == (2, "fork", True)


def test_an_open_request_counts_what_arrived() -> None:
    costs = meter()
    costs.asked()
    costs.tokens(1, 150)
    costs.tokens(2, 170)
    cost = costs.close(source="cut", why="deadline", now_ms=600)
    assert (cost.decode.sampled, cost.decode.ms, cost.first_token_ms) == (3, 20, 50)
    assert not cost.is_complete


def test_no_request_at_all() -> None:
    cost = meter().close(source="fallback", why="down", now_ms=100)
    assert (cost.first_token_ms, cost.requests, cost.state_from, cost.is_complete) == (None, 0, "none", True)


def test_figures_are_plain_data() -> None:
    data = json.loads(json.dumps(meter().close(source="model", why="stop", now_ms=110).to_dict()))
    assert data["read"] == {"cached": 0, "new": 0, "ms": 0}
    assert data["total_ms"] == 10
