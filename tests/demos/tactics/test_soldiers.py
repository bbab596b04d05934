from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demos.tactics.battle import fight, report_of
from demos.tactics.pairing import Pairing
from demos.tactics.players import utility_player
from demos.tactics.rules import ORDER_TICKS, Battle, Event, Move, Order, resolve
from demos.tactics.soldiers import Squad
from npc_sdk import Runtime, connect
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing import FakeEngine
from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings


@pytest.fixture
def engine() -> FakeEngine:
    """An engine that always takes the first option."""
    return FakeEngine(slots=10)


@pytest.fixture
def runtime(engine: FakeEngine) -> Iterator[Runtime]:
    """A runtime in this process."""
    with Runtime(engine=engine) as made:
        yield made


def squad(runtime: Runtime, engine: FakeEngine, **options: Any) -> Squad:
    return Squad(runtime, clock=engine.clock, **options)


def test_a_battle_of_two_models(runtime: Runtime, engine: FakeEngine) -> None:
    pairing = Pairing.of("model:mixed", budget_ms=100)
    players = pairing.players(runtime, engine.clock)
    course = fight(players, seed=2, limit=12)
    report = report_of(course, players)
    assert report["squads"] == {"blue": "model", "red": "mixed"}
    assert (report["result"]["invalid"], report["result"]["ticks"]) == (0, 12)
    for side in ("blue", "red"):
        assert report["players"][side]["by_deadline"] == 1.0
        assert report["players"][side]["ticks"] == 12
    prompt = engine.prompts("score")[0]
    assert "You: hp 9, ammo 4, kits 1," in prompt and "Enemy raider_" in prompt and "You are Mara Holt" in prompt
    assert "World: The mill at Senn Bridge" in prompt
    for player in players.values():
        player.close()


def test_a_squad_without_an_engine_fights_on_by_the_games_scores(runtime: Runtime, engine: FakeEngine) -> None:
    engine.crash(is_final=True)
    players = {"blue": squad(runtime, engine), "red": utility_player()}
    course = fight(players, seed=2, limit=12)
    assert course.events["refused"] == 0
    report = players["blue"].report()
    assert report["by_deadline"] == 0.0 and report["reasons"] == {"engine_crashed": report["asked"]}


def test_the_captains_order_is_an_action_that_the_others_see(runtime: Runtime, engine: FakeEngine) -> None:
    blue = squad(runtime, engine)
    battle = Battle.new(2)
    blue.prepare(battle, "blue")
    engine.choose("guard_1", ["retreat", "take cover"])
    plan = blue.begin(battle, "blue")
    assert plan.moves()["guard_1"] == Move("retreat") and plan.is_over and plan.orders() == {"blue": Move("cover")}
    battle, _ = resolve(battle, plan.moves(), plan.orders())
    assert battle.orders == {"blue": Order(Move("cover"), 1 + ORDER_TICKS)}
    asked = len(engine.prompts("score"))
    second = blue.begin(battle, "blue")
    assert second.orders() == {}
    prompts = engine.prompts("score")[asked:]
    assert len(prompts) == 5
    assert all("\nThe captain orders: take cover.\nOptions:" in prompt for prompt in prompts)
    blue.talk(battle, "guard_2", "What now?").turn.result()
    assert "- The captain orders: take cover." in engine.prompts()[-1]


def test_what_is_noticed(runtime: Runtime, engine: FakeEngine) -> None:
    blue = squad(runtime, engine)
    battle = Battle.new(2)
    blue.prepare(battle, "blue")
    blue.notice(battle, (Event("fall", "raider_4"),))
    blue.begin(battle, "blue").moves()
    assert "- raider_4 has fallen." in engine.prompts("score")[-1]


def test_a_host(tmp_path: Path, engine: FakeEngine) -> None:
    settings = HostSettings(folder=str(tmp_path / "host"), connection_file=str(tmp_path / "host.json"), drain_ms=0)
    host = Host(HostConfiguration(host=settings), engine=engine, clock=SystemClock())
    host.start()
    try:
        with connect(host.connection_file) as client:
            players = Pairing.of("model:utility", budget_ms=5000).players(client)
            course = fight(players, seed=3, limit=4)
            assert course.events["refused"] == 0 and course.battle.tick == 4
            assert players["blue"].report()["by_deadline"] == 1.0
    finally:
        host.stop(drain_ms=0)
