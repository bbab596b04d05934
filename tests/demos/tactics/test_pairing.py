from __future__ import annotations

import pytest

from demos.tactics.human import Human
from demos.tactics.pairing import MAKERS, Pairing
from demos.tactics.player_names import NAMED, has_model
from demos.tactics.rules import SIDES
from demos.tactics.soldiers import Squad
from npc_sdk import Runtime
from npc_sdk.testing import FakeEngine


def test_pairings() -> None:
    assert Pairing.of("random:still").players()["red"].name == "scripted"
    assert not Pairing.of("random:utility").needs_model and Pairing.of("utility:mixed").needs_model
    for squads in ("model", "model:nobody", "", "a:b:c"):
        with pytest.raises(ValueError, match="two of"):
            Pairing.of(squads)
    with pytest.raises(ValueError, match="needs a runtime"):
        Pairing.of("model:utility").players()


def test_everybody_of_the_table_can_play() -> None:
    assert set(MAKERS) == {name for name in NAMED if not has_model(name)}
    with Runtime(engine=FakeEngine(slots=10)) as runtime:
        for name in NAMED:
            pairing = Pairing(blue=name, red="still")
            players = pairing.players(runtime)
            assert set(players) == set(SIDES) and pairing.models == has_model(name)
            assert isinstance(players["blue"], Squad) == has_model(name)
            assert players["blue"].name == ("scripted" if name == "still" else name)
    assert isinstance(Pairing(blue="player", red="still").players()["blue"], Human)
