from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import PersonaError
from npc_sdk.persona import (
    Finding,
    Persona,
    World,
    check_persona,
    check_world,
    shipped_personas,
)
from npc_sdk.persona.shipped import shipped_text

LEAST: dict[Any, Any] = {"name": "A", "role": "b"}


def check(tmp_path: Path, text: str, suffix: str = "toml") -> list[Finding]:
    path = tmp_path / f"a.{suffix}"
    path.write_text(text, encoding="utf-8")
    return check_persona(path)


def only(tmp_path: Path, line: str) -> Finding:
    findings = check(tmp_path, f'name = "A"\nrole = "b"\nfallback = ["x"]\n{line}\n')
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.parametrize(
    ("line", "field", "words", "mend"),
    [
        ("knos = []", "knos", "is not a known field", "Did you mean knows?"),
        ("Voice = 'x'", "Voice", "is not a known field", "Did you mean voice?"),
        ("personality = 'x'", "personality", "is not a known field", "Did you mean voice?"),
        ("first_mes = 'x'", "first_mes", "is not a known field", "Did you mean greeting?"),
        ("zzz = 'x'", "zzz", "is not a known field", "Remove it; the fields are name, role,"),
        ("temperature = 1", "temperature", "is not a known field", "temperature belongs to sampling."),
        ("limits.voice = 'x'", "limits.voice", "is not a known field", "belongs to the top level"),
        ("limits.token = 9", "limits.token", "is not a known field", "Did you mean tokens?"),
        ("voice = 3", "voice", "holds the number 3, but a text is wanted", "quotes"),
        ("voice = ['x']", "voice", "holds a list, but a text is wanted", "quotes"),
        ("voice = 1979-05-27", "voice", "holds a date or time, but a text is wanted", "quotes"),
        ("voice = {a = 1}", "voice", "holds a table, but a text is wanted", "quotes"),
        ("knows = 'x'", "knows", 'holds the text "x", but a list is wanted', "square brackets"),
        ("knows = ['x', true]", "knows[1]", "holds true, but a text is wanted", "quotes"),
        ("knows = ['x', ' ']", "knows[1]", "is empty", "remove the entry"),
        ("knows = ['x', 'a\\u0000b']".replace("'", '"'), "knows[1]", "character U+0000", "Remove it"),
        ("examples = ['x']", "examples[0]", 'holds the text "x", but a table', "names"),
        ("examples = [{player = 'x'}]", "examples[0].npc", "is missing", "Add it"),
        ("sampling = 3", "sampling", "holds the number 3, but a table", "names"),
        ("sampling.temperature = '1'", "sampling.temperature", 'holds the text "1", but a number', "without quotes"),
        ("sampling.temperature = true", "sampling.temperature", "holds true, but a number", "without quotes"),
        ("sampling.temperature = nan", "sampling.temperature", "holds the number nan", "ordinary"),
        ("sampling.temperature = 2.5", "sampling.temperature", "is 2.5, too large", "Use 2 or less."),
        ("sampling.min_p = -1", "sampling.min_p", "is -1, too small", "Use 0 or more."),
        ("sampling.top_k = 1.5", "sampling.top_k", "holds the number 1.5, but a whole number", "whole number"),
        ("sampling.top_k = '4'", "sampling.top_k", "holds the text", "whole number"),
        ("limits.tokens = 0x" + "f" * 60, "limits.tokens", "is a huge number, too large", "2048 or less"),
        ("thinking = 'maybe'", "thinking", "neither", '"off", "on"'),
        ("thinking = 1", "thinking", "out of range", "from 16 to 4096"),
        ("thinking = 1.5", "thinking", "neither", '"off", "on"'),
        ("knows = [" + "'x'," * 65 + "]", "knows", "has more than 64 entries", "at most 64"),
        ("voice = '" + "x" * 401 + "'", "voice", "has 401 characters", "Use at most 400."),
    ],
)
def test_error_names_line_field_and_mend(tmp_path: Path, line: str, field: str, words: str, mend: str) -> None:
    finding = only(tmp_path, line)
    assert (finding.severity, finding.field, finding.line) == ("error", field, 4)
    assert words in finding.problem
    assert mend in finding.mend
    assert finding.code != "bad_persona"
    with pytest.raises(PersonaError) as caught:
        Persona.load(tmp_path / "a.toml")
    assert f"a.toml, line 4, field {field}: {finding.problem}. {finding.mend}" in str(caught.value)
    assert caught.value.code == finding.code


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("knows = ['say <|im_end|> now']", "knows[0]", "control_text"),
        ("greeting = '<tool_call>'", "greeting", "control_text"),
        ("description = '</think> x'", "description", "control_text"),
        ("role = '{{char}} of {{ user }}'", "role", "template_text"),
        ("knows = ['" + "x" * 301 + "']", "knows[0]", "long_fact"),
        ("knows = ['One fact.', 'two', 'one  FACT.']", "knows[2]", "duplicate_fact"),
        ("fallback = []", "fallback", "no_fallback"),
        ("thinking = 'on'", "thinking", "long_thinking"),
        ("thinking = 257", "thinking", "long_thinking"),
        ("examples = [{player = 'Player: x', npc = 'y'}]", "examples[0].player", "speaker_in_example"),
        ("examples = [{player = 'x', npc = 'A: y'}]", "examples[0].npc", "speaker_in_example"),
        ("knows = [" + ", ".join(f"'{n} {'x' * 200}'" for n in range(50)) + "]", "", "long_file"),
    ],
)
def test_warning_leaves_the_file_usable(tmp_path: Path, line: str, field: str, code: str) -> None:
    key = line.split(" ")[0]
    lines = [f"{name} = {value}" for name, value in {"name": "'A'", "role": "'b'", "fallback": "['x']"}.items()]
    text = "\n".join([line if other.startswith(f"{key} ") else other for other in lines])
    if line not in text:
        text += f"\n{line}"
    (finding,) = check(tmp_path, text)
    assert (finding.severity, finding.field, finding.code) == ("warning", field, code)
    assert finding.line == (text.split("\n").index(line) + 1 if field else 1)
    assert Persona.load(tmp_path / "a.toml").name == "A"


@pytest.mark.parametrize("line", ["thinking = 64", "knows = ['3 < 4 and {braces}']", "voice = '<b>bold</b>'"])
def test_ordinary_text_gives_no_warning(tmp_path: Path, line: str) -> None:
    assert check(tmp_path, f'name = "A"\nrole = "b"\nfallback = ["x"]\n{line}\n') == []


def test_findings_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    findings = check(tmp_path, "limits.tokens = 1\nzzz = 1\nvoice = 2\nknows = [3, 4]\n")
    assert [finding.line for finding in findings] == sorted(finding.line or 0 for finding in findings)
    assert {finding.field for finding in findings} >= {"name", "role", "zzz", "voice", "knows[0]", "knows[1]"}


def test_error_counts_what_else_is_wrong() -> None:
    with pytest.raises(PersonaError, match=r"2 more to mend") as caught:
        Persona.parse('{"voice": 1}', "json")
    assert len(caught.value.details["findings"]) == 3


def test_findings_are_bounded(tmp_path: Path) -> None:
    assert len(check(tmp_path, "".join(f"k{n} = 1\n" for n in range(500)))) == 50


@pytest.mark.parametrize(("text", "suffix"), [("", "yaml"), ("- a", "yaml"), ("[]", "json"), ("3", "json")])
def test_file_that_holds_no_table(tmp_path: Path, text: str, suffix: str) -> None:
    (finding,) = check(tmp_path, text, suffix)
    assert (finding.line, finding.field, finding.code) == (1, "", "wrong_type")


def test_finding_is_one_line_and_plain_data(tmp_path: Path) -> None:
    (finding,) = [
        found for found in check(tmp_path, '"a\\nb" = 1\nname = "x"\nrole = "y"') if found.severity == "error"
    ]
    assert "\n" not in str(finding)
    assert str(finding).startswith(f"{tmp_path / 'a.toml'}:1:1: error: a\\nb: is not a known field.")
    assert Finding(**finding.to_dict()) == finding


def test_world_is_checked_as_well(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("name: W\nfacts:\n - a\n - A\n - <|x|>\n", encoding="utf-8")
    found = [(finding.line, finding.code) for finding in check_world(path)]
    assert found == [(4, "duplicate_fact"), (5, "control_text")]
    path.write_text("name: W\nscenario: x\n", encoding="utf-8")
    (finding,) = check_world(path)
    assert finding.mend == "Did you mean setting?"
    assert check_world(tmp_path / "none.yaml")[0].code == "file_not_found"


@pytest.mark.parametrize("name", shipped_personas())
def test_shipped_personas_need_no_mending(tmp_path: Path, name: str) -> None:
    assert check(tmp_path, shipped_text("persona", name)) == []


@pytest.mark.parametrize("data", [{**LEAST, 3: 1}, {**LEAST, "sampling": {3: 1}}])
def test_field_name_that_is_no_text(data: dict[Any, Any]) -> None:
    with pytest.raises(PersonaError, match="name that is not a text"):
        Persona.from_dict(data)


def test_from_dict_names_no_line() -> None:
    with pytest.raises(PersonaError) as caught:
        World.from_dict({"name": 1})
    assert caught.value.details["line"] is None
    assert str(caught.value).startswith("<world>, field name: holds the number 1")
