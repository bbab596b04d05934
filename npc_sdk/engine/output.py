"""What becomes of generated tokens: bytes to show, stop texts, the trigger of a grammar, an opened thought."""

from __future__ import annotations

from collections.abc import Sequence

from npc_sdk.engine.request import Request


def held_back(data: bytes | bytearray, stops: Sequence[bytes]) -> int:
    """Return how many last bytes may still become a stop text."""
    longest = max((len(stop) for stop in stops), default=1) - 1
    for length in range(min(longest, len(data)), 0, -1):
        tail = bytes(data[-length:])
        if any(stop.startswith(tail) for stop in stops):
            return length
    return 0


class Output:
    """The bytes of one reply as they come.

    Not thread safe; owned by the engine thread.

    Attributes:
        is_stopped: Whether a stop text was met; it and what follows is not shown.
        is_thinking: Whether the text is still inside an opened thought.
    """

    def __init__(self, request: Request, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._stops = tuple(stop.encode() for stop in request.stop if stop)
        self._trigger = request.constraint.trigger.encode() if request.constraint is not None else b""
        thinking = request.thinking
        self._thought_end = thinking.end.encode() if thinking is not None else b""
        self._thought_left = thinking.budget if thinking is not None else None
        self._recent = bytearray()
        self._held = bytearray()
        self._shown = bytearray()
        self.is_thinking = thinking is not None
        self.is_stopped = False

    def push(self, token: int, *, is_constrained: bool) -> bytes | None:
        """Take in one token.

        Args:
            token: What was generated.
            is_constrained: Whether a grammar holds for it; stop texts and triggers do not count then.

        Returns:
            None, or, when the trigger was completed by this token, the bytes of it beyond the trigger.
        """
        piece = self._pieces[token]
        if self.is_thinking:
            piece = self._think(piece)
            if not piece:
                return None
        if is_constrained:
            self._show(piece)
            return None
        self._held += piece
        self._find_stop()
        return self._find_trigger(piece)

    def take(self) -> bytes:
        """Return the bytes that may be shown since the last call."""
        data = bytes(self._shown)
        self._shown.clear()
        return data

    def flush(self) -> None:
        """Show what was held back: no stop text can follow any more."""
        self._shown += self._held
        self._held.clear()

    def is_thought_used_up(self) -> bool:
        """Tell whether the thought must be closed now."""
        return self.is_thinking and self._thought_left is not None and self._thought_left <= 0

    def _show(self, piece: bytes) -> None:
        self.flush()
        self._shown += piece

    def _think(self, piece: bytes) -> bytes:
        """Take in a piece of an opened thought; returns what follows the thought's end in the same piece."""
        if self._thought_left is not None:
            self._thought_left -= 1
        self._recent += piece
        place = self._recent.find(self._thought_end)
        if place < 0:
            self._shown += piece
            del self._recent[: -len(self._thought_end)]
            return b""
        self.is_thinking = False
        beyond = bytes(self._recent[place + len(self._thought_end) :])
        self._recent.clear()
        self._shown += piece[: len(piece) - len(beyond)]
        return beyond

    def _find_stop(self) -> None:
        # The one that is complete first, so that it does not matter how the text is split into tokens.
        found = [(place + len(stop), place) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if found:
            self._shown += self._held[: min(found)[1]]
            self._held.clear()
            self.is_stopped = True
            return
        keep = held_back(self._held, self._stops)
        self._shown += self._held[: len(self._held) - keep]
        del self._held[: len(self._held) - keep]

    def _find_trigger(self, piece: bytes) -> bytes | None:
        if not self._trigger or self.is_stopped:
            return None
        self._recent += piece
        place = self._recent.find(self._trigger)
        if place < 0:
            del self._recent[: -len(self._trigger)]
            return None
        beyond = bytes(self._recent[place + len(self._trigger) :])
        self._recent.clear()
        self.flush()
        return beyond
