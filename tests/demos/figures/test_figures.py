"""What a host says, of any shape, becomes figures; what it says rightly becomes the right ones."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.figures.figures import FRAMES_KEPT, Figures

MIB = 1 << 20
PLAN: dict[str, Any] = {
    "model_name": "NPC starter",
    "gpu_layers": 0,
    "slots": 8,
    "cells": 16384,
    "footprint": {},
    "host_footprint": {
        "weights_bytes": 5 * MIB,
        "attention_bytes": 24 * MIB,
        "recurrent_bytes": 3 * MIB,
        "compute_bytes": 4 * MIB,
        "overhead_bytes": MIB,
    },
}
SMALLER: dict[str, Any] = {**PLAN, "slots": 4, "cells": 8192}
STEP: dict[str, Any] = {
    "from_index": 0,
    "to_index": 3,
    "cause": "reserve",
    "words": "The game wants 24 MiB free: 20 MiB may be taken, 37 MiB were planned.",
    "took_ms": 17.5,
    "freed_context_bytes": 14 * MIB,
    "freed_device_bytes": 0,
}


def status(**changes: Any) -> dict[str, Any]:
    """Return what a host with a budget says; changes of ``budget`` are mixed in."""
    budget = {
        "is_governed": True,
        "rungs": 8,
        "index": 0,
        "plan": PLAN,
        "is_changing": False,
        "reserve_bytes": 0,
        "room_bytes": 64 * MIB,
        "reading": None,
        "last_step": None,
        **changes.pop("budget", {}),
    }
    return {
        "engine": {"model_name": "NPC starter", "slots": 8, "process_id": 71},
        "stats": {"restarts": 0, "tokens_per_s": 700.0},
        "down": None,
        "budget": budget,
        "recent": {"tokens_per_s": 81.5},
        "memory": {"engine_bytes": 90 * MIB, "context_bytes": 31 * MIB, "device_bytes": 0},
        **changes,
    }


def figures(own_mib: int = 150) -> Figures:
    return Figures(own_bytes=lambda: own_mib * MIB)


# Anything that msgpack can bring, and worse, under the names that are looked at.
NAMES = st.sampled_from(
    [
        *("engine", "stats", "down", "budget", "recent", "memory", "frame", "plan", "reading", "last_step"),
        *("host_footprint", "footprint", "weights_bytes", "attention_bytes", "gpu_layers", "slots", "cells"),
        *("reserve_bytes", "room_bytes", "total_bytes", "used_by_others_bytes", "process_id", "restarts", "rungs"),
        *("is_governed", "is_changing", "engine_bytes", "context_bytes", "device_bytes", "tokens_per_s", "cause"),
        *("words", "from_index", "to_index", "error", "freed_context_bytes", "is_final", "model_name"),
    ]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=8))
GARBAGE = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=24
)
STATUSES = st.dictionaries(NAMES, GARBAGE, max_size=8)
KINDS = st.sampled_from(
    ["engine_down", "engine_up", "budget_step", "host_lost", "host_found", "stopped", "starving", ""]
)
SAID = st.one_of(st.tuples(st.none(), STATUSES), st.tuples(KINDS, STATUSES))


@given(st.lists(SAID, max_size=6))
def test_nothing_that_a_host_says_makes_it_fail(said: list[tuple[str | None, dict[str, Any]]]) -> None:
    taken = figures()
    for place, (kind, data) in enumerate(said):
        if kind is None:
            taken.take_status(data, 500.0 * place)
        else:
            taken.news(kind, data, 500.0 * place)
        gauges = taken.gauges(500.0 * place)
        memory = gauges.memory
        sizes = (memory.render_bytes, memory.reserve_bytes, memory.weights_bytes, memory.context_bytes)
        assert all(isinstance(size, int) and size >= 0 for size in (*sizes, memory.other_bytes, memory.game_bytes))
        assert memory.budget_bytes is None or memory.budget_bytes >= 0
        assert math.isfinite(gauges.tokens_per_s) and gauges.tokens_per_s >= 0
        assert gauges.engine in ("starting", "up", "changing", "down", "away", "lost")
        assert isinstance(gauges.last_step, str) and isinstance(gauges.model, str)


@pytest.mark.parametrize("data", [None, 7, "status", ["engine"]])
def test_what_is_no_map_says_nothing(data: Any) -> None:
    taken = figures()
    taken.take_status(data, 0.0)
    taken.news("budget_step", data, 0.0)
    assert taken.gauges(0.0).engine == "starting"


class TestFrames:
    def test_only_the_last_are_kept_and_all_are_counted(self) -> None:
        taken = figures()
        for number in range(300):
            taken.frame(20.0 if number < 3 else 5.0, number * 16.0)
        gauges = taken.gauges(299 * 16.0)
        assert (len(gauges.frames_ms), gauges.frames, gauges.late_frames) == (FRAMES_KEPT, 300, 3)
        assert 61 <= gauges.fps <= 64

    def test_a_frame_that_is_no_number_is_none(self) -> None:
        taken = figures()
        taken.frame(float("nan"), 0.0)
        assert taken.gauges(0.0).frames == 0

    def test_frames_a_second_fall_to_nothing_when_none_come(self) -> None:
        taken = figures()
        taken.frame(5.0, 0.0)
        assert taken.gauges(5000.0).fps == 0.0

    def test_a_game_that_has_just_begun_is_not_slow(self) -> None:
        taken = figures()
        for number in range(7):
            taken.frame(5.0, number * 16.0)
        assert taken.gauges(96.0).fps == pytest.approx(70, abs=8)


class TestDecisions:
    def test_late_ones_lower_the_share(self) -> None:
        taken = figures()
        for number in range(4):
            taken.decided(100.0 + number, "model", number != 2)
        gauges = taken.gauges(0.0)
        assert gauges.by_deadline == 0.75
        assert gauges.decision_ms == (100.0, 101.0, 102.0, 103.0)
        assert gauges.decision_in_time == (True, True, False, True)

    def test_what_nobody_was_asked_for_counts_as_an_answer_only(self) -> None:
        taken = figures()
        taken.decided(None, "game", False)
        taken.decided(3.0, "said", False)
        taken.answered("fallback")
        gauges = taken.gauges(0.0)
        assert gauges.by_deadline is None and gauges.decision_ms == ()
        assert gauges.sources == {"game": 1, "said": 1, "fallback": 1}

    def test_actions_that_could_not_be_done_are_counted(self) -> None:
        taken = figures()
        taken.spoiled(invalid=2)
        taken.spoiled(stale=1)
        assert (taken.gauges(0.0).invalid, taken.gauges(0.0).stale) == (2, 1)


class TestMemory:
    def test_a_plan_on_the_cpu_and_the_own_process(self) -> None:
        taken = figures()
        taken.take_status(status(budget={"reserve_bytes": 30 * MIB}), 0.0)
        memory = taken.gauges(0.0).memory
        assert (memory.game_bytes, memory.reserve_bytes, memory.render_bytes) == (150 * MIB, 30 * MIB, 180 * MIB)
        assert (memory.weights_bytes, memory.context_bytes, memory.other_bytes) == (5 * MIB, 27 * MIB, 5 * MIB)
        assert memory.budget_bytes == (150 + 30 + 64) * MIB
        assert memory.process_bytes == 90 * MIB

    def test_a_card_whose_driver_tells_what_others_hold(self) -> None:
        plan = {**PLAN, "gpu_layers": 10, "footprint": {"weights_bytes": 900 * MIB, "compute_bytes": 100 * MIB}}
        reading = {"total_bytes": 8192 * MIB, "free_bytes": 4000 * MIB, "used_by_others_bytes": 3000 * MIB}
        taken = figures()
        taken.take_status(status(budget={"plan": plan, "reading": reading}), 0.0)
        memory = taken.gauges(0.0).memory
        assert (memory.budget_bytes, memory.game_bytes) == (8192 * MIB, 3000 * MIB)
        assert (memory.weights_bytes, memory.context_bytes, memory.other_bytes) == (900 * MIB, 0, 100 * MIB)

    def test_without_a_plan_there_is_what_is_measured(self) -> None:
        taken = figures()
        taken.take_status(status(budget={"is_governed": False, "rungs": 0, "plan": None, "room_bytes": None}), 0.0)
        memory = taken.gauges(0.0).memory
        assert memory.budget_bytes is None
        assert (memory.weights_bytes, memory.context_bytes, memory.other_bytes) == (0, 31 * MIB, 59 * MIB)

    def test_an_engine_that_is_gone_holds_nothing(self) -> None:
        taken = figures()
        taken.take_status(status(), 0.0)
        taken.news("engine_down", {"is_final": False}, 100.0)
        assert taken.gauges(100.0).memory.model_bytes == 0
        assert taken.gauges(100.0).memory.game_bytes == 150 * MIB


class TestEngine:
    def test_it_is_up_once_it_says_so(self) -> None:
        taken = figures()
        assert taken.gauges(0.0).engine == "starting"
        taken.take_status(status(), 0.0)
        gauges = taken.gauges(0.0)
        assert (gauges.engine, gauges.engine_pid, gauges.restarts, gauges.slots) == ("up", 71, 0, 8)
        assert (gauges.tokens_per_s, gauges.model) == (81.5, "NPC starter")

    def test_figures_of_before_it_went_down_do_not_bring_it_back(self) -> None:
        taken = figures()
        taken.take_status(status(), 0.0)
        taken.news("engine_down", {"is_final": False}, 100.0)
        taken.take_status(status(), 120.0)
        gauges = taken.gauges(120.0)
        assert (gauges.engine, gauges.tokens_per_s, gauges.slots) == ("down", 0.0, None)
        taken.news("engine_up", {"restarts": 1}, 400.0)
        taken.take_status(status(memory={"engine_bytes": None}), 420.0)
        assert (taken.gauges(420.0).engine, taken.gauges(420.0).restarts) == ("up", 1)

    def test_another_process_is_news_enough(self) -> None:
        taken = figures()
        taken.take_status(status(), 0.0)
        taken.news("engine_down", {"is_final": False}, 100.0)
        taken.take_status(status(engine={"process_id": 72}, stats={"restarts": 1}), 900.0)
        assert (taken.gauges(900.0).engine, taken.gauges(900.0).engine_pid) == ("up", 72)

    @pytest.mark.parametrize("left", [None, 0])
    def test_a_process_that_is_gone_is_seen_without_news(self, left: int | None) -> None:
        taken = figures()
        taken.take_status(status(), 0.0)
        taken.take_status(status(memory={"engine_bytes": left}), 9000.0)
        assert taken.gauges(9000.0).engine == "down"
        taken.take_status(status(), 9500.0)
        assert taken.gauges(9500.0).engine == "up"

    @pytest.mark.parametrize(
        ("budget", "state"),
        [({"is_changing": True}, "changing"), ({"plan": None}, "away"), ({"plan": None, "rungs": 0}, "up")],
    )
    def test_the_governor_has_its_own_states(self, budget: dict[str, Any], state: str) -> None:
        taken = figures()
        taken.take_status(status(budget=budget), 0.0)
        assert taken.gauges(0.0).engine == state

    def test_a_process_that_the_governor_has_ended_is_not_down(self) -> None:
        taken = figures()
        taken.take_status(status(budget={"plan": None}, memory={"engine_bytes": None}), 9000.0)
        assert taken.gauges(9000.0).engine == "away"

    def test_one_that_will_not_come_back_is_lost(self) -> None:
        taken = figures()
        taken.news("engine_down", {"is_final": True}, 0.0)
        assert taken.gauges(0.0).engine == "lost"

    def test_a_host_that_is_found_again_is_no_longer_lost(self) -> None:
        taken = figures()
        taken.take_status(status(), 0.0)
        taken.news("host_lost", {}, 10.0)
        assert taken.gauges(10.0).engine == "lost"
        taken.news("host_found", {"is_resumed": False}, 20.0)
        assert taken.gauges(20.0).engine == "up"


class TestSteps:
    def test_news_are_told_at_once_and_better_with_the_next_figures(self) -> None:
        taken = figures()
        taken.take_status(status(), 1000.0)
        taken.news("budget_step", STEP, 493_000.0)
        first = taken.gauges(493_000.0).last_step
        assert first == "08:12 gave memory back, 3 steps down, 14 MiB: the game asked for memory"
        taken.take_status(
            status(budget={"index": 3, "plan": SMALLER, "last_step": STEP, "reserve_bytes": 24 * MIB}), 493_400.0
        )
        second = taken.gauges(493_400.0).last_step
        assert second == "08:12 gave back 4 slots, 8,192 tokens, 14 MiB: the game asked for 24 MiB"
        taken.take_status(status(budget={"index": 3, "plan": SMALLER, "last_step": STEP}), 494_000.0)
        assert taken.gauges(494_000.0).last_step == second

    def test_news_that_come_after_the_figures_change_nothing(self) -> None:
        taken = figures()
        taken.take_status(status(), 0.0)
        taken.take_status(status(budget={"index": 3, "plan": SMALLER, "last_step": STEP}), 500.0)
        before = taken.gauges(500.0).last_step
        taken.news("budget_step", STEP, 510.0)
        assert taken.gauges(510.0).last_step == before

    def test_figures_that_are_older_than_the_news_change_nothing(self) -> None:
        older = {**STEP, "from_index": 1, "to_index": 0, "cause": "calm"}
        taken = figures()
        taken.take_status(status(), 0.0)
        taken.news("budget_step", older, 10.0)
        taken.news("budget_step", STEP, 500.0)
        before = taken.gauges(500.0).last_step
        taken.take_status(status(budget={"last_step": older}), 510.0)
        assert taken.gauges(510.0).last_step == before

    def test_a_step_is_told_by_where_it_led_while_the_next_one_is_made(self) -> None:
        taken = figures()
        taken.take_status(status(), 0.0)
        step = {**STEP, "rung": SMALLER}
        taken.take_status(status(budget={"index": 7, "plan": None, "is_changing": True, "last_step": step}), 500.0)
        assert taken.gauges(500.0).last_step.startswith("00:00 gave back 4 slots, 8,192 tokens")

    def test_a_step_from_before_the_game_has_no_time(self) -> None:
        taken = figures()
        taken.take_status(status(budget={"index": 3, "plan": SMALLER, "last_step": STEP}), 500.0)
        assert taken.gauges(500.0).last_step.startswith("gave memory back")

    @pytest.mark.parametrize(
        ("step", "before", "after", "words"),
        [
            ({"cause": "memory"}, PLAN, {}, "switched the model off: memory got short"),
            ({"cause": "calm"}, {}, SMALLER, "switched the model on with 4 slots: memory is free again"),
            ({"cause": "calm"}, SMALLER, PLAN, "took 4 slots, 8,192 tokens: memory is free again"),
            ({"cause": "frame"}, PLAN, {**PLAN, "model_name": "tiny"}, "went to tiny: frames came late"),
            ({"cause": "speed"}, PLAN, {**PLAN, "slots": 7}, "gave back 1 slot: tokens came slowly"),
            (
                {"cause": "memory", "error": {"code": "out_of_memory"}},
                PLAN,
                {**PLAN, "slots": 3},
                "kept what it had: the engine could not take the step",
            ),
            (
                {"cause": "moon", "words": "The moon is full."},
                PLAN,
                {**PLAN, "slots": 7},
                "gave back 1 slot: The moon is full.",
            ),
        ],
    )
    def test_each_cause_has_words(
        self, step: dict[str, Any], before: dict[str, Any], after: dict[str, Any], words: str
    ) -> None:
        taken = figures()
        taken.take_status(status(budget={"plan": before or None}), 0.0)
        step = {**step, "from_index": 0, "to_index": 1, "rung": after}
        taken.take_status(status(budget={"index": 1, "plan": after or None, "last_step": step}), 61_000.0)
        assert taken.gauges(61_000.0).last_step == f"01:01 {words}"


def test_the_system_knows_the_own_process() -> None:
    taken = Figures()
    taken.take_status(status(), 0.0)
    assert taken.gauges(0.0).memory.game_bytes > MIB
