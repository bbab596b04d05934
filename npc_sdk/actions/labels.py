"""Labels: how the values of a closed list are spelled between prompt, grammar and parser."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from npc_sdk.errors import ActionError

MAX_LABEL_CHARACTERS = 64
UNNAMED = "unnamed"

# The two joiners are format characters too, but Persian words and family emoji need them.
_JOINERS = "\u200c\u200d"
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_REPLACED = {"<": "(", ">": ")", '"': "'"}


def _is_safe_character(character: str) -> bool:
    if character in _REPLACED:
        return False
    return character in _JOINERS or unicodedata.category(character) not in _UNSAFE_CATEGORIES


def _is_safe_text(text: str) -> bool:
    if text.isascii() and text.isprintable():
        return not ("<" in text or ">" in text or '"' in text)
    return all(map(_is_safe_character, text))


def is_safe(value: str) -> bool:
    """Tell whether a value can stand in a call as it is, and so is its own label."""
    return 0 < len(value) <= MAX_LABEL_CHARACTERS and value == value.strip() and _is_safe_text(value)


def plain_text(text: str) -> str:
    """Return the text on one line, without control characters, angle brackets and double quotes.

    Safe text comes back unchanged; the length is not limited.
    """
    if _is_safe_text(text) and text == text.strip():
        return text
    spelled = "".join(_REPLACED.get(character, character) for character in _blanked(text))
    return " ".join(spelled.split())


def _blanked(text: str) -> Iterable[str]:
    for character in text:
        if character in _REPLACED or _is_safe_character(character):
            yield character
        elif character.isspace() or unicodedata.category(character) == "Cc":
            yield " "


def _shortened(text: str, limit: int) -> str:
    return text[:limit].rstrip()


@dataclass(frozen=True)
class Labels:
    """A safe, unique, single-line spelling for each value of a list.

    A safe value is its own label. Any other is cleaned, shortened, and numbered where two would
    read alike. Equal lists give equal labels. Make one with :meth:`of`. Immutable, so safe to use
    from any thread.

    Attributes:
        labels: What prompt and grammar show, in the order of the values.
        values: The true values, without repetitions.
    """

    labels: tuple[str, ...]
    values: tuple[str, ...]
    _value_of: dict[str, str] = field(init=False, repr=False, compare=False)
    _label_of: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_value_of", dict(zip(self.labels, self.values, strict=True)))
        object.__setattr__(self, "_label_of", dict(zip(self.values, self.labels, strict=True)))

    @staticmethod
    def of(values: Iterable[str]) -> Labels:
        """Return the labels of a list of values; repeated values count once."""
        return _labels_of(tuple(dict.fromkeys(values)))

    def value(self, label: str) -> str:
        """Return the true value of a label; a true value stands for itself.

        Raises:
            ActionError: The text is neither (``not_in_vocabulary``).
        """
        if label in self._value_of:
            return self._value_of[label]
        # No clash: a safe value is its own label, and a label is never an unsafe value.
        if label in self._label_of:
            return label
        raise ActionError(f"{plain_text(label)[:80]!r} is not in the list.", code="not_in_vocabulary")

    def label(self, value: str) -> str:
        """Return the label of a true value.

        Raises:
            ActionError: The value is not in the list (``not_in_vocabulary``).
        """
        if value not in self._label_of:
            raise ActionError(f"{plain_text(value)[:80]!r} is not in the list.", code="not_in_vocabulary")
        return self._label_of[value]

    def __len__(self) -> int:
        return len(self.labels)


@lru_cache(maxsize=64)
def _labels_of(values: tuple[str, ...]) -> Labels:
    taken = {value for value in values if is_safe(value)}
    counts: dict[str, int] = {}
    labels = []
    for value in values:
        label = value if is_safe(value) else _unique(value, taken, counts)
        labels.append(label)
    return Labels(tuple(labels), values)


def _unique(value: str, taken: set[str], counts: dict[str, int]) -> str:
    base = _shortened(plain_text(value), MAX_LABEL_CHARACTERS) or UNNAMED
    label = base
    while label in taken:
        counts[base] = counts.get(base, 1) + 1
        suffix = f" {counts[base]}"
        label = _shortened(base, MAX_LABEL_CHARACTERS - len(suffix)) + suffix
    taken.add(label)
    return label
