from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from npc_sdk.forge.corpus import Decide
from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.record import Chosen, Heard
from npc_sdk.forge.evaluation.tally import judged
from npc_sdk.forge.evaluation.transcript import write_transcript


def test_every_answer_stands_in_a_line_of_its_own(
    tmp_path: Path, heard: Callable[..., Heard], classifier: MannerClassifier
) -> None:
    asked = Decide(situation="A wolf.", options=("stay", "run"), answer_index=1, equal_indices=(1,), intent="react")
    chosen = Chosen(case="b", step=0, asked=asked, index=0, source="model", why="scored")
    path = tmp_path / "answers.jsonl"
    write_transcript(path, judged([heard("Nö.", must_contain=("12 thalers",)), chosen], classifier))
    first, second = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert first["answer"] == "Nö." and first["verdicts"]["facts"] == "wrong: lacks '12 thalers'"
    assert (second["chosen"], second["best"], second["verdicts"]["choices"][:5]) == ("stay", ["run"], "wrong")
