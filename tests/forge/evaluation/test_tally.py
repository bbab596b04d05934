from __future__ import annotations

from collections.abc import Callable

from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.record import Heard
from npc_sdk.forge.evaluation.tally import MOST_MISSES, figures, judged, misses, variety


def test_verdicts_are_counted_by_figure(heard: Callable[..., Heard], classifier: MannerClassifier) -> None:
    records = [heard(f"That is {price} thalers.", must_contain=("12 thalers",)) for price in (12, 12, 13)]
    rows = judged(records, classifier)
    found = {figure.kind.key: figure for figure in figures(rows, {"facts": "few"})}
    assert (found["facts"].hits, found["facts"].count, found["facts"].note) == (2, 3, "few")
    assert (found["facts.price"].hits, found["tactics"].count) == (2, 0)
    assert figures(rows, left_out=("facts",))[0].count == 0


def test_only_some_misses_are_kept(heard: Callable[..., Heard], classifier: MannerClassifier) -> None:
    rows = judged([heard("No.", must_contain=("12 thalers",))] * 9, classifier)
    found = [miss for miss in misses(rows) if miss.key == "facts"]
    assert len(found) == MOST_MISSES
    assert found[0].problem == "lacks '12 thalers'" and found[0].answer == "No."


def test_different_texts_are_counted() -> None:
    measure = variety(["Hail.", "Hail.", "Halt."], is_full=False)
    assert (measure.value, measure.goal) == (2.0, None) and "2 times: 'Hail.'" in measure.note
    assert variety(["a"] * 100, is_full=True).is_met is False
    assert variety([], is_full=False).value is None
