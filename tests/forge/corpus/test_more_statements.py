from __future__ import annotations

import pytest

from npc_sdk.forge.corpus.more_statements import statements
from npc_sdk.forge.corpus.observe import SENSES

KINDS = (
    *(f"said_{name}" for name in ("name", "home", "errand", "friend", "road", "money")),
    *(sense.name for sense in SENSES),
    "danger",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_statement_holds_the_thing_once(kind: str) -> None:
    rows = statements(kind)
    assert len(rows) == len(set(rows)) >= 12
    assert all(row.count("{v}") == 1 and row.format(v="x") for row in rows)


def test_what_is_held_out_is_not_said_in_training() -> None:
    for sense in SENSES:
        assert not set(sense.shapes.train) & set(sense.shapes.held_out)
