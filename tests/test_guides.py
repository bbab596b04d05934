"""The examples in the guides of the API are run as they stand, on an engine without a model."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import npc_sdk
from npc_sdk import AsyncRuntime, Persona, Runtime
from npc_sdk.testing import FakeEngine, say_and_act

DOCS = Path(__file__).parent.parent / "docs"
GUARD = 'name = "Bron"\nrole = "the gate guard"\n'


def examples(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """An engine that every runtime without one gets, beside a persona file."""
    (tmp_path / "guard.toml").write_text(GUARD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    fake = FakeEngine()
    monkeypatch.setitem(vars(npc_sdk), "Runtime", partial(Runtime, engine=fake))
    monkeypatch.setitem(vars(npc_sdk), "AsyncRuntime", partial(AsyncRuntime, engine=fake))
    return fake


def run(source: str, **names: Any) -> dict[str, Any]:
    names["__name__"] = "guide"
    exec(compile(source, "guide", "exec", dont_inherit=True), names)
    return names


def test_quickstart(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.script("Bron", [say_and_act("Halt! No one passes.", "attack", target="goblin_1")])
    engine.choose("Bron", ["retreat"])
    run(examples("quickstart.md")[0])
    assert capsys.readouterr().out.splitlines() == [
        "Halt!",
        "No one passes.",
        "attack {'target': 'goblin_1', 'style': 'quick'}",
        "model stop 0.0",
        "retreat model",
    ]


def test_quickstart_heard(engine: FakeEngine) -> None:
    with Runtime(engine=engine) as runtime:
        guard = runtime.spawn(Persona(name="Bron", role="the gate guard"))
        run(examples("quickstart.md")[1], guard=guard)
        assert [line.text for line in guard.history][:2] == ["What do you know about the king?", "I hear you."]


def test_quickstart_asyncio(engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(run(examples("quickstart.md")[2])["main"]())
    assert capsys.readouterr().out.splitlines() == ["I hear you.", "sleep"]


def test_quickstart_settings(engine: FakeEngine) -> None:
    made = run(examples("quickstart.md")[3], Runtime=partial(Runtime, engine=engine))["runtime"]
    assert made.settings.slots == 8


@pytest.mark.parametrize("number", range(3))
def test_testing(number: int) -> None:
    run(examples("testing.md")[number])


def test_every_setting_is_in_the_table() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (DOCS / "quickstart.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [field for field in npc_sdk.RuntimeSettings.__dataclass_fields__]
