from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.engine.request import EngineDown, EngineUp, Request
from npc_sdk.errors import ActionError, BackendError, ModelError, NpcError, RequestError, StateError
from npc_sdk.persona import Persona, World
from npc_sdk.runtime import Runtime, RuntimeSettings, SystemClock
from npc_sdk.testing import FakeClock, FakeEngine, Reply

OpenRuntime = Callable[..., Runtime]


def test_a_runtime_must_run(engine: FakeEngine, persona: Persona) -> None:
    runtime = Runtime(engine=engine)
    with pytest.raises(StateError) as raised:
        runtime.spawn(persona)
    assert raised.value.code == "not_started"
    assert not runtime.status().is_running
    with runtime:
        runtime.start()
        guard = runtime.spawn(persona)
        assert runtime.status().is_running
    runtime.close()
    for call in (lambda: runtime.spawn(persona), runtime.start, lambda: guard.say("Hello."), guard.park):
        with pytest.raises(StateError) as raised:
            call()
        assert raised.value.code == "closed"


def test_closing_ends_every_turn(slow_engine: FakeEngine, persona: Persona) -> None:
    with Runtime(engine=slow_engine) as runtime:
        turns = [runtime.spawn(persona).say("Hello.") for _ in range(3)]
    ends = [turn.result() for turn in turns]
    assert {(end.source, end.why) for end in ends} == {("cut", "closed")}


def test_closing_ends_a_turn_that_waits_for_its_engine(engine: FakeEngine, persona: Persona) -> None:
    engine.script("*", [Reply(failure="silence")])
    with Runtime(engine=engine, clock=SystemClock()) as runtime:
        turn = runtime.spawn(persona).say("Hello.")
    assert turn.result().why == "closed"


def test_real_time(persona: Persona) -> None:
    engine = FakeEngine()
    engine.script("*", [Reply(failure="silence")])
    with Runtime(engine=engine, clock=SystemClock()) as runtime:
        before = time.monotonic()
        end = runtime.spawn(persona).say("Hello.", deadline_ms=50).result()
        assert end.why == "deadline"
        assert 0.05 <= time.monotonic() - before < 5
        assert 50 <= end.cost.total_ms < 5000


def test_names(open_runtime: OpenRuntime, engine: FakeEngine, persona: Persona) -> None:
    runtime = open_runtime(engine)
    assert [runtime.spawn(persona).name for _ in range(3)] == ["Bron", "Bron 2", "Bron 3"]
    assert runtime.spawn(persona, name="Captain").name == "Captain"
    with pytest.raises(StateError) as raised:
        runtime.spawn(persona, name="Captain")
    assert raised.value.code == "name_taken"
    for name in ("", "a/b"):
        with pytest.raises(RequestError):
            runtime.spawn(persona, name=name)
    assert repr(runtime.spawn(persona, name="X")) == "<Npc 'X'>"


def test_bad_spawns(open_runtime: OpenRuntime, engine: FakeEngine, persona: Persona, attack: Any) -> None:
    runtime = open_runtime(engine)
    with pytest.raises(RequestError, match="priority"):
        runtime.spawn(persona, priority="urgent")  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="Persona.load"):
        runtime.spawn("guard.toml")  # type: ignore[arg-type]
    with pytest.raises(StateError, match="jump"):
        runtime.spawn(persona, [attack], waits_for=["jump"])
    with pytest.raises(ActionError) as raised:
        schema = {"type": "object", "properties": {"x": {"oneOf": []}}}
        runtime.spawn(persona, [{"name": "a", "description": "A.", "parameters": schema}])
    assert raised.value.code == "unsupported_schema"
    assert runtime.status().npcs == ()


def test_priorities_reach_the_engine(open_runtime: OpenRuntime, engine: FakeEngine, persona: Persona) -> None:
    runtime = open_runtime(engine, warm=False)
    for number, priority in enumerate(("player", "companion", "ambient")):
        runtime.spawn(persona, priority=priority).say("Hello.").result()  # type: ignore[arg-type]
        assert engine.requests[-1].priority == number


def test_a_known_persona_is_forked(open_runtime: OpenRuntime, persona: Persona) -> None:
    engine = FakeEngine()
    runtime = open_runtime(engine, world=World(name="Brackwater"), warm=False)
    runtime.spawn(persona).say("Hello.").result()
    cost = runtime.spawn(persona).say("Hello.").result().cost
    assert cost.state_from == "fork"
    assert cost.read.new < 20


def test_a_world_of_its_own(open_runtime: OpenRuntime, engine: FakeEngine, persona: Persona, tmp_path: Path) -> None:
    file = tmp_path / "world.toml"
    file.write_text('name = "Brackwater"\n', encoding="utf-8")
    runtime = open_runtime(engine, world=file, warm=False)
    assert runtime.world == World(name="Brackwater")
    runtime.spawn(persona).say("Hello.").result()
    runtime.spawn(persona, world=World(name="Elsewhere")).say("Hello.").result()
    assert "World: Brackwater" in engine.prompts()[0]
    assert "World: Elsewhere" in engine.prompts()[1]


def test_status(open_runtime: OpenRuntime, engine: FakeEngine, persona: Persona) -> None:
    runtime = open_runtime(engine)
    runtime.spawn(persona).say("Hello.").result()
    status = runtime.status()
    assert status.engine is not None and status.engine.model_name == "fake"
    assert status.stats is not None and status.stats.decode_tokens > 0
    (npc,) = status.npcs
    assert (npc.name, npc.persona, npc.is_talking) == ("Bron", "Bron", False)
    assert npc.prompt_tokens > 20
    assert (status.down, status.warnings) == (None, ())


def test_news_of_the_engine(open_runtime: OpenRuntime, engine: FakeEngine, persona: Persona) -> None:
    news: list[Any] = []

    def take(event: Any) -> None:
        news.append(event)
        raise ValueError("The game's handler is broken.")

    runtime = open_runtime(engine, on_event=take)
    engine.crash()
    engine.crash(is_final=True)
    status = runtime.status()
    assert [type(event) for event in news] == [EngineDown, EngineUp, EngineDown]
    assert status.down is not None and status.down.code == "engine_crashed"
    assert runtime.spawn(persona).say("Hello.").result().source == "fallback"


def test_a_final_crash_ends_turns_even_when_the_engine_says_no_more(
    open_runtime: OpenRuntime, persona: Persona
) -> None:
    engine = FakeEngine()
    engine.script("*", [Reply(failure="silence")])
    runtime = open_runtime(engine)
    turn = runtime.spawn(persona).say("Hello.")
    runtime.status()
    engine._tell(EngineDown(BackendError("Gone."), True))
    assert turn.result().why == "backend_failed"


class Refusing(FakeEngine):
    """Refuses every request."""

    def submit(self, request: Request) -> None:
        raise BackendError("No.")


class Broken(FakeEngine):
    """Fails in a way that no engine should."""

    def submit(self, request: Request) -> None:
        raise ValueError("Oh.")


@pytest.mark.parametrize(("kind", "why"), [(Refusing, "backend_failed"), (Broken, "internal")])
def test_an_engine_that_refuses(open_runtime: OpenRuntime, persona: Persona, kind: Any, why: str) -> None:
    guard = open_runtime(kind(), warm=False).spawn(persona)
    for _ in range(2):
        end = guard.say("Hello.").result()
        assert (end.source, end.why) == ("fallback", why)
    assert guard.decide("Now?", ["a", "b"]).why == why


class Failing(FakeEngine):
    """Cannot start."""

    def start(self, on_event: Any, *, timeout_s: float = 120.0) -> None:
        raise ModelError("No model.")


def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path, engine: FakeEngine) -> None:
    runtime = Runtime(engine=Failing(), folder=tmp_path)
    with pytest.raises(ModelError):
        runtime.start()
    with Runtime(engine=engine, folder=tmp_path) as other:
        assert other.status().is_running


def test_a_second_owner_of_a_folder(tmp_path: Path, engine: FakeEngine) -> None:
    with Runtime(engine=engine, folder=tmp_path), pytest.raises(StateError) as raised:
        Runtime(engine=FakeEngine(), folder=tmp_path).start()
    assert raised.value.code == "folder_in_use"


def test_settings_come_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runtime.toml").write_text("slots = 2\nquantum = 16\ncells = 99\n", encoding="utf-8")
    monkeypatch.setenv("NPC_QUANTUM", "32")
    chosen = Runtime(engine=FakeEngine(), folder=tmp_path, cells=512).settings
    assert (chosen.slots, chosen.quantum, chosen.cells) == (2, 32, 512)
    given = Runtime(engine=FakeEngine(), settings=RuntimeSettings(slots=5, greedy=True), greedy=False).settings
    assert (given.slots, given.greedy) == (5, False)
    file = tmp_path / "other.toml"
    file.write_text("slots = 7\n", encoding="utf-8")
    assert Runtime(engine=FakeEngine(), settings=file).settings.slots == 7


@pytest.mark.parametrize("settings", [None, RuntimeSettings()])
def test_a_misspelled_setting(settings: RuntimeSettings | None) -> None:
    with pytest.raises(RequestError, match="greedy"):
        Runtime(engine=FakeEngine(), settings=settings, gredy=True)


def test_an_unknown_model_or_engine() -> None:
    for arguments in ({"model": "no-such-model"}, {"engine": "cloud"}):
        with pytest.raises(NpcError):
            Runtime(**arguments).start()  # type: ignore[arg-type]


def test_a_brief_status_leaves_the_characters_out() -> None:
    with Runtime(engine=FakeEngine(clock=FakeClock(moves_alone=False), tokens_per_ms=1.0)) as runtime:
        npc = runtime.spawn(Persona(name="Bron", role="the gate guard"))
        assert runtime.talking == 0
        npc.say("Good evening.")
        assert (len(runtime.status().npcs), runtime.talking) == (1, 1)
        assert runtime.status(is_brief=True).npcs == ()
