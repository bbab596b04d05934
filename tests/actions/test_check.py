from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.actions.check import check_object, check_value
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.values import Parameter, ValueSchema
from npc_sdk.errors import ActionError

GOODS = {"goods": Labels.of(["bread", 'the "Red" key'])}
TEXT = ValueSchema(kind="string", min_length=1, max_length=3)
GOOD = ValueSchema(kind="string", vocabulary="goods")
CHOICE = ValueSchema(kind="string", choices=("a", "b\nc"))
WHOLE = ValueSchema(kind="integer", minimum=1, maximum=3)
NUMBER = ValueSchema(kind="number", minimum=-1.5, maximum=1.5)
FLAG = ValueSchema(kind="boolean")
LIST = ValueSchema(kind="array", items=GOOD, min_items=1, max_items=2)
SPOT = ValueSchema(kind="object", properties=(Parameter(name="x", value=WHOLE),))


@pytest.mark.parametrize(
    ("schema", "given", "expected"),
    [
        (TEXT, "abc", "abc"),
        (GOOD, "bread", "bread"),
        (GOOD, "the 'Red' key", 'the "Red" key'),
        (GOOD, 'the "Red" key', 'the "Red" key'),
        (CHOICE, "b c", "b\nc"),
        (WHOLE, 3, 3),
        (ValueSchema(kind="integer", choices=(2, 4)), 4, 4),
        (NUMBER, 1, 1.0),
        (FLAG, True, True),
        (LIST, ["the 'Red' key"], ['the "Red" key']),
        (LIST, ("bread", "bread"), ["bread", "bread"]),
        (SPOT, {"x": 1}, {"x": 1}),
    ],
)
def test_what_fits_comes_back_plain(schema: ValueSchema, given: Any, expected: Any) -> None:
    checked = check_value(schema, given, GOODS, "$")
    assert (checked, type(checked)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        (TEXT, ""),
        (TEXT, "abcd"),
        (TEXT, None),
        (TEXT, 3),
        (WHOLE, 0),
        (WHOLE, 4),
        (WHOLE, True),
        (WHOLE, 2.0),
        (WHOLE, "2"),
        (ValueSchema(kind="integer", choices=(2, 4)), 3),
        (NUMBER, 1.6),
        (NUMBER, float("nan")),
        (ValueSchema(kind="number"), float("inf")),
        (ValueSchema(kind="number"), 10**400),
        (FLAG, 1),
        (FLAG, "true"),
        (LIST, []),
        (LIST, ["bread"] * 3),
        (LIST, "bread"),
        (SPOT, {}),
        (SPOT, {"x": 1, "y": 2}),
        (SPOT, {"x": 9}),
        (SPOT, [1]),
    ],
)
def test_what_does_not_fit_is_refused(schema: ValueSchema, given: Any) -> None:
    with pytest.raises(ActionError) as caught:
        check_value(schema, given, GOODS, "$")
    assert caught.value.code == "bad_arguments"


@pytest.mark.parametrize(("schema", "given"), [(GOOD, "gold"), (GOOD, ""), (LIST, ["gold"]), (CHOICE, "c")])
def test_what_is_in_no_list_is_refused(schema: ValueSchema, given: Any) -> None:
    with pytest.raises(ActionError) as caught:
        check_value(schema, given, GOODS, "$")
    assert caught.value.code == "not_in_vocabulary"


def test_the_path_leads_to_the_value() -> None:
    with pytest.raises(ActionError) as caught:
        check_object((Parameter(name="goods", value=LIST),), {"goods": ["bread", "gold"]}, GOODS, "$")
    assert caught.value.details["path"] == "$.goods[1]"
    assert caught.value.cause.startswith("$.goods[1]: ")


def test_defaults_are_filled_in_declared_order() -> None:
    parameters = (
        Parameter(name="a", value=WHOLE, required=False, default_json="2"),
        Parameter(name="b", value=WHOLE),
        Parameter(name="c", value=TEXT, required=False, default_json="null"),
    )
    checked = check_object(parameters, {"c": None, "b": 1}, {}, "$")
    assert list(checked.items()) == [("a", 2), ("b", 1), ("c", None)]


def test_null_stands_only_for_null() -> None:
    parameters = (Parameter(name="a", value=WHOLE, required=False, default_json="2"),)
    with pytest.raises(ActionError):
        check_object(parameters, {"a": None}, {}, "$")
