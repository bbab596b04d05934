from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.actions import Action, ActionSpec, Labels, Vocabulary, action_spec, action_specs
from npc_sdk.actions.schema import MAX_ACTIONS
from npc_sdk.errors import ActionError

Enemy = Vocabulary["enemies"]
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)


def values(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    simple = st.one_of(
        st.just({"type": "boolean"}),
        st.fixed_dictionaries({"type": st.just("string"), "maxLength": st.integers(1, 50)}),
        st.fixed_dictionaries({"type": st.just("string"), "x-vocabulary": names.filter(lambda name: name != "tick")}),
        st.fixed_dictionaries({"enum": st.lists(st.text(max_size=5), min_size=1, max_size=4)}),
        st.fixed_dictionaries(
            {"type": st.just("integer"), "minimum": st.integers(-9, 0), "maximum": st.integers(0, 9)}
        ),
        st.fixed_dictionaries({"type": st.just("number"), "minimum": st.floats(-9, 0)}),
    )
    if depth == 0:
        return simple
    array = st.fixed_dictionaries({"type": st.just("array"), "items": values(depth - 1), "maxItems": st.integers(0, 4)})
    return simple | array | parameters(depth - 1)


def parameters(depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names, values(depth), max_size=4).flatmap(
        lambda fields: st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.just(fields),
                "required": st.sets(st.sampled_from(sorted(fields))).map(sorted) if fields else st.just([]),
            }
        )
    )


@given(parameters())
def test_the_json_schema_of_an_action_declares_it_again(schema: dict[str, Any]) -> None:
    spec = action_spec({"name": "act", "parameters": schema})
    assert action_spec({"name": "act", "parameters": spec.json_schema()}) == spec
    hash(spec)


def test_the_json_schema_forbids_loose_whitespace_and_other_arguments() -> None:
    schema = action_spec({"name": "wait"}).json_schema()
    assert schema["x-guidance"] == {"whitespace_flexible": False}
    assert schema["additionalProperties"] is False


def test_a_spec_closes_and_checks_its_vocabularies() -> None:
    class Attack(Action):
        target: Enemy
        force: int = 1

    spec = action_spec(Attack)
    enemies = {"enemies": Labels.of(["gob\nlin"])}
    assert spec.vocabularies == {"enemies"}
    assert spec.json_schema(enemies)["properties"]["target"]["enum"] == ["gob lin"]
    assert spec.validate({"target": "gob lin"}, enemies) == {"target": "gob\nlin", "force": 1}
    with pytest.raises(ActionError):
        spec.validate({"target": "gob lin"}, {})


def test_a_spec_declares_itself() -> None:
    spec = ActionSpec(name="wait")
    assert action_spec(spec) is spec


@pytest.mark.parametrize("declaration", [3, "attack", int, object, None])
def test_other_things_declare_nothing(declaration: Any) -> None:
    with pytest.raises(ActionError) as caught:
        action_spec(declaration)
    assert caught.value.code == "bad_declaration"


@pytest.mark.parametrize("name", [None, "", "a b", "<function>", "x" * 65, "attack\n"])
def test_action_names_are_plain(name: Any) -> None:
    with pytest.raises(ActionError) as caught:
        action_spec({"name": name})
    assert caught.value.code == "bad_name"


def test_unknown_parts_of_an_action_are_refused() -> None:
    with pytest.raises(ActionError) as caught:
        action_spec({"type": "function", "function": {"name": "act", "inputSchema": {}}})
    assert caught.value.details == {"keyword": "inputSchema", "path": "$.function.inputSchema"}


def test_names_must_differ() -> None:
    with pytest.raises(ActionError) as caught:
        action_specs([{"name": "act"}, {"name": "act"}])
    assert caught.value.code == "duplicate_action"


def test_a_character_has_a_limited_number_of_actions() -> None:
    with pytest.raises(ActionError) as caught:
        action_specs([{"name": f"act_{number}"} for number in range(MAX_ACTIONS + 1)])
    assert caught.value.code == "too_many_actions"
