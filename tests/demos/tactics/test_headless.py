from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demos.tactics.headless import main


def test_a_report_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "out.json"
    words = ["--headless", "--seed", "3", "--ticks", "40", "--squads", "utility:random", "--report", str(file)]
    assert main(words) == 0
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["result"]["verdict"] == "blue"
    assert capsys.readouterr().out.startswith("seed 3, utility against random: blue after ")


def test_a_report_on_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--headless", "--ticks", "2", "--squads", "still:still"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["verdict"] == "draw"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--squads", "utility:random"], "--headless"), (["--headless", "--squads", "utility"], "names no two of")],
)
def test_words_that_cannot_be_used(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_a_model_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--headless", "--model", str(tmp_path / "none.gguf"), "--via", "thread"]
    assert main(words) == 1
    assert "none.gguf" in capsys.readouterr().err


def test_nothing_here_needs_a_window() -> None:
    code = "import sys, demos.tactics.headless; print(any(name.split('.')[0] == 'pygame' for name in sys.modules))"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "False"


def test_a_battle_with_the_starter_through_its_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    file = tmp_path / "out.json"
    words = ["--headless", "--seed", "1", "--ticks", "4", "--squads", "model:utility", "--budget-ms", "60000"]
    assert main([*words, "--report", str(file)]) == 0
    report = json.loads(file.read_text(encoding="utf-8"))
    assert (report["result"]["invalid"], report["result"]["ticks"]) == (0, 4)
    assert report["players"]["blue"]["by_deadline"] == 1.0
    assert report["players"]["blue"]["sources"]["model"] >= 20
