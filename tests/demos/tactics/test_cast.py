from __future__ import annotations

import pytest

from demos.tactics.cast import persona_of, temper_of, world
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
