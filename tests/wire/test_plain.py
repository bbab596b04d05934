"""What was decoded is measured without recursion."""

from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.errors import ProtocolError
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.plain import check_plain


def nested(depth: int) -> dict[str, Any]:
    value: Any = {}
    for _ in range(depth - 1):
        value = {"x": [value]} if depth % 2 else {"x": value}
    return value  # type: ignore[no-any-return]


def code_of(data: dict[str, Any], limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(ProtocolError) as caught:
        check_plain(data, limits)
    return caught.value.code


def test_plain_values_pass() -> None:
    check_plain({"a": [1, 2.5, None, True, "x", {"b": [[]]}], "c": {}}, DEFAULT_LIMITS)


def test_the_map_itself_is_the_first_level() -> None:
    limits = Limits(max_depth=2)
    check_plain({"a": [1]}, limits)
    assert code_of({"a": [[]]}, limits) == "too_deep"


def test_depth_beyond_the_stack_is_measured() -> None:
    value: Any = []
    for _ in range(200_000):
        value = [value]
    assert code_of({"x": value}) == "too_deep"
    while value:
        value = value.pop()


def test_values_are_counted_on_all_levels() -> None:
    limits = Limits(max_values=6)
    check_plain({"a": [1, 2], "b": [1, 2]}, limits)
    assert code_of({"a": [1, 2, 3], "b": [1, 2]}, limits) == "too_many_values"


@pytest.mark.parametrize("value", [b"x", float("nan"), float("-inf"), object(), (1,), {5: 1}, {b"k": 1}])
def test_what_is_not_plain_is_refused(value: object) -> None:
    assert code_of({"x": value}) == "bad_encoding"
    assert code_of({"x": [value]}) == "bad_encoding"
