"""Where a training run gets its tokenizer text and its examples: the corpus generator, rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from npc_sdk.forge.corpus import Split, Stage, generate
from npc_sdk.forge.examples import Example
from npc_sdk.forge.render import compiler_for, render
from npc_sdk.forge.tokenizer import SPECIAL_TOKENS, ForgeTokenizer, byte_letters

_STARTS = (
    *("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "y", "z", ""),
    *("br", "ch", "cr", "dr", "fl", "gl", "gr", "kr", "pl", "qu", "sh", "sk", "st", "str", "th", "tr", "wh"),
)
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ae", "ai", "au", "ea", "ee", "ie", "oa", "oo", "ou", "y")
_ENDS = (
    "",
    "",
    "",
    "",
    "l",
    "m",
    "n",
    "r",
    "s",
    "t",
    "k",
    "d",
    "ck",
    "ll",
    "nd",
    "ng",
    "nn",
    "rd",
    "rn",
    "sk",
    "ss",
    "th",
)
# Conversations that a shard may look at; each shard has its own range of numbers.
_SHARD_STRIDE = 1_000_000


_TURNS: tuple[Stage, ...] = ("dense", "full", "dense", "large", "dense", "dense")
# A model that goes on with mostly questions loses manners and refusals within an hour.
TURNS_ON_A_BASE: tuple[Stage, ...] = ("even", "full", "even", "large", "even", "dense")


@dataclass(frozen=True, slots=True)
class CorpusSource:
    """Examples of the corpus generator; picklable, so that another process can make them.

    Attributes:
        seed: Seed of the whole run.
        tokenizer: File of the vocabulary.
        split: Which half of the generator's words and phrasings to use.
        drill_shards: The first shards hold the shortest cards and exercises in copying.
        small_shards: The shards after them hold small cards; then the others take turns.
        turns: The stages that take turns.
    """

    seed: int
    tokenizer: Path
    split: Split = "train"
    drill_shards: int = 2
    small_shards: int = 5
    turns: tuple[Stage, ...] = _TURNS

    def examples(self, shard: int) -> Iterator[Example]:
        """Yield the examples of a shard; the same shard always gives the same ones."""
        compiler = compiler_for(ForgeTokenizer.load(self.tokenizer))
        random = Random(f"{self.seed}/{shard}")
        for conversation in generate(self.seed, split=self.split, stage=self.stage(shard), start=shard * _SHARD_STRIDE):
            yield render(conversation, compiler, random)

    def stage(self, shard: int) -> Stage:
        """Return how hard the conversations of a shard are."""
        if shard < self.drill_shards:
            return "drills"
        if shard < self.drill_shards + self.small_shards:
            return "small"
        return self.turns[shard % len(self.turns)]


def tokenizer_text(seed: int, conversations: int) -> Iterator[str]:
    """Yield text to learn a vocabulary from: conversations as they are rendered, and made-up words.

    The words teach the vocabulary syllables of many kinds, so that a name nobody has seen takes few tokens.

    Args:
        seed: Seed of the run.
        conversations: How many to use.
    """
    letters = byte_letters()
    plain = ForgeTokenizer({text: index for index, text in enumerate([*SPECIAL_TOKENS, *letters])}, [])
    compiler = compiler_for(plain)
    random = Random(seed)
    for conversation in islice(generate(seed, start=1_000 * _SHARD_STRIDE), conversations):
        yield plain.decode(render(conversation, compiler, random).tokens)
        yield "\n".join(_made_up_word(random) for _ in range(12))


def _made_up_word(random: Random) -> str:
    syllables = random.choice((1, 2, 2, 3))
    word = "".join(random.choice(_STARTS) + random.choice(_VOWELS) + random.choice(_ENDS) for _ in range(syllables))
    return word.capitalize() if random.random() < 0.5 else " " + word
