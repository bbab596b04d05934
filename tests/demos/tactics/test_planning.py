from __future__ import annotations

from demos.tactics.planning import Planning
from demos.tactics.players import Ready, random_player, scripted_player, utility_player
from demos.tactics.rules import SIDES, Battle, Move


def test_a_side_is_asked_at_a_time() -> None:
    battle, planning = Battle.new(2), Planning({"blue": utility_player(), "red": random_player(1)})
    assert planning.is_asked and planning.decide().moves == {}
    planning.begin(is_new=True)
    assert not planning.is_asked and planning.ask(battle) == ()
    assert set(planning.decide().moves) == {unit.label for unit in battle.living("blue")}
    assert not planning.is_asked and planning.ask(battle) == ()
    decided = planning.decide()
    assert planning.is_asked and planning.waiting == set()
    assert set(decided.moves) == {unit.label for unit in battle.units}
    assert set(decided.sources) == set(decided.moves)
    assert all(source == ["game", None] for source in decided.sources.values())


def test_a_new_battle_forgets_the_plans() -> None:
    battle, planning = Battle.new(2), Planning({side: utility_player() for side in SIDES})
    planning.begin()
    planning.ask(battle)
    planning.begin()
    assert planning.decide().moves
    planning.begin(is_new=True)
    assert planning.decide().moves == {} and not planning.is_asked


class _Slow:
    """A plan that is only there when nobody waits any longer."""

    is_over = False
    waiting = ("guard_1",)
    cancelled = 0

    def cancel(self) -> None:
        self.is_over, self.waiting = True, ()
        self.cancelled += 1

    def orders(self) -> dict[str, Move]:
        return {"blue": Move("retreat"), "red": Move("hold")}

    def moves(self) -> dict[str, Move]:
        assert self.is_over
        return {"guard_1": Move("attack", "raider_1")}

    def sources(self) -> dict[str, tuple[str, float | None]]:
        return {"guard_1": ("fallback", 12.0)}


def test_nobody_is_waited_for() -> None:
    slow, planning = _Slow(), Planning({"blue": scripted_player({}), "red": scripted_player({})})
    planning._plans = {"blue": slow, "red": Ready({})}  # type: ignore[dict-item]
    assert planning.waiting == {"guard_1"}
    decided = planning.decide()
    assert slow.cancelled == 1 and planning.waiting == set()
    assert decided.moves == {"guard_1": ["attack", "raider_1"]}
    # A captain orders his own side only.
    assert decided.orders == {"blue": ["retreat", ""]}
    assert decided.sources == {"guard_1": ["fallback", 12.0]} and decided.heeded == []
