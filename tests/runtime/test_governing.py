from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from npc_sdk.budget.plan import Footprint, Off, Plan, Rung
from npc_sdk.budget.probe import Device, MemoryReading, NoReading
from npc_sdk.engine.request import EngineDown
from npc_sdk.errors import CapacityError, EngineCrashError
from npc_sdk.persona import Persona
from npc_sdk.runtime import Runtime, TurnEnd
from npc_sdk.runtime.budget import BudgetFinding, BudgetStep, Starving
from npc_sdk.testing import FakeEngine

MIB = 1 << 20
_HUGE = pytest.param(-(10**5000), id="huge")
TOTAL = 4096


def make_plan(mib: int, **changes: Any) -> Plan:
    plan = Plan(
        model_path="big.gguf",
        model_name="big",
        layers=10,
        gpu_layers=10,
        slots=8,
        cells=8192,
        kv_type="f16",
        quantum=128,
        threads=1,
        footprint=Footprint(weights_bytes=mib * MIB),
        host_footprint=Footprint(weights_bytes=100 * MIB),
    )
    return replace(plan, **changes)


LADDER: tuple[Rung, ...] = (
    make_plan(3000),
    make_plan(2800, slots=4),
    make_plan(2000, gpu_layers=5),
    make_plan(500, model_path="small.gguf"),
    Off(),
)


class Machine:
    """A probe whose reading a test sets."""

    def __init__(self) -> None:
        self.others_mib: float = 500
        self.own_mib: float | None = None
        self.silence: NoReading | None = None
        self.garbage: tuple[Any, ...] = ()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_closed = False

    @property
    def name(self) -> str:
        return "test"

    @property
    def device(self) -> Device | None:
        return Device(name="test", kind="card")

    def read(self) -> MemoryReading | NoReading:
        self.may_answer.wait(60)
        if self.garbage:
            return cast(MemoryReading, self.garbage[0])
        if self.silence is not None:
            return self.silence
        own = 0 if self.own_mib is None else self.own_mib
        return MemoryReading(
            total_bytes=TOTAL * MIB,
            free_bytes=int(max(0.0, TOTAL - self.others_mib - own) * MIB),
            used_by_others_bytes=int(self.others_mib * MIB),
            own_bytes=int(own * MIB),
            at_ms=0.0,
            source="test",
        )

    def close(self) -> None:
        self.is_closed = True


class Rig:
    """A runtime whose engine is scripted and whose machine is moved by hand."""

    def __init__(self, engine: FakeEngine, machine: Machine, runtime: Runtime, news: list[Any]) -> None:
        self.engine, self.machine, self.runtime, self.news = engine, machine, runtime, news

    @property
    def steps(self) -> list[tuple[int, int]]:
        return [(news.from_index, news.to_index) for news in self.news if isinstance(news, BudgetStep)]

    @property
    def findings(self) -> list[str]:
        return [news.code for news in self.news if isinstance(news, BudgetFinding)]

    def wait(self, ms: float) -> None:
        self.engine.clock.advance(ms)


@pytest.fixture
def rig(open_runtime: Callable[..., Runtime]) -> Callable[..., Rig]:
    """Starts a runtime on a scripted engine that is governed."""

    def start(engine: FakeEngine | None = None, **settings: Any) -> Rig:
        engine = engine or FakeEngine(tokens_per_ms=0.1)
        news: list[Any] = []
        machine = Machine()
        wanted = {"probe": machine, "ladder": LADDER, "on_event": news.append, "warm": False, **settings}
        return Rig(engine, machine, open_runtime(engine, **wanted), news)

    return start


def ended(turn: Any) -> TurnEnd:
    end = turn.end
    assert isinstance(end, TurnEnd)
    return end


def test_the_first_plan_is_what_the_engine_is_set_up_with(rig: Callable[..., Rig]) -> None:
    made = rig()
    config = made.engine.config
    assert (config.model_path, config.slots, config.gpu_layers) == ("big.gguf", 8, 10)
    made.wait(10_000)
    assert not made.news
    budget = made.runtime.status().budget
    assert budget.is_governed
    assert (budget.index, budget.rungs, budget.plan) == (0, 5, LADDER[0])
    assert budget.room_bytes == (TOTAL - 500) * MIB
    made.runtime.close()
    assert made.machine.is_closed


def test_less_memory_is_a_step_down_and_more_brings_the_first_plan_back(rig: Callable[..., Rig]) -> None:
    made = rig()
    made.wait(1000)
    made.machine.others_mib = 1200
    made.wait(200)
    assert made.steps == [(0, 1)]
    assert made.engine.config.slots == 4
    step = made.news[0]
    assert (step.cause, step.rung, step.error) == ("memory", LADDER[1], None)
    made.machine.others_mib = 500
    made.wait(10_000)
    assert made.steps == [(0, 1), (1, 0)]
    assert made.engine.config.slots == 8


def test_a_reserve_acts_at_once(rig: Callable[..., Rig]) -> None:
    made = rig()
    made.wait(1000)
    made.runtime.reserve(1500)
    made.wait(0)
    assert made.steps == [(0, 2)]
    assert made.news[0].cause == "reserve"
    assert made.runtime.status().budget.reserve_bytes == 1500 * MIB
    made.runtime.reserve(0)
    made.wait(20_000)
    assert made.runtime.status().budget.index == 0


@pytest.mark.parametrize("mib", [-1, float("nan"), float("inf"), "much", None, True, 10**400, _HUGE])
def test_an_absurd_reserve_is_a_finding(rig: Callable[..., Rig], mib: Any) -> None:
    made = rig()
    made.runtime.reserve(mib)
    made.runtime.reserve(mib)
    made.wait(1000)
    assert made.findings == ["bad_reserve"]
    assert not made.steps


def test_a_reserve_above_the_card_is_a_finding_and_leaves_it(rig: Callable[..., Rig]) -> None:
    made = rig()
    made.wait(200)
    made.runtime.reserve(1e300)
    made.wait(200)
    assert made.findings == ["reserve_above_device"]
    assert made.steps == [(0, 4)]


def test_a_turn_in_flight_goes_on_after_a_change_of_sizes(rig: Callable[..., Rig], persona: Persona) -> None:
    made = rig()
    made.engine.script("Bron", ["One two three four five six seven."])
    guard = made.runtime.spawn(persona)
    turn = guard.say("Count.")
    made.wait(40)
    made.engine.script_change(takes_ms=500)
    made.runtime.reserve(700)
    made.wait(100)
    assert turn.end is None
    assert made.runtime.status().budget.is_changing
    made.wait(5000)
    assert (ended(turn).source, ended(turn).text) == ("model", "One two three four five six seven.")
    assert made.steps[0] == (0, 1)
    assert made.news[0].took_ms == pytest.approx(500)


def test_off_answers_with_fallback_lines_and_lets_turns_in_flight_wait(
    rig: Callable[..., Rig], persona: Persona
) -> None:
    made = rig(ladder=(*LADDER[:3], Off()))
    made.engine.script("Bron", ["One two three four five.", "Back again."])
    guard, other = made.runtime.spawn(persona), made.runtime.spawn(persona, name="other")
    turn = guard.say("Count.")
    made.wait(30)
    made.machine.others_mib = TOTAL
    made.runtime.reserve(0)  # has the budget looked at now
    made.wait(400)
    assert made.engine.is_suspended
    assert made.steps == [(0, 3)]
    away = other.say("Anybody there?")
    made.wait(0)
    assert (ended(away).source, ended(away).why, ended(away).text) == ("fallback", "budget_off", "Hm.")
    decision = other.decide("Fight?", ["yes", "no"])
    assert (decision.source, decision.why) == ("fallback", "budget_off")
    assert turn.end is None
    assert made.runtime.status().budget.plan is None
    made.machine.others_mib = 500
    made.wait(20_000)
    assert (ended(turn).source, ended(turn).text) == ("model", "One two three four five.")
    assert made.runtime.status().budget.index == 0
    back = other.say("And now?")
    made.wait(3000)
    assert (ended(back).source, ended(back).text) == ("model", "Back again.")


def test_deadlines_hold_while_the_model_is_off(rig: Callable[..., Rig], persona: Persona) -> None:
    made = rig()
    made.engine.script("Bron", ["One two three four five."])
    turn = made.runtime.spawn(persona).say("Count.", deadline_ms=1000)
    made.wait(10)
    made.machine.others_mib = TOTAL
    made.runtime.reserve(0)
    made.wait(1000)
    assert (ended(turn).source, ended(turn).why) == ("fallback", "deadline")


def test_another_model_is_asked_again_what_was_not_begun(rig: Callable[..., Rig], persona: Persona) -> None:
    engine = FakeEngine(tokens_per_ms=0.1, read_tokens_per_ms=0.5)
    made = rig(engine)
    engine.script("Bron", ["Never heard.", "From the small one."])
    guard = made.runtime.spawn(persona)
    turn = guard.say("Who are you?")
    made.wait(10)
    engine.script_change(takes_ms=1000)
    made.machine.others_mib = 3000
    made.runtime.reserve(0)
    made.wait(300)
    assert engine.wishes[-1].model_path == "small.gguf"  # type: ignore[union-attr]
    asked = len([request for request in engine.requests if request.kind == "generate"])
    late = made.runtime.spawn(persona, name="late").say("And you?")
    made.wait(300)
    assert len([request for request in engine.requests if request.kind == "generate"]) == asked, (
        "held until it is there"
    )
    engine.script("late", ["Late, but here."])
    made.wait(20_000)
    assert (ended(turn).source, ended(turn).text) == ("model", "From the small one.")
    assert (ended(late).source, ended(late).text) == ("model", "Late, but here.")
    assert ended(turn).cost.requests == 2
    assert [line.text for line in guard.history] == ["Who are you?", "From the small one."]


def test_what_another_model_has_begun_is_not_finished_by_this_one(rig: Callable[..., Rig], persona: Persona) -> None:
    made = rig()
    made.engine.script("Bron", ["A first sentence. And then a second one that is long.", "Small."])
    guard = made.runtime.spawn(persona)
    turn = guard.say("Talk.")
    made.wait(60)
    made.machine.others_mib = 3000
    made.runtime.reserve(0)
    made.wait(1000)
    assert (ended(turn).source, ended(turn).why) == ("cut", "model_changed")
    assert ended(turn).text == "A first sentence."
    again = guard.say("Go on.")
    made.wait(3000)
    assert ended(again).text == "Small."
    assert [line.text for line in guard.history if line.speaker == "player"] == ["Talk.", "Go on."]


def test_a_decision_is_asked_again_of_another_model(rig: Callable[..., Rig], persona: Persona) -> None:
    engine = FakeEngine(tokens_per_ms=0.1, read_tokens_per_ms=0.2)
    made = rig(engine)
    engine.choose("Bron", ["flee", "flee"])
    guard = made.runtime.spawn(persona)
    decided: list[Any] = []
    asking = threading.Thread(target=lambda: decided.append(guard.decide("Goblins!", ["fight", "flee"])))
    made.machine.others_mib = 3000
    asking.start()
    asking.join(20)
    assert [(decision.choice, decision.source) for decision in decided] == [("flee", "model")]


def test_a_step_that_fails_is_told_and_another_is_made(rig: Callable[..., Rig], persona: Persona) -> None:
    made = rig()
    made.engine.script_change(error=CapacityError("There is no room.", code="context_does_not_fit"))
    made.machine.others_mib = 1200
    made.wait(400)
    assert made.steps == [(0, 0), (1, 2)]
    assert made.news[0].error.code == "context_does_not_fit"
    assert made.engine.config.gpu_layers == 5
    assert made.news[1].cause == "failed"


def test_a_way_back_that_fails_leaves_the_model_off(rig: Callable[..., Rig], persona: Persona) -> None:
    made = rig()
    made.machine.others_mib = TOTAL
    made.wait(400)
    made.engine.script_change(error=CapacityError("There is no room.", code="context_does_not_fit"))
    made.machine.others_mib = 500
    made.wait(10_000)
    assert made.steps == [(0, 4), (4, 4)]
    guard = made.runtime.spawn(persona)
    turn = guard.say("Anybody?")
    made.wait(0)
    assert ended(turn).why == "budget_off"
    made.wait(120_000)
    assert made.runtime.status().budget.index == 0


def test_a_crash_on_the_way_back_is_soon_tried_again(rig: Callable[..., Rig]) -> None:
    made = rig()
    made.machine.others_mib = 1200
    made.wait(400)
    made.engine.script_change(error=EngineCrashError("The engine process ended."))
    made.machine.others_mib = 500
    made.wait(30_000)
    assert made.news[1].error.code == "engine_crashed"
    assert made.runtime.status().budget.index == 0


def test_a_probe_that_goes_silent_moves_nothing_and_is_told_once(rig: Callable[..., Rig]) -> None:
    made = rig()
    made.wait(1000)
    made.machine.silence = NoReading(code="device_lost", reason="The device is gone.")
    made.wait(10_000)
    assert made.findings == ["device_lost"]
    assert not made.steps
    made.machine.silence = None
    made.wait(1000)
    made.machine.silence = NoReading(code="device_lost", reason="The device is gone.")
    made.wait(1000)
    assert made.findings == ["device_lost", "device_lost"]


def test_a_step_that_overtook_another_and_failed_is_over(rig: Callable[..., Rig]) -> None:
    made = rig()
    made.wait(1000)
    made.engine.script_change(takes_ms=2000)
    made.engine.script_change(error=CapacityError("No room.", code="context_does_not_fit"))
    for others_mib in (1200, 1500, 3000):  # the second step waits for the first, and is replaced by the third
        made.machine.others_mib = others_mib
        made.runtime.reserve(0)
        made.wait(200)
    made.wait(3000)
    assert [type(wish) for wish in made.engine.wishes][-1] is str, "off is what is left"
    assert not made.runtime.status().budget.is_changing
    made.machine.others_mib = 500
    made.wait(200_000)
    assert made.runtime.status().budget.index == 0


def test_a_probe_that_hangs_stops_no_turn(rig: Callable[..., Rig], persona: Persona) -> None:
    made = rig()
    made.wait(1000)
    made.machine.may_answer.clear()
    try:
        made.wait(5000)
        assert made.findings == ["probe_slow"]
        assert made.runtime.spawn(persona).say("Hello?").result().source == "model"
        made.runtime.close()
        assert not made.machine.is_closed, "nobody waits for a probe that hangs"
    finally:
        made.machine.may_answer.set()


@pytest.mark.parametrize("garbage", [None, {"free_bytes": 1}, "8 GiB"])
def test_a_probe_that_gives_no_reading_at_all_is_a_finding(rig: Callable[..., Rig], garbage: Any) -> None:
    made = rig()
    made.wait(1000)
    made.machine.garbage = (garbage,)
    made.wait(10_000)
    assert made.findings == ["probe_failed"]
    assert not made.steps


def test_frames_go_to_the_engine_and_nonsense_is_told_once(rig: Callable[..., Rig]) -> None:
    made = rig()
    made.runtime.frame(16.7, 12.0, mode="combat")
    hint = made.engine.hints[-1]
    assert (hint.target_ms, hint.measured_ms, hint.mode) == (16.7, 12.0, "combat")
    for _ in range(5):
        made.runtime.frame(float("nan"), 12.0)
    made.wait(0)
    assert made.findings == ["bad_target"]
    assert len(made.engine.hints) == 1
    made.runtime.frame(16.7, -5, mode="fighting")  # type: ignore[arg-type]
    assert made.engine.hints[-1].measured_ms is None
    made.wait(0)
    assert made.findings == ["bad_target", "bad_measured"]
    made.runtime.frame(16.7, 12.0)
    made.runtime.frame(0, 12.0)
    made.wait(0)
    assert made.findings == ["bad_target", "bad_measured", "bad_target"]


def test_frames_of_a_runtime_that_does_not_run_are_ignored() -> None:
    runtime = Runtime(engine=FakeEngine())
    runtime.frame(16.7, 12.0)
    runtime.reserve(100)
    runtime.start()
    runtime.close()
    runtime.frame(16.7, 12.0)
    runtime.reserve(100)


def test_starving_is_told_when_it_begins_and_ends(open_runtime: Callable[..., Runtime]) -> None:
    engine, news = FakeEngine(), []  # type: ignore[var-annotated]
    runtime = open_runtime(engine, on_event=news.append, floor_tokens_per_s=8.0)
    assert engine.pacing is not None and engine.pacing.floor_tokens_per_s == 8.0
    runtime.frame(16.7, 30.0)
    engine.say_pacing(tokens_per_s=0.5, is_starving=True)
    engine.clock.advance(5000)
    engine.say_pacing(tokens_per_s=9.0)
    engine.clock.advance(5000)
    assert news == [
        Starving(is_starving=True, tokens_per_s=0.5, floor_tokens_per_s=8.0),
        Starving(is_starving=False, tokens_per_s=9.0, floor_tokens_per_s=8.0),
    ]


def test_without_a_budget_nothing_is_governed(open_runtime: Callable[..., Runtime]) -> None:
    engine, news = FakeEngine(), []  # type: ignore[var-annotated]
    runtime = open_runtime(engine, on_event=news.append)
    engine.clock.advance(10_000)
    runtime.reserve(100)
    engine.clock.advance(0)
    assert [finding.code for finding in news] == ["not_governed"]
    assert engine.wishes == ()
    assert not runtime.status().budget.is_governed


def test_an_engine_that_is_gone_for_good_stays_gone(rig: Callable[..., Rig], persona: Persona) -> None:
    made = rig()
    made.engine.crash(is_final=True)
    made.machine.others_mib = TOTAL
    made.wait(10_000)
    assert any(isinstance(news, EngineDown) for news in made.news)
    turn = made.runtime.spawn(persona).say("Hello?")
    made.wait(0)
    assert ended(turn).why == "engine_crashed"


def test_smaller_contexts_shorten_what_is_remembered(open_runtime: Callable[..., Runtime], persona: Persona) -> None:
    rungs = (make_plan(3000, cells=8192), make_plan(1000, cells=340), Off())
    engine, machine = FakeEngine(), Machine()
    runtime = open_runtime(engine, probe=machine, ladder=rungs, warm=False)
    engine.script("Bron", ["Word after word. " * 12] * 8)
    guard = runtime.spawn(persona)
    for number in range(6):
        guard.say(f"Tell me more, number {number}.").result()
    before = runtime.status().npcs[0].prompt_tokens
    machine.others_mib = 2000
    engine.clock.advance(400)
    assert engine.config.cells == 340
    end = guard.say("And now?").result()
    assert end.source == "model"
    assert runtime.status().npcs[0].prompt_tokens < before
    assert len(engine.requests[-1].tokens) <= 340
    late = runtime.spawn(persona, name="late")
    assert late.say("Hello.").result().source == "model"
