from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from npc_sdk.cli.memory_size import memory_size


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (512 << 20, "512 MiB"),
        ((1 << 30) - 1, "1.00 GiB"),
        (1 << 30, "1.00 GiB"),
        (141 << 30, "141.00 GiB"),
        (-(300 << 20), "-300 MiB"),
    ],
)
def test_sizes_read_well(n_bytes: int, text: str) -> None:
    assert memory_size(n_bytes) == text


@given(some.integers(0, 1 << 42))
def test_no_figure_is_longer_than_four_digits_before_the_point(n_bytes: int) -> None:
    figure, unit = memory_size(n_bytes).split()
    assert unit == "GiB" or len(figure) <= 4
