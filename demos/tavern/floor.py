"""Who has the floor: one speaks at a time, the others hear what was really heard, and somebody goes on or nobody."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from npc_sdk.tactics import Choice, Tick

from . import cast
from .guests import BY_KEY, PLAYER, TOPICS, Topic, others
from .minds import Minds
from .scene import Line
from .speech import FixedLine, Speech, Spoken
from .turns import Next, Round, Wish, outcome, passing_words, wishes
from .words import denies, said

PAUSE_MS: Final = 650.0
# When nobody has spoken for so long, the guests talk among themselves; after so many topics they are quiet.
SILENCE_MS, BETWEEN_TOPICS_MS, TOPICS_IN_A_ROW = 8000.0, 14_000.0, 3
ANNOYED_MS: Final = 6000.0
_KEPT_LINES: Final = 200
_THE_PLAYER: Final = "The player"


@dataclass(frozen=True, slots=True)
class Asked:
    """What guests were asked, and their decisions as they come."""

    wishes: Sequence[Wish]
    tick: Tick


class Floor:
    """The conversation. Nothing here waits; not thread-safe.

    Args:
        minds: The guests.
        seed: Start of what they bring up.

    Attributes:
        lines: What was said, as it was heard, oldest first; the last ones.
        written: How many lines there were.
        speech: What is being said.
        last: The last speech of each.
        annoyed_until: Until when somebody minds that it was cut short.
        choices: What was decided since somebody looked last.
    """

    def __init__(self, minds: Minds, *, seed: int = 0) -> None:
        self._minds, self._random = minds, random.Random(seed)
        self.lines: list[Line] = []
        self.written = 0
        self.speech: Speech | None = None
        self.last: dict[str, Speech] = {}
        self.annoyed_until: dict[str, float] = {}
        self.choices: list[Choice] = []
        self._round: Round | None = None
        self.asked: Asked | None = None
        self._resume_ms = 0.0
        self._quiet_since: float | None = None
        self._topics = self._passed = self._small_talks = 0
        self._left: list[Topic] = []
        self._is_greeting = False

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks or is about to."""
        return self.speech is None and self._round is None

    @property
    def is_waiting(self) -> bool:
        """Whether a mind is being waited for."""
        return self.asked is not None or (self.speech is not None and not self.speech.spoken.is_over)

    @property
    def thinking(self) -> tuple[str, ...]:
        """Who thinks about what to say, or whether to."""
        if self.asked is not None:
            return tuple(wish.key for wish in self.asked.wishes)
        return (self.speech.speaker,) if self.speech is not None and self.speech.is_thinking else ()

    def open(self, key: str, text: str, now_ms: float) -> None:
        """Have a guest greet the player."""
        self._is_greeting = True
        self._speak(Speech(key, FixedLine(text), to=PLAYER, now_ms=now_ms))

    def hear_player(self, text: str, *, to: str, question: str, now_ms: float) -> None:
        """Take what the player says; whoever speaks is cut short.

        Args:
            text: The line.
            to: Whom it is meant for; empty for the table.
            question: What is put to a guest: the line without a name.
            now_ms: The moment.
        """
        self.interrupt(now_ms)
        self._topics, self._quiet_since, self._resume_ms = 0, None, now_ms
        self._round = Round(question=question, line=text, asker=PLAYER, to=to, lines_left=3, asks_left=2)
        if to:
            self._round.queue.append(Next(key=to, question=question, asker=PLAYER))
        self._round.unheard = list(others(to))
        line = Line(speaker=PLAYER, name="You", text=text, to=to, source="player", at_ms=now_ms, heard_by=others())
        self._write(line)
        if to:
            self._tell_the_rest(self._round)

    def interrupt(self, now_ms: float) -> None:
        """Cut short whoever speaks, and let nobody go on."""
        speech, asked, round = self.speech, self.asked, self._round
        self.speech = self.asked = self._round = None
        if asked is not None:
            asked.tick.cancel()
        if round is not None:
            self._tell_the_rest(round)
        if speech is not None and not speech.is_over:
            speech.cut(now_ms)
            self.annoyed_until[speech.speaker] = now_ms + ANNOYED_MS
            self._take_down(speech)

    def advance(self, now_ms: float, *, may_chat: bool = True) -> None:
        """Go on to a moment.

        Args:
            now_ms: The moment.
            may_chat: Whether the guests may begin to talk among themselves.
        """
        if self.speech is not None:
            self.speech.advance(now_ms)
            if self.speech.is_over:
                self._end_speech(self.speech, now_ms)
        elif self.asked is not None:
            if self.asked.tick.is_over:
                self._take_wishes(self.asked, now_ms)
        elif now_ms >= self._resume_ms:
            if self._round is not None:
                self._go_on(self._round, now_ms)
            else:
                self._be_quiet(now_ms, may_chat)

    def _speak(self, speech: Speech) -> None:
        self.speech = self.last[speech.speaker] = speech

    def _end_speech(self, speech: Speech, now_ms: float) -> None:
        self.speech, self._resume_ms = None, now_ms + PAUSE_MS
        self._take_down(speech)
        round = self._round
        if round is None or speech.source == "game":
            return
        round.last, round.is_denied = (speech.speaker, speech.shown), denies(speech.shown)

    def _take_down(self, speech: Speech) -> None:
        """Write down what was heard of a line, and let the others know it."""
        if not speech.shown:
            return
        names, speaker = cast.names(), speech.speaker
        target = next((each.key for each in (self._round.queue if self._round else ()) if each.asker == speaker), "")
        to = _THE_PLAYER if speech.to == PLAYER else names.get(speech.to, "")
        listeners = others(speaker, target)
        self._tell(listeners, said(names[speaker], speech.shown, to=to, is_cut=speech.is_cut))
        if self._is_greeting and not speech.is_cut:
            self._minds.greet(speaker)
        elif speech.source == "game":
            self._tell((speaker,), said("You", speech.shown, to=to, is_cut=speech.is_cut))
        self._is_greeting = False
        heard_by = listeners if not target else (*listeners, target)
        self._write(replace(self.line_of(speech), is_open=False, heard_by=heard_by))

    def line_of(self, speech: Speech) -> Line:
        """Return what the transcript shows of a speech."""
        name = BY_KEY[speech.speaker].short
        return Line(
            speaker=speech.speaker,
            name=name,
            text=speech.shown,
            to=speech.to,
            is_cut=speech.is_cut,
            source=speech.source,
            is_open=True,
            at_ms=speech.began_ms,
        )

    def _go_on(self, round: Round, now_ms: float) -> None:
        if round.queue:
            self._answer(round, round.queue.pop(0), now_ms)
        elif round.asks_left and round.lines_left and round.silent:
            round.asks_left -= 1
            wanted = wishes(round, cast.names(), cast.known())
            self.asked = Asked(wanted, self._minds.ask(wanted))
        else:
            self._tell_the_rest(round)
            self._round, self._quiet_since = None, now_ms

    def _answer(self, round: Round, turn: Next, now_ms: float) -> None:
        round.lines_left -= 1
        round.answered.append(turn.key)
        if turn.key in round.unheard:
            round.unheard.remove(turn.key)
        spoken: Spoken | None = self._minds.say(turn.key, turn.question, speaker=turn.asker)
        if spoken is None:
            self._small_talks += 1
            spoken = FixedLine(cast.persona(turn.key).fallback_line(self._small_talks), "fallback")
        self._speak(Speech(turn.key, spoken, to=turn.asker, now_ms=now_ms))

    def _take_wishes(self, asked: Asked, now_ms: float) -> None:
        round, self.asked = self._round, None
        if round is None:
            return
        self.choices += asked.tick.choices
        chosen = {choice.ask.npc.name: choice.option for choice in asked.tick.choices}
        come = outcome(round, asked.wishes, chosen, cast.known())
        round.queue += [Next(key=key, question=round.question, asker=round.asker) for key in come.speakers]
        for key in come.speakers:
            if key in round.unheard:
                round.unheard.remove(key)
        self._tell_the_rest(round)
        if come.passing is not None:
            self._pass_on(round, *come.passing, now_ms)
        elif not come.speakers:
            round.asks_left = 0

    def _pass_on(self, round: Round, key: str, target: str, now_ms: float) -> None:
        round.answered.append(key)
        round.queue.append(Next(key=target, question=round.question, asker=round.asker))
        words = passing_words(key, target, self._passed)
        self._passed += 1
        self._speak(Speech(key, FixedLine(words), to=target, now_ms=now_ms))

    def _be_quiet(self, now_ms: float, may_chat: bool) -> None:
        """Bring something up when the silence has lasted, a few times."""
        if self._quiet_since is None or not may_chat:
            self._quiet_since = now_ms
        wait_ms = SILENCE_MS if self._topics == 0 else BETWEEN_TOPICS_MS
        if now_ms - self._quiet_since < wait_ms or self._topics >= TOPICS_IN_A_ROW:
            return
        self._topics += 1
        self._left = self._left or self._random.sample(TOPICS, len(TOPICS))
        topic = self._left.pop()
        self._round = Round(question=topic.question, line=topic.question, asker=topic.asker, lines_left=2, asks_left=1)
        self._round.queue.append(Next(key=topic.asked, question=topic.question, asker=topic.asker))
        line = f"{BY_KEY[topic.asked].short}, {topic.question[:1].lower()}{topic.question[1:]}"
        self._speak(Speech(topic.asker, FixedLine(line), to=topic.asked, now_ms=now_ms))

    def _tell_the_rest(self, round: Round) -> None:
        """Let those hear the player's line to whom it is not put."""
        listeners, round.unheard = tuple(round.unheard), []
        if listeners and round.is_players:
            self._tell(listeners, said(_THE_PLAYER, round.line, to=cast.names().get(round.to, "")))

    def _tell(self, listeners: Iterable[str], text: str) -> None:
        for key in listeners:
            self._minds.observe(key, text)

    def _write(self, line: Line) -> None:
        self.lines.append(line)
        self.written += 1
        del self.lines[:-_KEPT_LINES]
