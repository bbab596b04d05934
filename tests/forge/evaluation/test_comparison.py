from __future__ import annotations

from dataclasses import replace

from npc_sdk.forge.evaluation.comparison import comparison_table
from npc_sdk.forge.evaluation.figure import FIGURE_KINDS, Figure
from npc_sdk.forge.evaluation.result import Evaluation


def evaluation(file: str, hits: int) -> Evaluation:
    figures = tuple(Figure(kind=kind, hits=hits, count=200) for kind in FIGURE_KINDS)
    return Evaluation(model={"file": file, "bytes": 16_200_000}, settings={}, figures=figures, measures=())


def test_later_files_show_what_they_lose() -> None:
    text = comparison_table([evaluation("F32.gguf", 180), evaluation("Q8_0.gguf", 177)])
    assert text.startswith("| Figure | F32.gguf | Q8_0.gguf |\n|---|---:|---:|\n| Size | 16.20 MB | 16.20 MB |\n")
    assert "| The right fact is in the answer (n = 200) | 90.0 % | 88.5 % (-1.5) |" in text


def test_a_figure_without_a_count_shows_a_dash() -> None:
    first, second = evaluation("a", 180), evaluation("b", 180)
    empty = tuple(replace(figure, hits=0, count=0) for figure in second.figures)
    assert "| 90.0 % | - |" in comparison_table([first, replace(second, figures=empty)])
