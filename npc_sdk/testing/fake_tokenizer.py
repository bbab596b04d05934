"""A vocabulary of whole words for tests: no model file, same tokens for the same words."""

from __future__ import annotations

import re
import secrets
import threading

from npc_sdk.testing.fake_template import CONTROL_TOKENS, FAKE_CHAT_TEMPLATE

_FIRST_CONTROL = 256
_FIRST_WORD = 512
_WORDS = re.compile(r"\s*\w+|\s|[^\w\s]")
_CONTROLS = re.compile("|".join(re.escape(text) for text in CONTROL_TOKENS))


class FakeTokenizer:
    """Words with the blanks before them, signs one by one, control tokens as single ids.

    Every text comes back exactly. A word gets its id when it is first seen, so ids depend on the
    order of a test, and on nothing else. Safe to use from any thread.

    Args:
        chat_template: Jinja2 source to offer; None offers none, as a model file without a template does.
    """

    vocabulary_size = 1 << 16
    add_bos = False
    bos_token: int | None = None

    def __init__(self, chat_template: str | None = FAKE_CHAT_TEMPLATE) -> None:
        self.chat_template = chat_template
        # Ids mean something to this one only, so what another one has kept is encoded anew.
        self.fingerprint = f"fake-{secrets.token_hex(8)}"
        self._lock = threading.Lock()
        self._ids: dict[str, int] = {}
        self._pieces: dict[int, bytes] = {value: bytes([value]) for value in range(256)}
        self._controls = {text: _FIRST_CONTROL + index for index, text in enumerate(CONTROL_TOKENS)}
        self._pieces.update({token: text.encode() for text, token in self._controls.items()})

    @property
    def end_tokens(self) -> frozenset[int]:
        """The token that ends a message."""
        return frozenset({self._controls["<|im_end|>"]})

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of a text; control tokens count only when ``special``."""
        if not special:
            return self._words(text)
        tokens: list[int] = []
        position = 0
        for found in _CONTROLS.finditer(text):
            tokens += self._words(text[position : found.start()])
            tokens.append(self._controls[found.group()])
            position = found.end()
        return tokens + self._words(text[position:])

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token."""
        return self._pieces[token]

    def token_id(self, text: str) -> int | None:
        """Return the token of a text when it is a single one."""
        tokens = self.encode(text, special=True)
        return tokens[0] if len(tokens) == 1 else None

    def decode(self, tokens: tuple[int, ...] | list[int]) -> str:
        """Return the text of tokens."""
        return b"".join(self.piece(token) for token in tokens).decode("utf-8", "replace")

    def _words(self, text: str) -> list[int]:
        return [token for word in _WORDS.findall(text) for token in self._word(word)]

    def _word(self, word: str) -> list[int]:
        data = word.encode("utf-8", "replace")
        if len(data) == 1:
            return list(data)
        with self._lock:
            token = self._ids.get(word)
            if token is None and _FIRST_WORD + len(self._ids) < self.vocabulary_size:
                token = _FIRST_WORD + len(self._ids)
                self._ids[word] = token
                self._pieces[token] = data
        return list(data) if token is None else [token]
