from __future__ import annotations

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.forge.shape import ModelShape


def test_sizes_follow_from_the_shape() -> None:
    shape = ModelShape(inner=512, ssm_heads=8, groups=2, state=64)
    assert shape.ssm_head_width == 64
    assert shape.convolved == 512 + 2 * 2 * 64
    assert shape.projected == 2 * 512 + 2 * 2 * 64 + 8


@pytest.mark.parametrize("pattern", ["", "MX", "m"])
def test_a_pattern_with_other_letters_is_refused(pattern: str) -> None:
    with pytest.raises(RequestError, match="pattern"):
        ModelShape(pattern=pattern)


@pytest.mark.parametrize(
    "sizes", [{"ssm_heads": 7}, {"groups": 3}, {"heads": 3}, {"key_value_heads": 3}, {"ssm_heads": 0}]
)
def test_sizes_that_do_not_divide_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(RequestError, match="divide"):
        ModelShape(**sizes)


def test_a_shape_survives_as_plain_data() -> None:
    shape = ModelShape(width=512)
    assert ModelShape(**shape.to_dict()) == shape
