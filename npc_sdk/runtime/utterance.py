"""What a character says in one turn: deltas, whole sentences, and the persona's limits on both."""

from __future__ import annotations

from npc_sdk.persona import Limits
from npc_sdk.prompt.sentences import SentenceSplitter, is_whole_sentence
from npc_sdk.runtime.events import Sentence, SpeechDelta


class Utterance:
    """Turns pieces of speech into events and keeps count. Not thread safe; owned by its turn.

    Positions are characters of :attr:`text`, which is the concatenation of all deltas.

    Args:
        limits: Most sentences of a round, and characters of all.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._splitter = SentenceSplitter()
        self._text = ""
        self._blank = ""
        self._sentences = 0
        self._whole = 0
        self._is_full = False

    @property
    def text(self) -> str:
        """All that was delivered as deltas."""
        return self._text

    @property
    def whole_text(self) -> str:
        """The part of :attr:`text` up to the end of its last whole sentence."""
        return self._text[: self._whole]

    @property
    def is_full(self) -> bool:
        """Whether a limit was reached; nothing is taken any more."""
        return self._is_full

    def add(self, text: str) -> list[SpeechDelta | Sentence]:
        """Take more speech; returns what may be delivered."""
        fresh = self._fresh(text)
        if not fresh or self._is_full:
            return []
        if self._sentences >= self._limits.sentences:
            self._is_full = True
            return []
        room = self._limits.characters - len(self._text)
        if len(fresh) > room:
            self._is_full = True
            fresh = fresh[:room].rstrip()
        return self._deliver(fresh, self._splitter.feed(fresh))

    def close(self) -> list[SpeechDelta | Sentence]:
        """End the running sentence, because the character stopped or acts now."""
        self._blank = ""
        sentences = self._splitter.finish()
        self._splitter = SentenceSplitter()
        events = self._deliver("", sentences) if not self._is_full else []
        if self._text:
            self._blank = " "
        return events

    def next_round(self) -> None:
        """Go on after results: the limit of sentences counts anew, that of characters does not."""
        self._sentences = 0

    def cut(self) -> list[SpeechDelta | Sentence]:
        """End early: the rest counts when it already reads as a whole sentence."""
        if self._is_full or not is_whole_sentence(self._splitter.pending):
            return []
        return self.close()

    def close_limited(self) -> list[SpeechDelta | Sentence]:
        """End at a limit: keep whole sentences; without one, keep whole words."""
        if self._whole or not self._text.strip():
            return []
        words = self._text if " " not in self._text else self._text.rpartition(" ")[0]
        self._whole = len(words.rstrip())
        self._sentences += 1
        return [Sentence(text=self.whole_text, ends_at=self._whole)]

    def _fresh(self, text: str) -> str:
        """Return the text to deliver now: blanks wait until something follows them."""
        joined = self._blank + text
        spoken = joined.rstrip()
        self._blank = joined[len(spoken) :]
        if not self._text:
            spoken = spoken.lstrip()
            self._blank = self._blank if spoken else ""
        return spoken

    def _deliver(self, fresh: str, sentences: list[str]) -> list[SpeechDelta | Sentence]:
        before = len(self._text)
        self._text += fresh
        found: list[Sentence] = []
        for sentence in sentences:
            if self._sentences < self._limits.sentences:
                found.append(self._place(sentence))
        if self._sentences >= self._limits.sentences and self._text[self._whole :].strip():
            self._is_full = True
            self._text = self._text[: max(before, self._whole)]
        delta = self._text[before:]
        return [*([SpeechDelta(text=delta)] if delta else []), *found]

    def _place(self, sentence: str) -> Sentence:
        text = sentence.strip()
        at = self._text.find(text, self._whole)
        self._whole = at + len(text) if at >= 0 else len(self._text)
        self._sentences += 1
        return Sentence(text=text, ends_at=self._whole)
