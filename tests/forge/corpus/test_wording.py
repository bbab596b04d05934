from __future__ import annotations

import pytest

from npc_sdk.forge.corpus.fact import FactKind
from npc_sdk.forge.corpus.fact_kinds import SUBJECT_KINDS
from npc_sdk.forge.corpus.more_kinds import MORE_KINDS
from npc_sdk.forge.corpus.own_facts import OWN_KINDS, WORLD_KINDS
from npc_sdk.forge.corpus.split import Table
from npc_sdk.forge.corpus.wording import stated, worded

KINDS = (*SUBJECT_KINDS, *MORE_KINDS, *OWN_KINDS, *WORLD_KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_asked_for_in_many_ways_of_which_none_is_held_out(kind: FactKind) -> None:
    assert len(set(kind.questions.train)) > 30
    assert not set(kind.questions.train) & set(kind.questions.held_out)
    assert not set(kind.shapes.train) & set(kind.shapes.held_out)


def test_clauses_and_names_are_put_into_frames() -> None:
    rows = worded("place")
    assert "Nobody could tell me where {place} lies." in rows
    assert "The road to {place}, please." in rows
    assert all(row[-1] in ".?!" and "{i}" not in row and "{n}" not in row for row in rows)


def test_a_name_that_nobody_knows_has_no_rows() -> None:
    assert worded("no such thing") == stated("no such thing") == ()


def test_half_of_the_draws_are_wordings() -> None:
    table = Table(train=("a", "b"), held_out=("c",)).with_wordings(["c", *(str(number) for number in range(100))])
    assert len(table.train) == 200 and "c" not in table.train
    assert table.train.count("a") == 50
