"""Splits the text of a reply, as it arrives, into speech and calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from npc_sdk.errors import StateError

MAX_CALL_CHARACTERS = 65_536
_SHOWN_CHARACTERS = 2_000


@dataclass(frozen=True)
class SpeechPiece:
    """A piece of what the character says, as the model wrote it.

    Args:
        text: Never empty. Whitespace between speech and a call is left out.
    """

    text: str


@dataclass(frozen=True)
class CallPiece:
    """A whole call that fits its action.

    Args:
        name: Name of the action.
        arguments: Its arguments as plain values, with defaults and the true values of vocabularies.
        text: The call as the model wrote it, tags included.
    """

    name: str
    arguments: dict[str, Any]
    text: str = ""


@dataclass(frozen=True)
class BadCall:
    """A call that was cut, or that fits no action; it must not reach the game.

    Args:
        text: The beginning of what the model wrote.
        cause: What is wrong with it.
    """

    text: str
    cause: str


ReplyPiece = SpeechPiece | CallPiece | BadCall


class StreamParser:
    """Parses one reply, fed in pieces of any size; linear in the length of the text.

    Text is held back only while it may still become the trigger, and whitespace while it may still turn
    out to stand before a call. However the text is split, the pieces say the same.
    Not thread safe; made for one reply.

    Args:
        trigger: The text that starts a call.
        closing: The text that ends it.
        read: Turns what stood between the two into a call. Never raises.
    """

    def __init__(self, trigger: str, closing: str, read: Callable[[str], CallPiece | BadCall]) -> None:
        self._trigger = trigger
        self._closing = closing
        self._read = read
        self._is_finished = False
        self._pieces: list[ReplyPiece] = []
        self._partial = ""  # an end of the text that may begin the trigger or the closing tag
        self._blanks: list[str] = []  # whitespace that may stand before a call
        self._has_called = False
        self._is_speaking = False
        self._call: list[str] | None = None
        self._call_characters = 0

    def feed(self, text: str) -> list[ReplyPiece]:
        """Return what the next piece of the reply completes.

        Raises:
            StateError: The reply was finished (``parser_finished``).
        """
        if self._is_finished:
            raise StateError("The reply is finished.", "Make a parser for each reply.", code="parser_finished")
        rest = self._partial + text
        start = 0
        while True:
            mark = self._trigger if self._call is None else self._closing
            found = rest.find(mark, start)
            if found < 0:
                break
            self._take(rest[start:found])
            self._turn()
            start = found + len(mark)
        held = _partial_length(rest, mark, start)
        self._take(rest[start : len(rest) - held])
        self._partial = rest[len(rest) - held :]
        return self._taken()

    def finish(self) -> list[ReplyPiece]:
        """Return what is left when the generation has ended; may be called again, and then returns nothing."""
        if self._is_finished:
            return []
        self._is_finished = True
        self._take(self._partial)
        self._partial = ""
        if self._call is not None:
            body = "".join(self._call)
            self._pieces.append(bad_call(self._trigger + body, "The reply ended inside the call."))
        elif self._is_speaking or not self._has_called:
            self._say("".join(self._blanks))
        return self._taken()

    def _take(self, text: str) -> None:
        if self._call is None:
            self._take_speech(text)
        elif self._call_characters <= MAX_CALL_CHARACTERS:
            self._call.append(text)
            self._call_characters += len(text)

    def _take_speech(self, text: str) -> None:
        spoken = text.rstrip()
        if spoken:
            if self._has_called and not self._is_speaking:
                self._blanks, spoken = [], spoken.lstrip()
            self._say("".join(self._blanks) + spoken)
            self._is_speaking = True
            self._blanks = [text[len(text.rstrip()) :]]
        elif text:
            self._blanks.append(text)

    def _say(self, text: str) -> None:
        if text:
            self._pieces.append(SpeechPiece(text))

    def _turn(self) -> None:
        """Cross a trigger or a closing tag."""
        if self._call is None:
            self._call, self._call_characters, self._blanks = [], 0, []
            return
        body = "".join(self._call)
        if self._call_characters > MAX_CALL_CHARACTERS:
            self._pieces.append(bad_call(self._trigger + body, "The call is too long."))
        else:
            self._pieces.append(self._read(body))
        self._call, self._has_called, self._is_speaking = None, True, False

    def _taken(self) -> list[ReplyPiece]:
        pieces, self._pieces = self._pieces, []
        return pieces


def bad_call(text: str, cause: str) -> BadCall:
    """Return a bad call that shows only the beginning of a long text."""
    return BadCall(text[:_SHOWN_CHARACTERS], cause)


def _partial_length(text: str, mark: str, start: int) -> int:
    """Return how many characters at the end of the text may begin the mark."""
    for length in range(min(len(mark) - 1, len(text) - start), 0, -1):
        if text.endswith(mark[:length]):
            return length
    return 0
