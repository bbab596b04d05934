from __future__ import annotations

from random import Random

import pytest

pytest.importorskip("tokenizers")

from npc_sdk.actions import action_spec
from npc_sdk.forge.corpus.conversation import (
    Call,
    Conversation,
    Decide,
    Expectation,
    Reply,
    Result,
    Say,
    Step,
)
from npc_sdk.forge.examples import Example
from npc_sdk.forge.render import compiler_for, render
from npc_sdk.forge.tokenizer import SPECIAL_TOKENS, ForgeTokenizer, byte_letters
from npc_sdk.persona import Persona, World

TOKENIZER = ForgeTokenizer({text: index for index, text in enumerate([*SPECIAL_TOKENS, *byte_letters()])}, [])
COMPILER = compiler_for(TOKENIZER)
ATTACK = action_spec(
    {
        "name": "attack",
        "description": "Attack an enemy.",
        "parameters": {
            "type": "object",
            "properties": {"target": {"type": "string", "x-vocabulary": "enemies"}},
            "required": ["target"],
        },
    }
)
NOTHING = Expectation(intent="test")


def _say(line: str, reply: Reply, *enemies: str, seen: tuple[str, ...] = ()) -> Say:
    vocabulary = {"enemies": enemies} if enemies else {}
    return Say(line=line, reply=reply, expectation=NOTHING, vocabulary=vocabulary, observations=seen)


def _rendered(*steps: Step, seed: int = 0, entities: tuple[str, ...] = ()) -> Example:
    conversation = Conversation(
        kind="test",
        persona=Persona(name="Vorka", role="a smith"),
        world=World(name="Dale"),
        actions=(ATTACK,),
        steps=steps,
        entities=entities,
    )
    return render(conversation, COMPILER, Random(seed))


def _learned(example: Example, *, card: bool = False) -> list[str]:
    found, start = [], None
    opening = next(index for index, token in enumerate(example.tokens) if token in TOKENIZER.end_tokens)
    for index, learned in enumerate([*example.loss, False]):
        learned = learned and (index < opening) == card
        if learned and start is None:
            start = index
        elif not learned and start is not None:
            found.append(TOKENIZER.decode(example.tokens[start:index]))
            start = None
    return found


def test_what_is_said_and_done_is_learned_with_its_end() -> None:
    call = Call(name="attack", arguments={"target": "Bo"})
    example = _rendered(
        _say("Hi.", Reply(text="Hello.")),
        _say("Attack Bo!", Reply(text="At once.", calls=(call,)), "Bo", "Tak"),
        Result(texts=("Bo is hit.",), reply=Reply(text="Take that!"), expectation=NOTHING),
    )
    call_text = "<tool_call>\n<function=attack>\n<parameter=target>\nBo\n</parameter>\n</function>\n</tool_call>"
    assert _learned(example) == ["Hello.<|im_end|>", f"At once.\n{call_text}<|im_end|>", "Take that!<|im_end|>"]
    assert len(example.tokens) == len(example.loss)


def test_the_text_is_that_of_the_compiler() -> None:
    text = TOKENIZER.decode(_rendered(_say("Hi.", Reply(text="Hello."), "Bo", seen=("It rains.",))).tokens)
    assert text.startswith("<|im_start|>system\nWorld: Dale\n\nYou are Vorka, a smith.\nSay only what Vorka says")
    assert "<name>attack</name>" in text
    assert text.endswith(
        "<|im_start|>user\nNow:\n- It rains.\nenemies:\nBo\n\nHi.<|im_end|>\n"
        "<|im_start|>assistant\n<think></think>Hello.<|im_end|>\n"
    )


def test_what_is_quoted_counts_more_than_what_is_said_around_it() -> None:
    step = Say(
        line="How much?",
        reply=Reply(text="I ask 12 marks."),
        expectation=Expectation(intent="trade", must_contain=("12 marks",)),
    )
    example = _rendered(step)
    heavy = [token for token, weight in zip(example.tokens, example.loss, strict=True) if weight > 1]
    assert TOKENIZER.decode(heavy) == "12 marks"


def test_a_decision_is_one_letter() -> None:
    decide = Decide(situation="Fight.", options=("run", "hit"), answer_index=1, equal_indices=(1,), intent="tactics")
    assert _learned(_rendered(decide)) == ["B<|im_end|>"]


def test_the_end_of_an_interrupted_line_is_not_learned() -> None:
    example = _rendered(_say("Hi.", Reply(text="Hello there, friend.", cut_at=11)), _say("Go on.", Reply(text="Well.")))
    assert _learned(example) == ["Hello there", "Well.<|im_end|>"]
    assert "Hello there—<|im_end|>" in TOKENIZER.decode(example.tokens)


def test_earlier_notices_are_either_all_kept_or_taken_out_of_the_history() -> None:
    steps = [_say(f"Attack {name}!", Reply(text=f"Yes, {name}."), name) for name in ("Bo", "Tak")]
    texts = {TOKENIZER.decode(_rendered(*steps, seed=seed).tokens): _rendered(*steps, seed=seed) for seed in range(20)}
    assert len(texts) == 3
    for text, example in texts.items():
        if text.count("enemies:\n") == 2:
            assert _learned(example) == ["Yes, Bo.<|im_end|>", "Yes, Tak.<|im_end|>"]
        elif "Tak" in text:
            assert _learned(example) == ["Yes, Tak.<|im_end|>"]
        else:
            assert _learned(example) == ["Yes, Bo.<|im_end|>"]


def test_the_name_is_learned_where_the_card_repeats_it() -> None:
    example = _rendered(_say("Hi.", Reply(text="Hello.")))
    assert _learned(example, card=True) == ["Vorka"] * 3


def test_other_names_are_learned_from_their_second_token_where_they_come_again() -> None:
    steps = (_say("Who is Brim?", Reply(text="Brim is dead.")), _say("Where is Brim?", Reply(text="Gone.")))
    example = _rendered(*steps, entities=("Brim",))
    assert _learned(example) == ["Brim is dead.<|im_end|>", "rim", "Gone.<|im_end|>"]
