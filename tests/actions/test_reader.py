from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.actions.reader import MAX_CHOICES, MAX_ITEMS, MAX_PROPERTIES, read_parameters
from npc_sdk.actions.values import Parameter, ValueSchema
from npc_sdk.errors import ActionError


def read(schema: Any) -> ValueSchema:
    (parameter,) = read_parameters({"properties": {"x": schema}, "required": ["x"]}, "$")
    return parameter.value


def refused(schema: Any) -> ActionError:
    with pytest.raises(ActionError) as caught:
        read(schema)
    return caught.value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, ValueSchema(kind="string")),
        (
            {"type": "string", "title": "X", "maxLength": 5, "minLength": 2},
            ValueSchema(kind="string", min_length=2, max_length=5),
        ),
        ({"type": "string", "x-vocabulary": "a"}, ValueSchema(kind="string", vocabulary="a")),
        ({"enum": ["a", "b", "a"]}, ValueSchema(kind="string", choices=("a", "b"))),
        ({"const": True}, ValueSchema(kind="boolean", choices=(True,))),
        ({"enum": [1, 2]}, ValueSchema(kind="integer", choices=(1, 2))),
        ({"type": "integer", "minimum": 0.5, "maximum": 3.5}, ValueSchema(kind="integer", minimum=1, maximum=3)),
        ({"type": "number", "minimum": 0}, ValueSchema(kind="number", minimum=0.0)),
        (
            {"type": "array", "items": {"type": "boolean"}, "minItems": 9},
            ValueSchema(kind="array", items=ValueSchema(kind="boolean"), min_items=9, max_items=9),
        ),
    ],
)
def test_supported_schemas_are_read(schema: Any, value: ValueSchema) -> None:
    assert read(schema) == value


@pytest.mark.parametrize("nullable", [{"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}])
def test_what_may_be_null_may_be_left_out(nullable: Any) -> None:
    (parameter,) = read_parameters({"properties": {"x": nullable}, "required": ["x"]}, "$")
    assert parameter == Parameter(name="x", value=ValueSchema(kind="string"), required=False, default_json="null")


def test_what_is_not_required_has_a_default() -> None:
    first, second = read_parameters(
        {"properties": {"x": {"type": "integer", "default": 3}, "y": {"type": "string"}}}, "$"
    )
    assert (first.required, first.default) == (False, 3)
    assert (second.required, second.default) == (False, None)


def test_references_are_followed() -> None:
    schema = {
        "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"type": "integer", "description": "Deep."}},
        "properties": {"x": {"$ref": "#/$defs/A"}},
    }
    (parameter,) = read_parameters(schema, "$")
    assert (parameter.value.kind, parameter.description) == ("integer", "Deep.")


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": "string", "pattern": "a"}, "pattern"),
        ({"type": "string", "format": "date"}, "format"),
        ({"type": "string", "x-vocabulary": "a", "maxLength": 3}, "maxLength"),
        ({"type": "string", "x-vocabulary": "a", "enum": ["b"]}, "x-vocabulary"),
        ({"type": "integer", "x-vocabulary": "a"}, "x-vocabulary"),
        ({"type": "integer", "multipleOf": 2}, "multipleOf"),
        ({"type": "integer", "minimum": "1"}, "minimum"),
        ({"type": "integer", "maximum": 1e300}, "maximum"),
        ({"type": "number", "maximum": float("nan")}, "maximum"),
        ({"type": "null"}, "type"),
        ({"type": ["string", "integer"]}, "type"),
        ({}, "type"),
        ({"oneOf": []}, "oneOf"),
        ({"not": {}, "description": "x"}, "not"),
        ({"enum": []}, "enum"),
        ({"enum": ["a", 1]}, "enum"),
        ({"enum": [None]}, "enum"),
        ({"enum": [[1]]}, "enum"),
        ({"const": {}}, "const"),
        ({"enum": ["a"], "minLength": 1}, "minLength"),
        ({"type": "array"}, "items"),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, "uniqueItems"),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "anyOf"),
        ({"type": "object", "additionalProperties": True}, "additionalProperties"),
        ({"type": "object", "patternProperties": {}}, "patternProperties"),
        ({"$ref": "#/$defs/None"}, "$ref"),
        ({"$ref": "http://example.org/a"}, "$ref"),
        ({"type": "string", "$ref": "#/$defs/A"}, "$ref"),
    ],
)
def test_anything_else_is_refused_by_keyword_and_path(schema: Any, keyword: str) -> None:
    error = refused(schema)
    assert (error.code, error.details["keyword"]) == ("unsupported_schema", keyword)
    assert error.details["path"].startswith("$.properties.x")
    assert error.details["path"].endswith(f".{keyword}")
    assert keyword in error.cause


def test_the_path_leads_to_the_place() -> None:
    error = refused(
        {"type": "array", "items": {"type": "object", "properties": {"y": {"type": "string", "pattern": "a"}}}}
    )
    assert error.details["path"] == "$.properties.x.items.properties.y.pattern"


@pytest.mark.parametrize(
    "default",
    [("string", 1), ("integer", "a"), ("boolean", 0), ("integer", 1.5)],
)
def test_a_default_must_fit(default: tuple[str, Any]) -> None:
    kind, value = default
    with pytest.raises(ActionError) as caught:
        read_parameters({"properties": {"x": {"type": kind, "default": value}}}, "$")
    assert caught.value.details["keyword"] == "default"


def test_a_vocabulary_has_no_default_that_the_world_may_not_have() -> None:
    with pytest.raises(ActionError) as caught:
        read_parameters({"properties": {"x": {"type": "string", "x-vocabulary": "a", "default": "b"}}}, "$")
    assert caught.value.details["keyword"] == "default"


def nested(depth: int) -> dict[str, Any]:
    return {"type": "array", "items": nested(depth - 1)} if depth else {"type": "string"}


@pytest.mark.parametrize(
    "schema",
    [
        nested(5),
        nested(200),
        {"enum": list(range(MAX_CHOICES + 1))},
        {"enum": ["x" * 20_000]},
        {"type": "array", "items": {"type": "string"}, "maxItems": MAX_ITEMS + 1},
        {"type": "string", "maxLength": 10_000},
        {"type": "string", "description": "x" * 10_000},
        {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(MAX_PROPERTIES + 1)}},
    ],
)
def test_schemas_have_a_limit(schema: Any) -> None:
    assert refused(schema).code == "schema_too_large"


def test_references_cannot_multiply() -> None:
    fields = {f"p{number}": {"$ref": "#/$defs/B"} for number in range(30)}
    leaves = {f"p{number}": {"type": "string"} for number in range(30)}
    schema = {
        "$defs": {"A": {"type": "object", "properties": fields}, "B": {"type": "object", "properties": leaves}},
        "properties": {"x": {"$ref": "#/$defs/A"}},
    }
    with pytest.raises(ActionError) as caught:
        read_parameters(schema, "$")
    assert caught.value.code == "schema_too_large"


@pytest.mark.parametrize("definition", [{"$ref": "#/$defs/A"}, {"type": "array", "items": {"$ref": "#/$defs/A"}}])
def test_references_must_end(definition: Any) -> None:
    with pytest.raises(ActionError) as caught:
        read_parameters({"$defs": {"A": definition}, "properties": {"x": {"$ref": "#/$defs/A"}}}, "$")
    assert caught.value.code in ("schema_too_large", "unsupported_schema")


@pytest.mark.parametrize(
    "schema",
    [
        7,
        {"properties": []},
        {"properties": {"x": 3}},
        {"required": ["y"]},
        {"required": 3},
        {"properties": {"x": {"type": "string", "maxLength": -1}}},
        {"properties": {"x": {"type": "string", "maxLength": 0}}},
        {"properties": {"x": {"type": "string", "minLength": 5, "maxLength": 4}}},
        {"properties": {"x": {"type": "integer", "minimum": 2, "maximum": 1}}},
        {"properties": {"x": {"type": "integer", "minimum": 1.2, "maximum": 1.8}}},
        {"properties": {"x": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 2}}},
        {"properties": {"x": {"type": "array", "items": {"type": "string"}, "minItems": True}}},
        {"properties": {"x": {"type": "string", "description": 3}}},
    ],
)
def test_malformed_schemas_are_refused(schema: Any) -> None:
    with pytest.raises(ActionError) as caught:
        read_parameters(schema, "$")
    assert caught.value.code == "bad_schema"


@pytest.mark.parametrize("name", ["", "two words", "a>b", "x" * 65, "é", 3, "a\n"])
def test_argument_names_are_plain(name: Any) -> None:
    with pytest.raises(ActionError) as caught:
        read_parameters({"properties": {name: {"type": "string"}}}, "$")
    assert caught.value.code == "bad_name"


def test_arguments_are_an_object() -> None:
    with pytest.raises(ActionError) as caught:
        read_parameters({"type": "string"}, "$")
    assert caught.value.details["keyword"] == "type"
