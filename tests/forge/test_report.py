from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.forge.evaluation.figure import FIGURE_KINDS, Figure
from npc_sdk.forge.evaluation.result import Evaluation, Miss
from npc_sdk.forge.report import (
    EVALUATION_FILE,
    figures_text,
    fill_page,
    load_evaluation,
    save_evaluation,
    write_model_card,
)

RUN = {"preset": {"name": "starter", "shape": {"hidden": 256}}, "seed": 1, "minutes": 65, "position": {"tokens": 99}}


@pytest.fixture
def evaluation() -> Evaluation:
    hits = {"facts": 60}
    return Evaluation(
        model={
            "name": "NPC starter",
            "file": "s.gguf",
            "bytes": 4_654_944,
            "sha256": "ab",
            "architecture": "nemotron_h",
        },
        settings={"count": 100, "seed": 1, "sampling": "greedy"},
        figures=tuple(Figure(kind=kind, hits=hits.get(kind.key, 99), count=100) for kind in FIGURE_KINDS),
        measures=(),
        misses=(Miss(key="facts", line="What\nis `rope`?", answer="No.", problem="lacks '12'"),),
    )


def test_a_card_tells_what_was_made_and_what_it_cannot_do(tmp_path: Path, evaluation: Evaluation) -> None:
    path = write_model_card(tmp_path, evaluation, RUN, recovery="| Figure | F32 |\n")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# NPC starter\n\n- file: s.gguf\n- architecture: nemotron_h\n- size: 4,654,944 bytes\n")
    for wanted in ("- training time: 65 minutes", "- shape: hidden: 256", "- tokens: 99", "## Number formats"):
        assert wanted in text
    weak = text.partition("## What it cannot do")[2]
    assert "- The right fact is in the answer: right in 60 %." in weak
    assert "- `` What is `rope`? `` `No.` (lacks '12')" in weak


def test_a_card_without_a_run_has_no_recipe(tmp_path: Path, evaluation: Evaluation) -> None:
    text = write_model_card(tmp_path, evaluation).read_text(encoding="utf-8")
    assert "## Recipe" not in text and "## Number formats" not in text


def test_an_evaluation_is_kept_in_a_folder(tmp_path: Path, evaluation: Evaluation) -> None:
    assert load_evaluation(tmp_path) is None
    save_evaluation(tmp_path, evaluation)
    kept = load_evaluation(tmp_path)
    assert kept is not None and kept.to_dict() == evaluation.to_dict()
    (tmp_path / EVALUATION_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        load_evaluation(tmp_path)
    assert caught.value.code == "bad_evaluation"


def test_a_part_of_a_page_is_replaced(tmp_path: Path, evaluation: Evaluation) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- begin figures -->\nto be replaced\n<!-- end figures -->\nrest\n", encoding="utf-8")
    fill_page(page, "figures", figures_text(evaluation))
    text = page.read_text(encoding="utf-8")
    assert "to be replaced" not in text and "100 questions" in text and text.endswith("<!-- end figures -->\nrest\n")
    with pytest.raises(RequestError) as caught:
        fill_page(page, "recovery", "x")
    assert caught.value.code == "no_such_part"
