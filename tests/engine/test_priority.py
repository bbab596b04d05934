from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from npc_sdk.engine import priority
from npc_sdk.engine.config import EngineConfig, change_between
from npc_sdk.engine.priority import HOST_NICENESS, NICENESS, stand_back
from npc_sdk.engine.process import ProcessEngine

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="told by Linux")
STANDS_BACK = """
import os, sys
from pathlib import Path
from npc_sdk.engine.priority import stand_back
stand_back(autogroup=Path(sys.argv[1]))
print(os.getpriority(os.PRIO_PROCESS, 0))
"""


def stood_back(autogroup: Path, *, has_own_session: bool) -> int:
    """Return the niceness of a process that stands back."""
    told = subprocess.run(
        [sys.executable, "-c", STANDS_BACK, str(autogroup)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        start_new_session=has_own_session,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    return int(told.stdout)


@ON_LINUX
def test_a_session_of_its_own_stands_back_as_a_whole(tmp_path: Path) -> None:
    autogroup = tmp_path / "autogroup"
    autogroup.write_text("0")
    assert stood_back(autogroup, has_own_session=True) >= NICENESS
    assert autogroup.read_text() == str(NICENESS)


@ON_LINUX
def test_a_session_that_others_share_is_left_alone(tmp_path: Path) -> None:
    autogroup = tmp_path / "autogroup"
    autogroup.write_text("0")
    assert stood_back(autogroup, has_own_session=False) >= NICENESS
    assert autogroup.read_text() == "0", "the game would stand back too"


@ON_LINUX
def test_less_is_possible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "setpriority", lambda kind, who, niceness: asked.append(niceness))
    monkeypatch.setattr(os, "getpriority", lambda kind, who: 0)
    monkeypatch.setattr(priority, "_has_own_session", lambda: True)
    autogroup = tmp_path / "autogroup"
    autogroup.write_text("0")
    stand_back(HOST_NICENESS, autogroup=autogroup)
    assert asked == [HOST_NICENESS]
    assert autogroup.read_text() == str(HOST_NICENESS)


@ON_LINUX
@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_system_without_such_a_file(tmp_path: Path, kind: str) -> None:
    autogroup = tmp_path / "autogroup"
    if kind == "folder":
        autogroup.mkdir()
    assert stood_back(autogroup, has_own_session=True) >= NICENESS


@ON_LINUX
def test_what_the_system_refuses_is_let_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    monkeypatch.setattr(priority, "_has_own_session", lambda: True)
    autogroup = tmp_path / "autogroup"
    autogroup.write_text("0")
    stand_back(autogroup=autogroup)
    assert autogroup.read_text() == str(NICENESS)


@pytest.mark.skipif(sys.platform == "win32", reason="told by niceness")
@pytest.mark.parametrize("background", [True, False])
def test_an_engine_process_on_the_cpu_stands_back(tiny_attention_path: Path, background: bool) -> None:
    config = EngineConfig(
        model_path=str(tiny_attention_path), slots=1, cells=256, gpu_layers=0, threads=1, background=background
    )
    engine = ProcessEngine(config)
    engine.start(lambda event: None)
    try:
        niceness = psutil.Process(engine.info.process_id).nice()
    finally:
        engine.close()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness == (max(own, NICENESS) if background else own)


def test_it_takes_another_process_to_come_forward_again() -> None:
    before = EngineConfig(model_path="model.gguf")
    after = EngineConfig(model_path="model.gguf", background=False)
    assert change_between(before, after) == "model"
