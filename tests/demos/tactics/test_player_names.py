from __future__ import annotations

from demos.tactics.options import PlayOptions
from demos.tactics.painting.words import player_name
from demos.tactics.player_names import NAMED, PLAYERS, has_model, is_person


def test_who_is_in_the_table() -> None:
    assert [name for name in NAMED if has_model(name)] == ["model", "mixed"]
    assert [name for name in NAMED if is_person(name)] == ["player"]
    assert (*PLAYERS, "player") == tuple(NAMED)


def test_a_name_of_another_version() -> None:
    assert not has_model("oracle") and not is_person("oracle") and player_name("oracle") == "oracle"


def test_everybody_has_a_name_in_the_picture() -> None:
    assert {name: player_name(name) for name in NAMED} == {
        "model": "model",
        "mixed": "model + rules",
        "utility": "rules",
        "random": "chance",
        "still": "still",
        "player": "you",
    }


def test_a_game_takes_all_of_them() -> None:
    for name in NAMED:
        options = PlayOptions(squads={"blue": name, "red": "still"}, seed=5, tick_ms=1000.0)
        assert options.needs_model == has_model(name)
        assert (options.pairing.blue, options.pairing.seed, options.pairing.budget_ms) == (name, 5, 700.0)
