"""From the bytes of one generation to speech and calls."""

from __future__ import annotations

from npc_sdk.actions import ReplyPiece, StreamParser
from npc_sdk.prompt.thinking import ThinkingFilter
from npc_sdk.prompt.utf8 import Utf8Stream


class ReplyReader:
    """Bytes in; whole characters, without thoughts, split into speech and calls. Not thread safe.

    Args:
        parser: The dialect's parser for one reply.
        is_thinking: Whether the prompt already opened a thought.
    """

    def __init__(self, parser: StreamParser, *, is_thinking: bool) -> None:
        self._characters = Utf8Stream()
        self._thoughts = ThinkingFilter(start_inside=is_thinking)
        self._parser = parser

    def feed(self, data: bytes) -> list[ReplyPiece]:
        """Return what the next bytes complete."""
        speech, _ = self._thoughts.feed(self._characters.feed(data))
        return self._parser.feed(speech)

    def finish(self) -> list[ReplyPiece]:
        """Return what is left at the end of the generation."""
        speech, _ = self._thoughts.feed(self._characters.finish())
        rest, _ = self._thoughts.finish()
        return [*self._parser.feed(speech + rest), *self._parser.finish()]
