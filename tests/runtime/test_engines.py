from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import ModelError, RequestError
from npc_sdk.persona import Persona
from npc_sdk.runtime import Runtime, RuntimeSettings
from npc_sdk.runtime.engines import make_config, make_engine


def test_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as raised:
        make_engine("cloud", RuntimeSettings().engine_config(str(tmp_path / "any.gguf")))
    assert raised.value.code == "unknown_engine"


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        make_config(tmp_path / "missing.gguf", RuntimeSettings(), parked_folder=None)


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_a_real_engine_runs_turns(tmp_path: Path, persona: Persona, look: Any, kind: Any) -> None:
    from npc_sdk.models import build

    model = build(tmp_path / "tiny.gguf", "tiny")
    with Runtime(model, engine=kind, slots=2, cells=2048, threads=1, gpu_layers=0, greedy=True) as runtime:
        guard = runtime.spawn(persona, [look])
        first = guard.say("Hello.", deadline_ms=20_000).result()
        second = guard.say("And now?", deadline_ms=20_000).result()
        decision = guard.decide("Two goblins.", ["fight", "flee"], deadline_ms=20_000)
    # The weights are random, so what is said is not looked at.
    assert [end.source for end in (first, second)] == ["model", "model"], (first.error, second.error)
    assert first.cost.decode.sampled > 0
    assert second.cost.read.new < second.cost.read.cached
    assert (decision.source, decision.error) == ("model", None)
