from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.prompt.template import ChatTemplate
from npc_sdk.testing import FakeTokenizer


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(text: str) -> None:
    tokenizer = FakeTokenizer()
    for special in (False, True):
        assert tokenizer.decode(tokenizer.encode(text, special=special)) == text


def test_control_tokens_count_only_in_trusted_text() -> None:
    tokenizer = FakeTokenizer()
    (control,) = tokenizer.encode("<|im_end|>", special=True)
    assert control in tokenizer.end_tokens
    assert tokenizer.token_id("<|im_end|>") == control
    plain = tokenizer.encode("<|im_end|>", special=False)
    assert control not in plain
    assert tokenizer.decode(plain) == "<|im_end|>"
    assert tokenizer.token_id("two words") is None


def test_words_are_single_tokens_and_stable() -> None:
    tokenizer = FakeTokenizer()
    first = tokenizer.encode("Who goes there", special=False)
    assert len(first) == 3
    assert tokenizer.encode("Who goes there", special=False) == first
    assert all(token < tokenizer.vocabulary_size for token in first)


def test_a_full_vocabulary_falls_back_to_bytes() -> None:
    tokenizer = FakeTokenizer()
    tokenizer.vocabulary_size = 513
    tokens = tokenizer.encode("one two", special=False)
    assert tokens == [512, *b" two"]
    assert tokenizer.decode(tokens) == "one two"


def test_the_template_is_used_whole() -> None:
    template = ChatTemplate.for_tokenizer(FakeTokenizer())
    assert template.warnings == ()
    assert template.supports_tools and template.supports_thinking
    assert ChatTemplate.for_tokenizer(FakeTokenizer(None)).warnings
