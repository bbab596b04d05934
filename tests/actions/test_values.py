from __future__ import annotations

from npc_sdk.actions.labels import Labels
from npc_sdk.actions.values import Parameter, ValueSchema


def test_closed_texts_have_labels() -> None:
    goods = {"goods": Labels.of(["a\nb"])}
    assert ValueSchema(kind="string", vocabulary="goods").labels(goods) == Labels.of(["a\nb"])
    assert ValueSchema(kind="string", vocabulary="people").labels(goods) == Labels.of(())
    assert ValueSchema(kind="string", choices=("a", "")).labels({}) == Labels.of(["a", ""])
    assert ValueSchema(kind="string").labels(goods) is None
    assert ValueSchema(kind="integer", choices=(1,)).labels(goods) is None


def test_vocabularies_are_found_in_depth() -> None:
    inner = ValueSchema(kind="array", items=ValueSchema(kind="string", vocabulary="a"))
    fields = (Parameter(name="x", value=inner), Parameter(name="y", value=ValueSchema(kind="string", vocabulary="b")))
    assert list(ValueSchema(kind="object", properties=fields).vocabularies()) == ["a", "b"]


def test_a_default_is_a_fresh_copy() -> None:
    parameter = Parameter(name="x", value=ValueSchema(kind="array"), required=False, default_json="[1]")
    parameter.default.append(2)
    assert parameter.default == [1]
    assert Parameter(name="x", value=ValueSchema(kind="string")).default is None
