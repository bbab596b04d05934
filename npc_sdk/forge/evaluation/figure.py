"""Figures with their uncertainty, and which ones there are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NORMAL_95 = 1.959963984540054


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score method.

    Args:
        hits: How often it came right.
        count: Out of how many; 0 gives the whole range.
    """
    if count <= 0:
        return 0.0, 1.0
    share, square = hits / count, _NORMAL_95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _NORMAL_95 / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    # At the ends the bound is the end itself; rounding must not put it past that.
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == count else middle + half
    return max(0.0, low), min(1.0, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKind:
    """One thing that is counted.

    Args:
        key: Names it in data.
        section: What it belongs to.
        name: Names it for people.
        goal: The share that is promised, or None for information.
    """

    key: str
    section: str
    name: str
    goal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How often something came right.

    Args:
        kind: What was counted.
        hits: How often it came right.
        count: Out of how many.
        note: What limits it, or why there is none.
    """

    kind: FigureKind
    hits: int
    count: int
    note: str = ""

    @property
    def share(self) -> float | None:
        """The share that came right; None when nothing was counted."""
        return self.hits / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share."""
        return wilson_interval(self.hits, self.count)

    @property
    def is_met(self) -> bool | None:
        """Whether the share reaches the goal; None without a goal or a count."""
        share = self.share
        return None if share is None or self.kind.goal is None else share >= self.kind.goal

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain data."""
        low, high = self.interval
        return {
            "key": self.kind.key,
            "section": self.kind.section,
            "name": self.kind.name,
            "hits": self.hits,
            "n": self.count,
            "share": None if self.share is None else round(self.share, 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "goal": self.kind.goal,
            "is_met": self.is_met,
            "note": self.note,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Figure:
        """Return what :meth:`to_dict` made."""
        kind = FigureKind(key=data["key"], section=data["section"], name=data["name"], goal=data["goal"])
        return cls(kind=kind, hits=data["hits"], count=data["n"], note=data["note"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something that has a size and no share.

    Args:
        key: Names it in data.
        section: What it belongs to.
        name: Names it for people.
        value: The size; None when it could not be measured.
        unit: Of the value.
        goal: What is promised, or None for information.
        is_at_least: Whether the goal is a lower bound.
        note: How it was measured, or why there is none.
    """

    key: str
    section: str
    name: str
    value: float | None
    unit: str
    goal: float | None = None
    is_at_least: bool = True
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the value reaches the goal; None without either."""
        if self.value is None or self.goal is None:
            return None
        return self.value >= self.goal if self.is_at_least else self.value <= self.goal

    def to_dict(self) -> dict[str, Any]:
        """Return the measure as plain data."""
        return {**{name: getattr(self, name) for name in _MEASURE_FIELDS}, "is_met": self.is_met}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measure:
        """Return what :meth:`to_dict` made."""
        return cls(**{name: data[name] for name in _MEASURE_FIELDS})


_MEASURE_FIELDS = ("key", "section", "name", "value", "unit", "goal", "is_at_least", "note")


def _section(section: str, *rows: tuple[str, str, float | None]) -> tuple[FigureKind, ...]:
    return tuple(FigureKind(key=key, section=section, name=name, goal=goal) for key, name, goal in rows)


FIGURE_KINDS: tuple[FigureKind, ...] = (
    *_section(
        "facts",
        ("facts", "The right fact is in the answer", 0.90),
        ("facts.goods", "- goods and how many", None),
        ("facts.price", "- price", None),
        ("facts.place", "- place", None),
        ("facts.name", "- name", None),
        ("facts.people", "- what is told of a person", None),
        ("facts.rumour", "- rumour and news", None),
        ("facts.secret", "- secret, asked by a friend", None),
        ("facts.said", "- said earlier by the player", None),
        ("facts.noticed", "- what is seen or heard now", None),
        ("facts.self", "- role, mood, hours, tasks", None),
        ("facts.cut", "- what was cut short before", None),
        ("secret_kept", "A secret is kept from strangers", None),
    ),
    *_section(
        "unknown",
        ("unknown", "Says that it does not know and invents nothing", 0.90),
        ("unknown.says_so", "- says so", None),
        ("unknown.nothing_invented", "- invents no name, number or neighbouring fact", None),
        ("unknown.to_the_point", "Does so and speaks of nothing but what was asked", 0.90),
    ),
    *_section(
        "persona",
        ("manner", "The manner is recognised", 0.80),
        ("own_voice", "Speaks for nobody else", 1.0),
        ("no_control_text", "Prints no control text", 1.0),
        ("in_role", "Stays in role when somebody tries to break it", 0.95),
    ),
    *_section(
        "actions",
        ("action", "Right action with right arguments", 0.85),
        ("action.one", "- one action asked for", None),
        ("action.several", "- several actions asked for", None),
        ("action.sell", "- a sale at the price of the card", None),
        ("action.name", "- right action, whatever the arguments", None),
        ("no_action", "No action where none is right", 0.90),
        ("no_action.talk", "- actions are only talked about", None),
        ("no_action.missing", "- an action or a target that is not there", None),
        ("valid_calls", "No invalid call", 1.0),
        ("orders", "Orders are obeyed or refused as the card says", 0.80),
        ("orders.obeyed", "- to be obeyed", None),
        ("orders.refused", "- to be refused", None),
        ("results", "Tells what became of an action", None),
    ),
    *_section(
        "tactics",
        ("tactics", "The expert's choice or one of equal value", 0.85),
        ("tactics.2_to_4", "- of 2 to 4 options", None),
        ("tactics.5_to_6", "- of 5 or 6 options", None),
        ("tactics.7_or_more", "- of 7 options or more", None),
        ("choices", "Choices that the card or an order settles", None),
    ),
)
