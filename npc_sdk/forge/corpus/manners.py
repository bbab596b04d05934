"""A small classifier that tells the manner of an answer from its words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from npc_sdk.forge.corpus.conversation import Say, Step
from npc_sdk.forge.corpus.generator import generate
from npc_sdk.forge.corpus.split import Split
from npc_sdk.forge.corpus.voices import MANNERS

_FEATURE = re.compile(r"\w+(?:'\w+)?|[.!?*]+|\w-(?=\w-)")
_SMOOTHING = 0.2


class MannerClassifier:
    """Naive Bayes over words, pairs of words and marks; needs nothing but the generator.

    Immutable once trained; safe to use from any thread.

    Args:
        scores: For each manner, the logarithm of the probability of each feature.
        defaults: For each manner, the same for a feature never seen with it.
    """

    def __init__(self, scores: Mapping[str, Mapping[str, float]], defaults: Mapping[str, float]) -> None:
        self._scores = scores
        self._defaults = defaults
        self._known = frozenset(feature for row in scores.values() for feature in row)

    @classmethod
    def train(cls, seed: int, *, count: int = 4000, split: Split = "train") -> MannerClassifier:
        """Train on answers that the generator makes.

        Args:
            seed: Seed of the conversations.
            count: How many conversations.
            split: Which split they come from.
        """
        counts: dict[str, Counter[str]] = {name: Counter() for name in MANNERS}
        for conversation in generate(seed, split=split, count=count):
            for manner, text in spoken(conversation.steps):
                counts[manner].update(_features(text))
        features = len({feature for row in counts.values() for feature in row})
        scores, defaults = {}, {}
        for name, row in counts.items():
            total = math.log(sum(row.values()) + _SMOOTHING * features)
            scores[name] = {feature: math.log(number + _SMOOTHING) - total for feature, number in row.items()}
            defaults[name] = math.log(_SMOOTHING) - total
        return cls(scores, defaults)

    def predict(self, text: str) -> str:
        """Return the manner that fits an answer best."""
        features = [feature for feature in _features(text) if feature in self._known]
        return max(self._scores, key=lambda name: self._fit(name, features))

    def _fit(self, name: str, features: Iterable[str]) -> float:
        row, default = self._scores[name], self._defaults[name]
        return sum(row.get(feature, default) for feature in features)


def spoken(steps: Iterable[Step]) -> list[tuple[str, str]]:
    """Return manner and text of every spoken answer that has a manner and was not cut."""
    found = []
    for step in steps:
        if isinstance(step, Say) and step.expectation.manner and step.reply.text and step.reply.cut_at is None:
            found.append((step.expectation.manner, step.reply.text))
    return found


def _features(text: str) -> set[str]:
    words = _FEATURE.findall(text.lower())
    return {*words, *(f"{left} {right}" for left, right in zip(words, words[1:], strict=False))}
