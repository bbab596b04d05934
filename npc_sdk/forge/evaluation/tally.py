"""From answers and decisions to figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.figure import FIGURE_KINDS, Figure, Measure
from npc_sdk.forge.evaluation.judge import Verdict, judge
from npc_sdk.forge.evaluation.record import Chosen, Heard
from npc_sdk.forge.evaluation.result import Miss

MOST_MISSES = 5
GREETINGS_GOAL = 30.0

Judged = tuple["Heard | Chosen", tuple[Verdict, ...]]


def judged(records: Iterable[Heard | Chosen], classifier: MannerClassifier) -> list[Judged]:
    """Return every record with its verdicts."""
    return [(record, judge(record, classifier)) for record in records]


def figures(
    rows: Iterable[Judged], notes: Mapping[str, str] | None = None, *, left_out: Collection[str] = ()
) -> tuple[Figure, ...]:
    """Count the verdicts.

    Args:
        rows: Records with their verdicts.
        notes: What is to be said of a figure, by its key.
        left_out: Keys of figures that do not apply.
    """
    counts: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for _, verdicts in rows:
        for verdict in verdicts:
            if verdict.key in left_out:
                continue
            counts[verdict.key] += 1
            hits[verdict.key] += verdict.is_right
    said = notes or {}
    return tuple(
        Figure(kind=kind, hits=hits[kind.key], count=counts[kind.key], note=said.get(kind.key, ""))
        for kind in FIGURE_KINDS
    )


def misses(rows: Iterable[Judged]) -> tuple[Miss, ...]:
    """Return the first failures of each figure, as examples."""
    found: dict[str, list[Miss]] = {}
    for record, verdicts in rows:
        for verdict in verdicts:
            kept = found.setdefault(verdict.key, [])
            if not verdict.is_right and len(kept) < MOST_MISSES:
                kept.append(_miss(record, verdict))
    return tuple(miss for kind in FIGURE_KINDS for miss in found.get(kind.key, ()))


def _miss(record: Heard | Chosen, verdict: Verdict) -> Miss:
    if isinstance(record, Chosen):
        return Miss(key=verdict.key, line=record.asked.situation, answer="", problem=verdict.problem)
    return Miss(key=verdict.key, line=record.line, answer=record.text, problem=verdict.problem)


def variety(texts: Sequence[str], *, is_full: bool) -> Measure:
    """Return how many answers to one greeting are different.

    Args:
        texts: The answers.
        is_full: Whether there are as many as the goal speaks of.
    """
    return Measure(
        key="variety",
        section="variety",
        name=f"Different texts among {len(texts)} answers to one greeting",
        value=float(len(set(texts))) if texts else None,
        unit="texts",
        goal=GREETINGS_GOAL if is_full else None,
        note=_commonest(texts),
    )


def _commonest(texts: Sequence[str]) -> str:
    if not texts:
        return "nothing was said"
    text, count = Counter(texts).most_common(1)[0]
    return f"the commonest comes {count} times: {text!r}"
