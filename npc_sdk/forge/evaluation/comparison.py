"""Several files of one model side by side: what each loses against the first."""

from __future__ import annotations

from collections.abc import Sequence

from npc_sdk.forge.evaluation.figure import Figure, Measure
from npc_sdk.forge.evaluation.result import Evaluation, percent


def comparison_table(evaluations: Sequence[Evaluation]) -> str:
    """Return a Markdown table with one column a file; later ones show the difference to the first, in points.

    Args:
        evaluations: At least one; all made with the same settings, so that the questions are the same.
    """
    first = evaluations[0]
    heads = [str(each.model.get("file", each.model.get("name", ""))) for each in evaluations]
    lines = [
        f"| Figure | {' | '.join(heads)} |",
        f"|---|{'---:|' * len(heads)}",
        f"| Size | {' | '.join(_size(each) for each in evaluations)} |",
    ]
    for index, figure in enumerate(first.figures):
        cells = [_share(each.figures[index], figure if each is not first else None) for each in evaluations]
        lines.append(f"| {figure.kind.name.removeprefix('- ')} (n = {figure.count}) | {' | '.join(cells)} |")
    for measure in first.measures:
        cells = [_value(_same(each, measure)) for each in evaluations]
        lines.append(f"| {measure.name}, {measure.unit} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _size(evaluation: Evaluation) -> str:
    n_bytes = evaluation.model.get("bytes")
    return "-" if n_bytes is None else f"{n_bytes / 1e6:.2f} MB"


def _share(figure: Figure, base: Figure | None) -> str:
    shown = percent(figure.share)
    if base is None or base.share is None or figure.share is None:
        return shown
    return f"{shown} ({100 * (figure.share - base.share):+.1f})"


def _same(evaluation: Evaluation, measure: Measure) -> Measure | None:
    return next((each for each in evaluation.measures if each.key == measure.key), None)


def _value(measure: Measure | None) -> str:
    return "-" if measure is None or measure.value is None else f"{measure.value:,.0f}"
