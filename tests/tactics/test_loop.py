from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npc_sdk import NpcError, Persona, Runtime, connect
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.tactics import Ask, TacticalLoop
from npc_sdk.testing import FakeClock, FakeEngine
from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings

NAMES = ("Ada", "Bron", "Cid", "Dora", "Egil")
OPTIONS = ("fight", "run", "hide")


def squad(runtime: Any, count: int = 5) -> list[Any]:
    return [runtime.spawn(Persona(name=name, role="a soldier")) for name in NAMES[:count]]


def asks(npcs: list[Any], **changes: Any) -> list[Ask]:
    return [Ask(npc=npc, situation="Two goblins.", options=OPTIONS, **changes) for npc in npcs]


@pytest.fixture
def open_host(tmp_path: Path) -> Iterator[Callable[[FakeEngine], Any]]:
    """Starts a host in this process, on the machine's clock, and connects to it."""
    opened: list[Any] = []

    def start(engine: FakeEngine) -> Any:
        settings = HostSettings(folder=str(tmp_path / "host"), connection_file=str(tmp_path / "host.json"), drain_ms=0)
        host = Host(HostConfiguration(host=settings), engine=engine, clock=SystemClock())
        host.start()
        client = connect(host.connection_file)
        opened.extend((client.close, lambda: host.stop(drain_ms=0)))
        client.test_host = host  # type: ignore[attr-defined]
        return client

    yield start
    for close in opened:
        close()


def test_a_tick() -> None:
    engine = FakeEngine()
    for name, option in zip(NAMES, ("run", "hide", "fight", "run", "hide"), strict=True):
        engine.choose(name, [option])
    with Runtime(engine=engine) as runtime:
        tick = TacticalLoop(clock=engine.clock).run(asks(squad(runtime)))
        assert [choice.option for choice in tick.choices] == ["run", "hide", "fight", "run", "hide"]
        assert {(choice.source, choice.why) for choice in tick.choices} == {("model", "scored")}
        assert [choice.npc.name for choice in tick.choices] == list(NAMES)
        assert tick.is_over and tick.waiting == ()
        assert (tick.sheet.asked, tick.sheet.by_deadline) == (5, 1.0)


def test_everybody_is_asked_before_anybody_is_waited_for() -> None:
    engine = FakeEngine(read_tokens_per_ms=1.0)
    with Runtime(engine=engine, warm=False) as runtime:
        tick = TacticalLoop(budget_ms=1e6, clock=engine.clock).begin(asks(squad(runtime)))
        assert len(tick.waiting) == 5 and not tick.is_over
        with pytest.raises(NpcError, match="not over"):
            _ = tick.choices
        tick.result()
        # They ran side by side: the tick is as long as the longest of them.
        assert tick.sheet.walls_ms[0] == max(tick.sheet.latencies_ms) < 1.5 * min(tick.sheet.latencies_ms)


def test_the_budget_on_a_clock_that_stands() -> None:
    engine = FakeEngine(read_tokens_per_ms=1.0)
    with Runtime(engine=engine, warm=False) as runtime:
        loop = TacticalLoop(budget_ms=20, clock=engine.clock)
        tick = loop.run(asks(squad(runtime), default="run"))
        assert engine.clock.now_ms() == 20
        assert {(choice.option, choice.source, choice.why) for choice in tick.choices} == {
            ("run", "fallback", "deadline")
        }
        assert tick.sheet.walls_ms == (20,) and tick.sheet.ticks_over_budget == 0
        # The next tick has a budget of its own.
        assert loop.run(asks(squad_of(runtime)), budget_ms=1e6).sheet.by_deadline == 1.0


def squad_of(runtime: Runtime) -> list[Any]:
    return [runtime.spawn(Persona(name="Fil", role="a soldier"))]


def test_looking_each_frame() -> None:
    engine = FakeEngine(read_tokens_per_ms=1.0, clock=FakeClock(moves_alone=False))
    with Runtime(engine=engine, warm=False) as runtime:
        tick = TacticalLoop(budget_ms=50, clock=engine.clock).begin(asks(squad(runtime), utilities=[0, 0, 1]))
        frames = 0
        while not tick.is_over:
            engine.clock.advance(16)
            frames += 1
        assert frames == 4
        assert {(choice.option, choice.why) for choice in tick.choices} == {("hide", "deadline")}


def test_some_are_late() -> None:
    engine = FakeEngine(read_tokens_per_ms=1.0)
    with Runtime(engine=engine, warm=False) as runtime:
        ada, bron = squad(runtime, 2)
        long = Ask(npc=bron, situation="word " * 400, options=OPTIONS, default="hide")
        tick = TacticalLoop(budget_ms=300, clock=engine.clock).run([*asks([ada]), long])
        assert [choice.source for choice in tick.choices] == ["model", "fallback"]
        assert (tick.sheet.by_deadline, tick.sheet.reasons) == (0.5, {"scored": 1, "deadline": 1})


@pytest.mark.parametrize(
    ("weight", "option", "source"), [(0.0, "fight", "model"), (0.9, "hide", "model"), (1.0, "hide", "game")]
)
def test_the_games_own_scores(weight: float, option: str, source: str) -> None:
    engine = FakeEngine()
    with Runtime(engine=engine) as runtime:
        loop = TacticalLoop(utility_weight=weight, clock=engine.clock)
        choice = loop.run(asks(squad(runtime, 1), utilities=[0, 1, 3])).choices[0]
        assert (choice.option, choice.source) == (option, source)
        assert choice.scores.index(max(choice.scores)) == choice.index
        assert len(engine.prompts("score")) == (source == "model")
        # A question's own weight goes before the loop's.
        assert loop.run(asks([choice.npc], utilities=[0, 1, 3], weight=0.0)).choices[0].option == "fight"


def test_one_option_needs_no_model() -> None:
    engine = FakeEngine()
    with Runtime(engine=engine) as runtime:
        ask = Ask(npc=squad(runtime, 1)[0], situation="So?", options=["wait"])
        choice = TacticalLoop(clock=engine.clock).run([ask]).choices[0]
        assert (choice.option, choice.source, choice.why) == ("wait", "game", "only")
        assert not engine.prompts("score")


def test_no_questions() -> None:
    tick = TacticalLoop().begin([])
    assert tick.is_over and tick.choices == () and tick.result() == ()


def test_who_is_gone_does_not_stop_the_others() -> None:
    engine = FakeEngine()
    with Runtime(engine=engine) as runtime:
        npcs = squad(runtime, 3)
        npcs[1].despawn()
        choices = TacticalLoop(clock=engine.clock).run(asks(npcs, default="run")).choices
        assert [choice.source for choice in choices] == ["model", "fallback", "model"]
        assert (choices[1].option, choices[1].why) == ("run", "despawned")
        assert choices[1].error is not None


def test_the_engine_dies_in_the_middle() -> None:
    engine = FakeEngine(read_tokens_per_ms=1.0)
    with Runtime(engine=engine, warm=False) as runtime:
        tick = TacticalLoop(budget_ms=1000, clock=engine.clock).begin(asks(squad(runtime), default="hide"))
        engine.crash(is_final=True)
        assert {(choice.option, choice.why) for choice in tick.result()} == {("hide", "engine_crashed")}
        assert engine.clock.now_ms() < 1000


def test_a_cancelled_tick() -> None:
    engine = FakeEngine(read_tokens_per_ms=1.0, clock=FakeClock(moves_alone=False))
    with Runtime(engine=engine, warm=False) as runtime:
        tick = TacticalLoop(budget_ms=1000, clock=engine.clock).begin(asks(squad(runtime)))
        tick.cancel()
        tick.cancel()
        assert tick.is_over and {choice.why for choice in tick.choices} == {"cancelled"}


def test_real_time_in_this_process() -> None:
    # The engine's clock stands still, so nobody ever answers.
    engine = FakeEngine(read_tokens_per_ms=1.0, clock=FakeClock(moves_alone=False))
    with Runtime(engine=engine, clock=SystemClock(), warm=False) as runtime:
        began_s = time.monotonic()
        tick = TacticalLoop(budget_ms=60).run(asks(squad(runtime), default="run"))
        took_ms = (time.monotonic() - began_s) * 1000.0
        assert 55 <= took_ms < 2000
        assert {(choice.option, choice.why) for choice in tick.choices} == {("run", "deadline")}


def test_a_host(open_host: Callable[[FakeEngine], Any]) -> None:
    engine = FakeEngine()
    engine.choose("Bron", ["hide"])
    client = open_host(engine)
    npcs = squad(client)
    tick = TacticalLoop(budget_ms=5000).begin(asks(npcs))
    while not tick.is_over:
        client.poll(5)
    assert [choice.option for choice in tick.choices] == ["fight", "hide", "fight", "fight", "fight"]
    assert tick.sheet.sources == {"model": 5}
    assert TacticalLoop(budget_ms=5000).run(asks(npcs)).sheet.by_deadline == 1.0


def test_a_host_that_never_answers(open_host: Callable[[FakeEngine], Any]) -> None:
    client = open_host(FakeEngine(read_tokens_per_ms=1.0, clock=FakeClock(moves_alone=False)))
    tick = TacticalLoop(budget_ms=60).begin(asks(squad(client), default="run"))
    while not tick.is_over:
        client.poll(5)
    assert {(choice.option, choice.why) for choice in tick.choices} == {("run", "deadline")}
    assert {choice.why for choice in TacticalLoop(budget_ms=30).run(asks(squad_of(client))).choices} == {"deadline"}


def test_ticks_stay_on_time_when_the_host_goes_away(open_host: Callable[[FakeEngine], Any]) -> None:
    client = open_host(FakeEngine())
    npcs, loop = squad(client), TacticalLoop(budget_ms=40)
    assert loop.run(asks(npcs), budget_ms=5000).sheet.by_deadline == 1.0
    client.test_host.stop(drain_ms=0)
    for _ in range(5):
        sheet = loop.run(asks(npcs, default="run")).sheet
        assert sheet.sources == {"fallback": 5}
        assert sheet.walls_ms[0] < 1000


def test_a_client_that_is_closed(open_host: Callable[[FakeEngine], Any]) -> None:
    client = open_host(FakeEngine())
    npcs = squad(client)
    client.close()
    assert {choice.why for choice in TacticalLoop().run(asks(npcs)).choices} == {"closed"}


def test_a_loop_may_be_shared_by_threads() -> None:
    engine = FakeEngine()
    with Runtime(engine=engine) as runtime:
        loop, npcs, results = TacticalLoop(clock=engine.clock), squad(runtime), []
        threads = [
            threading.Thread(target=lambda npc=npc: results.append(loop.run(asks([npc])).sheet.asked)) for npc in npcs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert results == [1] * 5


def test_a_real_engine_reads_them_together(tiny_hybrid_path: Path) -> None:
    sizes: dict[str, Any] = {"slots": 5, "threads": 1, "cells": 8192, "quantum": 4096}
    with Runtime(tiny_hybrid_path, engine="thread", warm=False, **sizes) as runtime:
        npcs, loop = squad(runtime), TacticalLoop(budget_ms=60_000)
        loop.run(asks(npcs))
        before = runtime.steps
        for npc in npcs:
            loop.run([Ask(npc=npc, situation="A goblin. " * 100, options=OPTIONS)])
        alone, before = runtime.steps - before, runtime.steps
        loop.run([Ask(npc=npc, situation="Two orcs! " * 100, options=OPTIONS) for npc in npcs])
        # While the first is read the others arrive, and are read as one.
        assert runtime.steps - before < alone
