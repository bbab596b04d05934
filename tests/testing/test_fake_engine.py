from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import Any

import pytest

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.request import (
    Boundary,
    Ended,
    EngineDown,
    EngineUp,
    Failed,
    PrefixKind,
    Reconfigured,
    Request,
    Scored,
    Suspended,
    Thinking,
    TokensOut,
)
from npc_sdk.errors import CapacityError, StateError
from npc_sdk.testing import FakeEngine, Reply, act
from npc_sdk.testing.fake_answer import options_in


def started(**arguments: Any) -> tuple[FakeEngine, list[Any]]:
    engine = FakeEngine(**arguments)
    events: list[Any] = []
    engine.start(events.append)
    return engine, events


def request(engine: FakeEngine, number: int, text: str = "You are Bron, the guard.", **changes: Any) -> Request:
    values: dict[str, Any] = {
        "id": number,
        "sequence": "Bron",
        "tokens": tuple(engine.tokenizer.encode(text, special=True)),
    }
    return Request(**{**values, **changes})


def text_of(events: list[Any]) -> str:
    return b"".join(event.data for event in events if isinstance(event, TokensOut)).decode()


def ends(events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, (Ended, Failed))]


def test_it_is_an_engine() -> None:
    engine: Engine = FakeEngine()
    with pytest.raises(StateError):
        _ = engine.info
    engine.start(lambda _: None)
    assert engine.info.model_name == "fake"
    engine.set_quantum(5)
    engine.close()
    engine.close()


def test_it_speaks_and_ends() -> None:
    engine, events = started()
    engine.script("Bron", ["Halt! Who goes there?"])
    engine.submit(request(engine, 1))
    assert text_of(events) == "Halt! Who goes there?"
    assert isinstance(events[-1], Ended) and events[-1].reason == "stop"
    assert engine.stats().decode_tokens == events[-1].cost.tokens_sampled == 6


def test_the_rule_sees_the_prompt() -> None:
    engine, events = started(rule=lambda prompt: "Yes." if prompt.endswith("guard.") else "No.")
    engine.submit(request(engine, 1))
    assert text_of(events) == "Yes."


def test_a_call_is_spelled_in_the_dialect() -> None:
    engine, events = started()
    engine.script("*", [Reply(text="Ha!", calls=(("attack", {"target": "a"}), ("look", {})))])
    engine.submit(request(engine, 1))
    assert text_of(events).startswith("Ha!\n<tool_call>\n<function=attack>\n<parameter=target>\na\n")
    assert text_of(events).count("</tool_call>") == 2


def test_limits_and_stop_texts() -> None:
    engine, events = started()
    engine.script("*", ["one two three", "one STOP two"])
    engine.submit(request(engine, 1, max_tokens=2))
    engine.submit(request(engine, 2, stop=(" STOP",)))
    assert text_of(events) == "one twoone"
    assert [event.reason for event in ends(events)] == ["length", "stop"]


def test_a_thought_comes_first_and_what_was_given_out_does_not_come_again() -> None:
    engine, events = started()
    engine.script("*", [Reply(thought="Hm.", text="Yes."), "one two three"])
    engine.submit(request(engine, 1, thinking=Thinking(budget=None)))
    assert text_of(events) == "Hm.\n</think>\nYes."
    events.clear()
    engine.submit(request(engine, 2, generated=tuple(engine.tokenizer.encode("one", special=False))))
    assert text_of(events) == " two three"


def test_pace() -> None:
    engine, events = started(tokens_per_ms=0.1, read_tokens_per_ms=1)
    engine.script("*", [Reply(text="one two", wait_ms=100)])
    engine.submit(request(engine, 1))
    tokens = len(engine.requests[0].tokens)
    engine.clock.advance(tokens + 109)
    assert events == []
    engine.clock.advance(1)
    assert text_of(events) == "one"
    engine.clock.advance(10)
    (end,) = ends(events)
    assert end.cost.read_ms == tokens
    assert end.cost.first_token_ms == tokens + 110
    assert end.cost.decode_ms == 10


def test_one_sequence_runs_one_request_after_the_other() -> None:
    engine, events = started(tokens_per_ms=0.1)
    engine.script("*", ["one", "two"])
    engine.submit(request(engine, 1))
    engine.submit(request(engine, 2))
    assert engine.stats().waiting == 1
    engine.clock.advance(100)
    assert [event.id for event in ends(events)] == [1, 2]
    assert ends(events)[1].cost.queue_ms == 10


def test_prefixes_are_counted() -> None:
    engine, events = started()
    first = request(engine, 1, "You are Bron, the guard. Hello.", boundaries=(Boundary(4, PrefixKind.PERSONA),))
    engine.submit(first)
    again = request(engine, 2, "You are Bron, the guard. Hello.")
    engine.submit(again)
    engine.submit(request(engine, 3, "You are Bron, nobody.", sequence="other"))
    engine.park("Bron")
    engine.submit(request(engine, 4, "You are Bron, the guard. Hello."))
    engine.forget("Bron")
    costs = [event.cost for event in ends(events)]
    tokens = len(first.tokens)
    assert [(cost.tokens_cached, cost.state_from) for cost in costs] == [
        (0, "none"),
        (tokens - 1, "slot"),
        (4, "fork"),
        (tokens - 1, "memory"),
    ]
    assert all(cost.tokens_cached + cost.tokens_read == len(sent.tokens) for cost, sent in zip(costs, engine.requests))  # noqa: B905


def test_reading_only() -> None:
    engine, events = started()
    engine.submit(request(engine, 1, kind="read"))
    assert [event.reason for event in ends(events)] == ["read"] and text_of(events) == ""
    assert engine.stats().read_tokens == len(engine.requests[0].tokens)
    assert engine.prompts("read") == ("You are Bron, the guard.",)


def test_scores() -> None:
    engine, events = started()
    prompt = "You are Bron, x\nOptions:\nA. fight\nB. flee. Now.\nAnswer with one letter."
    assert options_in(prompt) == ["fight", "flee. Now."]
    engine.choose("Bron", ["flee. Now.", {"fight": 1.0}])
    for number in (1, 2, 3):
        engine.submit(request(engine, number, prompt, kind="score", labels=(65, 66)))
    scores = [[math.exp(value) for value in event.log_probabilities] for event in events if isinstance(event, Scored)]
    assert scores[0] == pytest.approx([0.1, 0.9])
    assert scores[1] == pytest.approx([1, 0], abs=1e-6)
    assert scores[2] == pytest.approx([0.9, 0.1])
    assert [event.reason for event in ends(events)] == ["scored"] * 3


def test_cancel_and_close() -> None:
    engine, events = started()
    engine.script("*", [Reply(text="one", failure="silence"), Reply(failure="silence")])
    engine.submit(request(engine, 1))
    engine.cancel(1)
    engine.cancel(1)
    engine.submit(request(engine, 2))
    engine.close()
    assert [event.reason for event in ends(events)] == ["cancelled", "cancelled"]
    engine.submit(request(engine, 3))
    assert isinstance(events[-1], Failed)


def test_failures() -> None:
    engine, events = started()
    engine.script("*", [Reply(text="one two", failure="error", after_tokens=1), Reply(failure="silence")])
    engine.submit(request(engine, 1))
    assert text_of(events) == "one"
    assert isinstance(events[-1], Failed) and events[-1].error.code == "backend_failed"
    engine.submit(request(engine, 2, sequence="a"))
    events.clear()
    engine.script("*", [Reply(failure="crash")])
    engine.submit(request(engine, 3, sequence="b"))
    assert [type(event) for event in events] == [EngineDown, Failed, Failed, EngineUp]
    assert engine.stats().restarts == 1
    events.clear()
    engine.crash(is_final=True)
    engine.submit(request(engine, 4))
    assert [type(event) for event in events] == [EngineDown, Failed]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tokens": ()}, "prompt_too_long"),
        ({"tokens": (1,) * 9000}, "prompt_too_long"),
        ({"tokens": (1,) * 8000, "max_tokens": 192}, "prompt_too_long"),
        ({"boundaries": (Boundary(99, PrefixKind.WORLD),)}, "bad_boundaries"),
        ({"boundaries": (Boundary(3, PrefixKind.WORLD), Boundary(2, PrefixKind.PERSONA))}, "bad_boundaries"),
    ],
)
def test_requests_are_checked(changes: dict[str, Any], code: str) -> None:
    engine, events = started()
    engine.submit(request(engine, 1, **changes))
    assert isinstance(events[-1], Failed) and events[-1].error.code == code


def test_act_is_a_reply() -> None:
    engine, events = started()
    engine.script("*", [act("look")])
    engine.submit(request(engine, 1))
    assert text_of(events).startswith("<tool_call>\n<function=look>")


def test_closing_while_the_clock_is_at_work() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow:
        def next_ms(self) -> None:
            begun.set()
            go_on.wait(5)

        def fire(self) -> None: ...

        def settle(self) -> None: ...

    engine = FakeEngine()
    engine.clock.attach(Slow())
    engine.start(lambda _: None)
    moving = threading.Thread(target=engine.clock.advance, args=(1,), daemon=True)
    closing = threading.Thread(target=engine.close, daemon=True)
    moving.start()
    assert begun.wait(5)
    closing.start()
    closing.join(0.05)
    go_on.set()
    for thread in (moving, closing):
        thread.join(5)
        assert not thread.is_alive()


def changes(events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, (Reconfigured, Suspended))]


def test_a_change_holds_requests_up_as_long_as_it_takes() -> None:
    engine, events = started(tokens_per_ms=0.1, cells=4096)
    engine.submit(request(engine, 1))
    engine.clock.advance(30)
    assert len([event for event in events if isinstance(event, TokensOut)]) == 3
    engine.script_change(takes_ms=1000)
    engine.reconfigure(replace(engine.config, slots=2, cells=2048))
    engine.submit(request(engine, 2, sequence="Other"))
    engine.clock.advance(999)
    assert not changes(events) and not ends(events)
    engine.clock.advance(1)
    (event,) = changes(events)
    assert isinstance(event, Reconfigured) and event.error is None and event.config == engine.config
    assert event.context_bytes_before - event.context_bytes_after == (2 << 20) + (2048 << 10)
    assert (engine.info.slots, engine.info.cells) == (2, 2048) and event.change_ms == 1000
    engine.clock.advance(9)
    assert len([event for event in events if isinstance(event, TokensOut)]) == 3
    engine.clock.advance(1)
    assert len([event for event in events if isinstance(event, TokensOut)]) == 5
    engine.clock.advance(1000)
    assert {event.id for event in ends(events)} == {1, 2}


def test_a_change_that_is_told_to_fail_leaves_what_was() -> None:
    engine, events = started()
    before = engine.config
    engine.script_change(error=CapacityError("No.", code="too_much"))
    engine.reconfigure(replace(before, slots=9))
    engine.reconfigure(replace(before, slots=2))
    first, second = changes(events)
    assert first.error.code == "too_much" and first.config == before
    assert second.error is None and engine.config.slots == 2
    assert engine.wishes == (replace(before, slots=9), replace(before, slots=2))


def test_of_several_wishes_the_last_counts() -> None:
    engine, events = started()
    engine.script_change(takes_ms=10)
    for slots in (1, 2, 3):
        engine.reconfigure(replace(engine.config, slots=slots))
    engine.clock.advance(10)
    assert [event.config.slots for event in changes(events)] == [1, 3]


def test_suspended_requests_wait_until_it_is_brought_back() -> None:
    engine, events = started(tokens_per_ms=1.0)
    engine.submit(request(engine, 1))
    engine.suspend()
    assert engine.is_suspended and isinstance(changes(events)[0], Suspended)
    assert engine.stats().context_bytes == engine.info.context_bytes == 0
    engine.submit(request(engine, 2))
    engine.submit(request(engine, 3, sequence="Other"))
    engine.cancel(3)
    engine.clock.advance(10_000)
    assert [event.id for event in ends(events)] == [3]
    engine.script_change(error=CapacityError("No."))
    engine.reconfigure(engine.config)
    assert engine.is_suspended and changes(events)[-1].is_suspended
    engine.reconfigure(engine.config)
    assert not engine.is_suspended
    engine.clock.advance(10_000)
    assert [event.id for event in ends(events)] == [3, 1, 2]


def test_what_a_change_leaves_no_room_for_fails() -> None:
    engine, events = started(tokens_per_ms=1.0)
    engine.submit(request(engine, 1, max_tokens=20))
    engine.submit(request(engine, 2, max_tokens=2000, sequence="Other"))
    engine.reconfigure(replace(engine.config, cells=500))
    (end,) = ends(events)
    assert end.id == 2 and end.error.code == "prompt_too_long"
    engine.reconfigure(replace(engine.config, model_path="another"))
    assert ends(events)[-1].error.code == "model_changed"


def test_a_crash_during_a_change_ends_requests_and_the_change_goes_on() -> None:
    engine, events = started(tokens_per_ms=1.0)
    engine.submit(request(engine, 1))
    engine.script_change(takes_ms=10)
    engine.reconfigure(replace(engine.config, slots=2))
    engine.crash()
    engine.clock.advance(10)
    assert len(ends(events)) == 1 and engine.info.slots == 2
    engine.crash(is_final=True)
    engine.reconfigure(engine.config)
    engine.suspend()
    assert changes(events)[-1].error is not None and not engine.is_suspended


def test_before_the_start_a_change_only_replaces_the_configuration() -> None:
    engine = FakeEngine()
    with pytest.raises(StateError):
        engine.suspend()
    engine.reconfigure(replace(engine.config, slots=7))
    engine.start(lambda event: None)
    assert engine.info.slots == 7


def test_hints_and_pacing_are_remembered_and_figures_are_as_told() -> None:
    engine, _ = started()
    hint, pacing = FrameHint(target_ms=16.0), PacingConfig(floor_tokens_per_s=2.0)
    engine.frame(hint)
    engine.pace(pacing)
    engine.say_pacing(tokens_per_s=3.5, is_starving=True, quantum=4)
    stats = engine.stats()
    assert engine.hints == (hint,) and engine.pacing == pacing
    assert (stats.tokens_per_s, stats.is_starving, stats.quantum) == (3.5, True, 4)
