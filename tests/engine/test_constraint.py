"""A grammar lets nothing pass that it does not allow, whatever the model would like to say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from reference import Reference, Reply, Talk, config, talking

from npc_sdk.engine.constraint import GrammarCompiler
from npc_sdk.engine.request import Constraint, Ended, Failed, Sampling
from npc_sdk.engine.thread import ThreadEngine
from npc_sdk.errors import ActionError, BackendError

CALL = """
start: "\\n<function=" deed ">\\n" "<parameter=target>\\n" target "\\n</parameter>\\n" "</function>\\n" </tool_call>
deed: "attack" | "heal"
target: "goblin" | "goblin chief" | "Zoë" | number
number: /[1-9][0-9]{0,2}/
"""
SPOKEN = re.compile(
    r"\n<function=(attack|heal)>\n<parameter=target>\n(goblin|goblin chief|Zoë|[1-9][0-9]{0,2})\n</parameter>\n"
    r"</function>\n</tool_call>"
)


@pytest.fixture(scope="module", params=["hybrid", "attention"])
def reference(request: pytest.FixtureRequest, tiny_hybrid_path: Path, tiny_attention_path: Path) -> Iterator[Reference]:
    reference = Reference(tiny_hybrid_path if request.param == "hybrid" else tiny_attention_path)
    yield reference
    reference.close()


@pytest.fixture
def grammars(reference: Reference) -> GrammarCompiler:
    return reference.grammars


@pytest.fixture
def talk(reference: Reference) -> Iterator[Talk]:
    yield from talking(ThreadEngine(config(reference.path)))


def allowed(reference: Reference, grammar: str) -> set[int]:
    """Return the tokens that may begin a text of a grammar."""
    logits = np.zeros(reference.tokenizer.vocabulary_size, dtype=np.float32)
    reference.grammars.matcher(grammar).mask(logits)
    return set(np.flatnonzero(np.isfinite(logits)).tolist())


def test_a_mask_allows_exactly_what_begins_a_text(reference: Reference) -> None:
    grammar = 'start: "attack" | "hold"'
    pieces = reference.tokenizer.pieces()
    expected = {
        token
        for token, piece in enumerate(pieces)
        if piece and (b"attack".startswith(piece) or b"hold".startswith(piece))
    }
    assert allowed(reference, grammar) == expected - reference.tokenizer.special_tokens()


def test_control_tokens_are_no_text(reference: Reference) -> None:
    text = allowed(reference, "start: /(.|\\n)+/")
    assert not text & reference.tokenizer.special_tokens()
    assert len(text) > 2000


def test_a_tag_is_one_token(reference: Reference) -> None:
    assert allowed(reference, "start: </tool_call>") == {reference.tokenizer.token_id("</tool_call>")}


@pytest.mark.parametrize("is_fast", [True, False])
def test_a_random_model_makes_only_valid_calls(talk: Talk, is_fast: bool) -> None:
    constraint = Constraint(trigger="", grammar=CALL, fast_forward=is_fast)
    requests = [
        talk.submit(
            f"c{seed}",
            Reply(tuple(range(50 + seed, 70 + seed)), (0,) * 100, 1.0),
            constraint=constraint,
            sampling=Sampling(temperature=3.0, top_k=0, top_p=1.0, min_p=0.0, seed=seed),
        )
        for seed in range(40)
    ]
    texts = set()
    for request in requests:
        end = talk.heard.ended(request)
        text = talk.heard.data[request].decode()
        assert end.reason == "stop" and SPOKEN.fullmatch(text), text
        assert (end.cost.tokens_forced > 0) == is_fast
        assert end.cost.tokens_sampled + end.cost.tokens_forced == len(talk.heard.tokens[request])
        texts.add(text)
    assert len(texts) > 4


def test_free_speech_is_free_until_the_trigger(talk: Talk, reference: Reference) -> None:
    """The first spoken piece serves as trigger; from then on the grammar holds, and speech may follow it."""
    reply = reference.clear_reply(reference.words(1, 20), 12, seed=1)
    pieces = reference.tokenizer.pieces()
    trigger = pieces[reply.tokens[2]].decode("utf-8", "replace")
    if not trigger.isprintable() or trigger.encode() != pieces[reply.tokens[2]]:
        pytest.skip("the model begins with half a character")
    constraint = Constraint(trigger=trigger, grammar='start: "<<" ("yes" | "no") ">>"')
    request = talk.submit("a", reply, constraint=constraint, max_tokens=30)
    talk.heard.ended(request)
    text = talk.heard.data[request]
    before, _, after = text.partition(trigger.encode())
    assert before == b"".join(pieces[token] for token in reply.tokens[:2])
    assert re.match(rb"<<(yes|no)>>.", after)


def test_a_token_that_the_grammar_forbids_is_an_error(grammars: GrammarCompiler, reference: Reference) -> None:
    matcher = grammars.matcher('start: "attack"')
    (wrong,) = [token for token, piece in enumerate(reference.tokenizer.pieces()) if piece == b"Z"]
    with pytest.raises(BackendError) as caught:
        matcher.consume(wrong)
    assert caught.value.code == "constraint_failed"


def test_trying_leaves_the_matcher_as_it_was(grammars: GrammarCompiler) -> None:
    matcher = grammars.matcher('start: "attack" | "hold"')
    assert not matcher.try_consume(grammars.tokenize(b"attic"))
    assert matcher.try_consume(grammars.tokenize(b"att"))
    assert not matcher.is_complete
    assert matcher.try_consume(grammars.tokenize(b"ack"))
    assert matcher.is_complete


def test_forced_tokens_are_consumed(grammars: GrammarCompiler, reference: Reference) -> None:
    matcher = grammars.matcher('start: "attack the " /[a-z]/ ')
    forced = matcher.forced()
    text = b"".join(reference.tokenizer.piece(token) for token in forced)
    assert text and b"attack the ".startswith(text)
    assert matcher.forced() == []


def test_matchers_of_one_grammar_do_not_share_their_place(grammars: GrammarCompiler) -> None:
    first, second = (grammars.matcher('start: "ab" "cd"') for _ in range(2))
    assert first.try_consume(grammars.tokenize(b"abcd")) and first.is_complete
    assert not second.is_complete and second.try_consume(grammars.tokenize(b"ab"))


def test_more_grammars_than_are_kept(grammars: GrammarCompiler) -> None:
    matchers = [grammars.matcher(f'start: "w{number}x"') for number in range(100)]
    for number, matcher in enumerate(matchers):
        assert matcher.try_consume(grammars.tokenize(f"w{number}x".encode()))
    assert grammars.matcher('start: "w0x"').try_consume(grammars.tokenize(b"w0x"))


@pytest.mark.parametrize("grammar", ["", "start: other", "start: /[/", "nonsense", "start: <no_such_tag>"])
def test_a_grammar_that_is_none_is_refused(grammars: GrammarCompiler, grammar: str) -> None:
    with pytest.raises(ActionError) as caught:
        grammars.matcher(grammar)
    assert caught.value.code == "bad_grammar"


def test_a_request_with_such_a_grammar_fails_and_others_go_on(talk: Talk, reference: Reference) -> None:
    bad = talk.submit("a", Reply((50, 51), (0,), 1.0), constraint=Constraint(trigger="", grammar="start: /[/"))
    end = talk.heard.end(bad)
    assert isinstance(end, Failed) and isinstance(end.error, ActionError) and end.error.code == "bad_grammar"
    talk.ask("a", reference.clear_reply(reference.words(1, 10), 4, seed=2))


def test_what_was_generated_must_follow_the_grammar(talk: Talk, reference: Reference) -> None:
    """A request that is run again after a crash brings its tokens along."""
    reply = reference.clear_reply(reference.words(1, 20), 100, 3, CALL)
    constraint = Constraint(trigger="", grammar=CALL)
    for given in range(1, len(reply.tokens)):
        request = talk.submit("a", reply, constraint=constraint, generated=reply.tokens[:given], max_tokens=100)
        assert talk.heard.ended(request).reason == "stop"
        assert talk.heard.tokens[request] == reply.tokens[given:]
    end = talk.heard.end(talk.submit("b", reply, constraint=constraint, generated=(reply.tokens[0], 50, 51)))
    assert isinstance(end, Failed) and end.error.code == "constraint_failed"


@pytest.mark.parametrize("tag", ["<|im_end|>", "<|im_start|>", "</s>"])
def test_end_and_control_tokens_end_the_reply(talk: Talk, reference: Reference, tag: str) -> None:
    """A grammar of one control token makes the model say it; nothing of it is shown."""
    token = reference.tokenizer.token_id(tag)
    assert token in reference.tokenizer.end_tokens
    words = reference.words(1, 10)
    request = talk.submit(
        "a", Reply(words, (0,) * 20, 1.0), constraint=Constraint(trigger="", grammar=f'start: "ab" {tag}')
    )
    end = talk.heard.end(request)
    assert isinstance(end, Ended) and end.reason == "stop"
    assert tag.encode() not in talk.heard.data[request]
    assert token not in talk.heard.tokens[request]
