from __future__ import annotations

from npc_sdk.actions.emit import object_schema, value_schema
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.values import Parameter, ValueSchema


def test_a_vocabulary_is_open_without_labels_and_closed_with_them() -> None:
    value = ValueSchema(kind="string", vocabulary="a")
    assert value_schema(value, None) == {"type": "string", "x-vocabulary": "a"}
    assert value_schema(value, {"a": Labels.of(["x\ny"])}) == {"type": "string", "enum": ["x y"]}
    assert value_schema(value, {}) == {"type": "string", "enum": []}


def test_limits_are_shown_where_they_are() -> None:
    assert value_schema(ValueSchema(kind="integer", minimum=0), None) == {"type": "integer", "minimum": 0}
    assert value_schema(ValueSchema(kind="boolean"), None) == {"type": "boolean"}
    assert value_schema(ValueSchema(kind="string", min_length=1, max_length=2), None) == {
        "type": "string",
        "minLength": 1,
        "maxLength": 2,
    }
    assert value_schema(ValueSchema(kind="array", items=ValueSchema(kind="number"), max_items=2), None) == {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 0,
        "maxItems": 2,
    }


def test_objects_are_closed_and_name_what_they_require() -> None:
    fields = (
        Parameter(name="x", value=ValueSchema(kind="boolean"), description="First."),
        Parameter(name="y", value=ValueSchema(kind="boolean"), required=False, default_json="true"),
        Parameter(name="z", value=ValueSchema(kind="boolean"), required=False, default_json="null"),
    )
    assert object_schema(fields, None) == {
        "type": "object",
        "properties": {
            "x": {"type": "boolean", "description": "First."},
            "y": {"type": "boolean", "default": True},
            "z": {"type": "boolean"},
        },
        "required": ["x"],
        "additionalProperties": False,
    }
    assert "required" not in object_schema(fields[1:], None)
