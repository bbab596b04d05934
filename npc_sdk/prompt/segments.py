"""What a prompt is made of, from the most stable part to the most volatile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class SegmentKind(str, Enum):
    """How long a part of a prompt stays the same."""

    WORLD = "world"
    PERSONA = "persona"
    ACTIONS = "actions"
    HISTORY = "history"
    TAIL = "tail"


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """One part of a prompt.

    Attributes:
        kind: What the part holds.
        text: Its text, template literals included.
        tokens: Its token ids; the concatenation of all segments is the prompt.
    """

    kind: SegmentKind
    text: str
    tokens: tuple[int, ...]
