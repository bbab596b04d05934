from __future__ import annotations

from pathlib import Path

from npc_sdk.bench.frame.hosted import settings_text
from npc_sdk.wire.host_settings import HostConfiguration


def test_the_file_of_settings_is_one_that_a_host_reads(tmp_path: Path) -> None:
    file = tmp_path / "npc.toml"
    file.write_text(settings_text({"seed": 7, "background": False, "floor_tokens_per_s": 2.5}), encoding="utf-8")
    read = HostConfiguration.load(file, environment={})
    assert read.runtime.seed == 7 and read.runtime.background is False and read.runtime.floor_tokens_per_s == 2.5
    assert read.runtime.gpu_layers == 0 and not read.runtime.is_planned
    assert read.host.is_kept and read.host.has_telemetry, "a host as any game would launch it"
