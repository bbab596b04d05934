from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npc_sdk.actions import WorldSnapshot
from npc_sdk.engine.request import Ended, EngineCost, Failed, TokensOut
from npc_sdk.errors import BackendError, PromptError
from npc_sdk.persona import Limits
from npc_sdk.runtime.events import ActionCall, ActionDropped, Sentence, SpeechDelta, TurnEnd
from npc_sdk.runtime.plan import TurnPlan
from npc_sdk.runtime.turn_machine import CancelRequest, Submit, TurnMachine

LIVE = WorldSnapshot(1, {"enemies": ("goblin_1", "goblin_2")})
CALL = "<tool_call>\n<function=attack>\n<parameter=target>\ngoblin_1\n</parameter>\n</function>\n</tool_call>"
LOOK = "<tool_call>\n<function=look>\n</function>\n</tool_call>"

Plan = Callable[..., TurnPlan]


class Driver:
    """Feeds a machine and keeps all that came out."""

    def __init__(self, plan: TurnPlan) -> None:
        self.machine = TurnMachine(plan, itertools.count(1).__next__)
        self.out: list[Any] = []
        self.now_ms = plan.started_ms
        self.asked_again = 0
        self.take(self.machine.start(self.now_ms))

    def take(self, outputs: list[Any]) -> list[Any]:
        self.out += outputs
        return outputs

    def say(self, text: str, live: WorldSnapshot = LIVE) -> list[Any]:
        event = TokensOut(self.machine.request_id or 0, (7,), text.encode())
        return self.take(self.machine.engine(event, self.now_ms, live))

    def finish(self, reason: Any = "stop") -> list[Any]:
        event = Ended(self.machine.request_id or 0, reason, EngineCost(tokens_read=3, tokens_sampled=2))
        return self.take(self.machine.engine(event, self.now_ms, LIVE))

    def fail(self) -> list[Any]:
        event = Failed(self.machine.request_id or 0, BackendError("No."), EngineCost())
        return self.take(self.machine.engine(event, self.now_ms, LIVE))

    def hold(self, code: str = "model_changed") -> list[Any]:
        failed = Failed(self.machine.request_id or 0, BackendError("Changed.", code=code), EngineCost(tokens_read=5))
        return self.take(self.machine.hold(failed, self.now_ms))

    def ask_again(self, plan: TurnPlan) -> list[Any]:
        outputs = self.take(self.machine.ask_again(plan, self.now_ms))
        self.asked_again += bool(outputs)
        return outputs

    def tick(self, now_ms: float) -> list[Any]:
        self.now_ms = now_ms
        return self.take(self.machine.tick(now_ms))

    def kinds(self, kind: type) -> list[Any]:
        return [item for item in self.out if isinstance(item, kind)]

    @property
    def end(self) -> TurnEnd:
        (end,) = self.kinds(TurnEnd)
        assert isinstance(end, TurnEnd)
        return end


def test_a_complete_answer_ends_as_model(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Halt! Who")
    turn.say(" goes there?")
    turn.finish()
    assert [sentence.text for sentence in turn.kinds(Sentence)] == ["Halt!", "Who goes there?"]
    assert "".join(delta.text for delta in turn.kinds(SpeechDelta)) == turn.end.text == "Halt! Who goes there?"
    assert (turn.end.source, turn.end.why) == ("model", "stop")
    assert turn.end.cost.read.new == 3
    assert turn.end.cost.is_complete


def test_a_call_arrives_when_complete_and_after_its_sentence(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Take this!\n" + CALL[:-3])
    assert not turn.kinds(ActionCall)
    turn.say(CALL[-3:])
    turn.finish()
    order = [type(item) for item in turn.out if isinstance(item, (Sentence, ActionCall, TurnEnd))]
    assert order == [Sentence, ActionCall, TurnEnd]
    (call,) = turn.kinds(ActionCall)
    assert (call.name, dict(call.arguments), call.tick) == ("attack", {"target": "goblin_1", "style": "quick"}, 1)


def test_a_stale_call_is_dropped_and_counted(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say(CALL, live=WorldSnapshot(5, {"enemies": ("goblin_2",)}))
    turn.finish()
    (dropped,) = turn.kinds(ActionDropped)
    assert (dropped.missing, dropped.tick, dropped.live_tick) == (("goblin_1",), 1, 5)
    assert not turn.kinds(ActionCall)
    assert (turn.end.dropped, turn.end.calls, turn.end.source) == (1, 0, "model")


def test_a_moved_world_that_still_has_the_target_keeps_the_call(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say(CALL, live=WorldSnapshot(9, {"enemies": ("goblin_1",)}))
    turn.finish()
    assert turn.end.calls == 1


def test_a_bad_call_is_counted_and_not_delivered(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Well. " + CALL.replace("attack", "fly"))
    turn.finish()
    assert not turn.kinds(ActionCall)
    assert (turn.end.bad_calls, turn.end.text) == (1, "Well.")


def test_only_a_bad_call_falls_back(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say(CALL.replace("attack", "fly"))
    turn.finish()
    assert (turn.end.source, turn.end.why, turn.end.text) == ("fallback", "bad_call", "Hm.")


def test_the_deadline_keeps_whole_sentences(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Halt! Who goes th")
    turn.tick(999)
    assert not turn.kinds(TurnEnd)
    turn.tick(1000)
    assert (turn.end.text, turn.end.source, turn.end.why) == ("Halt!", "cut", "deadline")
    assert turn.kinds(CancelRequest)
    assert not turn.end.cost.is_complete
    assert turn.end.cost.decode.sampled == 1


def test_the_deadline_counts_a_sentence_whose_next_word_is_not_there(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Halt!")
    turn.tick(1000)
    assert (turn.end.text, turn.end.source) == ("Halt!", "cut")


def test_the_deadline_without_a_whole_sentence_falls_back(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("I think that")
    turn.tick(1500)
    assert (turn.end.text, turn.end.source, turn.end.why) == ("Hm.", "fallback", "deadline")
    sentence = turn.kinds(Sentence)[-1]
    assert (sentence.text, sentence.source, sentence.ends_at) == ("Hm.", "fallback", 3)
    assert turn.kinds(SpeechDelta)[-1].source == "fallback"


def test_an_action_without_words_is_enough_at_the_deadline(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say(CALL + "\nAnd n")
    turn.tick(1000)
    assert (turn.end.source, turn.end.text, turn.end.calls) == ("cut", "", 1)


@pytest.mark.parametrize("reason", ["deadline", "cancelled"])
def test_an_engine_that_ends_early_is_not_a_complete_answer(plan: Plan, reason: str) -> None:
    turn = Driver(plan())
    turn.say("Halt! Who")
    turn.finish(reason)
    assert (turn.end.source, turn.end.why, turn.end.text) == ("cut", reason, "Halt!")


def test_a_failure_falls_back_with_its_code(plan: Plan) -> None:
    turn = Driver(plan())
    turn.fail()
    assert (turn.end.source, turn.end.why) == ("fallback", "backend_failed")
    assert isinstance(turn.end.error, BackendError)


def test_a_failure_after_a_sentence_is_a_cut(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Halt! Who")
    turn.fail()
    assert (turn.end.source, turn.end.text) == ("cut", "Halt!")


def test_no_request_falls_back_at_once(plan: Plan) -> None:
    turn = Driver(plan(request=None, error=PromptError("Too long.", code="prompt_too_long")))
    assert not turn.kinds(Submit)
    assert (turn.end.source, turn.end.why, turn.end.cost.requests) == ("fallback", "prompt_too_long", 0)


def test_an_empty_answer_falls_back(plan: Plan) -> None:
    turn = Driver(plan())
    turn.finish()
    assert (turn.end.source, turn.end.why) == ("fallback", "empty")


def test_the_limit_of_sentences_ends_politely(plan: Plan) -> None:
    turn = Driver(plan(limits=Limits(sentences=2)))
    turn.say("One. Two. Thr")
    assert not turn.kinds(TurnEnd)
    assert turn.kinds(CancelRequest)
    turn.say("ee. Four.")
    turn.finish("cancelled")
    assert (turn.end.text, turn.end.source, turn.end.why) == ("One. Two.", "model", "limit")
    assert turn.end.cost.is_complete


def test_an_action_after_the_last_allowed_sentence_still_counts(plan: Plan) -> None:
    turn = Driver(plan(limits=Limits(sentences=1)))
    turn.say("Take this!\n" + CALL)
    turn.finish()
    assert (turn.end.calls, turn.end.why, turn.end.text) == (1, "stop", "Take this!")


def test_the_limit_of_characters_keeps_whole_words(plan: Plan) -> None:
    turn = Driver(plan(limits=Limits(characters=20)))
    turn.say("well well well well well well")
    turn.finish("cancelled")
    assert (turn.end.text, turn.end.why) == ("well well well", "limit")
    assert len("".join(delta.text for delta in turn.kinds(SpeechDelta))) <= 20


def test_the_limit_of_tokens_keeps_whole_sentences(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Halt! Who goes")
    turn.finish("length")
    assert (turn.end.text, turn.end.source, turn.end.why) == ("Halt!", "model", "limit")


def test_a_limit_whose_cancel_is_never_answered_ends_at_the_deadline(plan: Plan) -> None:
    turn = Driver(plan(limits=Limits(sentences=1)))
    turn.say("One. Two")
    turn.tick(1000)
    assert (turn.end.text, turn.end.source, turn.end.why) == ("One.", "model", "limit")


def test_cancel_keeps_what_was_delivered(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Halt! Who goes")
    turn.take(turn.machine.cancel("cancelled", 10))
    assert (turn.end.text, turn.end.source, turn.end.why) == ("Halt! Who goes", "cut", "cancelled")
    assert turn.machine.cancel("cancelled", 11) == []


def test_an_awaited_result_lets_the_character_go_on(plan: Plan) -> None:
    turn = Driver(plan(waits_for=frozenset({"look"})))
    turn.say("Let me see.\n" + LOOK)
    turn.finish()
    assert not turn.kinds(TurnEnd)
    (call,) = turn.kinds(ActionCall)
    out = turn.take(turn.machine.result(call.id, "A dragon.", True, 20))
    (submit,) = [item for item in out if isinstance(item, Submit)]
    assert submit.request.tokens == (1, 2, 3, 7, 9)
    turn.say("A dragon!")
    turn.finish()
    assert (turn.end.text, turn.end.why, turn.end.cost.requests) == ("Let me see. A dragon!", "stop", 2)


def test_a_result_without_going_on_ends_the_turn(plan: Plan) -> None:
    turn = Driver(plan(waits_for=frozenset({"look"})))
    turn.say(LOOK)
    turn.finish()
    turn.take(turn.machine.result(turn.kinds(ActionCall)[0].id, "Nothing.", False, 20))
    assert (turn.end.why, turn.end.source) == ("stop", "model")
    assert turn.machine.take_results() == ("Nothing.",)


def test_a_result_that_never_comes_ends_the_turn_normally(plan: Plan) -> None:
    turn = Driver(plan(waits_for=frozenset({"look"})))
    turn.say("Hm. " + LOOK)
    turn.finish()
    assert turn.machine.next_ms() == 200
    turn.tick(200)
    assert (turn.end.why, turn.end.source, turn.end.text) == ("stop", "model", "Hm.")


def test_the_deadline_also_ends_a_wait(plan: Plan) -> None:
    turn = Driver(plan(waits_for=frozenset({"look"}), action_timeout_ms=5000.0))
    turn.say("Hm. " + LOOK)
    turn.finish()
    turn.tick(1000)
    assert (turn.end.why, turn.end.source) == ("deadline", "model")


def test_rounds_are_bounded(plan: Plan) -> None:
    turn = Driver(plan(waits_for=frozenset({"look"}), max_rounds=2))
    for _ in range(3):
        turn.say(LOOK)
        turn.finish()
        turn.take(turn.machine.result(turn.kinds(ActionCall)[-1].id, "Nothing.", True, 20))
    assert len(turn.kinds(Submit)) == 3
    assert turn.end.calls == 3


def test_a_prompt_that_no_longer_fits_ends_the_turn_with_what_there_is(plan: Plan) -> None:
    def too_long(*_: Any) -> tuple[int, ...]:
        raise PromptError("Too long.", code="prompt_too_long")

    turn = Driver(plan(waits_for=frozenset({"look"}), go_on=too_long))
    turn.say("Hm. " + LOOK)
    turn.finish()
    turn.take(turn.machine.result(turn.kinds(ActionCall)[0].id, "Nothing.", True, 20))
    assert (turn.end.source, turn.end.why, turn.end.text) == ("model", "prompt_too_long", "Hm.")
    assert turn.machine.open_round is None
    assert turn.machine.take_results() == ("Nothing.",)


def test_a_late_result_is_kept_for_the_history(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say(CALL)
    turn.finish()
    call = turn.kinds(ActionCall)[0]
    assert turn.machine.result(call.id, "Hit.", True, 50) == []
    assert turn.machine.take_results() == ("Hit.",)
    assert turn.machine.result(call.id, "Again.", True, 51) == []
    assert turn.machine.take_results() == ()
    assert turn.machine.result("unknown", "?", True, 52) == []


def test_heard_is_clipped_and_the_last_report_counts(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Halt! Who goes th")
    turn.tick(1000)
    assert turn.machine.heard_characters(auto_heard=True) == 5
    assert turn.machine.heard_characters(auto_heard=False) == 0
    turn.machine.heard(900)
    assert turn.machine.heard_characters(auto_heard=True) == len("Halt! Who goes th")
    turn.machine.heard(3)
    assert turn.machine.heard_characters(auto_heard=True) == 3


def test_events_of_other_requests_are_ignored(plan: Plan) -> None:
    turn = Driver(plan())
    assert turn.machine.engine(TokensOut(99, (1,), b"No."), 1, LIVE) == []
    assert turn.machine.engine(Ended(99, "stop", EngineCost()), 1, LIVE) == []
    assert turn.machine.start(1) == []


_texts = st.sampled_from(
    [
        "Halt!",
        " Who goes there?",
        " I",
        "...",
        "\n",
        " 日本。",
        CALL,
        LOOK,
        "<tool",
        "_call>",
        "</tool_call>",
        "<think>",
        "no</think>",
        " x" * 120,
        "\u00e9",
    ]
)
_steps = st.one_of(
    st.tuples(st.just("say"), _texts),
    st.tuples(st.just("bytes"), st.binary(max_size=6)),
    st.tuples(st.just("finish"), st.sampled_from(["stop", "length", "cancelled", "deadline"])),
    st.tuples(st.just("fail"), st.none()),
    st.tuples(st.just("hold"), st.none()),
    st.tuples(st.just("again"), st.none()),
    st.tuples(st.just("tick"), st.floats(0, 400)),
    st.tuples(st.just("cancel"), st.sampled_from(["cancelled", "interrupted"])),
    st.tuples(st.just("heard"), st.integers(-5, 500)),
    st.tuples(st.just("result"), st.booleans()),
    st.tuples(st.just("gone"), st.none()),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_steps, max_size=30), waits=st.booleans(), auto_heard=st.booleans())
def test_whatever_happens_there_is_one_end_and_no_more_is_remembered_than_heard(
    plan: Plan, steps: list[tuple[str, Any]], waits: bool, auto_heard: bool
) -> None:
    turn = Driver(plan(waits_for=frozenset({"look", "attack"} if waits else ())))
    live, heard, was_over = LIVE, None, False
    for kind, value in steps:
        if kind == "say":
            turn.say(value, live)
        elif kind == "bytes":
            event = TokensOut(turn.machine.request_id or 0, (5, 6), value)
            turn.take(turn.machine.engine(event, turn.now_ms, live))
        elif kind == "finish":
            turn.finish(value)
        elif kind == "fail":
            turn.fail()
        elif kind == "hold":
            turn.hold()
        elif kind == "again":
            turn.ask_again(plan(waits_for=frozenset({"look", "attack"} if waits else ())))
        elif kind == "tick":
            turn.tick(turn.now_ms + value)
        elif kind == "cancel":
            turn.take(turn.machine.cancel(value, turn.now_ms))
        elif kind == "heard":
            heard = value
            turn.machine.heard(value)
        elif kind == "result":
            for call in turn.kinds(ActionCall):
                turn.take(turn.machine.result(call.id, "Done.", value, turn.now_ms))
        else:
            live = WorldSnapshot(2, {"enemies": ()})
        if kind != "heard" and turn.kinds(TurnEnd) and not was_over and turn.end.source == "fallback":
            heard = None  # what was reported was counted in the text that the fallback line replaced
        was_over = bool(turn.kinds(TurnEnd))
    turn.tick(10_000)
    if not was_over and turn.end.source == "fallback":
        heard = None
    _check_events(turn)
    _check_heard(turn, heard, auto_heard)
    _check_requests(turn)


def _check_events(turn: Driver) -> None:
    ends = turn.kinds(TurnEnd)
    assert len(ends) == 1
    after = turn.out[turn.out.index(ends[0]) + 1 :]
    assert not after
    assert turn.machine.next_ms() is None
    end = turn.end
    assert end.cost.source == end.source and end.cost.why == end.why
    shown = "".join(delta.text for delta in turn.kinds(SpeechDelta) if delta.source == "model")
    if end.source == "fallback":
        assert end.text == "Hm."
    else:
        assert shown.startswith(end.text)
    for sentence in turn.kinds(Sentence):
        if sentence.source == "model":
            assert shown[: sentence.ends_at].endswith(sentence.text)
    assert end.calls == len(turn.kinds(ActionCall)) and end.dropped == len(turn.kinds(ActionDropped))


def _check_heard(turn: Driver, heard: int | None, auto_heard: bool) -> None:
    kept = turn.machine.heard_characters(auto_heard=auto_heard)
    assert 0 <= kept <= len(turn.machine.shown)
    if heard is not None:
        assert kept <= max(0, heard)
    elif not auto_heard:
        assert kept == 0


def _check_requests(turn: Driver) -> None:
    submitted = [item.request.id for item in turn.kinds(Submit)]
    # Four rounds after the first, and each time that the engine changed before anything came of the turn.
    assert len(set(submitted)) == len(submitted) <= 5 + turn.asked_again
    assert {item.id for item in turn.kinds(CancelRequest)} <= set(submitted)


def test_what_was_heard_of_a_replaced_beginning_does_not_cut_the_fallback_line(plan: Plan) -> None:
    turn = Driver(plan(fallback_line="Not now, friend."))
    turn.say("Well, the")
    turn.machine.heard(4)
    turn.tick(1000)
    assert turn.machine.heard_characters(auto_heard=True) == len("Not now, friend.")
    turn.machine.heard(3)
    assert turn.machine.heard_characters(auto_heard=True) == 3


def test_the_limit_of_tokens_counts_a_sentence_whose_next_word_is_not_there(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("I know. He left.")
    turn.finish("length")
    assert (turn.end.source, turn.end.why, turn.end.text) == ("model", "limit", "I know. He left.")
    assert [sentence.text for sentence in turn.kinds(Sentence)] == ["I know.", "He left."]


def test_an_engine_that_goes_while_a_result_is_waited_for_takes_nothing_away(plan: Plan) -> None:
    turn = Driver(plan(waits_for=frozenset({"look"})))
    turn.say("Let me look.\n" + LOOK)
    turn.finish()
    turn.take(turn.machine.fail(BackendError("Gone."), 50))
    assert (turn.end.source, turn.end.why, turn.end.text) == ("model", "backend_failed", "Let me look.")


def test_an_engine_that_goes_after_the_limit_takes_nothing_away(plan: Plan) -> None:
    turn = Driver(plan(limits=Limits(sentences=1)))
    turn.say("One. Two. ")
    turn.take(turn.machine.fail(BackendError("Gone."), 50))
    assert (turn.end.source, turn.end.why, turn.end.text) == ("model", "limit", "One.")


@pytest.mark.parametrize(
    ("end", "is_broken_off"),
    [
        (lambda turn: turn.finish(), False),
        (lambda turn: turn.finish("length"), True),
        (lambda turn: turn.take(turn.machine.cancel("cancelled", 5)), True),
        (lambda turn: turn.tick(1000), True),
        (lambda turn: turn.fail(), True),
    ],
)
def test_a_turn_knows_whether_the_model_was_stopped(
    plan: Plan, end: Callable[[Driver], object], is_broken_off: bool
) -> None:
    turn = Driver(plan())
    turn.say("One. And then")
    end(turn)
    assert turn.machine.is_broken_off == is_broken_off


def test_what_was_not_begun_is_asked_again_after_a_change(plan: Plan) -> None:
    turn = Driver(plan())
    assert turn.hold() == []
    assert turn.machine.is_held and turn.machine.request_id is None
    (submit,) = turn.ask_again(plan(request=replace(plan().request, tokens=(4, 5), max_tokens=20)))
    assert (submit.request.id, submit.request.tokens, submit.request.max_tokens) == (2, (4, 5), 20)
    assert not turn.machine.is_held
    turn.say("Halt!")
    turn.finish()
    assert (turn.end.text, turn.end.source) == ("Halt!", "model")
    assert (turn.end.cost.requests, turn.end.cost.read.new, turn.end.cost.is_complete) == (2, 8, True)


@pytest.mark.parametrize("said", ["Halt! Who", CALL])
def test_what_was_begun_with_one_model_is_not_finished_by_another(plan: Plan, said: str) -> None:
    turn = Driver(plan())
    turn.say(said)
    turn.hold()
    assert (turn.end.source, turn.end.why) == ("cut", "model_changed")
    assert turn.ask_again(plan()) == []


def test_half_a_sentence_is_replaced_by_the_fallback_line(plan: Plan) -> None:
    turn = Driver(plan())
    turn.say("Who goes")
    turn.hold()
    assert (turn.end.source, turn.end.text) == ("fallback", "Hm.")


def test_a_turn_that_waits_for_results_ends_with_what_it_said(plan: Plan) -> None:
    turn = Driver(plan(waits_for=frozenset({"look"})))
    turn.say("I look around." + LOOK)
    turn.finish()
    turn.hold()
    assert (turn.end.source, turn.end.why, turn.end.text) == ("model", "model_changed", "I look around.")


def test_the_deadline_and_a_cancel_end_what_is_held(plan: Plan) -> None:
    turn = Driver(plan())
    turn.hold()
    turn.tick(1000)
    assert (turn.end.source, turn.end.why) == ("fallback", "deadline")
    turn = Driver(plan())
    turn.hold()
    turn.take(turn.machine.cancel("interrupted", 5))
    assert (turn.end.source, turn.end.text) == ("cut", "")
    assert not turn.kinds(CancelRequest)


def test_what_cannot_be_asked_again_falls_back(plan: Plan) -> None:
    turn = Driver(plan())
    turn.hold()
    turn.ask_again(plan(request=None, error=PromptError("Too long.", code="prompt_too_long")))
    assert (turn.end.source, turn.end.why) == ("fallback", "prompt_too_long")


def test_the_failure_of_another_request_holds_nothing(plan: Plan) -> None:
    turn = Driver(plan())
    failed = Failed(99, BackendError("Changed.", code="model_changed"), EngineCost())
    assert turn.take(turn.machine.hold(failed, 0)) == []
    assert not turn.machine.is_held
    assert turn.ask_again(plan()) == []
