"""The page for modders says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from npc_sdk.errors import PersonaError
from npc_sdk.persona import Persona, World, check_persona, check_world
from npc_sdk.persona.advice import LONG_FACT_CHARACTERS, LONG_RECORD_CHARACTERS, LONG_THINKING_TOKENS
from npc_sdk.persona.document import MAXIMUM_FILE_BYTES
from npc_sdk.persona.explain import _model_of

PAGE = (Path(__file__).parents[2] / "docs" / "personas.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rows(heading: str) -> dict[str, list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| `(.+?)` \|(.*)\|$", section, re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in found}


def leaves(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, info in model.model_fields.items():
        part = _model_of(model, name)
        if part is None or name == "examples":
            found[prefix + name] = ... if info.is_required() else info.default
        if part is not None:
            found.update(leaves(part, f"{prefix}{name}{'[]' if name == 'examples' else ''}."))
    return found


@pytest.mark.parametrize(("model", "heading"), [(Persona, "Fields of a persona"), (World, "Fields of a world")])
def test_every_field_stands_in_the_table_with_its_default(model: type[BaseModel], heading: str) -> None:
    table = rows(heading)
    found = leaves(model)
    assert list(table) == list(found)
    for name, default in found.items():
        written = table[name][1]
        if default is ...:
            assert written == "required"
        elif name == "fallback":
            assert written == "one neutral line"
        else:
            assert (
                written.strip("`") == str(default if not isinstance(default, tuple) else [])
                or written == f'`"{default}"`'
            )


@pytest.mark.parametrize(("model", "heading"), [(Persona, "Fields of a persona"), (World, "Fields of a world")])
def test_text_limits_of_the_table_hold(model: type[Persona] | type[World], heading: str) -> None:
    least = {"name": "A", "role": "b"} if model is Persona else {"name": "A"}
    for name, cells in rows(heading).items():
        single = re.fullmatch(r"(\d+) characters", cells[2])
        several = re.fullmatch(r"(\d+) texts of (\d+) characters", cells[2])
        if single and "." not in name:
            assert model.from_dict({**least, name: "x" * int(single[1])})
            with pytest.raises(PersonaError):
                model.from_dict({**least, name: "x" * (int(single[1]) + 1)})
        if several:
            assert model.from_dict({**least, name: ["x" * int(several[2])] * int(several[1])})
            for lines in (["x" * (int(several[2]) + 1)], ["x"] * (int(several[1]) + 1)):
                with pytest.raises(PersonaError):
                    model.from_dict({**least, name: lines})


def test_number_limits_of_the_table_hold() -> None:
    for name, cells in rows("Fields of a persona").items():
        bounds = re.fullmatch(r"([\d.]+) to ([\d.]+)", cells[2])
        if not bounds:
            continue
        outer, _, inner = name.rpartition(".")
        whole = "whole" in cells[0] or name == "thinking"
        low, high = ((int if whole else float)(bound) for bound in bounds.groups())
        for value, fits in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
            data = {"name": "A", "role": "b", **({outer: {inner: value}} if outer else {inner: value})}
            if fits:
                Persona.from_dict(data)
            else:
                with pytest.raises(PersonaError):
                    Persona.from_dict(data)


def test_examples_of_the_page_are_fine(tmp_path: Path) -> None:
    persona, world = blocks("toml")
    (tmp_path / "guard.toml").write_text(persona, encoding="utf-8")
    (tmp_path / "brackwater.toml").write_text(world, encoding="utf-8")
    assert check_persona(tmp_path / "guard.toml") == []
    assert check_world(tmp_path / "brackwater.toml") == []


def test_prompt_of_the_page_holds_the_example() -> None:
    persona, world = Persona.parse(blocks("toml")[0]), World.parse(blocks("toml")[1])
    prompt = blocks("text")[1].splitlines()
    assert prompt[:2] == [f"World: {world.name}", world.setting]
    assert [line for line in prompt if line.startswith("- ")] == [
        f"- {item}" for item in (*world.facts, *persona.knows)
    ]
    assert f"You are {persona.name}, {persona.role}." in prompt
    assert f"Voice: {persona.voice}" in prompt
    assert f"{persona.name}: {persona.examples[0].npc}" in prompt


def test_findings_of_the_page_are_what_the_check_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = 'name = "A"\nrol = "b"\nknows = [\n  "x",\n  3,\n]\n[sampling]\ntemperature = 4\n'
    Path("guard.toml").write_text(text, encoding="utf-8")
    findings = [finding for finding in check_persona("guard.toml") if finding.code != "missing_field"]
    said = [
        line
        for each in findings
        for line in (
            f"{each.file}:{each.line}:{each.column}: {each.severity}: {each.field} {each.problem}.",
            f"    {each.mend}",
        )
    ]
    assert blocks("text")[0].splitlines() == said


def test_bounds_named_on_the_page() -> None:
    assert f"at most {MAXIMUM_FILE_BYTES // 1024} KiB" in PAGE
    assert f"more than {LONG_FACT_CHARACTERS} characters" in PAGE
    assert f"above {LONG_THINKING_TOKENS} tokens" in PAGE
    assert f"more than {LONG_RECORD_CHARACTERS} characters" in PAGE
