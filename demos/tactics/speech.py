"""What soldiers say, letter by letter at reading pace: as a function of what has arrived when, and of the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from .scene import Bubble, BubbleKind

# Faster than anybody reads aloud, and slow enough to follow.
LETTERS_PER_MS = 0.045
STAYS_MS, STAYS_LETTER_MS = 1400.0, 32.0
CUT_STAYS_MS = 900.0
DASH = "\u2014"


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters that have arrived: shown from when to when."""

    count: int
    from_ms: float
    to_ms: float


@dataclass(slots=True, kw_only=True)
class Utterance:
    """One thing that a soldier says. Not thread safe; the game's loop owns it.

    Args:
        id: Its number within the battle.
        label: Who.
        kind: What kind of bubble.
        began_ms: When it began, on the game's clock.
        text: All that has arrived.
        is_whole: Whether no more will come.
        cut_at: How many letters stand when it was cut; None when it was not.
        over_ms: When all of it was shown, or it was cut; None before.
    """

    id: int
    label: str
    kind: BubbleKind
    began_ms: float
    text: str = ""
    is_whole: bool = False
    cut_at: int | None = None
    over_ms: float | None = None
    _pieces: list[Piece] = field(default_factory=list)

    def say(self, text: str, now_ms: float) -> None:
        """Take more text."""
        if text and not self.is_whole:
            last_ms = self._pieces[-1].to_ms if self._pieces else now_ms
            from_ms = max(last_ms, now_ms)
            self._pieces.append(Piece(len(text), from_ms, from_ms + len(text) / LETTERS_PER_MS))
            self.text += text

    def say_instead(self, text: str, now_ms: float) -> None:
        """Take text that replaces what came before it: a fallback line for a sentence that broke off."""
        if not self.is_whole:
            self._pieces.clear()
            self.text = ""
            self.say(text, now_ms)

    def end(self, text: str, now_ms: float) -> None:
        """Take the end: what stands of it, which may be less than was shown."""
        if self.is_whole:
            return
        if not self.text.startswith(text):
            self.say_instead(text, now_ms)
        elif len(text) < len(self.text):
            shown = min(self.shown(now_ms), len(text))
            self._pieces = [Piece(shown, now_ms, now_ms)] if shown else []
            self.text = text[:shown]
            self.say(text[shown:], now_ms)
        self.is_whole = True
        self.over_ms = max(now_ms, self._pieces[-1].to_ms if self._pieces else now_ms)

    def cut(self, now_ms: float) -> int:
        """Break off; returns how many letters were shown, which are all that stand."""
        shown = self.shown(now_ms)
        if self.cut_at is None and not self.is_read(now_ms):
            self.cut_at, self.is_whole, self.over_ms = shown, True, now_ms
        return shown

    def shown(self, now_ms: float) -> int:
        """Return how many letters are shown."""
        if self.cut_at is not None:
            return self.cut_at
        shown = 0
        for piece in self._pieces:
            if now_ms >= piece.to_ms:
                shown += piece.count
            elif now_ms > piece.from_ms:
                return shown + int(piece.count * (now_ms - piece.from_ms) / (piece.to_ms - piece.from_ms))
            else:
                break
        return shown

    def is_read(self, now_ms: float) -> bool:
        """Whether it is whole, and all of it was shown or it was cut."""
        return self.is_whole and self.over_ms is not None and now_ms >= self.over_ms

    def left_ms(self, now_ms: float) -> float:
        """Return for how long the bubble stays once it is read."""
        if not self.is_read(now_ms) or self.over_ms is None:
            return 1e9
        stays_ms = CUT_STAYS_MS if self.cut_at is not None else STAYS_MS + STAYS_LETTER_MS * len(self.text)
        return self.over_ms + stays_ms - now_ms

    def bubble(self, now_ms: float) -> Bubble:
        """Return what is to be seen of it."""
        text = self.text[: self.shown(now_ms)]
        return Bubble(
            label=self.label,
            text=f"{text.rstrip()}{DASH}" if self.cut_at is not None and text.strip() else text,
            kind=self.kind,
            is_whole=self.is_read(now_ms),
            age_ms=now_ms - self.began_ms,
            left_ms=self.left_ms(now_ms),
        )


class Speech:
    """Everything that is said in a battle. Not thread safe; the game's loop owns it."""

    def __init__(self) -> None:
        self.all: dict[int, Utterance] = {}
        self._live: list[Utterance] = []

    def begin(self, label: str, kind: BubbleKind, now_ms: float) -> Utterance:
        """Begin something; what the soldier said before goes away."""
        self._live = [other for other in self._live if other.label != label]
        made = Utterance(id=len(self.all), label=label, kind=kind, began_ms=now_ms)
        self.all[made.id] = made
        self._live.append(made)
        return made

    def tidy(self, now_ms: float) -> None:
        """Take away what was read long enough."""
        self._live = [each for each in self._live if each.left_ms(now_ms) > 0.0]

    def of(self, label: str) -> Utterance | None:
        """Return what a soldier is saying."""
        return next((each for each in self._live if each.label == label), None)

    def bubbles(self, now_ms: float) -> tuple[Bubble, ...]:
        """Return the bubbles, without those that are still empty."""
        made = (each.bubble(now_ms) for each in self._live)
        return tuple(bubble for bubble in made if bubble.text)
