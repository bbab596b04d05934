from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.prompt.heard import cut_mark, heard_reply, read_answer, text_answer
from npc_sdk.prompt.thinking import ThinkingFilter

CALL = ("strike", {"target": "goblin_1"})
SPEECH = "I have told you twice. Go home—now."


def generate(compiler, text):
    return compiler.tokenizer.encode(text, special=True)


def reply(compiler, text, heard=None, calls=(), thinking=False):
    return heard_reply(compiler, read_answer(compiler, generate(compiler, text), thinking=thinking), calls, heard)


def call_text(compiler):
    return compiler.text(compiler.reply("", [CALL]))


def test_all_heard_keeps_the_tokens(compiler):
    tokens = generate(compiler, SPEECH)
    kept = reply(compiler, SPEECH + "<|im_end|>")
    assert kept.tokens == tuple(tokens)
    assert (kept.text, kept.is_interrupted, kept.ends_with_call) == (SPEECH, False, False)


@given(heard=st.integers(-3, 60))
def test_cut_keeps_the_tokens_inside_what_was_heard(compiler, heard):
    kept = reply(compiler, SPEECH, heard)
    said = SPEECH[: max(0, heard)].rstrip()
    if not said:
        assert kept is None
        return
    mark = cut_mark(said) if len(said) < len(SPEECH) else ""
    assert kept.text == compiler.text(kept.tokens) == said + mark
    assert kept.is_interrupted == (len(said) < len(SPEECH))
    tokens = tuple(generate(compiler, SPEECH))
    common = next(
        (i for i, pair in enumerate(zip(kept.tokens, tokens, strict=False)) if pair[0] != pair[1]), len(tokens)
    )
    inside = sum(len(compiler.text(tokens[: index + 1])) <= len(said) for index in range(len(tokens)))
    assert common >= inside


def test_a_cut_token_is_encoded_anew(compiler):
    kept = reply(compiler, SPEECH, len("I have to"))
    assert kept.text == "I have to—"
    assert kept.tokens[:2] == tuple(generate(compiler, "I have"))


def test_no_dash_after_a_whole_sentence(compiler):
    assert reply(compiler, SPEECH, len("I have told you twice.")).text == "I have told you twice."


@pytest.mark.parametrize(
    ("text", "mark"), [("Go", "—"), ("Go.", ""), ("Go. ", ""), ("走。", ""), ("", ""), ("Go—", "")]
)
def test_cut_mark(text, mark):
    assert cut_mark(text) == mark


@pytest.mark.parametrize(
    ("generated", "thinking"),
    [
        ("let me see</think>\n\nGo home.<|im_end|>", True),
        ("<think>\nlet me see\n</think>\nGo home.", False),
        ("  Go home.", True),
        ("Go home. \n<|im_end|>", False),
    ],
)
def test_thoughts_and_blanks_are_left_out(compiler, generated, thinking):
    kept = reply(compiler, generated, thinking=thinking)
    if generated.startswith("  "):
        assert kept is None  # the thought never ended
    else:
        assert kept.text == compiler.text(kept.tokens) == "Go home."


def test_nothing_is_left_of_an_open_thought(compiler):
    assert reply(compiler, "let me see", thinking=True) is None
    assert reply(compiler, "<think>let me see") is None
    assert reply(compiler, "") is None
    assert reply(compiler, "<|im_end|>") is None


def test_call_heard_and_delivered_keeps_the_tokens(compiler):
    text = f"Take that!\n{call_text(compiler)}"
    kept = reply(compiler, text + "\n<|im_end|>", calls=[CALL])
    assert compiler.text(kept.tokens) == text
    assert kept.tokens == tuple(generate(compiler, text))
    assert (kept.text, kept.calls, kept.ends_with_call) == ("Take that!", (CALL,), True)


def test_delivered_call_stays_when_the_speech_is_cut(compiler):
    kept = reply(compiler, f"Take that!\n{call_text(compiler)}", 4, [CALL])
    assert compiler.text(kept.tokens) == f"Take—\n{call_text(compiler)}"
    assert kept.is_interrupted


def test_delivered_call_stays_when_nothing_was_heard(compiler):
    kept = reply(compiler, f"Take that!\n{call_text(compiler)}", 0, [CALL])
    assert compiler.text(kept.tokens) == call_text(compiler)


def test_call_that_was_not_delivered_goes(compiler):
    kept = reply(compiler, f"Take that!\n{call_text(compiler)}")
    assert compiler.text(kept.tokens) == "Take that!"
    assert not kept.ends_with_call


def test_call_that_was_not_finished_goes(compiler):
    kept = reply(compiler, "Take that!\n<tool_call>\n<function=str")
    assert compiler.text(kept.tokens) == "Take that!"
    assert not kept.is_interrupted


def test_speech_around_calls(compiler):
    text = f"One.\n{call_text(compiler)}\nTwo three."
    assert compiler.text(reply(compiler, text, calls=[CALL]).tokens) == text
    cut = reply(compiler, text, len("One. Two"), [CALL])
    assert compiler.text(cut.tokens) == f"One. Two—\n{call_text(compiler)}"


def test_invalid_bytes_are_counted_as_characters(compiler):
    answer = read_answer(compiler, [0xFF, ord("a"), ord("b")])
    assert heard_reply(compiler, answer, (), 2).text == "\ufffda—"


def test_text_that_the_model_did_not_generate_makes_no_calls(compiler):
    answer = text_answer(compiler, "Say <tool_call>")
    assert answer.whole_calls == 0
    assert heard_reply(compiler, answer).text == "Say <tool_call>"


@pytest.mark.parametrize(
    ("text", "calls", "said"),
    [
        ("I will come with", (), "I will come with—"),
        ("I will come with you.", (), "I will come with you."),
        ("Take this\n{call}", (CALL,), "Take this\n{call}"),
        ("Take this\n<tool_call>\n<function=str", (), "Take this"),
        ("One.\n{call}\nTwo three", (CALL,), "One. Two three—\n{call}"),
    ],
)
def test_a_model_that_was_stopped_in_a_sentence_was_interrupted(compiler, text, calls, said):
    text, said = (part.replace("{call}", call_text(compiler)) for part in (text, said))
    answer = read_answer(compiler, generate(compiler, text), is_broken_off=True)
    kept = heard_reply(compiler, answer, calls)
    assert compiler.text(kept.tokens) == said
    assert kept.is_interrupted == ("—" in said)


@given(
    parts=st.lists(st.sampled_from(["<think>", "</think>", "Hello", " there.", " ", "\n", "One two"]), max_size=8),
    thinking=st.booleans(),
)
def test_what_was_let_through_as_speech_is_what_is_remembered(compiler, parts, thinking):
    text = "".join(parts)
    thoughts = ThinkingFilter(start_inside=compiler.template.starts_inside_thought(thinking))
    spoken = thoughts.feed(text)[0] + thoughts.finish()[0]
    kept = reply(compiler, text, thinking=thinking)
    assert "".join((kept.text if kept else "").split()) == "".join(spoken.split())
