"""What an engine process is started with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from npc_sdk.engine.child_process import ChildProcess
from npc_sdk.engine.config import EngineConfig

SHOW = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"


@pytest.mark.parametrize("device", [None, "GPU-5ae1"])
def test_the_process_sees_only_the_chosen_device(
    device: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = tmp_path / "environment.json"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setenv("NPC_ENGINE_COMMAND", f'"{sys.executable}" -c "{SHOW}" "{shown}"')
    process = ChildProcess(EngineConfig(model_path="a.gguf", device=device))
    assert process.child.wait(20) == 0
    process.close_pipes()
    assert json.loads(shown.read_text())["CUDA_VISIBLE_DEVICES"] == (device or "3")
