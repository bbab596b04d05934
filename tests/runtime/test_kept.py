from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import NpcError, PromptError
from npc_sdk.persona import Persona
from npc_sdk.runtime import Npc, Runtime
from npc_sdk.runtime.kept import Kept
from npc_sdk.testing import FakeEngine, FakeTokenizer, say_and_act

Open = Callable[..., Runtime]


def _merged(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Put reports together, as whoever stores them does."""
    whole = json.loads(json.dumps(reports[0]))
    for report in reports[1:]:
        first, kept = report["history"]["first"], whole["history"]
        exchanges = kept["exchanges"][: first - kept["first"]] + report["history"]["exchanges"]
        gone = report["history"]["dropped_exchanges"] - kept["first"]
        whole = {"vocabularies": whole["vocabularies"], **report}
        first = report["history"]["dropped_exchanges"]
        whole["history"] = {**report["history"], "exchanges": exchanges[max(0, gone) :], "first": first}
    return dict(whole)


def test_a_character_comes_back_as_it_was(open_runtime: Open, persona: Persona, attack: Any) -> None:
    tokenizer = FakeTokenizer()
    engine = FakeEngine(tokenizer=tokenizer)
    npc = open_runtime(engine, seed=1).spawn(persona, [attack], seed=5)
    npc.world.update(tick=7, enemies=["goblin_1"])
    npc.observe("It rains.", ttl_ms=1000)
    engine.script("Bron", [say_and_act("Take this!", "attack", target="goblin_1"), "Done."])
    npc.say("Fight!").result()
    npc.say("And?").result()
    kept = json.loads(json.dumps(npc.export()))

    other = FakeEngine(tokenizer=tokenizer)
    again = open_runtime(other, seed=2).spawn(persona, [attack], kept=kept)
    assert again.history == npc.history
    assert again.world.snapshot() == npc.world.snapshot()
    assert again.export() == kept
    again.say("Well?").result()
    npc.say("Well?").result()
    first, second = engine.requests[-2:], other.requests[-2:]
    # The same prompt and the same random numbers as if nothing had happened.
    assert [request.tokens for request in first] == [request.tokens for request in second]
    assert [request.sampling for request in first] == [request.sampling for request in second]


def test_what_is_not_finished_is_not_kept(open_runtime: Open, persona: Persona) -> None:
    engine = FakeEngine(tokens_per_ms=0.1)
    npc = open_runtime(engine).spawn(persona)
    npc.say("One.").result()
    before = npc.export()
    npc.say("Two.")
    engine.clock.advance(20)
    during = npc.export()
    assert npc.is_talking
    assert during["history"] == before["history"]


@pytest.mark.parametrize("count", [1, 4])
def test_reports_put_together_are_the_export(open_runtime: Open, persona: Persona, look: Any, count: int) -> None:
    reports: list[dict[str, Any]] = []
    engine = FakeEngine(cells=700)
    npc = open_runtime(engine).spawn(persona, [look], on_kept=reports.append)
    npc.greet()
    for index in range(count * 6):
        npc.world.update(tick=index, places=[f"place {index // 4}"])
        engine.script("Bron", [say_and_act(f"Answer {index} of many.", "look")])
        turn = npc.say(f"Question {index}?")
        end = turn.result()
        turn.heard(index % 12)
        call = next(event for event in turn.events if type(event).__name__ == "ActionCall")
        call.reply("Nothing there.")
        assert end.calls == 1
    whole = npc.export()
    assert _merged(reports) == whole
    assert (whole["history"]["dropped_exchanges"] > 0) == (count > 1)
    assert max(len(report["history"]["exchanges"]) for report in reports) <= 3


def test_the_tick_is_reported_when_asked_for(open_runtime: Open, persona: Persona) -> None:
    reports: list[dict[str, Any]] = []
    npc = open_runtime(FakeEngine()).spawn(persona, on_kept=reports.append)
    npc.world.update(tick=3, places=["well"])
    npc.keep()
    npc.export()
    npc.world.update(tick=4)
    npc.keep()
    npc.export()
    told = [(report["tick"], report.get("vocabularies")) for report in reports]
    assert told == [(3, {"places": ["well"]}), (4, None)]


def test_a_cut_turn_is_kept_when_the_runtime_closes(open_runtime: Open, persona: Persona) -> None:
    reports: list[dict[str, Any]] = []
    engine = FakeEngine(tokens_per_ms=0.1)
    runtime = open_runtime(engine)
    npc = runtime.spawn(persona, on_kept=reports.append)
    npc.say("Hello.")
    engine.clock.advance(20)
    runtime.close()
    assert [exchange["line"] for exchange in reports[-1]["history"]["exchanges"]] == ["Hello."]


def test_another_model_reads_it_too(
    open_runtime: Open, persona: Persona, tiny_hybrid_path: Path, spawn: Callable[..., Npc]
) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["Welcome."])
    npc = spawn(engine)
    npc.say("Hello.").result()
    runtime = Runtime(str(tiny_hybrid_path), engine="thread", slots=1, cells=2048, warm=False)
    with runtime:
        again = runtime.spawn(persona, kept=npc.export())
        assert [line.text for line in again.history] == ["Hello.", "Welcome."]


BROKEN = [
    {"version": 2},
    {"seed": "x"},
    {"turns": -1},
    {"history": None},
    {"history": {"version": 9}},
    {"observations": "rain"},
    {"observations": [["rain"]]},
    {"observations": [["rain", "long"]]},
    {"observations": [["rain", -1]]},
    {"observations": [["rain", True]]},
    {"vocabularies": {"places": "well"}},
    {"vocabularies": {"tick": ["1"]}},
    {"vocabularies": {"no name!": ["1"]}},
    {"vocabularies": {"places": [1]}},
]


@pytest.mark.parametrize("change", BROKEN, ids=str)
def test_what_somebody_has_edited_is_refused_by_name(open_runtime: Open, persona: Persona, change: Any) -> None:
    runtime = open_runtime(FakeEngine())
    kept = runtime.spawn(persona).export()
    with pytest.raises(NpcError) as caught:
        runtime.spawn(persona, name="other", kept={**kept, **change})
    assert caught.value.code in ("bad_kept", "bad_history", "bad_vocabulary", "bad_name")
    # Nothing of it stays behind.
    assert runtime.spawn(persona, name="other").history == ()


def test_plain_data_goes_both_ways(open_runtime: Open, persona: Persona) -> None:
    data = open_runtime(FakeEngine()).spawn(persona).export()
    assert Kept.from_dict(data).to_dict() == data
    with pytest.raises(PromptError):
        Kept.from_dict([])  # type: ignore[arg-type]


def test_a_lost_report_is_made_up_for(open_runtime: Open, persona: Persona) -> None:
    reports: list[dict[str, Any]] = []
    order: list[int] = []
    npc = open_runtime(FakeEngine()).spawn(persona, on_kept=reports.append)
    npc.world.update(places=["well"])
    for line in ("One.", "Two."):
        npc.say(line).result()
    npc.keep(is_whole=True, then=lambda: order.append(len(reports)))
    assert npc.export() == reports[-1]
    assert order == [len(reports)]
