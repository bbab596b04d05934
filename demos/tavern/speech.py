"""A line that is being said: its text arrives faster than it is spoken, and somebody may cut it short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Protocol, TypeAlias

LineSource: TypeAlias = Literal["model", "cut", "fallback", "game", "player"]

CHARACTERS_PER_S: Final = 34.0
# How often a mind is told how much of its words was heard, while it speaks.
REPORT_EVERY_MS: Final = 200.0
STAY_MS, STAY_MS_PER_CHARACTER, STAY_MOST_MS = 1400.0, 34.0, 7000.0


class Spoken(Protocol):
    """Where the words of a line come from; nothing here waits.

    Attributes:
        text: The words so far; at the end, those that stand.
        is_over: Whether no more words will come.
        source: Where they come from.
    """

    text: str
    is_over: bool
    source: LineSource

    def look(self) -> None:
        """Take in what has come."""
        ...

    @property
    def heard(self) -> Callable[[int], None]:
        """Learns how many characters were heard."""
        ...

    @property
    def cut(self) -> Callable[[], None]:
        """Ends it now."""
        ...


class FixedLine:
    """Words that the game itself has somebody say.

    Args:
        text: What.
        source: Whose words these are.
    """

    def __init__(self, text: str, source: LineSource = "game") -> None:
        self.text = text
        self.source: LineSource = source
        self.is_over = True

    def look(self) -> None:
        """Nothing comes."""

    def heard(self, characters: int) -> None:
        """Nothing remembers these words."""

    def cut(self) -> None:
        """They are all there."""


class Speech:
    """One line on its way to the ears of the table.

    Args:
        speaker: Who says it.
        spoken: The words.
        to: Whom it is meant for: a guest, the player, or nobody in particular.
        now_ms: When it began.
    """

    def __init__(self, speaker: str, spoken: Spoken, *, to: str, now_ms: float) -> None:
        self.speaker, self.spoken, self.to = speaker, spoken, to
        self.began_ms, self.ended_ms = now_ms, None if spoken.text or not spoken.is_over else now_ms
        self.first_ms: float | None = None
        self.is_cut = False
        self._at_ms = now_ms
        self._shown = 0.0
        self._words = ""
        self._reported, self._reported_ms = 0, now_ms

    @property
    def shown(self) -> str:
        """What was heard of it so far."""
        return self._words[: int(self._shown)]

    @property
    def source(self) -> LineSource:
        """Where the words come from."""
        return self.spoken.source

    @property
    def is_thinking(self) -> bool:
        """Whether no word has come yet."""
        return not self._words and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether all of it was heard, or it was cut."""
        return self.ended_ms is not None

    def advance(self, now_ms: float) -> None:
        """Go on to a moment."""
        passed_ms, self._at_ms = max(0.0, now_ms - self._at_ms), now_ms
        if self.is_over:
            return
        self.spoken.look()
        words, is_whole = self.spoken.text, self.spoken.is_over
        if self.shown.startswith(words):
            # The end of an unfinished sentence was taken back.
            self._shown = min(self._shown, float(len(words)))
        elif not words.startswith(self.shown):
            # A fallback line takes the place of what was begun.
            self._shown = 0.0
        self._words = words
        if words and self.first_ms is None:
            self.first_ms = now_ms
        self._shown = min(float(len(words)), self._shown + passed_ms * CHARACTERS_PER_S / 1000)
        if is_whole and int(self._shown) >= len(words):
            self.ended_ms = now_ms
        self._report(now_ms)

    def cut(self, now_ms: float) -> str:
        """End now; returns what was heard.

        The words that nobody heard are taken out of the speaker's memory.
        """
        if not self.is_over:
            self.is_cut, self.ended_ms = True, now_ms
            self.spoken.cut()
            self.spoken.heard(int(self._shown))
        return self.shown

    def left_ms(self, now_ms: float) -> float:
        """Return for how long it stays to be read."""
        if self.ended_ms is None:
            return STAY_MOST_MS
        stays_ms = min(STAY_MOST_MS, STAY_MS + STAY_MS_PER_CHARACTER * len(self.shown))
        return self.ended_ms + stays_ms - now_ms

    def _report(self, now_ms: float) -> None:
        heard = int(self._shown)
        if heard != self._reported and (self.is_over or now_ms - self._reported_ms >= REPORT_EVERY_MS):
            self._reported, self._reported_ms = heard, now_ms
            self.spoken.heard(heard)
