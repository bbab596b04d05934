from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("tokenizers")

from npc_sdk.errors import RequestError
from npc_sdk.forge.tokenizer import (
    SPECIAL_TOKENS,
    ForgeTokenizer,
    byte_letters,
    chat_template,
    train_tokenizer,
)
from npc_sdk.prompt import ChatTemplate

TEXTS = [
    "Say only what Vorka says, in one or two short sentences.\nenemies:\nVorka\nTak\n\nAttack Vorka!<|im_end|>\n",
    "The price of bread is 7 coins. Bread is good.\n<tool_call>\n<function=attack>\n<parameter=target>\nVorka\n",
] * 20
TOKENIZER = train_tokenizer(TEXTS, size=330)


@given(st.text(max_size=60))
def test_text_comes_back(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert TOKENIZER.decode(TOKENIZER.encode(text, special=False)) == text


@pytest.mark.parametrize("special", SPECIAL_TOKENS)
def test_control_tokens_are_made_only_where_they_are_wanted(special: str) -> None:
    token = TOKENIZER.token_id(special)
    assert token is not None
    assert TOKENIZER.encode(f"a{special}b", special=True).count(token) == 1
    assert token not in TOKENIZER.encode(f"a{special}b", special=False)
    assert TOKENIZER.piece(token) == special.encode()


def test_a_name_has_the_same_tokens_wherever_it_stands() -> None:
    name = TOKENIZER.encode("Vorka", special=False)
    for text in ("Attack Vorka!", "enemies:\nVorka\nTak", "<parameter=target>\nVorka\n"):
        tokens = TOKENIZER.encode(text, special=False)
        assert any(tokens[at : at + len(name)] == name for at in range(len(tokens))), text


def test_a_word_in_small_letters_has_them_too_unless_it_is_common() -> None:
    texts = [f"I sell fine {word} here.\n{word}\n" for word in ("wheels", "nails", "pears", "wheat")] * 9
    tokenizer = train_tokenizer(texts, size=288)
    name = tokenizer.encode("nails", special=False)
    assert tokenizer.encode("sell nails", special=False)[-len(name) :] == name
    assert tokenizer.token_id(" sell") is not None


def test_letters_are_single_tokens() -> None:
    assert all(TOKENIZER.token_id(letter) is not None for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert TOKENIZER.token_id("Say only") is None


def test_the_vocabulary_survives_its_file(tmp_path: Path) -> None:
    TOKENIZER.save(tmp_path / "tokenizer.json")
    read = ForgeTokenizer.load(tmp_path / "tokenizer.json")
    assert read.fingerprint == TOKENIZER.fingerprint
    assert read.encode(TEXTS[0], special=True) == TOKENIZER.encode(TEXTS[0], special=True)


def test_it_tells_what_the_engine_asks() -> None:
    assert TOKENIZER.vocabulary_size == 330 == len(TOKENIZER.pieces)
    assert not TOKENIZER.add_bos
    assert [TOKENIZER.piece(token) for token in TOKENIZER.end_tokens] == [b"<|im_end|>"]
    assert TOKENIZER.bos_token == TOKENIZER.token_id("<s>")


def test_too_little_text_is_an_error() -> None:
    with pytest.raises(RequestError) as caught:
        train_tokenizer(["a b c"], size=4096)
    assert caught.value.code == "empty_corpus"


def test_every_byte_has_its_own_letter() -> None:
    assert len(set(byte_letters())) == 256
    assert byte_letters()[ord("A")] == "A"


def test_the_chat_template_comes_apart_without_a_warning() -> None:
    template = ChatTemplate.from_source(chat_template())
    assert template.warnings == ()
    assert template.supports_thinking and template.tools_place == "after"
    assert template.generation() == "<|im_start|>assistant\n<think></think>"
    assert template.generation(thinking=True) == "<|im_start|>assistant\n<think>\n"
    assert template.turns.assistant_tail == "<|im_end|>\n"
