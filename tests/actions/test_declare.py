from __future__ import annotations

import datetime
import enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from npc_sdk.actions import Action, ActionSpec, Vocabulary, VocabularyName, action_spec
from npc_sdk.actions.declare import split_docstring
from npc_sdk.errors import ActionError

Good = Vocabulary["goods"]


class Spot(BaseModel):
    x: int = Field(ge=0, le=9)
    y: int = Field(ge=0, le=9)


class GiveItem(Action):
    """Hand something over."""

    item: Good
    to: Annotated[str, VocabularyName("people")]
    count: int = Field(1, ge=1, le=99, description="How many.")
    manner: Literal["gladly", "grudgingly"] = "gladly"
    word: Optional[str] = Field(None, max_length=40)  # noqa: UP045
    price: float = Field(ge=0, le=10)
    secret: bool = False
    extras: list[Good] = Field([], max_length=3)
    spot: Spot | None = None


def give_item(
    item: Good,
    to: Annotated[str, VocabularyName("people")],
    *,
    count: Annotated[int, Field(ge=1, le=99)] = 1,
    manner: Literal["gladly", "grudgingly"] = "gladly",
    word: Annotated[str | None, Field(max_length=40)] = None,
    price: Annotated[float, Field(ge=0, le=10)],
    secret: bool = False,
    extras: list[Good] = Field([], max_length=3),  # noqa: B008
    spot: Spot | None = None,
) -> str:
    """Hand something over.

    Args:
        count: How many.

    Returns:
        What happened.
    """
    raise AssertionError("a declaration is never called")


GIVE_ITEM: dict[str, Any] = {
    "name": "give_item",
    "description": "Hand something over.",
    "parameters": {
        "type": "object",
        "properties": {
            "item": {"type": "string", "x-vocabulary": "goods"},
            "to": {"type": "string", "x-vocabulary": "people"},
            "count": {"type": "integer", "minimum": 1, "maximum": 99, "default": 1, "description": "How many."},
            "manner": {"type": "string", "enum": ["gladly", "grudgingly"], "default": "gladly"},
            "word": {"type": "string", "maxLength": 40},
            "price": {"type": "number", "minimum": 0, "maximum": 10},
            "secret": {"type": "boolean", "default": False},
            "extras": {
                "type": "array",
                "items": {"type": "string", "x-vocabulary": "goods"},
                "maxItems": 3,
                "default": [],
            },
            "spot": {
                "type": "object",
                "properties": {
                    "x": {"type": "integer", "minimum": 0, "maximum": 9},
                    "y": {"type": "integer", "minimum": 0, "maximum": 9},
                },
                "required": ["x", "y"],
            },
        },
        "required": ["item", "to", "price"],
    },
}


def test_three_declarations_of_one_action_are_equal() -> None:
    declared = action_spec(GIVE_ITEM)
    assert action_spec(GiveItem) == declared
    assert action_spec(give_item) == declared
    assert action_spec({"type": "function", "function": GIVE_ITEM}) == declared
    assert hash(action_spec(GiveItem)) == hash(declared)
    assert declared.vocabularies == {"goods", "people"}


def test_a_vocabulary_may_be_spelled_in_the_annotation_itself() -> None:
    def act(target: Vocabulary["enemies"]) -> None: ...  # noqa: F821, UP037

    assert action_spec(act).vocabularies == {"enemies"}


def properties(spec: ActionSpec) -> dict[str, Any]:
    found: dict[str, Any] = spec.json_schema()["properties"]
    return found


def test_a_default_factory_gives_the_default() -> None:
    class Gather(Action):
        goods: list[str] = Field(default_factory=lambda: ["wood"])

    assert action_spec(Gather).parameters[0].default == ["wood"]


class Manner(enum.Enum):
    GLADLY = "gladly"
    GRUDGINGLY = "grudgingly"


def test_an_enum_is_its_values() -> None:
    class Give(Action):
        manner: Manner = Manner.GLADLY
        other: Manner | None = None

    first, second = action_spec(Give).parameters
    assert first.value.choices == second.value.choices == ("gladly", "grudgingly")
    assert (first.default, second.default) == ("gladly", None)


def test_a_class_describes_its_fields_in_args_too() -> None:
    class Wait(Action):
        """Do nothing.

        Args:
            turns: How long.
        """

        turns: int

    spec = action_spec(Wait)
    assert (spec.description, properties(spec)["turns"]["description"]) == ("Do nothing.", "How long.")


def test_an_undescribed_class_has_no_description() -> None:
    class Wait(Action):
        pass

    assert action_spec(Wait) == ActionSpec(name="wait")


def test_an_alias_is_the_name_of_the_argument() -> None:
    class Copy(Action):
        what: str = Field(alias="copy", description="What to copy.")

    assert properties(action_spec(Copy))["copy"]["description"] == "What to copy."


def test_names_that_pydantic_keeps_for_itself_are_fine_in_functions() -> None:
    def act(copy: str, schema: int, model_x: bool) -> None: ...

    assert list(properties(action_spec(act))) == ["copy", "schema", "model_x"]


def test_methods_and_callable_objects_are_functions() -> None:
    class Guard:
        def open_gate(self, gate: Annotated[str, VocabularyName("gates")]) -> None:
            """Open a gate."""

    spec = action_spec(Guard().open_gate)
    assert (spec.name, spec.vocabularies) == ("open_gate", {"gates"})


@pytest.mark.parametrize(
    "function",
    [lambda target: None, lambda *targets: None, lambda **targets: None],
)
def test_arguments_without_type_or_name_are_refused(function: Any) -> None:
    function.__name__ = "act"
    with pytest.raises(ActionError) as caught:
        action_spec(function)
    assert caught.value.code == "bad_declaration"


def test_a_type_that_cannot_be_found_is_refused() -> None:
    def act(target: Nowhere) -> None: ...  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(ActionError, match="'act'.*Nowhere") as caught:
        action_spec(act)
    assert caught.value.code == "bad_declaration"


@pytest.mark.parametrize(
    ("hint", "keyword"),
    [
        (datetime.datetime, "format"),
        (dict[str, int], "additionalProperties"),
        (set[str], "uniqueItems"),
        (tuple[int, str], "prefixItems"),
        (int | str, "anyOf"),
        (Annotated[str, Field(pattern="a+")], "pattern"),
        (Annotated[int, Field(gt=1)], "exclusiveMinimum"),
        (Annotated[int, Field(multiple_of=2)], "multipleOf"),
    ],
)
def test_a_type_beyond_the_supported_ones_is_refused_by_keyword(hint: Any, keyword: str) -> None:
    def act(target: str) -> None: ...

    act.__annotations__["target"] = hint
    with pytest.raises(ActionError) as caught:
        action_spec(act)
    assert caught.value.code == "unsupported_schema"
    assert caught.value.details["keyword"] == keyword
    assert caught.value.details["path"].startswith("$.parameters.properties.target")


def test_a_type_without_json_schema_is_refused() -> None:
    def act(target: object) -> None: ...

    act.__annotations__["target"] = type("Opaque", (), {})
    with pytest.raises(ActionError, match=r"act\(target\)") as caught:
        action_spec(act)
    assert caught.value.code == "bad_declaration"


def test_a_model_that_contains_itself_is_refused() -> None:
    with pytest.raises(ActionError) as caught:
        action_spec(Tree)
    assert caught.value.code in ("schema_too_large", "unsupported_schema")


class Tree(Action):
    left: Optional[Tree] = None  # noqa: UP045


def test_docstrings_are_split_into_text_and_arguments() -> None:
    text, arguments = split_docstring(
        """Do it.

        At once.

        Args:
            one (int): The first,
                on two lines.
            *two: The second.
                note: not an argument.

        Raises:
            three: No argument.
        """
    )
    assert text == "Do it.\n\nAt once."
    assert arguments == {"one": "The first, on two lines.", "two": "The second. note: not an argument."}


def test_a_docstring_may_be_missing() -> None:
    assert split_docstring(None) == ("", {})
