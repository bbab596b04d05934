"""The byte-level BPE vocabulary of a forged model: training, encoding, files."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from npc_sdk.errors import RequestError
from npc_sdk.forge.extra import needs_forge_extra

with needs_forge_extra():
    import tokenizers

BEGIN, TURN_START, TURN_END = "<s>", "<|im_start|>", "<|im_end|>"
SPECIAL_TOKENS = (
    BEGIN,
    TURN_START,
    TURN_END,
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
)
PRE_TOKENIZER_NAME = "qwen2"
_BLANK = "\u0120"
# The pattern that llama.cpp uses for the name above; every digit and every punctuation run stands alone.
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_BLANK_BEFORE_WORD = re.compile(r" (?=[A-Za-z])")
_SMALL_WORD = re.compile(r"(?<= )[a-z]+")
# One learned token in so many is a common word with the blank before it.
_BLANK_SHARE = 6


@lru_cache(maxsize=1)
def chat_template() -> str:
    """Return the Jinja2 source of the chat template that forged models are trained on."""
    return files("npc_sdk.forge").joinpath("template.jinja").read_text(encoding="utf-8")


class ForgeTokenizer:
    """A vocabulary as the prompt room wants it, see :class:`npc_sdk.engine.tokenizer.Tokenizer`.

    Thread-safety: safe from any thread.
    """

    def __init__(self, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
        self._vocabulary = vocabulary
        self._merges = merges
        model = tokenizers.models.BPE(vocab=vocabulary, merges=merges)
        self._plain = _with_pattern(model)
        self._special_split = re.compile("(" + "|".join(re.escape(text) for text in SPECIAL_TOKENS) + ")")

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens."""
        return len(self._vocabulary)

    @property
    def end_tokens(self) -> frozenset[int]:
        """The token that ends a turn."""
        return frozenset({self._vocabulary[TURN_END]})

    @property
    def add_bos(self) -> bool:
        """False: a prompt starts with its system turn."""
        return False

    @property
    def bos_token(self) -> int | None:
        """The padding and begin token; never part of a prompt."""
        return self._vocabulary[BEGIN]

    @property
    def chat_template(self) -> str | None:
        """The template that is written into the model file."""
        return chat_template()

    @cached_property
    def fingerprint(self) -> str:
        """A hash over tokens and merges."""
        return hashlib.sha256(self._to_json().encode()).hexdigest()

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """Every token as the model file spells it (bytes as printable characters), by id."""
        return tuple(sorted(self._vocabulary, key=self._vocabulary.__getitem__))

    @property
    def merges(self) -> tuple[str, ...]:
        """The merges in order, as the model file spells them."""
        return tuple(f"{left} {right}" for left, right in self._merges)

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of a text; with ``special`` spelled control tokens become one token each."""
        if not special:
            return list(self._plain.encode(text).ids)
        tokens: list[int] = []
        for index, part in enumerate(self._special_split.split(text)):
            if index % 2:
                tokens.append(self._vocabulary[part])
            elif part:
                tokens.extend(self._plain.encode(part).ids)
        return tokens

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; control tokens are spelled out."""
        text = self.pieces[token]
        return text.encode() if text in SPECIAL_TOKENS else bytes(_byte_of()[letter] for letter in text)

    def decode(self, tokens: Iterable[int]) -> str:
        """Return the text of tokens, control tokens spelled out."""
        return b"".join(map(self.piece, tokens)).decode("utf-8", "replace")

    def token_id(self, text: str) -> int | None:
        """Return the token whose spelling is the whole text, or None when it takes several."""
        tokens = self.encode(text, special=True)
        return tokens[0] if len(tokens) == 1 else None

    def save(self, path: Path) -> None:
        """Write the vocabulary as JSON."""
        path.write_text(self._to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> ForgeTokenizer:
        """Read what :meth:`save` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(data["vocabulary"], [(left, right) for left, right in data["merges"]])

    def _to_json(self) -> str:
        return json.dumps({"vocabulary": self._vocabulary, "merges": self._merges}, ensure_ascii=True)


def byte_letters() -> tuple[str, ...]:
    """Return the printable stand-in of each byte, by byte."""
    return tuple(letter for letter, _ in sorted(_byte_of().items(), key=lambda item: item[1]))


def train_tokenizer(texts: Iterable[str], *, size: int = 4096) -> ForgeTokenizer:
    """Learn a vocabulary.

    A word has the same tokens at the start of a line, inside a sentence, and as the value of a call: what the model
    must copy looks the same wherever it stands. So the blank before a word is a token of its own, except that the
    commonest words in small letters have a token that holds it.

    Args:
        texts: Text with many made-up words, so that merges become syllables rather than names.
        size: Number of tokens, special ones counted.

    Raises:
        RequestError: With code ``empty_corpus`` when there is too little text for the size.
    """
    texts = list(texts)
    base = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    learner = _with_pattern(tokenizers.models.BPE())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL_TOKENS), initial_alphabet=base, show_progress=False
    )
    learner.train_from_iterator(_without_special(texts), trainer)
    state: dict[str, Any] = json.loads(learner.to_str())["model"]
    learned = sorted(state["vocab"], key=state["vocab"].__getitem__)
    merged = len(learned) - len(state["merges"])
    joined = (size - merged) // _BLANK_SHARE
    words = _common_words(texts, set(learned[: size - joined]), joined)
    # What was learned last gives way to the words with their blanks.
    learned = learned[: size - len(words)]
    vocabulary = {piece: number for number, piece in enumerate([*learned, *(_BLANK + word for word in words)])}
    merges = [*map(tuple, state["merges"][: len(learned) - merged]), *((_BLANK, word) for word in words)]
    if len(vocabulary) < size:
        raise RequestError(
            f"The corpus gives only {len(vocabulary)} of {size} tokens.",
            "Generate more text for the tokenizer, or ask for a smaller vocabulary.",
            code="empty_corpus",
            tokens=len(vocabulary),
        )
    return ForgeTokenizer(vocabulary, merges)


def _common_words(texts: Iterable[str], vocabulary: set[str], count: int) -> list[str]:
    """Return the commonest words in small letters that are one token; those of equal number by the alphabet."""
    found = Counter(word for text in texts for word in _SMALL_WORD.findall(text))
    ranked = sorted(found, key=lambda word: (-found[word], word))
    return [word for word in ranked if word in vocabulary][:count]


def _without_special(texts: Iterable[str]) -> Iterator[str]:
    special = re.compile("|".join(re.escape(text) for text in SPECIAL_TOKENS))
    for text in texts:
        for part in special.split(text):
            yield _BLANK_BEFORE_WORD.sub("\n", part)


def _with_pattern(model: Any) -> Any:
    tokenizer = tokenizers.Tokenizer(model)
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(_PATTERN), "isolated", invert=False)
    byte_level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([split, byte_level])
    return tokenizer


@lru_cache(maxsize=1)
def _byte_of() -> dict[str, int]:
    """Return which byte each printable stand-in of byte-level BPE means."""
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in kept}
    others = [byte for byte in range(256) if byte not in set(kept)]
    return {**table, **{chr(256 + index): byte for index, byte in enumerate(others)}}
