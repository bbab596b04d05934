from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demos.tactics.battle import fight
from demos.tactics.players import utility_player
from demos.tactics.rules import Battle, Move
from demos.tactics.soldiers import Squad
from demos.tactics.view import look
from npc_sdk import Runtime
from npc_sdk.testing import FakeEngine, act, say_and_act


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


def test_who_is_told_does_it(runtime: Runtime, engine: FakeEngine) -> None:
    blue = squad(runtime, engine)
    battle = Battle.new(2)
    blue.begin(battle, "blue").moves()
    engine.script("guard_2.voice", [say_and_act("Aye.", "retreat")])
    seen = look(battle, battle.unit("guard_3")).enemies[0].label
    engine.script("guard_3.voice", [act("attack", target=seen)])
    assert blue.talk(battle, "guard_2", "Fall back!").turn.result().text == "Aye."
    blue.talk(battle, "guard_3", f"Shoot {seen}!").turn.result()
    plan = blue.begin(battle, "blue")
    # The archer's enemy is out of reach, so she goes there first.
    assert (blue.obeyed, blue.stale) == (2, 0)
    assert plan.spoken == {"guard_2": Move("retreat"), "guard_3": Move("approach", seen)}
    assert plan.moves()["guard_2"] == Move("retreat") and set(plan.moves()) == {f"guard_{n}" for n in range(1, 6)}
    assert blue.turns == {}


def test_a_captain_who_is_told_orders_the_squad(runtime: Runtime, engine: FakeEngine) -> None:
    blue = squad(runtime, engine)
    battle = Battle.new(2)
    blue.prepare(battle, "blue")
    engine.script("guard_1.voice", [say_and_act("All back!", "order_retreat")])
    blue.talk(battle, "guard_1", "Have them retreat.").turn.result()
    assert blue.begin(battle, "blue").orders() == {"blue": Move("retreat")}


def test_nobody_answers_in_time() -> None:
    engine = FakeEngine(read_tokens_per_ms=1.0, slots=10)
    with Runtime(engine=engine, warm=False) as runtime:
        blue = squad(runtime, engine, budget_ms=20)
        course = fight({"blue": blue, "red": utility_player()}, seed=2, limit=5)
    assert engine.clock.now_ms() == 5 * 20
    assert (blue.report()["by_deadline"], blue.report()["ticks_over_budget"]) == (0.0, 0)
    assert not any(record.orders for record in course.records)


def test_who_falls_before_his_deed_is_too_late(runtime: Runtime, engine: FakeEngine) -> None:
    blue = squad(runtime, engine)
    battle = Battle.new(2)
    engine.script("guard_2.voice", [act("heal", target="guard_1")])
    blue.talk(battle, "guard_2", "Heal Mara!").turn.result()
    plan = blue.begin(battle, "blue")
    assert [(deed.label, move) for deed, move in plan.heeded] == [("guard_2", None)]
    assert plan.spoken == {} and blue.stale == 1 and "guard_2" in plan.moves()


def test_who_chose_what(runtime: Runtime, engine: FakeEngine) -> None:
    blue = squad(runtime, engine)
    battle = Battle.new(2)
    engine.script("guard_2.voice", [say_and_act("Aye.", "retreat")])
    blue.talk(battle, "guard_2", "Fall back!").turn.result()
    plan = blue.begin(battle, "blue")
    plan.moves()
    sources = plan.sources()
    assert sources["guard_2"] == ("said", None)
    assert {source for source, _ in sources.values()} == {"model", "said"} and plan.waiting == ()
