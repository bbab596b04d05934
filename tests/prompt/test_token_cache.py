from __future__ import annotations

from npc_sdk.prompt.token_cache import TokenCache


def counted(limit_characters: int = 100) -> tuple[TokenCache, list[tuple[str, bool]]]:
    asked: list[tuple[str, bool]] = []

    def encode(text: str, special: bool) -> tuple[int, ...]:
        asked.append((text, special))
        return tuple(text.encode())

    return TokenCache(encode, limit_characters), asked


def test_remembers():
    cache, asked = counted()
    assert cache.tokens("ab", special=False) == cache.tokens("ab", special=False) == (97, 98)
    assert len(asked) == 1


def test_keeps_trusted_and_foreign_apart():
    cache, asked = counted()
    cache.tokens("ab", special=False)
    cache.tokens("ab", special=True)
    assert asked == [("ab", False), ("ab", True)]


def test_forgets_what_was_unused_for_longest():
    cache, asked = counted(20)
    for text in ("a" * 8, "b" * 8, "a" * 8, "c" * 8, "a" * 8):
        cache.tokens(text, special=False)
    assert [text[0] for text, _ in asked] == ["a", "b", "c"]
    cache.tokens("b" * 8, special=False)
    assert len(asked) == 4


def test_does_not_keep_what_is_larger_than_all():
    cache, asked = counted(4)
    assert cache.tokens("abcdef", special=False) == cache.tokens("abcdef", special=False)
    assert len(asked) == 2
