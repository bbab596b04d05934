"""What plays in the pacing benchmark: a game that draws frames, and characters that talk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

_PROMPT = (24, 96)
_REPLY = (16, 60)
_PAUSE_MS = (300.0, 2500.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCosts:
    """Milliseconds of an idle device for one call of llama.cpp.

    Args:
        name: What it stands for.
        decode_ms: Decoding one row.
        row_ms: Every further row.
        read_ms: Any reading.
        token_ms: Every prompt token read.
    """

    name: str
    decode_ms: float
    row_ms: float
    read_ms: float
    token_ms: float

    def decode(self, rows: int) -> float:
        """Return the cost of decoding for so many speakers."""
        return self.decode_ms + self.row_ms * (rows - 1)

    def read(self, tokens: int) -> float:
        """Return the cost of reading so many prompt tokens."""
        return self.read_ms + self.token_ms * tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A game's drawing.

    Args:
        fps: Frames a second that it aims for; it waits for the next one's time when it is early.
        is_synced: Whether a frame that is late waits for the display's next beat, so that it takes twice as long.
        load: Part of a frame's time that drawing takes on average.
        noise: Spread of the drawing time, as a part of it.
        spikes: Share of frames that take twice as long.
        seconds: Length of the scene.
    """

    fps: int
    is_synced: bool = False
    load: float = 0.5
    noise: float = 0.12
    spikes: float = 0.003
    seconds: float = 60.0

    @property
    def target_ms(self) -> float:
        """Return the time of a frame."""
        return 1000 / self.fps

    def drawing_ms(self, seed: int) -> Iterator[float]:
        """Return the endless drawing times: slow swings, quick noise and rare spikes."""
        generator = random.Random(seed)
        swing = 0.0
        while True:
            swing = 0.98 * swing + generator.gauss(0, 0.2 * self.noise)
            quick = generator.gauss(0, 0.5 * self.noise)
            spike = 2.0 if generator.random() < self.spikes else 1.0
            yield max(0.05, (1 + swing + quick) * spike) * self.load * self.target_ms


@dataclass(slots=True)
class _Talker:
    begins_ms: float
    prompt: int = 0
    reply: int = 0


@dataclass(slots=True)
class Talk:
    """Characters that are spoken to, answer, and pause, again and again.

    Args:
        characters: How many.
        seed: Makes lengths and pauses.
    """

    characters: int
    seed: int
    spoken: int = 0
    read: int = 0
    _generator: random.Random = field(init=False)
    _talkers: list[_Talker] = field(init=False)

    def __post_init__(self) -> None:
        self._generator = random.Random(self.seed)
        self._talkers = [self._next(0.0) for _ in range(self.characters)]

    def waiting(self, now_ms: float) -> tuple[int, int]:
        """Return how many wait to speak and how many to be read to."""
        here = [talker for talker in self._talkers if talker.begins_ms <= now_ms]
        readers = sum(talker.prompt > 0 for talker in here)
        return len(here) - readers, readers

    def next_ms(self) -> float:
        """Return when the next pause ends."""
        return min((talker.begins_ms for talker in self._talkers), default=0.0)

    def read_some(self, quantum: int, now_ms: float) -> int:
        """Read at most ``quantum`` tokens of one prompt and return how many."""
        talker = next(talker for talker in self._talkers if talker.begins_ms <= now_ms and talker.prompt)
        count = min(quantum, talker.prompt)
        talker.prompt -= count
        self.read += count
        return count

    def speak(self, rows: int, now_ms: float) -> int:
        """Decode a token for at most ``rows`` speakers, in turn, and return for how many."""
        chosen = [talker for talker in self._talkers if talker.begins_ms <= now_ms and not talker.prompt][:rows]
        for talker in chosen:
            talker.reply -= 1
            self._talkers.remove(talker)
            self._talkers.append(talker if talker.reply else self._next(now_ms))
        self.spoken += len(chosen)
        return len(chosen)

    def _next(self, now_ms: float) -> _Talker:
        pause_ms = self._generator.uniform(*_PAUSE_MS)
        return _Talker(now_ms + pause_ms, self._generator.randint(*_PROMPT), self._generator.randint(*_REPLY))
