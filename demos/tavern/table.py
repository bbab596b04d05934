"""The evening: what the player types and clicks, the conversation, and the scene that comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..drawing.gauges import Gauges
from ..drawing.notice import Notice, NoticeKind
from ..figures.figures import Figures
from ..havoc import kill
from . import cast
from .floor import Floor
from .guests import BY_KEY, GUESTS, PLAYER
from .minds import WISH_MS, Minds
from .scene import Bubble, Line, Mood, Scene, Who
from .speech import Speech
from .words import LINE_LIMIT, called, cleaned

NOTICE_MS: Final = 6000.0
_SHOWN_LINES: Final = 60
_GREETER: Final = "anna"
_NEWS: Final[Mapping[str, tuple[str, NoticeKind]]] = {
    "host_lost": ("The host is gone; the guests make small talk.", "trouble"),
    "host_found": ("The host is back.", "good"),
    "stopped": ("The connection has ended. R begins another evening.", "trouble"),
    "engine_down": ("The engine has ended; it is started again. The evening goes on.", "trouble"),
    "engine_up": ("The engine is back.", "good"),
}
_GONE_NEWS: Final[tuple[str, NoticeKind]] = (
    "The engine has ended for good; the guests make small talk. R begins another evening.",
    "trouble",
)
_CUT_NOTICE: Final = f"That was too long; the table heard the first {LINE_LIMIT} characters."


class Table:
    """Three guests and the player. Call everything from one thread; nothing waits but :meth:`close`.

    Args:
        minds: The guests' minds; this table owns them from now on.
        seed: Start of what the guests bring up.
    """

    def __init__(self, minds: Minds, *, seed: int = 0) -> None:
        self.minds = minds
        self.floor = Floor(minds, seed=seed)
        self.selected: str | None = None
        self.typed, self.composed, self.is_typing = "", "", True
        self._seed = seed
        self._now_ms = 0.0
        self._notices: list[tuple[float, str, NoticeKind]] = []
        self._has_begun = False
        self._counted, self._was_found = 0, False
        self.figures = Figures(decision_limit_ms=WISH_MS)

    @property
    def is_loaded(self) -> bool:
        """Whether the evening has begun."""
        return self._has_begun

    def begin(self) -> None:
        """Have the guests come; see ``is_loaded``."""
        self.minds.load()

    def advance(self, now_ms: float) -> None:
        """Go on to a moment; once a frame.

        Args:
            now_ms: The moment, on any clock that only goes forward.
        """
        self._now_ms = now_ms
        self.take_news(self.minds.poll())
        if self.minds.state == "loading":
            return
        if not self._has_begun:
            self._welcome(now_ms)
        self.floor.advance(now_ms, may_chat=not self.typed and not self.composed)
        self._count(now_ms)

    def take_news(self, news: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Take news of the host: into the figures, and into words for the player."""
        for kind, data in news:
            self.figures.news(kind, data, self._now_ms)
            if kind == "engine_down" and data.get("is_final"):
                self.notify(*_GONE_NEWS)
            # Being found for the first time is no news; a host that is back soon was never told to be gone.
            elif kind in _NEWS and (kind != "host_found" or self._was_found):
                self.notify(*_NEWS[kind])
            self._was_found = self._was_found or kind == "host_found"

    def say(self, text: str) -> bool:
        """Say something to the guest that is called by name, else to the selected one, else to the table.

        Args:
            text: Anything; what is too long is cut, with a notice.

        Returns:
            Whether anything was said.
        """
        line, was_cut = cleaned(text)
        if was_cut:
            self.notify(_CUT_NOTICE, "trouble")
        if not line or not self._has_begun:
            return False
        key, question = called(line)
        to = (self.selected or "") if key is None else key
        self.floor.hear_player(line, to=to, question=question, now_ms=self._now_ms)
        return True

    def type(self, text: str) -> None:
        """Add to the player's line; what does not fit is left out, with a notice."""
        added = text[: 2 * LINE_LIMIT].replace("\n", " ").replace("\r", " ")
        if len(self.typed) + len(text) > LINE_LIMIT:
            self.notify(f"A line has at most {LINE_LIMIT} characters.", "trouble")
        self.typed = (self.typed + added)[:LINE_LIMIT]

    def erase(self) -> None:
        """Take back the last character."""
        self.typed = self.typed[:-1]

    def submit(self) -> None:
        """Say what was typed."""
        if self.say(self.typed):
            self.typed = ""

    def enter(self) -> None:
        """Say what was typed, or begin to type."""
        if self.is_typing:
            self.submit()
        self.is_typing = True

    def step_back(self) -> bool:
        """Leave the player's line, then the guest that is selected; returns whether there was anything to leave."""
        if self.is_typing and self._has_begun:
            self.is_typing, self.composed = False, ""
        elif self.selected is not None:
            self.selected = None
        else:
            return False
        return True

    def select(self, key: str | None) -> None:
        """Turn to a guest, or away from the one that is selected."""
        self.selected = None if key == self.selected else key

    def notify(self, text: str, kind: NoticeKind = "news") -> None:
        """Show a line of news; the same one is not shown twice."""
        self._notices = [each for each in self._notices if each[1] != text][-3:]
        self._notices.append((self._now_ms, text, kind))

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Tell the model how long the last frame took, and keep it for the figures."""
        self.figures.frame(work_ms, self._now_ms)
        self.minds.frame(target_ms, work_ms)

    @property
    def gauges(self) -> Gauges:
        """How game and model are doing."""
        return self.figures.gauges(self._now_ms)

    def toggle_pacing(self) -> None:
        """Have the model yield to the frame, or no longer."""
        self.minds.is_paced = self.figures.is_paced = not self.minds.is_paced
        self.notify("The model yields to the frame." if self.minds.is_paced else "The model takes what it can.")

    def kill_engine(self) -> None:
        """Kill the process that runs the model, to see what becomes of the evening."""
        pid = self.gauges.engine_pid
        if pid is None or not kill(pid):
            self.notify("There is no engine to kill.")

    def restart(self) -> None:
        """Begin another evening, with a new host and guests that remember nothing."""
        self.floor.interrupt(self._now_ms)
        self._seed += 1
        self.floor, self.selected = Floor(self.minds, seed=self._seed), None
        self._has_begun, self._counted, self._was_found = False, 0, False
        self.minds.load()

    def close(self) -> None:
        """Send everybody home; may take a moment."""
        self.minds.close()

    @property
    def scene(self) -> Scene:
        """What is to be seen now."""
        floor, now_ms = self.floor, self._now_ms
        lines = tuple(floor.lines[-_SHOWN_LINES:])
        if floor.speech is not None and floor.speech.shown:
            lines += (floor.line_of(floor.speech),)
        notices = tuple(
            Notice(text=text, kind=kind, age_ms=now_ms - at_ms)
            for at_ms, text, kind in self._notices
            if now_ms - at_ms < NOTICE_MS
        )
        return Scene(
            now_ms=now_ms,
            place=cast.world().name,
            who=tuple(self._who(guest.key, seat) for seat, guest in enumerate(GUESTS)),
            lines=lines,
            typed=self.typed,
            composed=self.composed,
            is_typing=self.is_typing,
            card=None if self.selected is None else cast.card(self.selected),
            notices=notices,
            loading=self.minds.step if self.minds.state == "loading" else "",
            is_awake=self.minds.state == "ready" and not self.figures.is_lost,
        )

    def _count(self, now_ms: float) -> None:
        """Take the figures of what has happened."""
        self.figures.thinking(BY_KEY[key].short for key in self.floor.thinking)
        choices, self.floor.choices = self.floor.choices, []
        for choice in choices:
            self.figures.decided(choice.latency_ms, choice.source, choice.source == "model")
        new, self._counted = self.floor.written - self._counted, self.floor.written
        for line in self.floor.lines[-new:] if new else ():
            self.figures.answered(line.source if line.source in ("model", "cut", "fallback") else "")
        status = self.minds.figures()
        if status is not None:
            self.figures.take_status(status, now_ms)

    def _welcome(self, now_ms: float) -> None:
        self._has_begun = True
        if self.minds.state == "failed":
            self.notify(f"The guests are lost in thought: {self.minds.trouble}", "trouble")
        self.floor.open(_GREETER, cast.persona(_GREETER).greeting, now_ms)

    def _who(self, key: str, seat: int) -> Who:
        card = cast.card(key)
        return Who(
            key=key,
            short=BY_KEY[key].short,
            name=card.name,
            role=card.role,
            seat=seat,
            mood=self._mood(key),
            looks_at=self._looks_at(key),
            bubble=self._bubble(self.floor.last.get(key)),
            is_selected=key == self.selected,
        )

    def _mood(self, key: str) -> Mood:
        speech = self.floor.speech
        if key in self.floor.thinking:
            return "thinking"
        if speech is not None and speech.speaker == key:
            return "talking"
        if self._now_ms < self.floor.annoyed_until.get(key, 0.0):
            return "annoyed"
        return "listening" if speech is not None else "calm"

    def _looks_at(self, key: str) -> str:
        speech = self.floor.speech
        if speech is not None:
            return speech.to if speech.speaker == key else speech.speaker
        if self.floor.lines and not self.floor.is_quiet:
            last: Line = self.floor.lines[-1]
            return last.to if last.speaker == key else last.speaker
        return PLAYER if self.typed else ""

    def _bubble(self, speech: Speech | None) -> Bubble | None:
        now_ms = self._now_ms
        if speech is None or not speech.shown or speech.left_ms(now_ms) <= 0:
            return None
        return Bubble(
            text=speech.shown,
            is_whole=speech.is_over,
            is_cut=speech.is_cut,
            age_ms=now_ms - (speech.began_ms if speech.first_ms is None else speech.first_ms),
            left_ms=speech.left_ms(now_ms),
            source=speech.source,
        )
