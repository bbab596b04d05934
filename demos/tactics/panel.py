"""The conversation with a soldier, and the panel that shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from .cast import persona_of
from .rules import Unit
from .scene import TalkLine, TalkPanel
from .speech import Utterance

MOST_LINES = 8
# Who only acts has said nothing.
SILENCE = "(says nothing)"


class Shown(Protocol):
    """What a panel shows beside the conversation."""

    typed: str
    choices: tuple[str, ...]
    chosen: int | None


@dataclass(slots=True)
class _Line:
    speaker: str
    text: str
    is_player: bool
    note: str = ""
    said: Utterance | None = None


@dataclass(slots=True)
class Conversation:
    """All that was said between the player and a soldier in a battle."""

    lines: list[_Line] = field(default_factory=list)

    def line(self, speaker: str, text: str, *, is_player: bool) -> int:
        """Add a line; returns its place."""
        self.lines.append(_Line(speaker, text, is_player))
        return len(self.lines) - 1

    def answer(self, said: Utterance, speaker: str) -> int:
        """Add an answer that is still being said; returns its place."""
        self.lines.append(_Line(speaker, "", False, said=said))
        return len(self.lines) - 1

    def last_answer(self) -> int | None:
        """Return the place of the soldier's last answer; None when there is none."""
        return next((place for place in reversed(range(len(self.lines))) if not self.lines[place].is_player), None)

    def note(self, place: int, note: str) -> None:
        """Say what came of a line."""
        self.lines[place].note = note

    def shown(self, now_ms: float) -> tuple[TalkLine, ...]:
        """Return the last lines as they are to be seen now."""
        return tuple(
            TalkLine(speaker=line.speaker, text=_text(line, now_ms), is_player=line.is_player, note=line.note)
            for line in self.lines[-MOST_LINES:]
        )

    def is_waiting(self, now_ms: float) -> bool:
        """Whether an answer is on its way."""
        said = self.lines[-1].said if self.lines else None
        return said is not None and not said.is_read(now_ms)


def panel_of(unit: Unit, talk: Conversation, shown: Shown, now_ms: float) -> TalkPanel:
    """Return the panel of the soldier that the player has clicked."""
    persona = persona_of(unit)
    return TalkPanel(
        label=unit.label,
        name=persona.name,
        about=persona.role,
        lines=talk.shown(now_ms),
        typed=shown.typed,
        is_waiting=talk.is_waiting(now_ms),
        choices=shown.choices,
        chosen=shown.chosen,
    )


def _text(line: _Line, now_ms: float) -> str:
    if line.said is None:
        return line.text
    return line.said.bubble(now_ms).text or (SILENCE if line.said.is_read(now_ms) else "")
