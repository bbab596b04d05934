"""Grammars that hold while a tool call is generated, through llguidance.

The only module that imports ``llguidance``. A wrong token never raises there: the matcher turns into an
error state, so that state is looked at after every token.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Protocol

import llguidance
import numpy as np
from numpy.typing import NDArray

from npc_sdk.errors import ActionError, BackendError

# Without '<' in the slices, text between tags is masked from a table instead of token by token.
SLICES = [r'[^"\\<\x00-\x1F\x7F]{1,10}', r'[^"\\<\x00-\x1F\x7F]{1,30}', r'[^"\\<\x00-\x1F\x7F]+']
_MAX_CACHED = 64


class NativeVocabulary(Protocol):
    """What llguidance needs of llama.cpp's vocabulary."""

    @property
    def vocabulary_size(self) -> int: ...
    @property
    def end_tokens(self) -> frozenset[int]: ...
    @property
    def pointer(self) -> Any: ...
    @property
    def tokenize_address(self) -> int: ...
    def pieces(self) -> list[bytes]: ...
    def special_tokens(self) -> frozenset[int]: ...


def _llguidance_tokenizer(vocabulary: NativeVocabulary) -> Any:
    special = vocabulary.special_tokens()
    # llguidance tells special tokens from text by a leading 0xff byte.
    pieces = [b"\xff" + piece if token in special else piece for token, piece in enumerate(vocabulary.pieces())]
    return llguidance.LLTokenizer.from_llamacpp(
        tokens=pieces,
        vocab_ptr=vocabulary.pointer,
        tokenize_fptr=vocabulary.tokenize_address,
        eos_token=sorted(vocabulary.end_tokens),
        slices=SLICES,
    )


class GrammarCompiler:
    """Compiles grammars once and hands out matchers.

    Not thread safe; owned by the engine thread. It must not outlive the model.

    Args:
        vocabulary: The model's vocabulary. Its trie is built at the first use (about a second for 128k tokens).
    """

    def __init__(self, vocabulary: NativeVocabulary) -> None:
        self._vocabulary = vocabulary
        self._tokenizer: Any = None
        self._compiled: OrderedDict[str, Any] = OrderedDict()
        words = (vocabulary.vocabulary_size + 31) // 32
        self._bitmask = np.zeros(words, dtype=np.uint32)

    def prepare(self) -> None:
        """Build the trie now instead of at the first grammar."""
        if self._tokenizer is None:
            self._tokenizer = _llguidance_tokenizer(self._vocabulary)

    def matcher(self, grammar: str) -> Matcher:
        """Return a fresh matcher of a grammar.

        Raises:
            ActionError: llguidance refuses the grammar.
        """
        self.prepare()
        compiled = self._compiled.get(grammar)
        if compiled is None:
            compiled = llguidance.LLMatcher(self._tokenizer, llguidance.LLMatcher.grammar_from_lark(grammar))
            if compiled.is_error():
                raise ActionError(
                    f"The grammar of the actions is not accepted: {compiled.get_error()[:300]}",
                    "Simplify the actions' schemas.",
                    code="bad_grammar",
                )
            self._compiled[grammar] = compiled
            while len(self._compiled) > _MAX_CACHED:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(grammar)
        return Matcher(compiled.deep_copy(), self._bitmask, self._vocabulary.vocabulary_size)

    def tokenize(self, data: bytes) -> list[int]:
        """Return the tokens of bytes that were generated beyond a trigger."""
        self.prepare()
        return list(self._tokenizer.tokenize_bytes(data))


class Matcher:
    """Where one reply stands in its grammar.

    Not thread safe; owned by the engine thread.
    """

    def __init__(self, matcher: Any, bitmask: NDArray[np.uint32], vocabulary_size: int) -> None:
        self._matcher = matcher
        self._bitmask = bitmask
        self._address = bitmask.ctypes.data
        self._vocabulary_size = vocabulary_size

    def mask(self, logits: NDArray[np.float32]) -> None:
        """Set the logits of every token that the grammar forbids to minus infinity, in place."""
        self._matcher.unsafe_compute_mask_ptr(self._address, self._bitmask.nbytes)
        self._check()
        forbidden = np.bitwise_not(self._bitmask).view(np.uint8)
        bits = np.unpackbits(forbidden, count=self._vocabulary_size, bitorder="little").view(np.bool_)
        np.putmask(logits[: self._vocabulary_size], bits, -np.inf)

    def consume(self, token: int) -> None:
        """Advance by a token.

        Raises:
            BackendError: The grammar does not allow it.
        """
        if not self._matcher.consume_token(token):
            self._fail()
        self._check()

    def try_consume(self, tokens: list[int]) -> bool:
        """Advance by tokens if all of them are allowed; otherwise nothing changes."""
        if self._matcher.validate_tokens(tokens) != len(tokens):
            return False
        return bool(self._matcher.consume_tokens(tokens)) and not self._matcher.is_error()

    def forced(self) -> list[int]:
        """Return the tokens that the grammar leaves no choice about, and advance by them."""
        tokens = list(self._matcher.compute_ff_tokens())
        if tokens and not self._matcher.consume_tokens(tokens):
            self._fail()
        self._check()
        return tokens

    @property
    def is_complete(self) -> bool:
        """Whether the text so far is a whole sentence of the grammar."""
        return bool(self._matcher.is_accepting() or self._matcher.is_stopped())

    def _check(self) -> None:
        if self._matcher.is_error():
            self._fail()

    def _fail(self) -> None:
        raise BackendError(
            f"The constraint failed: {str(self._matcher.get_error())[:300]}",
            "The turn was ended; report the grammar if it happens again.",
            code="constraint_failed",
        )
