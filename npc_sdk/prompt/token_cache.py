"""Remembers the tokens of texts that come again: worlds, personas, literals, vocabulary values."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

Tokens = tuple[int, ...]


class TokenCache:
    """A bounded memory of texts and their tokens; the one unused for longest goes first.

    Safe to use from any thread.

    Args:
        encode: Turns a text into tokens; ``special`` as in :class:`~npc_sdk.engine.tokenizer.Tokenizer`.
        limit_characters: Most characters of text to remember.
    """

    def __init__(self, encode: Callable[[str, bool], Tokens], limit_characters: int = 2_000_000) -> None:
        self._encode = encode
        self._limit_characters = limit_characters
        self._characters = 0
        self._lock = threading.Lock()
        self._tokens: OrderedDict[tuple[str, bool], Tokens] = OrderedDict()

    def tokens(self, text: str, *, special: bool) -> Tokens:
        """Return the tokens of a text, encoding it when it is not remembered."""
        key = (text, special)
        with self._lock:
            if key in self._tokens:
                self._tokens.move_to_end(key)
                return self._tokens[key]
        tokens = self._encode(text, special)
        with self._lock:
            self._remember(key, tokens)
        return tokens

    def _remember(self, key: tuple[str, bool], tokens: Tokens) -> None:
        if key in self._tokens or len(key[0]) > self._limit_characters:
            return
        self._tokens[key] = tokens
        self._characters += len(key[0]) + 1
        while self._characters > self._limit_characters and len(self._tokens) > 1:
            (text, _), _ = self._tokens.popitem(last=False)
            self._characters -= len(text) + 1
