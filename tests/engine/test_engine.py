"""Settings of an engine are checked where they are made."""

from __future__ import annotations

from dataclasses import replace

import pytest

import npc_sdk.engine as room
from npc_sdk.engine.engine import KV_BYTES, EngineConfig, guarded
from npc_sdk.engine.process import ProcessEngine
from npc_sdk.engine.request import EngineUp
from npc_sdk.engine.thread import ThreadEngine
from npc_sdk.errors import RequestError


@pytest.mark.parametrize(
    "fields",
    [{"slots": 0}, {"cells": 0}, {"cells": -1}, {"quantum": 0}, {"threads": -1}, {"kv_type": "f8"}],
)
def test_a_setting_out_of_range_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(RequestError) as caught:
        EngineConfig(model_path="x", **fields)  # type: ignore[arg-type]
    assert caught.value.code == "bad_engine_config"
    assert caught.value.details["field"] in fields
    with pytest.raises(RequestError):
        replace(EngineConfig(model_path="x"), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("kv_type", sorted(KV_BYTES))
def test_every_cache_type_is_accepted(kv_type: str) -> None:
    assert EngineConfig(model_path="x", kv_type=kv_type).kv_type == kv_type


def test_every_public_name_exists() -> None:
    assert room.ThreadEngine is ThreadEngine and room.ProcessEngine is ProcessEngine
    assert all(hasattr(room, name) for name in room.__all__)
    assert sorted(room.__all__, key=str.lower) == sorted(set(room.__all__), key=str.lower)
    with pytest.raises(AttributeError):
        _ = room.NoSuchEngine


def test_a_program_that_is_no_engine_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["game"])
    room.run_if_engine()
    monkeypatch.setattr("sys.argv", ["game", "--npc-engine"])
    monkeypatch.setattr("npc_sdk.engine.child.main", lambda: None)
    with pytest.raises(SystemExit) as caught:
        room.run_if_engine()
    assert caught.value.code == 0


def test_a_listener_that_fails_does_not_end_the_engine(caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: object) -> None:
        raise ValueError("not mine")

    guarded(fail)(EngineUp(1))
    assert "EngineUp" in caplog.text
