"""A stand-in for llama.cpp that says a fixed next word for every history, and refuses what llama.cpp would."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from npc_sdk.budget.pacing import Grant
from npc_sdk.engine.constraint import GrammarCompiler
from npc_sdk.engine.decoder import ABORTED, DONE, NO_ROOM, Row
from npc_sdk.engine.pace import Unpaced
from npc_sdk.engine.request import Request, Sampling

VOCABULARY = 24
END = 0
PIECES = [b"<end>"] + [bytes([96 + token]) for token in range(1, VOCABULARY)]
_PARTIAL = struct.Struct("<QQ")
_MASK = (1 << 64) - 1


def digest(tokens: Sequence[int]) -> int:
    """Return 64 bits that stand for a history."""
    value = 0xCBF29CE484222325
    for token in tokens:
        value = ((value ^ (int(token) + 1)) * 0x100000001B3) & _MASK
        value ^= value >> 29
    return value


def logits_of(tokens: Sequence[int]) -> NDArray[np.float32]:
    """Return the scores of every next token; no two are equal, and the end is seldom the best."""
    generator = np.random.default_rng(digest(tokens))
    scores = generator.permutation(VOCABULARY).astype(np.float32)
    if generator.random() > 0.04:
        scores[END] = -1
    return scores


class FakeSampler:
    """Draws one of the best three, depending on the seed and all that was drawn or accepted before."""

    def __init__(self, seed: int, decoder: FakeDecoder | None = None) -> None:
        self.history = [seed]
        self.is_closed = False
        self._decoder = decoder

    def choose(self, scores: NDArray[np.float32]) -> int:
        best = np.argsort(scores)[::-1][:3]
        token = int(best[digest(self.history) % 3])
        self.history.append(token)
        return token

    def draw(self, row: int) -> int:
        assert self._decoder is not None and not self.is_closed
        return self.choose(self._decoder.rows[row])

    def accept(self, token: int) -> None:
        self.history.append(token)

    def move_to(self, decoder: FakeDecoder) -> None:
        assert not self.is_closed
        self._decoder = decoder

    def close(self) -> None:
        self.is_closed = True


def run_alone(request: Request) -> tuple[list[int], str]:
    """Return what a request gives when nobody disturbs it, and why it ends."""
    history = list(request.tokens + request.generated)
    sampler = FakeSampler(request.sampling.seed)
    for token in request.generated:
        sampler.accept(token)
    said: list[int] = []
    while len(request.generated) + len(said) < request.max_tokens:
        scores = logits_of(history)
        is_drawn = request.sampling.temperature > 0 or request.sampling.repeat_penalty != 1
        token = sampler.choose(scores) if is_drawn else int(scores.argmax())
        if token == END:
            return said, "stop"
        said.append(token)
        history.append(token)
        if any(stop.encode() in text_of(said) for stop in request.stop):
            return said, "stop"
    return said, "length"


def text_of(tokens: Sequence[int]) -> bytes:
    """Return the spelling of tokens."""
    return b"".join(PIECES[token] for token in tokens)


class FakeDecoder:
    """Sequences over shared cells, with the memory rules that were measured on llama.cpp.

    Attributes:
        no_room: How often a batch found no cell; the loop's reservations must prevent it.
        samplers: Every sampler that was handed out.
        abort_in: Break off after so many more calls, as another thread might; None is never.
    """

    def __init__(
        self,
        *,
        slots: int,
        cells: int,
        is_hybrid: bool,
        batch_tokens: int = 64,
        samplers: list[FakeSampler] | None = None,
    ) -> None:
        self.slots = slots
        self.cells = cells
        self.batch_tokens = batch_tokens
        self.is_hybrid = is_hybrid
        self.can_split_state = is_hybrid
        self.no_room = 0
        self.samplers: list[FakeSampler] = [] if samplers is None else samplers
        self.rows = np.zeros((slots, VOCABULARY), dtype=np.float32)
        self.calls: list[list[tuple[int, int]]] = []
        self.abort_in: int | None = None
        self._is_aborted = False
        self._names = count()
        self._tokens: list[list[int]] = [[] for _ in range(slots)]
        self._cells: list[list[int]] = [[] for _ in range(slots)]
        self._recurrent: list[tuple[int, int] | None] = [None] * slots

    @property
    def used(self) -> int:
        """Cells that hold something."""
        return len({cell for cells in self._cells for cell in cells})

    def tokens(self, sequence: int) -> list[int]:
        """Return what a sequence has read."""
        return list(self._tokens[sequence])

    def decode(self, rows: Sequence[Row]) -> int:
        assert rows, "an empty batch"
        assert len({row[0] for row in rows}) == len(rows), "a sequence has two rows"
        assert sum(len(row[1]) for row in rows) <= self.batch_tokens, "the batch is too long"
        assert sum(row[3] for row in rows) <= self.slots, "too many outputs"
        self.calls.append([(row[0], len(row[1])) for row in rows])
        if self._breaks_off():
            for sequence, tokens, position, _ in rows[:1]:
                self._append(sequence, tokens[: len(tokens) // 2], position)
            return ABORTED
        if self.used + sum(len(row[1]) for row in rows) > self.cells:
            self.no_room += 1
            return NO_ROOM
        wanted = []
        for sequence, tokens, position, is_wanted in rows:
            self._append(sequence, tokens, position)
            if is_wanted:
                wanted.append(logits_of(self._tokens[sequence]))
        if wanted:
            self.rows[: len(wanted)] = wanted
        return DONE

    def _breaks_off(self) -> bool:
        if self.abort_in is not None:
            self.abort_in -= 1
            if self.abort_in < 0:
                self.abort_in = None
                return True
        return self._is_aborted

    def _append(self, sequence: int, tokens: Sequence[int], position: int) -> None:
        assert 0 <= sequence < self.slots, "no such sequence"
        assert len(tokens) or self.abort_in is None, "an empty row"
        held = self._tokens[sequence]
        assert position == len(held), "a gap in the positions"
        if self.is_hybrid and held:
            assert self._recurrent[sequence] == (len(held), digest(held)), "the recurrent state is another's"
        held.extend(int(token) for token in tokens)
        self._cells[sequence].extend(next(self._names) for _ in tokens)
        self._recurrent[sequence] = (len(held), digest(held)) if self.is_hybrid else None

    def logits(self, rows: int) -> NDArray[np.float32]:
        return self.rows[:rows]

    def fork(self, source: int, target: int, length: int = -1) -> None:
        assert source != target, "a sequence forked onto itself"
        assert not self._tokens[target], "the target is not empty"
        size = len(self._tokens[source]) if length < 0 else length
        assert 0 < size <= len(self._tokens[source]), "nothing to fork"
        assert not self.is_hybrid or length < 0, "a hybrid forks as a whole only"
        self._tokens[target] = self._tokens[source][:size]
        self._cells[target] = self._cells[source][:size]
        self._recurrent[target] = self._recurrent[source]

    def remove(self, sequence: int, start: int = -1) -> bool:
        if start < 0:
            self._tokens[sequence], self._cells[sequence], self._recurrent[sequence] = [], [], None
            return True
        recurrent = self._recurrent[sequence]
        if self.is_hybrid and start < len(self._tokens[sequence]) and (recurrent is None or recurrent[0] != start):
            return False
        del self._tokens[sequence][start:]
        del self._cells[sequence][start:]
        return True

    def length(self, sequence: int) -> int:
        recurrent = self._recurrent[sequence]
        return min(len(self._tokens[sequence]), recurrent[0]) if recurrent else len(self._tokens[sequence])

    def state_bytes(self, sequence: int) -> int:
        return 4 * len(self._tokens[sequence]) + (_PARTIAL.size if self.is_hybrid else 0)

    def read_state_into(self, sequence: int, target: memoryview) -> int:
        data = np.array(self._tokens[sequence], dtype=np.int32).tobytes()
        recurrent = self._recurrent[sequence]
        if self.is_hybrid and recurrent is not None:
            data += _PARTIAL.pack(*recurrent)
        target[: len(data)] = data
        return len(data)

    def write_recurrent(self, sequence: int, data: memoryview) -> bool:
        assert self._tokens[sequence], "the recurrent part alone needs the attention part"
        length, value = _PARTIAL.unpack(bytes(data)[-_PARTIAL.size :])
        self._recurrent[sequence] = (length, value)
        return True

    def write_state(self, sequence: int, data: memoryview) -> bool:
        self.remove(sequence)
        data = memoryview(bytes(data))
        cut = len(data) - _PARTIAL.size if self.is_hybrid else len(data)
        tokens = np.frombuffer(data[:cut], dtype=np.int32).tolist()
        if self.used + len(tokens) > self.cells:
            self.no_room += 1
            return False
        self._tokens[sequence] = tokens
        self._cells[sequence] = [next(self._names) for _ in tokens]
        if self.is_hybrid:
            length, value = _PARTIAL.unpack(data[cut:])
            self._recurrent[sequence] = (length, value)
        return True

    def sampler(self, sampling: Sampling) -> FakeSampler:
        self.samplers.append(FakeSampler(sampling.seed, self))
        return self.samplers[-1]

    def abort(self) -> None:
        self._is_aborted = True

    def clear_abort(self) -> None:
        self._is_aborted = False


class MoodyPace(Unpaced):
    """Grants what a test says, and remembers what was asked and spent."""

    def __init__(self) -> None:
        super().__init__()
        self.grants = Grant(quantum=1 << 20)
        self.asked: list[tuple[float, int, int]] = []
        self.calls: list[tuple[int, bool, int]] = []

    def grant(self, now_ms: float, *, speakers: int, readers: int) -> Grant:
        self.asked.append((now_ms, speakers, readers))
        return self.grants

    def spent(self, *, tokens: int, is_reading: bool, rows: int, call_ms: float, now_ms: float) -> None:
        assert call_ms >= 0
        self.calls.append((tokens, is_reading, rows))


class NoVocabulary:
    """A vocabulary for tests without grammars."""

    vocabulary_size = VOCABULARY
    end_tokens = frozenset({END})
    pointer = None
    tokenize_address = 0

    def pieces(self) -> list[bytes]:
        return PIECES

    def special_tokens(self) -> frozenset[int]:
        return frozenset()


def no_grammars() -> GrammarCompiler:
    """Return a compiler that nobody asks."""
    return GrammarCompiler(NoVocabulary())


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
