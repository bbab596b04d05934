"""Bytes in, whole characters out."""

from __future__ import annotations

import codecs
import re

_INVALID = re.compile("[\udc80-\udcff]+")
_REPLACEMENT = "\ufffd"


class Utf8Stream:
    """Decodes UTF-8 that arrives in pieces; a run of invalid bytes becomes one replacement character.

    However the bytes are split, the text is the same. Not thread safe; made for one text.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._was_invalid = False

    def feed(self, data: bytes) -> str:
        """Return the characters that are complete with the next bytes."""
        return self._clean(self._decoder.decode(data))

    def finish(self) -> str:
        """Return what is left at the end of the text: a replacement character for half a character, or ""."""
        text = self._clean(self._decoder.decode(b"", final=True))
        self._decoder.reset()
        self._was_invalid = False
        return text

    def _clean(self, text: str) -> str:
        if not text:
            return ""
        cleaned = _INVALID.sub(_REPLACEMENT, text)
        goes_on = self._was_invalid and "\udc80" <= text[0] <= "\udcff"
        self._was_invalid = "\udc80" <= text[-1] <= "\udcff"
        return cleaned[1:] if goes_on else cleaned
