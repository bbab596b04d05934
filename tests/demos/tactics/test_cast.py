from __future__ import annotations

import pytest

from demos.tactics.cast import labelled, named, persona_of, shouter_of, temper_of, world
from demos.tactics.rules import ROLES, Battle


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_persona_on_both_sides(role: str) -> None:
    blue, red = (unit for unit in Battle.new(1).units if unit.role == role)
    ours, theirs = persona_of(blue), persona_of(red)
    assert ours.name != theirs.name and ours.sampling == theirs.sampling
    assert theirs.role == ours.role.replace("the guard", "the raiders")
    told = " ".join((theirs.description, *theirs.knows))
    assert ours.name not in told and "Holt" not in told
    # The card says the temper in the words of the training.
    assert temper_of(blue) in ours.description
    assert world().name


def test_names_and_labels() -> None:
    units = Battle.new(1).units
    assert named("obeys: attack raider_5, not goblin_1", units) == "obeys: attack Sven, not goblin_1"
    assert labelled("Shoot Sven Moor, mara, and no Svenson!", units) == "Shoot raider_5, guard_1, and no Svenson!"
    assert labelled("raider_2", units) == "raider_2"
    assert shouter_of(units[0]).limits.sentences == 1 and shouter_of(units[0]).name == "Mara Holt"
