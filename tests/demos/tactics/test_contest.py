from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from demos.tactics import contest
from demos.tactics.contest import run
from demos.tactics.ledger import NAME, Ledger
from demos.tactics.results import markdown, table
from demos.tactics.tournament import Match, Outcome, Settings, play
from npc_sdk import NpcError
from npc_sdk.errors import RequestError

QUICK = Settings(pairings=("utility:random",), battles=4, ticks=20)
OUTCOME = play(Match(pairing="utility:random", seed=1, is_swapped=False), QUICK, None)


@pytest.fixture(autouse=True)
def checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let worker processes find what this one has found."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))


def test_tables() -> None:
    result = contest.result(QUICK, [OUTCOME])
    assert result["is_complete"] is False
    text = markdown(result)
    assert "| utility against random | 1 | 1 | 0 | 0 | 100.0% | 20.7% to 100.0% |" in text
    assert len({line.count("|") for line in text.splitlines()}) == 1
    assert table(result).row_count == text.splitlines()[0].count("|") - 2
    json.dumps(result)


def test_a_tournament_and_its_files(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    result = run(QUICK, folder=tmp_path / "new", progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 4) for done in range(5)]
    assert result["is_complete"] and result["standings"][0]["won"] == 4
    assert json.loads((tmp_path / "new" / "tactics.json").read_text(encoding="utf-8")) == result
    assert "utility against random" in (tmp_path / "new" / "tactics.md").read_text(encoding="utf-8")


def test_a_run_that_was_cut_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(QUICK, folder=tmp_path / "whole")
    fought: list[Match] = []

    def cut(match: Match, *rest: Any) -> Outcome:
        if len(fought) == 2:
            raise KeyboardInterrupt
        fought.append(match)
        return play(match, *rest)

    monkeypatch.setattr(contest, "play", cut)
    with pytest.raises(KeyboardInterrupt):
        run(QUICK, folder=tmp_path / "cut")
    partial = json.loads((tmp_path / "cut" / "tactics.json").read_text(encoding="utf-8"))
    assert (partial["is_complete"], partial["standings"][0]["battles"]) == (False, 2)
    with (tmp_path / "cut" / NAME).open("a", encoding="utf-8") as file:
        file.write('{"match":{"pair')
    monkeypatch.setattr(contest, "play", play)
    told: list[int] = []
    resumed = run(QUICK, folder=tmp_path / "cut", is_resumed=True, progress=lambda done, total: told.append(done))
    assert told == [2, 3, 4]
    assert resumed == whole
    more = run(Settings(pairings=("utility:random",), battles=6, ticks=20), folder=tmp_path / "cut", is_resumed=True)
    assert more["standings"][0]["battles"] == 6
    assert run(QUICK, folder=tmp_path / "cut", is_resumed=True)["standings"] == whole["standings"]


@pytest.mark.parametrize(
    ("text", "is_resumed", "code"),
    [
        ("", False, "file_exists"),
        ("", True, "bad_ledger"),
        ("{}\n", True, "other_settings"),
        ("{}\n[]\n", True, "bad_ledger"),
        ('{}\n{"match":{}}\n', True, "bad_ledger"),
    ],
)
def test_a_folder_that_holds_something_else(tmp_path: Path, text: str, is_resumed: bool, code: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        run(QUICK, folder=tmp_path, is_resumed=is_resumed)
    assert caught.value.code == code
    assert (tmp_path / NAME).read_text(encoding="utf-8") == text


def test_other_settings_are_not_put_together(tmp_path: Path) -> None:
    Ledger(tmp_path, QUICK).add(OUTCOME)
    with pytest.raises(RequestError) as caught:
        Ledger(tmp_path, Settings(pairings=QUICK.pairings, battles=4, ticks=21), is_resumed=True)
    assert caught.value.code == "other_settings"
    assert Ledger(tmp_path, QUICK, is_resumed=True).outcomes == (OUTCOME,)


def test_several_workers_fight_the_same_battles(tmp_path: Path) -> None:
    alone = run(QUICK, folder=tmp_path / "alone")
    assert run(QUICK, folder=tmp_path / "many", workers=2)["standings"] == alone["standings"]
    assert run(QUICK, folder=tmp_path / "many", workers=2, is_resumed=True)["standings"] == alone["standings"]


def test_a_worker_that_fails_says_why(tmp_path: Path) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF")
    settings = Settings(model=str(file), pairings=("model:random",), battles=2, via="thread")
    with pytest.raises(NpcError) as caught:
        run(settings, folder=tmp_path / "out", workers=2)
    assert caught.value.code == "worker_failed"
    assert "broken.gguf" in str(caught.value)


def test_a_model_that_is_not_there_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(NpcError) as caught:
        run(Settings(model=str(tmp_path / "none.gguf")), folder=tmp_path / "out")
    assert caught.value.code == "model_missing"
    assert not (tmp_path / "out").exists()


def test_battles_with_the_starter(tmp_path: Path) -> None:
    settings = Settings(pairings=("model:random",), battles=2, ticks=3, budget_ms=30_000.0, via="thread")
    told = run(settings, folder=tmp_path)["standings"][0]
    assert (told["invalid"], told["by_deadline"], told["ticks"]) == (0, 1.0, 6)
    assert told["asked"] >= 20


@pytest.mark.parametrize("said", [[], [OUTCOME], ["It burns."]])
def test_a_worker_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[Any]) -> None:
    ours, theirs = multiprocessing.Pipe()
    for each in said:
        theirs.send(each)
    theirs.close()

    @contextmanager
    def workers(settings: Settings, count: int) -> Iterator[list[Any]]:
        yield [ours]

    monkeypatch.setattr(contest, "_workers", workers)
    with pytest.raises(NpcError) as caught:
        run(QUICK, folder=tmp_path / "out", workers=2)
    ours.close()
    assert caught.value.code == "worker_failed"
    assert ("It burns." if said == ["It burns."] else "It has ended.") in str(caught.value)
