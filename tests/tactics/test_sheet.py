from __future__ import annotations

import json
from typing import Any

from npc_sdk.runtime import Cost, ReadCost
from npc_sdk.tactics import Ask, Choice, CostSheet

NOBODY: Any = None


def choice(latency_ms: float, source: Any = "model", why: str = "scored") -> Choice:
    ask = Ask(npc=NOBODY, situation="So?", options=["fight", "run"])
    cost = Cost(read=ReadCost(cached=10, new=5), queue_ms=1.0) if source == "model" else None
    return Choice(ask=ask, option="fight", index=0, source=source, why=why, latency_ms=latency_ms, cost=cost)


def test_one_tick() -> None:
    choices = [choice(10), choice(30), choice(50, "fallback", "deadline"), choice(0, "game", "only")]
    sheet = CostSheet.of_tick(choices, wall_ms=50, budget_ms=50)
    assert (sheet.asked, sheet.by_deadline, sheet.ticks_over_budget) == (3, 2 / 3, 0)
    assert (sheet.read_tokens, sheet.cached_tokens, sheet.queue_ms) == (10, 20, 2.0)
    assert sheet.latencies_ms == (10, 30)


def test_many_ticks_as_plain_data() -> None:
    sheets = [CostSheet.of_tick([choice(ms)], wall_ms=ms, budget_ms=50) for ms in range(101)]
    told = CostSheet.total(sheets).to_dict()
    assert told["latency_ms"] == {"p50": 50, "p90": 90, "p99": 99, "max": 100}
    assert (told["ticks"], told["ticks_over_budget"], told["sources"]) == (101, 49, {"model": 101})
    assert json.loads(json.dumps(told)) == told


def test_nothing_was_asked() -> None:
    told = CostSheet.total([]).to_dict()
    assert (told["ticks"], told["asked"], told["by_deadline"], told["wall_ms"]["max"]) == (0, 0, 1.0, 0.0)
