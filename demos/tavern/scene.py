"""What is to be seen and read at the table at one moment, as plain values: all that the drawing knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..drawing.notice import Notice
from .speech import LineSource

Mood: TypeAlias = Literal["calm", "listening", "thinking", "talking", "annoyed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """What somebody says.

    Args:
        text: As much of it as was said by now.
        is_whole: Whether nothing more will come.
        is_cut: Whether the player cut it short.
        age_ms: Since its first word.
        left_ms: Until it goes away; only meaningful when it is whole.
        source: Where the words come from.
    """

    text: str
    is_whole: bool = False
    is_cut: bool = False
    age_ms: float = 0.0
    left_ms: float = 1e9
    source: LineSource = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A guest.

    Args:
        key: Its name in the game.
        short: What one calls it.
        name: Its whole name.
        role: What it is.
        seat: Its place, from left to right.
        mood: How it looks.
        looks_at: A guest, ``player``, or nobody in particular when empty.
        bubble: What it says.
        is_selected: Whether the player talks to it.
    """

    key: str
    short: str
    name: str
    role: str
    seat: int
    mood: Mood = "calm"
    looks_at: str = ""
    bubble: Bubble | None = None
    is_selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the transcript.

    Args:
        speaker: Who said it: a guest's key or ``player``.
        name: What the transcript calls the speaker.
        text: What was heard of it.
        to: Whom it was meant for, as ``speaker``; empty for the table.
        is_cut: Whether it was cut short.
        source: Where the words come from.
        is_open: Whether more of it will come.
        at_ms: When it began.
        heard_by: Whom it was told to, or put to, once it was over.
    """

    speaker: str
    name: str
    text: str
    to: str = ""
    is_cut: bool = False
    source: LineSource = "model"
    is_open: bool = False
    at_ms: float = 0.0
    heard_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the player can see of a guest.

    Args:
        key: Whose it is.
        name: Its whole name.
        role: What it is.
        manner: How it talks.
    """

    key: str
    name: str
    role: str
    manner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A moment at the table.

    Args:
        now_ms: The moment; what flickers takes it from here.
        place: The name of the tavern.
        who: The guests.
        lines: The last lines, oldest first.
        typed: What the player has typed so far.
        composed: What an input method has not finished.
        is_typing: Whether letters go into the line.
        card: Of the guest that was clicked.
        notices: News, newest last.
        loading: What is being waited for before the evening begins; empty when it has.
        is_awake: Whether the minds can be reached.
    """

    now_ms: float
    place: str
    who: tuple[Who, ...]
    lines: tuple[Line, ...] = ()
    typed: str = ""
    composed: str = ""
    is_typing: bool = True
    card: Card | None = None
    notices: tuple[Notice, ...] = ()
    loading: str = ""
    is_awake: bool = True

    def guest(self, key: str) -> Who | None:
        """Return a guest, or None."""
        return next((who for who in self.who if who.key == key), None)
