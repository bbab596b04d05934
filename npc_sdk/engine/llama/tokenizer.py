"""The vocabulary of a GGUF file."""

from __future__ import annotations

import ctypes
import re
from itertools import pairwise
from typing import Any

import llama_cpp

from npc_sdk.engine.llama.model import LlamaModel
from npc_sdk.errors import ModelError, RequestError

SHOWN_CONTROL_TOKENS = frozenset({b"<think>", b"</think>", b"<tool_call>", b"</tool_call>"})
_LEAD = "\n"  # ends a word in every vocabulary, so that what follows is tokenized as in the middle of a text


class LlamaTokenizer:
    """The vocabulary of a GGUF file as a :class:`npc_sdk.engine.tokenizer.Tokenizer`.

    Safe to call from any thread. It must not outlive the model.

    Args:
        model: The loaded model; ``vocabulary_only`` suffices.
        fingerprint: Names the model file.

    Raises:
        ModelError: The file has no tokenizer.
    """

    def __init__(self, model: LlamaModel, fingerprint: str) -> None:
        self._model = model
        self._vocabulary = model.vocabulary
        self._fingerprint = fingerprint
        if llama_cpp.llama_vocab_type(self._vocabulary) == llama_cpp.LLAMA_VOCAB_TYPE_NONE:
            raise ModelError(
                "The model file has no tokenizer.",
                "Use a GGUF file of a chat model; 'npc models info FILE' shows what it holds.",
                code="model_no_tokenizer",
            )
        self._size = int(llama_cpp.llama_vocab_n_tokens(self._vocabulary))
        self._pieces: list[bytes] | None = None
        self._control = frozenset(
            token for token in range(self._size) if llama_cpp.llama_vocab_is_control(self._vocabulary, token)
        )
        self._special = self._find_special()
        self._lead = self._find_lead()
        tags = [re.escape(self.piece(token).decode("utf-8", "replace")) for token in self._special - self._control]
        self._tags = re.compile("|".join(sorted(tags, key=len, reverse=True))) if tags else None
        self._end = frozenset(
            token
            for token in range(self._size)
            if llama_cpp.llama_vocab_is_eog(self._vocabulary, token)
            or (token in self._control and self.piece(token) not in SHOWN_CONTROL_TOKENS)
        )

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens."""
        return self._size

    @property
    def end_tokens(self) -> frozenset[int]:
        """Tokens that end a generation: the file's own, and every control token that is no tag of a reply."""
        return self._end

    @property
    def control_tokens(self) -> frozenset[int]:
        """Tokens that have a meaning beyond their spelling."""
        return self._control

    @property
    def add_bos(self) -> bool:
        """Whether a prompt starts with ``bos_token``."""
        return bool(llama_cpp.llama_vocab_get_add_bos(self._vocabulary))

    @property
    def bos_token(self) -> int | None:
        """The token that begins a text."""
        token = int(llama_cpp.llama_vocab_bos(self._vocabulary))
        return token if token >= 0 else None

    @property
    def chat_template(self) -> str | None:
        """Jinja2 source of the chat template in the file."""
        template = llama_cpp.llama_model_chat_template(self._model.pointer, None)
        return template.decode("utf-8", "replace") if template else None

    @property
    def fingerprint(self) -> str:
        """Names the model file."""
        return self._fingerprint

    @property
    def pointer(self) -> Any:
        """llama.cpp's handle of the vocabulary."""
        return self._vocabulary

    @property
    def tokenize_address(self) -> int:
        """Address of llama.cpp's C function that tokenizes, for libraries that call it themselves."""
        function = llama_cpp.llama_cpp._lib.llama_tokenize
        return int(ctypes.cast(function, ctypes.c_void_p).value or 0)

    def special_tokens(self) -> frozenset[int]:
        """Return control tokens and user-defined tags; a grammar reaches them by id, never by spelling."""
        return self._special

    def _find_special(self) -> frozenset[int]:
        user_defined = llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
        tags = (
            token
            for token, piece in enumerate(self.pieces())
            if piece.startswith(b"<")
            and piece.endswith(b">")
            and len(piece) > 2
            and llama_cpp.llama_vocab_get_attr(self._vocabulary, token) & user_defined
        )
        return self._control | frozenset(tags)

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of a text; see :class:`npc_sdk.engine.tokenizer.Tokenizer`."""
        if special or self._tags is None:
            return self._tokenize(text, special)
        # llama.cpp finds user-defined tags in plain text too; broken after their first character they stay text.
        cuts = [0, *(match.start() + 1 for match in self._tags.finditer(text)), len(text)]
        return [token for cut, end in pairwise(cuts) for token in self._tokenize(text[cut:end], False)]

    def _tokenize(self, text: str, special: bool) -> list[int]:
        if not text:
            return []
        if self._lead is None:
            return self._call_tokenizer(text, special)
        return self._call_tokenizer(_LEAD + text, special)[len(self._lead) :]

    def _find_lead(self) -> list[int] | None:
        """Return the tokens of a text to put in front, for vocabularies that would add a blank of their own."""
        first = self._call_tokenizer("a", False)
        adds_blank = bool(first) and self.piece(first[0]).startswith(b" ")
        return self._call_tokenizer(_LEAD, False) if adds_blank else None

    def _call_tokenizer(self, text: str, special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        buffer = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocabulary, data, len(data), buffer, room, False, special)
        if count < 0:
            raise RequestError("The text cannot be tokenized.", "Shorten it.", code="tokenize_failed")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; control tokens are spelled out."""
        if self._pieces is not None and 0 <= token < self._size:
            return self._pieces[token]
        return self._read_piece(token)

    def pieces(self) -> list[bytes]:
        """Return the bytes of every token; read once."""
        if self._pieces is None:
            self._pieces = [self._read_piece(token) for token in range(self._size)]
        return self._pieces

    def token_id(self, text: str) -> int | None:
        """Return the token whose spelling is the whole text, or None."""
        tokens = self.encode(text, special=True)
        return tokens[0] if len(tokens) == 1 else None

    def _read_piece(self, token: int) -> bytes:
        if not 0 <= token < self._size:
            raise RequestError(f"There is no token {token}.", code="unknown_token", token=token)
        buffer = ctypes.create_string_buffer(256)
        length = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, len(buffer), 0, True)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, len(buffer), 0, True)
        return buffer.raw[:length]
