"""The two splits of tables and of made words."""

from __future__ import annotations

import importlib
import pkgutil
import random

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.forge import corpus
from npc_sdk.forge.corpus.fact import FactKind
from npc_sdk.forge.corpus.split import Table, join, lines, split_of
from npc_sdk.forge.corpus.syllables import made_word, sibling_word


def tables() -> list[tuple[str, Table]]:
    found = []
    for module in pkgutil.iter_modules(corpus.__path__):
        values = vars(importlib.import_module(f"{corpus.__name__}.{module.name}"))
        for name, value in values.items():
            if isinstance(value, Table):
                found.append((f"{module.name}.{name}", value))
            if isinstance(value, FactKind):
                found += [(f"{value.name}.shapes", value.shapes), (f"{value.name}.questions", value.questions)]
    return found


def test_every_table_has_two_parts_without_overlap() -> None:
    assert len(tables()) > 60
    for name, table in tables():
        assert table.train and table.held_out, name
        assert not set(table.train) & set(table.held_out), name


@given(st.lists(st.text(min_size=1, max_size=20), min_size=2, max_size=40, unique=True))
def test_a_table_loses_no_row(rows: list[str]) -> None:
    table = Table.of(*rows)
    assert sorted((*table.train, *table.held_out)) == sorted(rows)
    assert 1 <= len(table.held_out) <= max(1, len(rows) // 4)


def test_the_plainest_phrasings_stay_in_training() -> None:
    table = Table.of(*(f"row {number}" for number in range(10)))
    assert {f"row {number}" for number in range(4)} <= set(table.train)


def test_words_are_cut_by_hash_whatever_their_order() -> None:
    one, other = Table.words("a, b, c, d, e, f, g, h, i, j"), Table.words("j, i, h, g, f,\ne, d, c, b, a")
    assert set(one.held_out) == set(other.held_out)
    assert one.part("train") == one.train
    assert one.part("held_out") == one.held_out


def test_made_words_belong_to_their_split() -> None:
    rng = random.Random(3)
    train = {made_word(rng, "train") for _ in range(2000)}
    held_out = {made_word(rng, "held_out") for _ in range(2000)}
    assert not train & held_out
    assert all(split_of(word.capitalize()) == "held_out" for word in held_out)
    assert len(train) > 1500


def test_sibling_words_begin_alike() -> None:
    rng = random.Random(4)
    for _ in range(200):
        word = made_word(rng, "train")
        sibling = sibling_word(rng, "train", word)
        assert sibling != word
        assert sibling[:2] == word[:2]
        assert split_of(sibling) == "train"


def test_lines_and_join() -> None:
    assert lines("\n  one\n\n two \n") == ("one", "two")
    assert join(("a.", "", "b.")) == "a. b."


def test_more_training_rows_leave_what_is_held_out() -> None:
    table = Table.of(*(f"row {number}" for number in range(10)))
    more = table.with_training(("new", *table.held_out, table.train[0]))
    assert more.held_out == table.held_out
    assert more.train == (*table.train, "new")
