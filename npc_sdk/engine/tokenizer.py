"""What the rooms above the engine need of a model's vocabulary."""

from __future__ import annotations

from typing import Protocol


class Tokenizer(Protocol):
    """Text to token ids and back; safe to call from any thread.

    Attributes:
        vocabulary_size: Number of tokens.
        end_tokens: Every token that ends a generation.
        add_bos: Whether a prompt starts with ``bos_token``.
        bos_token: The token that begins a text, or None.
        chat_template: The Jinja2 source stored in the model file, or None.
        fingerprint: Names the model; two models with one fingerprint are the same file.
    """

    @property
    def vocabulary_size(self) -> int: ...
    @property
    def end_tokens(self) -> frozenset[int]: ...
    @property
    def add_bos(self) -> bool: ...
    @property
    def bos_token(self) -> int | None: ...
    @property
    def chat_template(self) -> str | None: ...
    @property
    def fingerprint(self) -> str: ...

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of a text.

        Args:
            text: Any text.
            special: Whether control tokens spelled in the text become control tokens. False for
                everything that a player, a modder or a game wrote.
        """
        ...

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; control tokens are spelled out."""
        ...

    def token_id(self, text: str) -> int | None:
        """Return the token whose spelling is the whole text, or None when it takes several."""
        ...
