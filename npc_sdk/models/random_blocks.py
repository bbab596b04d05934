"""Random tensor data in the formats of llama.cpp, written block by block without quantizing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from npc_sdk.models.tensor_type import TENSOR_TYPES_BY_NAME

Bytes = NDArray[np.uint8]

_CHUNK_BYTES: Final = 8 * 2**20
# Root mean square of uniformly drawn quants, as the formats read them.
_Q8_0_DEVIATION: Final = 73.9
_Q5_0_DEVIATION: Final = 9.25
_Q4_K_DEVIATION: Final = 4.61
_Q6_K_DEVIATION: Final = 18.48
_Q4_K_SCALE: Final = 45
_Q6_K_SCALE: Final = 64


def _half(value: float) -> Bytes:
    return np.array([value], dtype="<f2").view(np.uint8)


def _signed_half(blocks: Bytes, column: int, value: float) -> None:
    """Store a scale in two columns; its sign comes from the random byte that was there.

    The quants of Q5_0 and Q8_0 are not centred, so equal signs would add the same shift to each row.
    """
    low, high = _half(value)
    blocks[:, column] = low
    blocks[:, column + 1] = (blocks[:, column + 1] & 0x80) | high


def _q8_0(blocks: Bytes, deviation: float) -> None:
    _signed_half(blocks, 0, deviation / _Q8_0_DEVIATION)


def _q5_0(blocks: Bytes, deviation: float) -> None:
    _signed_half(blocks, 0, deviation / _Q5_0_DEVIATION)


def _q4_k(blocks: Bytes, deviation: float) -> None:
    # value = scale * quant - minimum; quants 0..15 have the mean 7.5, so this minimum centres them.
    scale = float(np.float16(deviation / (_Q4_K_DEVIATION * _Q4_K_SCALE)))
    blocks[:, 0:2] = _half(scale)
    blocks[:, 2:4] = _half(7.5 * scale)
    # Eight 6-bit scales and eight 6-bit minima, all equal, in the packing of the K formats.
    high = (_Q4_K_SCALE >> 4) << 6
    blocks[:, 4:12] = (_Q4_K_SCALE & 0x3F) | high
    blocks[:, 12:16] = (_Q4_K_SCALE & 0x0F) | ((_Q4_K_SCALE & 0x0F) << 4)


def _q6_k(blocks: Bytes, deviation: float) -> None:
    blocks[:, 192:208] = (blocks[:, 192:208] & 0x80) | _Q6_K_SCALE
    blocks[:, 208:210] = _half(deviation / (_Q6_K_DEVIATION * _Q6_K_SCALE))


_SET_SCALES: Final[dict[str, Callable[[Bytes, float], None]]] = {
    "Q8_0": _q8_0,
    "Q5_0": _q5_0,
    "Q4_K": _q4_k,
    "Q6_K": _q6_k,
}


def _floats(elements: int, deviation: float, generator: np.random.Generator, dtype: str) -> Iterator[Bytes]:
    step = _CHUNK_BYTES // 4
    for start in range(0, elements, step):
        count = min(step, elements - start)
        values = generator.standard_normal(count, dtype=np.float32) * np.float32(deviation)
        yield values.astype(dtype).view(np.uint8)


def random_blocks(type_name: str, elements: int, deviation: float, generator: np.random.Generator) -> Iterator[Bytes]:
    """Yield the bytes of random numbers around zero, in pieces of a few megabytes.

    Args:
        type_name: F32, F16, Q8_0, Q5_0, Q4_K or Q6_K.
        elements: How many numbers; a multiple of the format's block.
        deviation: Standard deviation of the numbers that llama.cpp will read.
        generator: Source of randomness.
    """
    if type_name not in _SET_SCALES:
        yield from _floats(elements, deviation, generator, {"F32": "<f4", "F16": "<f2"}[type_name])
        return
    kind = TENSOR_TYPES_BY_NAME[type_name]
    blocks = elements // kind.block_elements
    step = _CHUNK_BYTES // kind.block_bytes
    for start in range(0, blocks, step):
        count = min(step, blocks - start)
        n_bytes = count * kind.block_bytes
        raw = generator.bit_generator.random_raw(-(-n_bytes // 8))
        chunk = raw.view(np.uint8)[:n_bytes].reshape(count, kind.block_bytes)
        _SET_SCALES[type_name](chunk, deviation)
        yield chunk.reshape(-1)
