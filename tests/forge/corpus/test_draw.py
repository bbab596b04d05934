"""Words of one conversation."""

from __future__ import annotations

import random

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.split import Table


def draw(seed: int = 1, **options: bool) -> Draw:
    return Draw(random.Random(seed), "train", **options)


def test_a_flipped_coin_is_the_other_side() -> None:
    one, other = draw(), draw(flip=True)
    assert [one.present() for _ in range(50)] == [not other.present() for _ in range(50)]


def test_a_fork_leaves_its_parent_in_step() -> None:
    one, other = draw(), draw()
    fork = one.fork()
    other.fork()
    assert [fork.person() for _ in range(5)]
    assert one.person() == other.person()
    assert fork.coin == one.coin


def test_forks_share_the_list_of_entities() -> None:
    parent = draw()
    name = parent.fork().person()
    assert name in parent.entities


def test_near_terms_look_alike_and_differ() -> None:
    made = draw(2)
    for _ in range(300):
        good = made.good()
        assert made.good(good) != good
        person = made.person()
        assert made.person(person) != person
        place = made.place()
        assert made.place(place) != place


def test_numbers_stay_within_bounds() -> None:
    made = draw(3)
    assert {made.number(2, 4) for _ in range(100)} == {2, 3, 4}


def test_fill_keeps_what_is_given() -> None:
    made = draw(4)
    text = made.fill("{person} sells {good} at {place} for {price} to {faction}.", person="Mara")
    assert text.startswith("Mara sells ")
    assert "{" not in text


def test_picks_come_from_the_split() -> None:
    table = Table.words("a, b, c, d, e, f, g, h, i, j")
    made = draw(5)
    assert {made.pick(table) for _ in range(200)} == set(table.train)


def test_roles_have_the_right_article() -> None:
    made = draw(6)
    roles = [made.role() for _ in range(500)]
    assert not any(role.startswith("a ") and role[2] in "aeiou" for role in roles)
