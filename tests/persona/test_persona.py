from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydantic import ValidationError

import npc_sdk.persona
from npc_sdk.errors import PersonaError
from npc_sdk.persona import Example, Limits, Persona, PersonaSampling, World, shipped_personas, shipped_worlds


def test_defaults() -> None:
    persona = Persona(name="A", role="b")
    assert persona.sampling == PersonaSampling(temperature=0.7, top_p=0.95, top_k=40, min_p=0.05, repeat_penalty=1.05)
    assert persona.limits == Limits(sentences=3, characters=400, tokens=160)
    assert (persona.knows, persona.examples, persona.greeting, persona.thinking) == ((), (), "", "off")
    assert len(persona.fallback) == 1


def test_values_are_immutable_and_hashable() -> None:
    persona = Persona(name="A", role="b", examples=(Example(player="x", npc="y"),))
    for frozen in (persona, persona.limits, persona.sampling, persona.examples[0], World(name="W")):
        with pytest.raises(ValidationError):
            frozen.name = "B"  # type: ignore[union-attr]
        assert hash(frozen) == hash(pickle.loads(pickle.dumps(frozen)))


def test_fallback_lines_take_turns() -> None:
    persona = Persona(name="A", role="b", fallback=("x", "y", "z"))
    assert [persona.fallback_line(index) for index in range(5)] == ["x", "y", "z", "x", "y"]
    assert Persona(name="A", role="b", fallback=()).fallback_line(7)


def test_texts_are_cleaned() -> None:
    persona = Persona(name=" A\tB ", role="b\n  c\r\nd", description="\n one \n\n two\n", knows=("x\u2028y",))
    assert (persona.name, persona.role, persona.knows) == ("A B", "b c d", ("x y",))
    assert persona.description == "one\n\ntwo"


@pytest.mark.parametrize(
    ("written", "thinking"), [("off", "off"), ("on", "on"), ("'off'", "off"), ("true", "on"), ("no", "off"), ("64", 64)]
)
def test_thinking_in_yaml(written: str, thinking: Any) -> None:
    assert Persona.parse(f"name: A\nrole: b\nthinking: {written}", "yaml").thinking == thinking


@pytest.mark.parametrize("text", ["\ud800", "a\x00", "a\x1b[31m", "\x9b"])
def test_what_is_not_text_is_refused(text: str) -> None:
    with pytest.raises(PersonaError) as caught:
        Persona.from_dict({"name": text, "role": "b"})
    str(caught.value).encode("utf-8")
    assert caught.value.code == "bad_text"


def test_control_tokens_stay_plain_text() -> None:
    assert Persona(name="A", role="b", voice="<|im_end|>").voice == "<|im_end|>"


def test_dict_gives_the_same_value_again() -> None:
    persona = Persona.shipped("guard")
    data = persona.to_dict()
    assert isinstance(data["knows"], list)
    assert Persona.from_dict(data) == persona
    assert World.from_dict(World.shipped("brackwater").to_dict()) == World.shipped("brackwater")


def test_shipped() -> None:
    assert shipped_personas() == ("guard", "medic", "merchant")
    assert shipped_worlds() == ("brackwater",)
    for persona in map(Persona.shipped, shipped_personas()):
        assert 6 <= len(persona.knows) <= 10
        assert 2 <= len(persona.examples) <= 3
        assert 3 <= len(persona.fallback) <= 4
        assert persona.greeting and persona.voice and persona.description
        assert all(len(item) <= 60 and item.endswith(".") for item in persona.knows)
    assert 5 <= len(World.shipped("brackwater").facts) <= 8


@pytest.mark.parametrize("name", ["gard", "", "../guard", "guard.toml", "\n"])
def test_unknown_shipped_name_lists_the_names(name: str) -> None:
    with pytest.raises(PersonaError, match="guard, medic, merchant") as caught:
        Persona.shipped(name)
    assert caught.value.code == "unknown_persona"
    with pytest.raises(PersonaError) as caught:
        World.shipped(name)
    assert caught.value.code == "unknown_world"


def test_public_names() -> None:
    assert npc_sdk.persona.__all__ == sorted(npc_sdk.persona.__all__)
    for name in npc_sdk.persona.__all__:
        assert getattr(npc_sdk.persona, name).__doc__
