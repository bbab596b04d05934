from __future__ import annotations

import pytest

from npc_sdk.prompt.bounds import (
    ITEM_LIMIT,
    TEXT_LIMIT,
    OutOfBoundsError,
    check_operands,
    checked,
    indent_filter,
    join_filter,
    join_text,
    replace_filter,
    to_json_filter,
)


def test_shared_parts_count_each_time():
    value = ["x"]
    for _ in range(10):
        value = [value, value]
    assert checked(value) is value
    for _ in range(10):
        value = [value, value]
    with pytest.raises(OutOfBoundsError):
        checked(value)


@pytest.mark.parametrize("value", ["x" * (TEXT_LIMIT + 1), [1] * (ITEM_LIMIT + 1), {"a": ["x" * TEXT_LIMIT, "x"]}])
def test_too_large(value):
    with pytest.raises(OutOfBoundsError):
        checked(value)


def test_join_text():
    assert join_text(["a", "b"]) == "ab"
    with pytest.raises(OutOfBoundsError):
        join_text("x" * 1000 for _ in range(TEXT_LIMIT))


def test_filters():
    assert join_filter([{"a": 1}, {"a": 2}], "-", attribute="a") == "1-2"
    assert replace_filter("aaa", "a", "b", 2) == "bba"
    assert indent_filter("a\n\nb", 2, first=True) == "  a\n\n  b"
    assert to_json_filter({"b": 1, "a": 2}, separators=(",", ":"), sort_keys=True) == '{"a":2,"b":1}'


@pytest.mark.parametrize(
    ("operator", "left", "right"), [("*", "x", 10**9), ("*", 10**9, [1]), ("**", 2, 10**9), ("%", "%d", 1)]
)
def test_operands(operator, left, right):
    with pytest.raises(OutOfBoundsError):
        check_operands(operator, left, right)


def test_small_operands():
    for operator, left, right in [("*", "-", 40), ("+", [1], [2]), ("**", 2, 8), ("%", 7, 2), ("*", 6, 7)]:
        check_operands(operator, left, right)
