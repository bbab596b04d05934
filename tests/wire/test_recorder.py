from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.wire import messages as m
from npc_sdk.wire.record_file import Recording
from npc_sdk.wire.recorder import Recorder

Open = Callable[..., Any]
Join = Callable[..., Any]


def test_everything_is_recorded_and_no_secret_is(open_host: Open, join: Join, tmp_path: Path) -> None:
    file = tmp_path / "a.npcrec"
    host = open_host(taps=[Recorder(file)], folder=tmp_path)
    token = host.connection.token
    client = join(host)
    client.spawn()
    client.do(m.NpcSay, npc="Bron", text="My name is Anna.")
    key = client.owner_key
    host.stop(drain_ms=0)
    content = file.read_bytes()
    assert token.encode() not in content and key.encode() not in content and b"Anna" in content
    recording = Recording(file)
    records = list(recording)
    assert recording.torn_at is None and recording.header["settings"]["limits"]["max_npcs"] == 256
    kinds = [record.kind for record in records]
    assert kinds[0] == "header" and "closing" in kinds
    assert {"in", "out", "asked", "engine"} <= set(kinds)
    assert [record.at_ms for record in records] == sorted(record.at_ms for record in records)
    said = [record for record in records if record.data.get("message", {}).get("type") == "npc.say"]
    assert len(said) == 1 and said[0].data["message"]["text"] == "My name is Anna."
    tokens = [record.data for record in records if record.kind == "engine" and record.data["event"][0] == "tokens"]
    assert b"".join(piece for data in tokens for piece in data["pieces"]) == b"I hear you."


def test_a_seed_is_recorded_where_the_runtime_has_one(open_host: Open, join: Join, tmp_path: Path) -> None:
    from hosting import make_host

    from npc_sdk.runtime import RuntimeSettings
    from npc_sdk.wire.host_settings import HostConfiguration

    file = tmp_path / "a.npcrec"
    host = make_host(tmp_path, taps=[Recorder(file)])
    host._runtime._settings = RuntimeSettings(seed=7)
    host._runtime._seed = 7
    assert HostConfiguration().runtime.seed is None
    with host:
        client = join(host)
        client.spawn()
        member = next(iter(host._stage._ensembles.values())).members["Bron"]  # type: ignore[union-attr]
        seed = member.npc.export()["seed"]
    seeds = [record.data for record in Recording(file) if record.kind == "seed"]
    assert seeds == [{"route": 0, "id": 1, "seed": seed}]


def test_a_full_disk_stops_the_recording_and_not_the_host(
    open_host: Open, join: Join, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "a.npcrec")
    descriptor, write = recorder._file._descriptor, os.write
    host = open_host(taps=[recorder], is_kept=False)
    client = join(host)
    client.spawn()

    def full(to: int, data: Any) -> int:
        if to == descriptor:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(to, data)

    monkeypatch.setattr(os, "write", full)
    client.do(m.NpcSay, npc="Bron", text="Hello.")
    assert client.notice("record_failed")["error"]["code"] == "disk_full"
    client.do(m.NpcSay, npc="Bron", text="Hello again.")
    told = [each for each in client.seen if isinstance(each, m.Notice) and each.notice.kind == "record_failed"]
    assert len(told) == 1
    monkeypatch.setattr(os, "write", write)
    host.stop(drain_ms=0)
    recording = Recording(tmp_path / "a.npcrec")
    list(recording)
    assert recording.torn_at is None


def test_a_recorder_that_never_began_writes_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.npcrec")
    recorder.received("requests", b"r", [b"x"], 0.0)
    recorder.close()
    recorder.close()
    assert (tmp_path / "a.npcrec").read_bytes() == b""
