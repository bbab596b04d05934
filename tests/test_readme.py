"""The front page says only what is so."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

import pytest

import npc_sdk
from npc_sdk import Runtime
from npc_sdk.cli.persona_template import PERSONA_TEMPLATE
from npc_sdk.testing import FakeEngine, say_and_act

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_two_blocks_are_the_two_lines() -> None:
    blocks = [line.strip() for line in README.splitlines() if line.startswith("    ")]
    assert blocks[:2] == ["pip install . && npc chat", 'pip install ".[test]" && pytest']


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "guard.toml").write_text(PERSONA_TEMPLATE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    engine = FakeEngine()
    engine.script("*", [say_and_act("Halt!", "attack", target="goblin_2")])
    engine.choose("*", ["retreat"])
    monkeypatch.setitem(vars(npc_sdk), "Runtime", partial(Runtime, engine=engine))
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec", dont_inherit=True), {"__name__": "readme"})
    expected = ["Halt!", "attack {'target': 'goblin_2', 'style': 'quick'}", "model stop", "retreat"]
    assert capsys.readouterr().out.splitlines() == expected


@pytest.mark.parametrize(
    "page", ["README.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text):
        assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_the_changelog_has_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[([\d.]+)\]", changelog, re.MULTILINE)[0] == npc_sdk.__version__


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(name for names in project["optional-dependencies"].values() for name in names)]
    names = {found[0] for line in asked if (found := re.match(r"[\w-]+", line))} - {"npc-sdk"}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == names


def test_extras_are_where_the_page_says() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for name, places in re.findall(r"^\| `([\w-]+)` \| (`[^|]*`) \|", page, re.MULTILINE):
        found = {extra for extra, lines in extras.items() if any(re.match(rf"{name}(?![\w-])", line) for line in lines)}
        assert set(re.findall(r"\w+", places)) == found, name
