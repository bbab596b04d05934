from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from npc_sdk.actions import action_spec
from npc_sdk.forge.corpus import Call, Conversation, Decide, Expectation, Reply, Result, Say
from npc_sdk.forge.evaluation.play import play
from npc_sdk.forge.evaluation.record import Case, Chosen, Heard, Played
from npc_sdk.persona import Limits, Persona
from npc_sdk.runtime import Runtime
from npc_sdk.testing import FakeEngine, say_and_act

HEAL = action_spec(
    {
        "name": "heal",
        "description": "Heal an ally.",
        "parameters": {
            "type": "object",
            "properties": {"target": {"type": "string", "x-vocabulary": "allies"}},
            "required": ["target"],
        },
    }
)
PLAIN = Expectation(intent="greeting")
ALLIES = {"allies": ("Tom", "Ann")}


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def act_out(engine: FakeEngine, mara: Persona) -> Iterator[Callable[..., Played]]:
    with Runtime(engine=engine, warm=False) as runtime:

        def run(*steps: Any, **changes: Any) -> Played:
            conversation = Conversation(**{"kind": "x", "persona": mara, "steps": steps, **changes})
            sleep = lambda seconds: engine.clock.advance(1000 * seconds)  # noqa: E731
            return play(runtime, Case(name="case", conversation=conversation), sleep=sleep)

        yield run


def _say(line: str, text: str = "x", **changes: Any) -> Say:
    reply = Reply(text=text, calls=changes.pop("calls", ()), cut_at=changes.pop("cut_at", None))
    return Say(line=line, reply=reply, expectation=changes.pop("expectation", PLAIN), **changes)


def test_answers_come_in_order_and_the_models_own_stay_in_the_history(
    engine: FakeEngine, act_out: Callable[..., Played]
) -> None:
    engine.script("*", ["Good day.", "I said good day."])
    first, second = act_out(_say("Hello."), _say("What?", speaker="Osk")).records
    assert isinstance(first, Heard) and isinstance(second, Heard)
    assert (first.text, first.line, first.step) == ("Good day.", "Hello.", 0)
    assert (second.text, second.speaker, second.step) == ("I said good day.", "Osk", 1)
    assert "Good day." in engine.prompts()[1] and "Osk: What?" in engine.prompts()[1]
    assert "Good day." not in second.known and "12 thalers" in second.known


def test_what_is_noticed_is_gone_with_the_next_step(engine: FakeEngine, act_out: Callable[..., Played]) -> None:
    act_out(
        _say("How?", observations=("It rains.", "The player is a friend.")),
        _say("And?", observations=("The player is a friend.",)),
        _say("Now?"),
    )
    tails = [prompt.rpartition("user\n")[2] for prompt in engine.prompts()]
    assert "It rains." in tails[0] and "friend" in tails[0]
    assert "It rains." not in tails[1] and "friend" in tails[1]
    assert "friend" not in tails[2]


def test_calls_are_kept_and_a_result_is_told_and_answered(engine: FakeEngine, act_out: Callable[..., Played]) -> None:
    call = Call(name="heal", arguments={"target": "Tom"})
    engine.script("*", [say_and_act("At once.", "heal", target="Tom"), "I tried, but it is dark."])
    result = Result(texts=("refused: it is dark",), reply=Reply(), expectation=Expectation(intent="result_bad"))
    said, told = act_out(_say("Heal Tom.", calls=(call,), vocabulary=ALLIES), result, actions=(HEAL,)).records
    assert isinstance(said, Heard) and isinstance(told, Heard)
    assert (said.text, said.calls, said.has_actions) == ("At once.", (call,), True)
    assert (told.text, told.line, told.calls, told.step) == ("I tried, but it is dark.", "", (), 1)
    assert "refused: it is dark" in told.known


def test_a_result_of_what_was_not_done_is_not_told(engine: FakeEngine, act_out: Callable[..., Played]) -> None:
    engine.script("*", ["I will not."])
    call = Call(name="heal", arguments={"target": "Tom"})
    result = Result(texts=("ok",), reply=Reply(), expectation=PLAIN)
    records = act_out(_say("Heal Tom.", calls=(call,), vocabulary=ALLIES), result, actions=(HEAL,)).records
    assert len(records) == 1


def test_a_cut_answer_is_remembered_only_as_far_as_it_was_heard(
    engine: FakeEngine, act_out: Callable[..., Played]
) -> None:
    engine.script("*", ["The mill lies behind the old chapel.", "Behind the chapel."])
    act_out(_say("Where?", text="one two three four", cut_at=8), _say("Go on."))
    prompt = engine.prompts()[1]
    assert "The mill lies" in prompt and "old chapel" not in prompt


def test_decisions_are_taken(engine: FakeEngine, act_out: Callable[..., Played]) -> None:
    engine.choose("*", ["run"])
    asked = Decide(situation="A wolf.", options=("stay", "run"), answer_index=1, equal_indices=(1,), intent="react")
    (chosen,) = act_out(asked).records
    assert isinstance(chosen, Chosen)
    assert (chosen.index, chosen.source, chosen.why) == (1, "model", "scored")


def test_a_card_that_does_not_fit_is_told(engine: FakeEngine, act_out: Callable[..., Played]) -> None:
    talker = Persona(name="Long", role="a talker", description="word " * 380, limits=Limits(tokens=2048))
    engine._cells = 2100
    with Runtime(engine=FakeEngine(cells=2100), warm=False) as runtime:
        case = Case(name="c", conversation=Conversation(kind="x", persona=talker, steps=(_say("Hi"),)))
        played = play(runtime, case)
    assert played == Played(case="c", records=(), problem="prompt_too_long")


def test_a_failing_engine_gives_a_fallback_line(engine: FakeEngine, act_out: Callable[..., Played]) -> None:
    from npc_sdk.testing import Reply as Scripted

    engine.script("*", [Scripted(failure="error", after_tokens=0)])
    (heard,) = act_out(_say("Hello.")).records
    assert isinstance(heard, Heard) and not heard.is_own and heard.why == "backend_failed"
