from __future__ import annotations

from npc_sdk.forge.corpus import goods, more_kinds, observe, people, places, social_lines, word_pool
from npc_sdk.forge.corpus.split import Table

ROOMS = (goods, more_kinds, observe, people, places, social_lines)


def _word_tables() -> list[Table]:
    """All tables of words; those of phrasings hold sentences."""
    tables = [each for room in ROOMS for each in vars(room).values() if isinstance(each, Table)]
    return [each for each in tables if all(row[-1].isalpha() and "{" not in row for row in each.held_out)]


def test_no_word_is_one_that_evaluation_holds_out() -> None:
    words = {*word_pool.NOUNS, *word_pool.QUALITIES, *(form for row in word_pool.VERBS for form in row)}
    words |= {f"{noun}s" for noun in word_pool.NOUNS}
    held_out = {word for table in _word_tables() for row in table.held_out for word in row.lower().split()}
    assert not words & held_out


def test_no_direction_makes_a_held_out_phrase_of_place() -> None:
    forms = {f"{direction} {{landmark}}" for direction in word_pool.DIRECTIONS} | {
        "between {landmark} and {landmark_2}"
    }
    assert not forms & set(places.WHERE.held_out)


def test_words_are_there_once() -> None:
    for words in (word_pool.NOUNS, word_pool.QUALITIES, word_pool.DIRECTIONS, word_pool.TIMES, word_pool.TRADES):
        assert len(words) == len(set(words))
    assert all(len(row) == 3 for row in word_pool.VERBS)
