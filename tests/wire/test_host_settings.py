from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings

TEXT = """
[host]
model = "file.gguf"
endpoint = "tcp://127.0.0.1:7000"
drain_ms = 10

[runtime]
slots = 2
deadline_ms = 900.0

[limits]
max_npcs = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with all tables."""
    path = tmp_path / "npc.toml"
    path.write_text(TEXT)
    return path


def test_without_anything_there_are_defaults() -> None:
    chosen = HostConfiguration.load(environment={})
    assert chosen == HostConfiguration()
    assert (chosen.host.model, chosen.host.endpoint) == ("starter", "tcp://127.0.0.1:*")
    assert HostSettings(folder="x").path() == Path("x")
    assert HostSettings().path().name == "host"


def test_an_argument_beats_the_environment_which_beats_the_file(file: Path) -> None:
    variables = {"NPC_HOST_MODEL": "other.gguf", "NPC_HOST_DRAIN_MS": "20", "NPC_SLOTS": "5", "HOME": "/"}
    chosen = HostConfiguration.load(file, environment=variables, drain_ms=30, folder=None)
    assert (chosen.host.model, chosen.host.drain_ms) == ("other.gguf", 30)
    assert chosen.host.endpoint == "tcp://127.0.0.1:7000"
    assert (chosen.runtime.slots, chosen.runtime.deadline_ms) == (5, 900.0)
    assert chosen.limits.max_npcs == 3


def test_the_environment_is_read_as_what_it_means() -> None:
    variables = {"NPC_HOST_IS_ENCRYPTED": "true", "NPC_HOST_HAS_TELEMETRY": "0", "NPC_HOST_MAX_SESSIONS": "7"}
    chosen = HostConfiguration.load(environment=variables).host
    assert (chosen.is_encrypted, chosen.has_telemetry, chosen.max_sessions) == (True, False, 7)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[host]\nmodle = 'x'", "unknown_setting"),
        ("[runtime]\nslot = 2", "unknown_setting"),
        ("[limits]\nmax_npc = 2", "unknown_setting"),
        ("[host]\nmodel = 5", "bad_setting"),
        ("[host]\ndrain_ms = -1", "bad_setting"),
        ("[host]\ndrain_ms = true", "bad_setting"),
        ("[host]\nis_encrypted = 1", "bad_setting"),
        ("[host]\nengine = 'fast'", "bad_setting"),
        ("[limits]\nmax_npcs = 0", "bad_limit"),
        ("[limits]\nmax_npcs = 99999999999999999999999", "bad_limit"),
        ("[limits]\nmax_body_bytes = 100", "bad_limit"),
        ("[limits]\nmax_body_bytes = 99999999999", "bad_limit"),
        ("[limits]\nmax_events_unacked = 9999999999", "bad_limit"),
        ("[runtime]\nslots = 'x'", "bad_setting"),
        ("[hosts]\n", "bad_settings_file"),
        ("host = 5", "bad_settings_file"),
        ("[host", "bad_settings_file"),
        ("#" * 1_100_000, "bad_settings_file"),
        ("x = " + "[" * 5000, "bad_settings_file"),
    ],
)
def test_slips_are_told(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "npc.toml"
    file.write_text(text)
    with pytest.raises(RequestError) as caught:
        HostConfiguration.load(file, environment={})
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({"NPC_HOST_MODLE": "x"}, {}),
        ({"NPC_HOST_DRAIN_MS": "long"}, {}),
        ({"NPC_HOST_IS_KEPT": "maybe"}, {}),
        ({}, {"modle": "x"}),
        ({}, {"model": 5}),
    ],
)
def test_slips_elsewhere_are_told_too(variables: dict[str, str], arguments: Any) -> None:
    with pytest.raises(RequestError):
        HostConfiguration.load(environment=variables, **arguments)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        HostConfiguration.load(tmp_path / "nothing.toml")
    assert caught.value.code == "bad_settings_file"
