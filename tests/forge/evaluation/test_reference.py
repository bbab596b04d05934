from __future__ import annotations

from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.cases import conversations
from npc_sdk.forge.evaluation.reference import reference_records
from npc_sdk.forge.evaluation.tally import figures, judged, misses


def test_the_generators_own_answers_are_all_judged_right() -> None:
    cases = conversations(77, 60)
    rows = judged((record for case in cases for record in reference_records(case)), MannerClassifier.train(5))
    found = {figure.kind.key: figure for figure in figures(rows)}
    manner = found.pop("manner")
    assert manner.share is not None and manner.share > 0.95
    wrong = [miss for miss in misses(rows) if miss.key != "manner"]
    assert wrong == []
    assert all(figure.count for figure in found.values() if figure.kind.key != "tactics.7_or_more")


def test_answers_of_another_conversation_are_judged_wrong() -> None:
    cases = conversations(78, 30)
    records = [record for case in cases for record in reference_records(case)]
    from dataclasses import replace

    from npc_sdk.forge.evaluation.record import Heard

    heard = [record for record in records if isinstance(record, Heard)]
    moved = [
        replace(record, text=other.text, calls=other.calls)
        for record, other in zip(heard, heard[7:] + heard[:7], strict=True)
    ]
    found = {figure.kind.key: figure for figure in figures(judged(moved, MannerClassifier.train(5, count=500)))}
    for key in ("facts", "unknown", "action", "orders.obeyed"):
        share = found[key].share
        assert share is not None and share < 0.35, key
