"""The tokenizer of synthetic models: byte-level BPE with made-up words, spelled like Nemotron 3's.

The tokens are the same for every seed. Common English words and words of games are one token each;
all else falls into syllables and bytes. The rest of the vocabulary are words that mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import product
from typing import Final

_CONTROL_NAMES: Final = {
    0: "<unk>",
    1: "<s>",
    2: "</s>",
    10: "<|im_start|>",
    11: "<|im_end|>",
}
_MARKER_NAMES: Final = {
    12: "<think>",
    13: "</think>",
    14: "<tool_call>",
    15: "</tool_call>",
    16: "<tool_response>",
    17: "</tool_response>",
}
BEGIN_TOKEN: Final = 1
END_TOKEN: Final = 11

_WORDS: Final = """
the of and to in is you that it he was for on are as with his they I at be this have from or one had by
word but not what all were we when your can said there use an each which she do how their if will up other
about out many then them these so some her would make like him into time has look two more write go see
number no way could people my than first water been call who its now find long down day did get come made
may part over new sound take only little work know place year live me back give most very after thing our
just name good sentence man think say great where help through much before line right too mean old any same
tell boy follow came want show also around form three small set put end does another well large must big
even such because turn here why ask went men read need land different home us move try kind hand again
change off play away house point page letter mother answer found still learn should world guard gate goblin
sword shield attack defend retreat hold heal player enemy enemies friend gold coin price trade buy sell
village forest castle king queen road bridge river night morning wolf dragon bandit merchant smith healer
potion bread ale tavern inn secret quest danger safe hurry wait stop open close door key map north south
east west left near far blood fight run hide speak listen quiet loud name role voice system user assistant
function parameter target options Now Options You Say Player World Examples Answer The A B C D
""".split()

# These also begin lines, where no space stands before them.
_LINE_STARTS: Final = "system user assistant function parameter I You The What Who Where Attack Options Now".split()

_ONSETS: Final = "bdfghjklmnprstvwz"
_VOWELS: Final = "aeiou"


class TokenKind(IntEnum):
    """What a token is, in the numbers of the GGUF format."""

    NORMAL = 1
    CONTROL = 3
    USER_DEFINED = 4


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens of a byte-level BPE tokenizer, as a GGUF file stores them.

    Attributes:
        tokens: Spelling of each token; bytes that do not print are spelled as in GPT-2.
        kinds: What each token is.
        merges: Pairs of tokens that become one, the first to be merged first.
    """

    tokens: tuple[str, ...]
    kinds: tuple[TokenKind, ...]
    merges: tuple[str, ...]


def byte_letters() -> list[str]:
    """Return the printable letter that stands for each byte in byte-level BPE."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(spare)) for byte in range(256)]


class _Merges:
    """Grows a BPE vocabulary merge by merge. Not thread safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.ranks: dict[tuple[str, str], int] = {}
        self.made: dict[str, None] = {}

    @property
    def is_full(self) -> bool:
        return len(self.made) >= self.limit

    def add(self, left: str, right: str) -> None:
        if not self.is_full and left + right not in self.made:
            self.ranks[left, right] = len(self.ranks)
            self.made[left + right] = None

    def split(self, word: str) -> list[str]:
        pieces = list(word)
        while len(pieces) > 1:
            pairs = zip(pieces[:-1], pieces[1:], strict=True)
            rank, at = min((self.ranks.get(pair, self.limit), at) for at, pair in enumerate(pairs))
            if rank == self.limit:
                break
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
        return pieces

    def add_word(self, word: str) -> None:
        left, *others = self.split(word)
        for right in others:
            self.add(left, right)
            left += right


def _filler(space: str) -> Iterator[tuple[str, str]]:
    yield from product(_ONSETS, _VOWELS)
    syllables = [onset + vowel for onset, vowel in product(_ONSETS, _VOWELS)]
    yield from product([space], syllables)
    starts = [space + syllable for syllable in syllables]
    yield from product(starts, syllables)
    yield from product(syllables, syllables)
    for start, middle, end in product(starts, syllables, syllables):
        yield start + middle, end


def _special_tokens(count: int) -> tuple[list[str], list[TokenKind]]:
    names = [_CONTROL_NAMES.get(i) or _MARKER_NAMES.get(i) or f"<SPECIAL_{i}>" for i in range(count)]
    kinds = [TokenKind.USER_DEFINED if i in _MARKER_NAMES else TokenKind.CONTROL for i in range(count)]
    return names, kinds


@lru_cache(maxsize=4)
def make_vocabulary(size: int, special_tokens: int) -> Vocabulary:
    """Return the vocabulary of a synthetic model; the same one for the same arguments.

    Args:
        size: How many tokens in all.
        special_tokens: How many of them, at the start, are not text.
    """
    names, kinds = _special_tokens(special_tokens)
    letters = byte_letters()
    merges = _Merges(size - len(names) - len(letters))
    space = letters[0x20]
    for word in (*(space + word for word in _WORDS), *_LINE_STARTS):
        merges.add_word(word)
    for left, right in _filler(space):
        if merges.is_full:
            break
        merges.add(left, right)
    tokens = (*names, *letters, *merges.made)
    normal = (TokenKind.NORMAL,) * (len(tokens) - len(names))
    return Vocabulary(tokens, (*kinds, *normal), tuple(f"{left} {right}" for left, right in merges.ranks))
