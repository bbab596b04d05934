"""What an evaluation found, as plain data and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from npc_sdk.errors import RequestError
from npc_sdk.forge.evaluation.figure import Figure, Measure

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One answer or choice that was wrong.

    Args:
        key: Figure that it counts against.
        line: What was said or asked.
        answer: What the character said; empty for a choice.
        problem: What was wrong.
    """

    key: str
    line: str
    answer: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How good a model is.

    Args:
        model: Facts about the file: ``name``, ``file``, ``bytes``, ``sha256``, ``architecture``.
        settings: What it was evaluated with: ``count``, ``seed``, ``split``, ``sampling``, ``threads``, ``slots``.
        figures: Shares of right answers.
        measures: Sizes: variety and speed.
        notes: What does not apply to this model, and what went wrong.
        misses: Examples of wrong answers.
        seconds: How long it took.
    """

    model: Mapping[str, Any]
    settings: Mapping[str, Any]
    figures: tuple[Figure, ...]
    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = ()
    misses: tuple[Miss, ...] = ()
    seconds: float = 0.0
    _by_key: dict[str, Figure] = field(default_factory=dict, repr=False, compare=False)

    def figure(self, key: str) -> Figure:
        """Return a figure by its key.

        Raises:
            KeyError: There is none.
        """
        if not self._by_key:
            self._by_key.update({figure.kind.key: figure for figure in self.figures})
        return self._by_key[key]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data that JSON can hold."""
        return {
            "format": FORMAT,
            "model": dict(self.model),
            "settings": dict(self.settings),
            "figures": [figure.to_dict() for figure in self.figures],
            "measures": [measure.to_dict() for measure in self.measures],
            "notes": list(self.notes),
            "misses": [asdict(miss) for miss in self.misses],
            "seconds": round(self.seconds, 1),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evaluation:
        """Return what :meth:`to_dict` made.

        Raises:
            RequestError: The data has another form (``bad_evaluation``).
        """
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"its format is {data['format']!r}")
            return cls(
                model=data["model"],
                settings=data["settings"],
                figures=tuple(Figure.from_dict(row) for row in data["figures"]),
                measures=tuple(Measure.from_dict(row) for row in data["measures"]),
                notes=tuple(data["notes"]),
                misses=tuple(Miss(**row) for row in data["misses"]),
                seconds=data["seconds"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RequestError(
                f"This is no evaluation of this release: {error!r}.", "Evaluate the model again.", code="bad_evaluation"
            ) from error

    def markdown(self) -> str:
        """Return the figures as Markdown tables."""
        lines = [
            "| Figure | Right | n | 95 % interval | Goal |",
            "|---|---:|---:|---:|---:|",
            *(_figure_row(figure) for figure in self.figures),
            "",
            "| Measure | Value | Goal |",
            "|---|---:|---:|",
            *(_measure_row(measure) for measure in self.measures),
        ]
        told = [*self.notes, *_figure_notes((*self.figures, *self.measures))]
        return "\n".join([*lines, *(["", *(f"- {note}" for note in told)] if told else [])]) + "\n"


def percent(share: float | None) -> str:
    """Return a share for people, such as "91.5 %"; a dash for none."""
    return "-" if share is None else f"{100 * share:.1f} %"


def _figure_row(figure: Figure) -> str:
    low, high = figure.interval
    interval = f"{100 * low:.1f} to {100 * high:.1f} %" if figure.count else "-"
    goal = percent(figure.kind.goal) if figure.kind.goal is not None else ""
    name = figure.kind.name if figure.kind.name.startswith("- ") else f"**{figure.kind.name}**"
    mark = " (missed)" if figure.is_met is False else ""
    return f"| {_indented(name)} | {percent(figure.share)}{mark} | {figure.count} | {interval} | {goal} |"


def _indented(name: str) -> str:
    return f"&nbsp;&nbsp;{name[2:]}" if name.startswith("- ") else name


def _measure_row(measure: Measure) -> str:
    value = "-" if measure.value is None else f"{measure.value:,.0f} {measure.unit}"
    mark = " (missed)" if measure.is_met is False else ""
    sign = "at least" if measure.is_at_least else "at most"
    goal = "" if measure.goal is None else f"{sign} {measure.goal:,.0f} {measure.unit}"
    return f"| {measure.name} | {value}{mark} | {goal} |"


def _figure_notes(items: Iterable[Figure | Measure]) -> list[str]:
    found = []
    for item in items:
        name = item.kind.name if isinstance(item, Figure) else item.name
        if item.note:
            found.append(f"{name.removeprefix('- ')}: {item.note}.")
    return found
