from __future__ import annotations

from npc_sdk.cli.persona_template import PERSONA_TEMPLATE
from npc_sdk.persona import Persona


def test_every_field_is_in_the_template() -> None:
    given = Persona.parse(PERSONA_TEMPLATE).model_fields_set
    assert given == set(Persona.model_fields)


def test_its_numbers_are_the_defaults() -> None:
    persona = Persona.parse(PERSONA_TEMPLATE)
    bare = Persona(name="x", role="y")
    assert (persona.sampling, persona.limits, persona.thinking) == (bare.sampling, bare.limits, bare.thinking)
