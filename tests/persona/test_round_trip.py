"""Property tests: values survive their files, and no file does worse than a PersonaError."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.errors import PersonaError
from npc_sdk.persona import Persona, World, check_persona, check_world, shipped_personas, shipped_worlds
from npc_sdk.persona.document import parse_document

FORMATS = ("toml", "yaml", "json")

ALPHABET = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\"'\\#[]{}:=,-*&!|>%@`")


def texts(limit: int, *, empty: bool = True) -> st.SearchStrategy[str]:
    found = st.text(ALPHABET, max_size=limit)
    return found if empty else found.filter(lambda text: text.strip() != "")


PERSONAS = st.fixed_dictionaries(
    {"name": texts(20, empty=False), "role": texts(30, empty=False)},
    optional={
        "description": texts(80),
        "voice": texts(40),
        "knows": st.lists(texts(40, empty=False), max_size=6),
        "examples": st.lists(
            st.fixed_dictionaries({"player": texts(30, empty=False), "npc": texts(30, empty=False)}), max_size=3
        ),
        "greeting": texts(40),
        "fallback": st.lists(texts(30, empty=False), max_size=4),
        "sampling": st.fixed_dictionaries({}, optional={"temperature": st.floats(0, 2), "top_k": st.integers(0, 1000)}),
        "limits": st.fixed_dictionaries({}, optional={"sentences": st.integers(1, 20), "tokens": st.integers(8, 2048)}),
        "thinking": st.sampled_from(["off", "on"]) | st.integers(16, 4096),
    },
)
WORLDS = st.fixed_dictionaries(
    {"name": texts(20, empty=False)},
    optional={"setting": texts(100), "facts": st.lists(texts(40, empty=False), max_size=5)},
)


def toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[\n" + "".join(f"  {toml_value(inner)}, # a comment with ]\n" for inner in value) + "]"
    return toml_text(value) if isinstance(value, str) else repr(value)


def toml_text(text: str) -> str:
    escaped = "".join(char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08X}" for char in text)
    return f'"{escaped}"'


def write(data: dict[str, Any], format: str) -> str:
    if format == "json":
        return json.dumps(data, indent=1)
    if format == "yaml":
        return yaml.safe_dump(data, allow_unicode=True)
    return "".join(f"{key} = {toml_value(value)}\n" for key, value in data.items())


@pytest.mark.parametrize("format", FORMATS)
@given(data=PERSONAS)
@settings(max_examples=60, deadline=None)
def test_persona_survives_its_file(format: Any, data: dict[str, Any]) -> None:
    persona = Persona.from_dict(data)
    assert Persona.parse(write(persona.to_dict(), format), format) == persona
    assert Persona.from_dict(persona.to_dict()) == persona
    assert hash(Persona.from_dict(persona.to_dict())) == hash(persona)


@pytest.mark.parametrize("format", FORMATS)
@given(data=WORLDS)
@settings(max_examples=60, deadline=None)
def test_world_survives_its_file(format: Any, data: dict[str, Any]) -> None:
    world = World.from_dict(data)
    assert World.parse(write(world.to_dict(), format), format) == world


@pytest.mark.parametrize("format", FORMATS)
@given(data=PERSONAS)
@settings(max_examples=60, deadline=None)
def test_every_field_of_a_file_has_a_place(format: Any, data: dict[str, Any]) -> None:
    text = write(data, format)
    document = parse_document(text, format)
    assert document.positions is not None
    lines = text.replace("\r\n", "\n").split("\n")
    for name in data:
        place = document.positions.nearest((name,))
        assert place is not None
        if format != "yaml":  # YAML counts more characters as line ends
            assert name in lines[place.line - 1][place.column - 1 :]


def mutate(text: str, random_source: random.Random) -> str:
    for _ in range(random_source.randint(1, 6)):
        at = random_source.randrange(len(text) + 1)
        piece = random_source.choice(
            ['"', "'", "[", "]", "{", "}", "\n", "=", ":", ",", "0", "- ", "\\", "#", '"""', "&a ", "*a"]
        )
        kind = random_source.randrange(4)
        if kind == 0:
            text = text[:at] + piece + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + random_source.randint(1, 20) :]
        elif kind == 2:
            text = text[:at] + chr(random_source.choice([0, 7, 0x85, 0x2028, 0xFEFF, 0x1F600])) + text[at + 1 :]
        else:
            other = random_source.randrange(len(text) + 1)
            text = text[:at] + text[other : other + 40] + text[at:]
    return text


@pytest.mark.parametrize("format", FORMATS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_mutated_files_never_do_worse_than_a_persona_error(format: Any, seed: int) -> None:
    random_source = random.Random(seed)
    name = random_source.choice(shipped_personas())
    text = mutate(write(Persona.shipped(name).to_dict(), format), random_source)
    try:
        Persona.parse(text, format)
    except PersonaError as error:
        assert error.code and error.next_step and error.details["findings"]
        assert "\n" not in str(error)


@pytest.mark.parametrize("suffix", FORMATS)
@given(content=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_give_findings_and_no_exception(
    suffix: str, content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / f"any.{suffix}"
    path.write_bytes(content)
    assert any(finding.severity == "error" for finding in check_persona(path))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@given(data=PERSONAS, field=st.sampled_from(sorted(Persona.model_fields)), value=VALUES)
@settings(max_examples=200, deadline=None)
def test_any_value_in_a_field_is_taken_or_refused_by_name(data: dict[str, Any], field: str, value: Any) -> None:
    try:
        Persona.from_dict({**data, field: value})
    except PersonaError as error:
        assert error.details["field"].startswith(field)
        assert len(str(error)) < 1000


@given(value=VALUES)
@settings(max_examples=100, deadline=None)
def test_any_data_is_taken_or_refused(value: Any) -> None:
    with pytest.raises(PersonaError):
        Persona.from_dict(value)


@pytest.mark.parametrize("field", sorted(Persona.model_fields))
@pytest.mark.parametrize("format", ["toml", "yaml"])
def test_number_too_long_to_print_is_refused_by_name(field: str, format: Any) -> None:
    text = write({"name": "A", "role": "b"}, format)
    lines = [line for line in text.splitlines() if not line.startswith(field)]
    sign = " =" if format == "toml" else ":"
    with pytest.raises(PersonaError) as caught:
        Persona.parse("\n".join([f"{field}{sign} 0x{'f' * 9000}", *lines]), format)
    assert caught.value.details["field"] == field
    assert caught.value.details["line"] == 1
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", shipped_worlds())
def test_shipped_world_survives_every_format(name: str, tmp_path: Path) -> None:
    for suffix in FORMATS:
        path = tmp_path / f"{name}.{suffix}"
        path.write_text(write(World.shipped(name).to_dict(), suffix), encoding="utf-8")
        assert World.load(path) == World.shipped(name)
        assert check_world(path) == []
