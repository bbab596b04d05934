from __future__ import annotations

import pytest

from npc_sdk.models.synthetic_vocabulary import TokenKind, byte_letters, make_vocabulary


@pytest.mark.parametrize(("size", "special"), [(1024, 32), (4096, 32), (131_072, 1000)])
def test_sizes(size: int, special: int) -> None:
    vocabulary = make_vocabulary(size, special)
    assert len(vocabulary.tokens) == len(vocabulary.kinds) == size
    assert len(set(vocabulary.tokens)) == size
    assert len(vocabulary.merges) == size - special - 256


def test_special_tokens() -> None:
    vocabulary = make_vocabulary(4096, 32)
    ids = {token: vocabulary.tokens.index(token) for token in ("<s>", "<|im_start|>", "<|im_end|>", "<tool_call>")}
    assert ids == {"<s>": 1, "<|im_start|>": 10, "<|im_end|>": 11, "<tool_call>": 14}
    assert vocabulary.kinds[11] is TokenKind.CONTROL
    assert vocabulary.kinds[12:18] == (TokenKind.USER_DEFINED,) * 6
    assert set(vocabulary.kinds[32:]) == {TokenKind.NORMAL}


def test_bytes_follow_the_special_tokens() -> None:
    vocabulary = make_vocabulary(131_072, 1000)
    assert vocabulary.tokens[1010] == byte_letters()[10]
    assert len(set(byte_letters())) == 256


def test_every_merge_makes_a_token_of_tokens() -> None:
    vocabulary = make_vocabulary(4096, 32)
    tokens = set(vocabulary.tokens)
    for merge in vocabulary.merges:
        left, right = merge.split(" ")
        assert {left, right, left + right} <= tokens
