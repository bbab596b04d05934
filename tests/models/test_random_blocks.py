from __future__ import annotations

import gguf
import numpy as np
import pytest

from npc_sdk.models.random_blocks import random_blocks


@pytest.mark.parametrize("name", ["F32", "F16", "Q8_0", "Q5_0", "Q4_K", "Q6_K"])
@pytest.mark.parametrize("deviation", [1.0, 0.02])
def test_values_have_the_deviation_asked_for(name: str, deviation: float) -> None:
    elements = 256 * 2000
    generator = np.random.Generator(np.random.SFC64(3))
    data = np.concatenate(list(random_blocks(name, elements, deviation, generator)))
    values = gguf.dequantize(data, gguf.GGMLQuantizationType[name]).astype(np.float64)
    assert values.size == elements
    assert np.isfinite(values).all()
    assert values.std() == pytest.approx(deviation, rel=0.03)
    assert abs(values.mean()) < 0.02 * deviation
    assert np.abs(values).max() < 8 * deviation


def test_large_tensors_come_in_pieces() -> None:
    generator = np.random.Generator(np.random.SFC64(3))
    pieces = list(random_blocks("Q4_K", 256 * 100_000, 1.0, generator))
    assert len(pieces) == 2
    assert sum(piece.nbytes for piece in pieces) == 14_400_000


def test_nothing() -> None:
    generator = np.random.Generator(np.random.SFC64(3))
    assert list(random_blocks("Q4_K", 0, 1.0, generator)) == []
    assert list(random_blocks("F32", 0, 1.0, generator)) == []
