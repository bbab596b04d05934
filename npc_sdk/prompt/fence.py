"""Turns text into tokens so that only the project's own text can hold control tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.prompt.token_cache import TokenCache, Tokens

_TAG = re.compile(r"<[^<>\s]{1,48}>|\[[^\[\]\s]{1,24}\]")


class Fence:
    """Encodes trusted and foreign text; safe to use from any thread.

    Some vocabularies read tags such as ``<tool_call>`` even where control tokens are switched off. The fence
    knows the tags of the template and the dialect and spells them out in foreign text.

    Args:
        tokenizer: The model's vocabulary.
        literals: All trusted texts whose tags must not be imitated.
    """

    def __init__(self, tokenizer: Tokenizer, literals: Iterable[str]) -> None:
        self._tokenizer = tokenizer
        ends = (tokenizer.piece(token).decode("utf-8", "replace") for token in tokenizer.end_tokens)
        tags = {tag for literal in literals for tag in _TAG.findall(literal)}
        known = {tag: tokenizer.token_id(tag) for tag in {*tags, *ends} if len(tag) > 1}
        self._guarded = frozenset(token for token in known.values() if token is not None)
        spellings = sorted((tag for tag, token in known.items() if token is not None), key=len, reverse=True)
        self._spelling = re.compile("|".join(map(re.escape, spellings)) or r"(?!)")
        self._cache = TokenCache(self._encode)

    def trusted(self, text: str) -> Tokens:
        """Return the tokens of the project's own text; its tags are control tokens."""
        return self._cache.tokens(text, special=True)

    def plain(self, text: str, *, remember: bool = False) -> Tokens:
        """Return the tokens of foreign text, in which nothing is a control token.

        Args:
            text: Text of a player, a modder, a game or a model.
            remember: Whether it is likely to come again.
        """
        return self._cache.tokens(text, special=False) if remember else self._encode(text, False)

    def mixed(self, text: str, foreign: Iterable[str], *, ending: str = "") -> Tokens:
        """Return the tokens of trusted text into which foreign texts were written.

        Args:
            text: The text.
            foreign: The foreign texts, as they were before they were written into it.
            ending: What the text is known to end with when nothing foreign is written into it.
        """
        hostile = [part for part in foreign if self._is_hostile(part)]
        if not hostile:
            return self.trusted(text)
        spellings = {form for part in hostile for form in _forms(part)}
        if not all(any(form in text for form in _forms(part)) for part in hostile):
            # The template changed it beyond recognition, so nothing in there can be trusted.
            known = ending if text.endswith(ending) else ""
            return self.plain(text.removesuffix(known)) + self.trusted(known)
        pattern = "|".join(re.escape(form) for form in sorted(spellings, key=len, reverse=True))
        pieces = re.split(f"({pattern})", text)
        encoded = (self.plain(piece) if index % 2 else self.trusted(piece) for index, piece in enumerate(pieces))
        return tuple(token for tokens in encoded for token in tokens)

    def controls(self, tokens: Iterable[int]) -> Tokens:
        """Return those tokens that foreign text cannot hold."""
        return tuple(token for token in tokens if token in self._guarded or self._is_control(token))

    def _is_control(self, token: int) -> bool:
        spelling = self._tokenizer.piece(token).decode("utf-8", "replace")
        if self._tokenizer.encode(spelling, special=True) != [token]:
            return False
        return self._tokenizer.encode(spelling, special=False) != [token]

    def _is_hostile(self, text: str) -> bool:
        if self._spelling.search(text):
            return True
        return self._tokenizer.encode(text, special=True) != self._tokenizer.encode(text, special=False)

    def _encode(self, text: str, special: bool) -> Tokens:
        if not text:
            return ()
        tokens = self._tokenizer.encode(text, special=special)
        if special or self._guarded.isdisjoint(tokens):
            return tuple(tokens)
        return tuple(token for piece in self._apart(text) for token in self._spelled(piece))

    def _apart(self, text: str) -> list[str]:
        cuts = [0, *(found.start() + 1 for found in self._spelling.finditer(text)), len(text)]
        return [text[start:end] for start, end in zip(cuts, cuts[1:], strict=False) if start < end]

    def _spelled(self, text: str) -> list[int]:
        tokens = self._tokenizer.encode(text, special=False)
        if self._guarded.isdisjoint(tokens):
            return tokens
        return [token for character in text for token in self._tokenizer.encode(character, special=False)]


def texts_in(value: Any) -> tuple[str, ...]:
    """Return every text inside plain data, keys included, in order."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return tuple(text for pair in value.items() for part in pair for text in texts_in(part))
    if isinstance(value, Sequence):
        return tuple(text for part in value for text in texts_in(part))
    return ()


def _forms(text: str) -> tuple[str, ...]:
    trimmed = text.strip()
    return (trimmed, json.dumps(trimmed, ensure_ascii=False)[1:-1], json.dumps(trimmed)[1:-1])
