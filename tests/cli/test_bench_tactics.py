from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.cli import demo_package
from npc_sdk.errors import RequestError

QUICK = ("bench", "tactics", "--pairings", "utility:random", "--battles", 4)


@pytest.fixture(autouse=True)
def checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demos lie beside the package; last, so that those that are installed are the ones that are tested."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parents[2])])


def test_a_tournament(npc: Any, tmp_path: Path) -> None:
    done = npc(*QUICK, "--out", tmp_path)
    assert done.exit_code == 0
    assert "utility against random" in done.stdout and "51.0% to 100.0%" in done.stdout
    assert "battles: 4 of 4" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["battles.jsonl", "tactics.json", "tactics.md"]
    again = npc(*QUICK, "--out", tmp_path)
    assert again.exit_code == 3 and "file_exists" in again.stderr and "--resume" in again.stderr
    told = json.loads(npc(*QUICK, "--out", tmp_path, "--resume", "--json").stdout)
    assert told["standings"][0]["battles"] == 4


def test_a_missed_limit_ends_with_one(npc: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    standings = demo_package.demo_module("tactics.standings")
    monkeypatch.setattr(standings, "LIMITS", {"random:utility": 0.5})
    done = npc("bench", "tactics", "--pairings", "random:utility", "--battles", 2, "--out", tmp_path)
    assert done.exit_code == 1
    assert "missed" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--battles", 3), 3, "bad_battles"),
        (("--battles", 1), 2, "--battles"),
        (("--pairings", "model"), 3, "bad_pairing"),
        (("--via", "post"), 2, "--via"),
        (("--model", "none.gguf", "--pairings", "model:random"), 3, "model_missing"),
    ],
)
def test_words_that_cannot_be_used(npc: Any, tmp_path: Path, words: tuple[Any, ...], code: int, text: str) -> None:
    done = npc(*QUICK, "--out", tmp_path / "out", *words)
    assert done.exit_code == code
    assert text in done.stderr
    assert not (tmp_path / "out").exists()


def test_demos_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_package, "PACKAGES", ("npc_demos_that_are_not_there", "json"))
    with pytest.raises(RequestError) as caught:
        demo_package.demos_package()
    assert caught.value.code == "no_demos"
