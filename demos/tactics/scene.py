"""What is to be seen of a running battle at one moment, as plain values: all that the drawing knows.

Places are in cells: ``(0.5, 0.5)`` is the middle of the cell at the upper left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..drawing.notice import Notice
from .field import Field
from .rules import RoleName, Side, Verb, Verdict

Point: TypeAlias = "tuple[float, float]"
Source: TypeAlias = Literal["model", "fallback", "game", "said", ""]
BubbleKind: TypeAlias = Literal["talk", "bark", "order"]
MarkKind: TypeAlias = Literal["hit", "miss", "heal", "fall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Soldier:
    """A soldier.

    Args:
        label: Its name in the rules, such as ``guard_1``.
        name: Its name as a person.
        side: Whose it is.
        role: What it does.
        at: Where it is now, between two cells while it walks.
        looks_at: Where it looks; None leaves it to the drawing.
        health: From 0 to ``MAX_HEALTH``.
        morale: From 0 to ``MAX_MORALE``.
        shots: Shots left.
        is_in_cover: Whether it is hit less often where it stands.
        is_shaken: Whether it has lost heart.
        is_thinking: Whether its decision is awaited.
        verb: What it does in this tick; None before the first.
        target: The label that the verb is about, or nothing.
        source: Who chose that: the model, the default, the game's rules, or what the player said.
        latency_ms: How long the decision took; None when nobody was asked.
        is_selected: Whether the player talks to it or leads it.
        fallen_ms: For how long it has been down; None while it lives.
    """

    label: str
    name: str
    side: Side
    role: RoleName
    at: Point
    looks_at: Point | None = None
    health: int
    morale: int
    shots: int
    is_in_cover: bool = False
    is_shaken: bool = False
    is_thinking: bool = False
    verb: Verb | None = None
    target: str = ""
    source: Source = ""
    latency_ms: float | None = None
    is_selected: bool = False
    fallen_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """What somebody says.

    Args:
        label: Who.
        text: As much of it as is shown now.
        kind: An answer to the player, a bark, or an order.
        is_whole: Whether nothing more will come.
        age_ms: Since it began.
        left_ms: Until it goes away; only meaningful when it is whole.
    """

    label: str
    text: str
    kind: BubbleKind = "bark"
    is_whole: bool = False
    age_ms: float = 0.0
    left_ms: float = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A shot on its way.

    Args:
        side: Who fires.
        start: From where.
        end: To where.
        progress: From 0 to 1.
        is_hit: Whether it will hit.
    """

    side: Side
    start: Point
    end: Point
    progress: float
    is_hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a shot or a bandage did: a number that rises and fades.

    Args:
        at: Where.
        text: Such as ``-3``.
        kind: What happened.
        age: From 0 to 1.
    """

    at: Point
    text: str
    kind: MarkKind
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkLine:
    """A line of a conversation.

    Args:
        speaker: Who said it, in the words of the panel.
        text: What.
        is_player: Whether the player said it.
        note: What came of it, such as ``obeys: attack raider_2``, or where it came from when not from the model.
    """

    speaker: str
    text: str
    is_player: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPanel:
    """The conversation with the soldier that the player has clicked.

    Args:
        label: With whom.
        name: The soldier's name.
        about: One line about it.
        lines: The last lines, oldest first.
        typed: What the player has typed so far.
        is_waiting: Whether an answer is on its way.
        choices: What a soldier that the player leads may do, to click on or to press its number.
        chosen: Which of these was taken; None as long as none was.
    """

    label: str
    name: str
    about: str
    lines: tuple[TalkLine, ...] = ()
    typed: str = ""
    is_waiting: bool = False
    choices: tuple[str, ...] = ()
    chosen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A moment of the battle.

    Args:
        ground: What they fight on.
        tick: How many ticks have passed.
        limit: After how many the battle ends.
        tick_progress: How much of the present tick has passed, from 0 to 1.
        seed: Number of the battle.
        players: Who plays each side: ``model``, ``mixed``, ``utility``, ``random`` or ``player``.
        soldiers: All soldiers, the fallen too.
        bubbles: Who speaks.
        shots: What flies.
        marks: What rises and fades.
        notices: News, newest last.
        orders: What each captain wants, in words.
        talk: The panel, when somebody is selected.
        verdict: Who has won; None while it goes on.
        verdict_ms: For how long that has been known.
        wins: Battles won so far by each side.
    """

    ground: Field
    tick: int
    limit: int
    tick_progress: float
    seed: int
    players: Mapping[Side, str]
    soldiers: tuple[Soldier, ...]
    bubbles: tuple[Bubble, ...] = ()
    shots: tuple[Shot, ...] = ()
    marks: tuple[Mark, ...] = ()
    notices: tuple[Notice, ...] = ()
    orders: Mapping[Side, str] = field(default_factory=dict)
    talk: TalkPanel | None = None
    verdict: Verdict | None = None
    verdict_ms: float = 0.0
    wins: Mapping[Side, int] = field(default_factory=dict)

    def soldier(self, label: str) -> Soldier | None:
        """Return the soldier of a label, or None."""
        return next((soldier for soldier in self.soldiers if soldier.label == label), None)
