from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demos.havoc import kill
from demos.tactics import minds
from demos.tactics.host_settings import host_settings
from demos.tactics.minds import Minds, Speaking, Troop
from demos.tactics.play import Play, PlayOptions
from demos.tactics.rules import Battle
from demos.tactics.view import Question
from npc_sdk import Runtime
from npc_sdk.errors import DeadlineError
from npc_sdk.testing import FakeEngine, say_and_act

PATIENCE_S = 100.0


def test_it_is_one_short_file() -> None:
    assert len(Path(minds.__file__).read_text(encoding="utf-8").splitlines()) <= 250


def test_a_troop(engine: FakeEngine) -> None:
    battle = Battle.new(1)
    captain = battle.unit("guard_1")
    with Runtime(engine=engine, warm=False) as runtime:
        troop = Troop(runtime, budget_ms=60_000, weight=0.0, scale=1.0, clock=engine.clock)
        assert troop.enlist(captain) is troop.enlist(captain)
        troop.enlist(captain, ".voice")
        troop.enlist(captain, ".shout")
        assert {name: len(npc.actions) for name, npc in troop.npcs.items()} == {
            "guard_1": 0,
            "guard_1.voice": 8,
            "guard_1.shout": 0,
        }
        troop.tell("guard_1", 3, enemies=["raider_2"], allies=[])
        troop.tell("guard_9", 3, enemies=[], allies=[])
        assert troop.npcs["guard_1.voice"].world.vocabularies["enemies"] == ("raider_2",)
        troop.observe("guard_1", "It rains.", 60_000)
        troop.observe("nobody", "It rains.", 60_000)
        tick = troop.ask(
            [Question(label="guard_1", situation="You: hp 9.", options=["hold", "retreat"], worths=[1, 2])]
        )
        assert tick.result()[0].option == "hold" and "- It rains." in engine.prompts("score")[-1]
        engine.script("guard_1.voice", [say_and_act("All on him!", "order_attack", target="raider_2")])
        speaking = troop.say("guard_1.voice", "Attack!", "The player")
        assert speaking.turn.result().text == "All on him!"
        assert "".join(text for what, text in speaking.words() if what == "say") == "All on him!"
        assert [call.name for call in speaking.acts()] == ["order_attack"]
        assert speaking.words() == [] and speaking.acts() == []
        assert speaking.end is not None and speaking.end.text == "All on him!"
        speaking.heard(3)
        speaking.cut()
        troop.despawn()
        assert troop.npcs == {}


def test_a_fallback_line_replaces_what_came(engine: FakeEngine) -> None:
    with Runtime(engine=engine, warm=False) as runtime:
        troop = Troop(runtime, budget_ms=100, weight=0.0, scale=1.0, clock=engine.clock)
        troop.enlist(Battle.new(1).unit("guard_2"), ".voice")
        engine.crash(is_final=True)
        speaking: Speaking = troop.say("guard_2.voice", "Who are you?")
        speaking.turn.result()
        assert speaking.words() == [("instead", "Aye.")]


def test_the_host_has_room_for_all() -> None:
    assert host_settings("starter", 5).startswith("[runtime]\nslots = 12\ncells = 24576\ndevice = ")


def test_a_mind_that_was_never_opened() -> None:
    minds = Minds()
    minds.poll()
    minds.frame(16.7, 3.0)
    minds.reserve(10)
    assert minds.is_settled
    assert (minds.news(), minds.figures(), minds.is_gone) == ([], None, True)
    minds.close()


def test_a_host_that_does_not_answer_is_not_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        told: Any = None

        def status(self) -> Any:
            if self.told is None:
                raise DeadlineError("Nothing came.", code="no_answer")
            return self.told

    minds, silent = Minds(), Silent()
    monkeypatch.setattr(minds, "client", silent)
    assert not minds.is_settled
    silent.told = {"stats": {"waiting": 2}}
    assert not minds.is_settled
    for silent.told in ({"stats": {"waiting": 0}}, {"stats": None}, {"stats": [1]}):
        assert minds.is_settled


def test_nobody_is_killed_who_is_not_there() -> None:
    assert not kill(2**22 + 1)
    assert not kill(2**60)


class Driver:
    """Runs a game in real time, and writes down what was to be seen."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.notices: list[str] = []
        self.ticks: set[int] = set()

    def until(self, condition: Callable[[], Any], what: str) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            began_s = time.perf_counter()
            self.play.advance(began_s * 1000.0)
            assert not self.play.loading.error
            if self.play.is_loaded:
                scene = self.play.scene
                self.ticks.add(scene.tick)
                self.notices += [note.text for note in scene.notices if note.text not in self.notices]
                if condition():
                    return
            self.play.frame(16.7, 3.0)
            time.sleep(max(0.0, 0.0167 - (time.perf_counter() - began_s)))
        raise AssertionError(f"{what}: {self.notices}, {self.play.gauges}")

    def ticks_on(self, count: int) -> None:
        seen = self.play.stage.seed, self.play.stage.battle.tick
        self.until(
            lambda: self.play.stage.seed > seen[0] or self.play.stage.battle.tick >= seen[1] + count,
            "the battle goes on",
        )

    def has_told(self, words: str) -> bool:
        return any(words in notice for notice in self.notices)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """A game whose soldiers live in a host of their own, with the starter model."""
    monkeypatch.setenv("NPC_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    play = Play(PlayOptions(squads={"blue": "model", "red": "utility"}, tick_ms=1000.0), minds=Minds())
    play.load()
    try:
        yield Driver(play)
    finally:
        play.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_battle_goes_on(driver: Driver) -> None:
    play = driver.play
    driver.until(lambda: play.is_loaded and play.gauges.engine_pid, "figures come")
    assert play.gauges.slots == 12
    driver.ticks_on(1)
    # The game takes memory, and the model really gives it back.
    play.toggle_reserve()
    driver.until(lambda: (play.gauges.slots or 12) < 12, "slots are given back")
    assert play.gauges.memory.reserve_bytes > 0 and driver.has_told("The game takes")
    driver.ticks_on(1)
    play.toggle_reserve()
    driver.until(lambda: play.gauges.slots == 12, "slots come back")
    # The engine is killed, and comes back.
    pid = play.gauges.engine_pid
    play.kill_engine()
    driver.until(lambda: play.gauges.engine_pid not in (None, pid) and play.gauges.engine == "up", "another engine")
    assert driver.has_told(f"Killed: the engine, process {pid}") and driver.has_told("It is started again")
    play.toggle_pacing()
    driver.ticks_on(1)
    assert not play.gauges.is_paced
    # The host is killed, and comes back with its soldiers.
    minds = play._minds
    assert minds is not None and minds.client is not None and minds.client.process.pid is not None
    kill(minds.client.process.pid)
    # One that is back within three seconds was never missed.
    driver.until(lambda: driver.has_told("The host is back"), "the host is found")
    assert minds.client.process.restarts == 1
    driver.ticks_on(1)
    driver.until(lambda: play.gauges.engine == "up", "its figures come")
    sources = dict(play.gauges.sources)
    driver.until(lambda: sum(play.gauges.sources.values()) > sum(sources.values()), "somebody decides")
    assert play.gauges.invalid == 0
    json.dumps(play.report())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_host_that_is_gone_for_good(driver: Driver) -> None:
    play = driver.play
    driver.until(lambda: play.is_loaded, "the battle begins")
    minds = play._minds
    assert minds is not None and minds.client is not None
    minds.client.process.stop()
    driver.until(lambda: driver.has_told("The host is gone"), "the loss is noticed")
    driver.ticks_on(1)
    minds.client.process.has_given_up = True
    play.restart()
    driver.until(lambda: not play._muster.is_busy and not minds.is_gone, "the host is started again")
    driver.until(lambda: play.gauges.engine == "up", "its figures come")
    driver.ticks_on(1)
