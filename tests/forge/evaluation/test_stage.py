from __future__ import annotations

import pytest

from npc_sdk.errors import ModelError
from npc_sdk.forge.evaluation.cases import greetings
from npc_sdk.forge.evaluation.stage import StageSettings, play_all, staged
from npc_sdk.testing import FakeEngine


def test_conversations_run_side_by_side_and_come_back_in_order() -> None:
    said: list[str] = []
    cases = greetings(40)
    with staged("", FakeEngine(), StageSettings(seed=1, slots=4)) as runtime:
        played = play_all(runtime, cases, workers=4, report=said.append)
        assert runtime.status().npcs == ()
    assert [each.case for each in played] == [case.name for case in cases]
    assert said[-1] == "40 of 40 conversations" and len(said) == 20


def test_a_runtime_is_set_up_as_asked() -> None:
    with staged("", FakeEngine(), StageSettings(seed=7, slots=2, is_greedy=True)) as runtime:
        settings = runtime.settings
    assert (settings.seed, settings.slots, settings.greedy, settings.warm) == (7, 2, True, False)


def test_a_missing_model_is_told() -> None:
    with pytest.raises(ModelError), staged("/nowhere/model.gguf", "thread", StageSettings(seed=1)):
        pass
