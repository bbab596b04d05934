from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npc_sdk.cli.opening import Casting, make_engine, opened
from npc_sdk.engine import ProcessEngine, ThreadEngine
from npc_sdk.errors import ModelError, PersonaError, RequestError
from npc_sdk.testing import FakeEngine


def _casting(**changes: Any) -> Casting:
    options: dict[str, Any] = {
        "persona": "guard",
        "world": None,
        "has_actions": True,
        "model": "starter",
        "engine": "process",
        "settings_file": None,
        "overrides": {},
    }
    return Casting.of(**{**options, **changes})


def test_shipped_characters_live_in_the_shipped_world(tmp_path: Path) -> None:
    own = tmp_path / "ann.toml"
    own.write_text('name = "Ann"\nrole = "a smith"\n')
    shipped, alone, placed = _casting(), _casting(persona=str(own)), _casting(persona=str(own), world="brackwater")
    assert shipped.world is not None and shipped.world.name == "Brackwater"
    assert alone.world is None
    assert placed.world == shipped.world


def test_actions_can_be_left_out() -> None:
    assert _casting().scene is not None
    assert _casting(has_actions=False).scene is None


def test_settings_come_from_file_and_arguments(tmp_path: Path) -> None:
    file = tmp_path / "runtime.toml"
    file.write_text("slots = 3\nseed = 1\n")
    settings = _casting(settings_file=file, overrides={"seed": 9, "greedy": None}).settings
    assert (settings.slots, settings.seed, settings.greedy) == (3, 9, False)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"persona": "nobody"}, PersonaError),
        ({"world": "narnia"}, PersonaError),
        ({"overrides": {"seed": -1}}, RequestError),
    ],
)
def test_what_cannot_be_used_is_refused(changes: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        _casting(**changes)


def test_the_engine_is_the_one_asked_for(tiny_hybrid_path: Path) -> None:
    model = str(tiny_hybrid_path)
    assert isinstance(make_engine(_casting(model=model), print), ProcessEngine)
    assert isinstance(make_engine(_casting(model=model, engine="thread"), print), ThreadEngine)


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ModelError):
        make_engine(_casting(model="nobody"), print)


def test_an_opened_runtime_is_closed_again(fake_engine: FakeEngine) -> None:
    casting = _casting()
    with opened(casting) as runtime:
        npc = casting.spawn(runtime)
        assert {action.name for action in npc.actions} >= {"open_gate"}
        assert runtime.status().is_running
    assert not runtime.status().is_running
