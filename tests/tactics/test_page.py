"""The examples of the page on tactics, run as they stand."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import npc_sdk
from npc_sdk import Runtime
from npc_sdk.testing import FakeEngine

PAGE = Path(__file__).parents[2] / "docs" / "tactics.md"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(source, "page", "exec", dont_inherit=True), names)
    return names


def test_the_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    engine = FakeEngine()
    engine.choose("guard_2", ["take cover", "retreat"])
    monkeypatch.setitem(vars(npc_sdk), "Runtime", partial(Runtime, engine=engine))
    run(examples()[0])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 16
    assert lines[:3] == [
        "0 guard_1 move to goblin_1 model scored",
        "0 guard_2 take cover model scored",
        "0 guard_3 move to goblin_1 model scored",
    ]
    assert "guard_1 attack goblin_1" in lines[12]
    assert "'asked': 15" in lines[-1]


def test_the_example_with_the_starter(capsys: pytest.CaptureFixture[str]) -> None:
    sheets = run(examples()[0])["sheets"]
    assert sum(sheet.asked for sheet in sheets) == 15
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()[:3]} == {"guard_1", "guard_2", "guard_3"}


def test_the_example_for_tests() -> None:
    run(examples()[1])


def test_the_example_is_short() -> None:
    assert len(examples()[0].splitlines()) <= 40
