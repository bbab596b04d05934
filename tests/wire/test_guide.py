"""The examples in the guide of the host are run as they stand, with a host without a model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import npc_sdk
from npc_sdk.testing import FakeEngine, say_and_act

GUIDE = Path(__file__).parents[2] / "docs" / "host.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def engine(open_host: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine of the host to which every client connects, beside a persona file."""
    (tmp_path / "guard.toml").write_text('name = "Bron"\nrole = "the gate guard"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    fake = FakeEngine()
    file = open_host(fake).connection_file
    to_host = partial(npc_sdk.connect, file)
    monkeypatch.setitem(vars(npc_sdk), "connect", to_host)
    monkeypatch.setitem(vars(npc_sdk), "launch", to_host)
    monkeypatch.setitem(vars(npc_sdk), "AsyncClient", partial(npc_sdk.AsyncClient, file))
    return fake


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "guide"}
    exec(compile(source, "guide", "exec", dont_inherit=True), names)
    return names


def test_the_frame_loop(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.script("Bron", [say_and_act("To arms! Follow me.", "attack", target="goblin_1"), "Ha!"])
    engine.choose("Bron", ["attack"])
    run(EXAMPLES[0])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["To arms!", "Follow me.", "attack {'target': 'goblin_1'}"]
    assert sorted(lines[3:]) == ["attack", "model stop"]


def test_a_host_that_runs(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    run(EXAMPLES[1])
    assert capsys.readouterr().out.splitlines() == ["I hear you.", "False ['Good evening.', 'I hear you.']"]


def test_asyncio(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(run(EXAMPLES[2])["main"]())
    assert capsys.readouterr().out.splitlines() == ["I hear you.", "sleep"]
    assert len(EXAMPLES) == 3
