"""Separates thoughts from speech while both arrive."""

from __future__ import annotations

from npc_sdk.prompt.template import THINK_END, THINK_START


class ThinkingFilter:
    """Splits text into speech and thoughts; tags may be cut anywhere between two pieces.

    A thought that never ends is thought to its end. A tag that does not fit (an end outside, a start inside a
    thought) is dropped, and so are the blanks after an end. However the text is split, the result is the same.
    Not thread safe; made for one answer.

    Args:
        start_inside: Whether the text begins inside a thought that the prompt has opened.
        start_tag: The text that begins a thought.
        end_tag: The text that ends one.
    """

    def __init__(self, *, start_inside: bool = False, start_tag: str = THINK_START, end_tag: str = THINK_END) -> None:
        self._tags = {start_tag: True, end_tag: False}
        self._is_inside = start_inside
        self._skips_blanks = False
        self._partial = ""

    @property
    def is_inside(self) -> bool:
        """Whether the text so far ends inside a thought."""
        return self._is_inside

    def feed(self, text: str) -> tuple[str, str]:
        """Return the speech and the thought in the next piece; what may still become a tag is held back."""
        rest = self._partial + text
        out: tuple[list[str], list[str]] = ([], [])
        while found := self._next_tag(rest):
            position, tag = found
            self._take(rest[:position], out)
            self._is_inside = self._tags[tag]
            self._skips_blanks = not self._is_inside
            rest = rest[position + len(tag) :]
        held = max(_partial_length(rest, tag) for tag in self._tags)
        self._take(rest[: len(rest) - held], out)
        self._partial = rest[len(rest) - held :]
        return "".join(out[0]), "".join(out[1])

    def finish(self) -> tuple[str, str]:
        """Return what was held back, as speech or thought."""
        out: tuple[list[str], list[str]] = ([], [])
        self._take(self._partial, out)
        self._partial = ""
        return "".join(out[0]), "".join(out[1])

    def _next_tag(self, text: str) -> tuple[int, str] | None:
        places = [(text.find(tag), tag) for tag in self._tags if tag in text]
        return min(places) if places else None

    def _take(self, text: str, out: tuple[list[str], list[str]]) -> None:
        if self._skips_blanks and not self._is_inside:
            text = text.lstrip()
        if text:
            self._skips_blanks = False
            out[self._is_inside].append(text)


def _partial_length(text: str, tag: str) -> int:
    """Return how many characters at the end of the text may begin the tag."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if text.endswith(tag[:length]):
            return length
    return 0
