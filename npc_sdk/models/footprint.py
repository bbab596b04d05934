"""What a model takes in memory, worked out from its file's header before anything is loaded.

Weights, caches and compute buffers are counted as llama.cpp places them: the token embedding stays on the
host, the output counts as a layer, and layers go to the device from the last backwards.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Final

from npc_sdk.models.compute import (
    DEVICE,
    HOST,
    ComputeBytes,
    ContextShape,
    ModelShape,
    compute_bytes,
    is_known,
    row_padding,
)
from npc_sdk.models.compute.allocator import ALIGNMENT
from npc_sdk.models.header import Header, MetadataArray, TensorInfo
from npc_sdk.models.tensor_type import TENSOR_TYPES_BY_NAME, TensorType

KV_TYPES: Final[Mapping[str, TensorType]] = {
    name: TENSOR_TYPES_BY_NAME[name.upper()] for name in ("f32", "f16", "q8_0", "q4_0")
}
"""Types of the attention cache, by the name that an engine is configured with."""

CPU_UBATCH: Final = 64
"""Most tokens that are computed at once without a device, so that a call can be broken off soon."""

FORCED_TOKENS: Final = 16
"""Tokens of every slot that one batch has room for."""

_ATTENDING: Final = ("attention", "mamba_attention")
_RECURRENT: Final = ("mamba", "mamba_attention")
_CELL_MULTIPLE: Final = 256
_F32: Final = 4
_BLOCK: Final = re.compile(r"blk\.(\d{1,6})\.")
_INPUT: Final = re.compile(r"(token_embd|position_embd|token_types|per_layer_token_embd)(_norm)?\.")
_EMBEDDING: Final = "token_embd.weight"
_OUTPUT: Final = "output.weight"
_ARM: Final = frozenset({"arm64", "aarch64"})
_REPACKED_ON_ARM: Final = frozenset({"Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "IQ4_NL", "MXFP4"})
_REPACKED_ELSEWHERE: Final = frozenset({"Q4_0", "Q4_K", "Q2_K", "IQ4_NL", "MXFP4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What an engine is set up with, as far as memory depends on it.

    Attributes:
        gpu_layers: Layers on the device; negative is all of them, 0 leaves the device alone.
        slots: Sequences that are live at once.
        cells: Tokens that all of them together can hold.
        quantum: Most prompt tokens in one call.
        kv_type: Type of the attention cache, a key of :data:`KV_TYPES`.
        flash_attention: Whether attention is fused.
    """

    gpu_layers: int
    slots: int
    cells: int
    quantum: int
    kv_type: str = "f16"
    flash_attention: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBytes:
    """Bytes that a model takes on one side, by part.

    Attributes:
        weights: The weights.
        attention: The attention cache.
        recurrent: Recurrent states of all slots.
        compute: The compute buffer.
        output: The rows of logits that are handed out; host memory.
    """

    weights: int = 0
    attention: int = 0
    recurrent: int = 0
    compute: int = 0
    output: int = 0

    @property
    def total(self) -> int:
        """All parts together."""
        return self.weights + self.attention + self.recurrent + self.compute + self.output


def padded_cells(cells: int) -> int:
    """Return the cells that llama.cpp makes of a wish."""
    return -(-cells // _CELL_MULTIPLE) * _CELL_MULTIPLE


def ubatch_tokens(quantum: int, slots: int, *, uses_device: bool) -> int:
    """Return the most tokens that are computed at once.

    Args:
        quantum: Most prompt tokens in one call.
        slots: Sequences that are live at once.
        uses_device: Whether a device computes; without one calls are kept short.
    """
    return max(quantum if uses_device else min(quantum, CPU_UBATCH), slots)


def batch_tokens(quantum: int, slots: int, *, uses_device: bool) -> int:
    """Return the most tokens that one call takes."""
    return max(quantum, ubatch_tokens(quantum, slots, uses_device=uses_device), slots * FORCED_TOKENS)


def attention_bytes(header: Header, cells: int, kv_type: str) -> int:
    """Return the bytes of the attention cache of all sequences together, for this many cells.

    Args:
        header: The header of the model's file.
        cells: Tokens that all of them together can hold; see :func:`padded_cells`.
        kv_type: Type of the cache, a key of :data:`KV_TYPES`.

    Raises:
        ModelError: The header contradicts itself.
    """
    kind = KV_TYPES[kv_type]
    return sum(kind.bytes_of(row * cells) for rows in _attention_rows(header) for row in rows)


def recurrent_bytes(header: Header) -> int:
    """Return the bytes of the recurrent state of one sequence; 0 for attention-only models.

    Raises:
        ModelError: The header contradicts itself.
    """
    return _F32 * sum(row for rows in _recurrent_rows(header) for row in rows)


def _attention_rows(header: Header) -> list[tuple[int, int]]:
    """Return for every layer how many numbers of keys and of values it keeps for a token."""
    heads = _numbers(header, "attention.head_count", header.block_count)
    kv_heads = _numbers(header, "attention.head_count_kv", header.block_count) or heads
    width = max(_numbers(header, "embedding_length", 1), default=0)
    head_size = width // max(heads, default=1) if max(heads, default=0) else 0
    key = max(_numbers(header, "attention.key_length", 1), default=head_size)
    value = max(_numbers(header, "attention.value_length", 1), default=head_size)
    kinds = header.layer_kinds
    rows = zip(kinds, kv_heads, strict=False)
    return [(count * key, count * value) if kind in _ATTENDING else (0, 0) for kind, count in rows]


def _recurrent_rows(header: Header) -> list[tuple[int, int]]:
    """Return for every layer how many numbers of convolution and of state it keeps for a sequence."""
    inner, state, groups, kernel = (
        max(_numbers(header, f"ssm.{key}", 1), default=0)
        for key in ("inner_size", "state_size", "group_count", "conv_kernel")
    )
    rows = ((kernel - 1) * (inner + 2 * groups * state), inner * state) if kernel else (0, 0)
    return [rows if kind in _RECURRENT else (0, 0) for kind in header.layer_kinds]


def _numbers(header: Header, key: str, count: int) -> list[int]:
    """Return a metadata value as one number for each layer; empty when it is missing."""
    value = header.metadata.get(f"{header.architecture}.{key}")
    if isinstance(value, MetadataArray):
        return [int(number) for number in value.values or ()]
    return [int(value)] * count if isinstance(value, (int, float)) else []


class FootprintReader:
    """Answers what a model takes, for any sizes; remembers what it worked out.

    Not thread safe.

    Args:
        header: The header of the model's file.

    Raises:
        ModelError: The header contradicts itself.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self.layers = header.block_count + 1
        self._model = ModelShape(header)
        self._attention_rows = _attention_rows(header)
        self._recurrent_rows = _recurrent_rows(header)
        self._weight_sizes: dict[int, dict[int, int]] = {}
        self._compute: dict[tuple[ContextShape, int], ComputeBytes] = {}

    @property
    def is_exact(self) -> bool:
        """Whether compute buffers are known exactly; for other architectures they are estimated, on the high side."""
        return is_known(self._model)

    def device_layers(self, gpu_layers: int) -> int:
        """Return how many layers a wish puts on the device, the output counted as one."""
        return self.layers if gpu_layers < 0 else min(gpu_layers, self.layers)

    def layer_bytes(self) -> tuple[int, ...]:
        """Return the bytes of weights of every layer on a device, the output last."""
        sizes = [0] * self.layers
        for layer, tensor in self._layer_tensors():
            sizes[layer] += _stored_bytes(tensor, DEVICE)
        return tuple(sizes)

    def read(self, sizes: Sizes) -> tuple[ModelBytes, ModelBytes]:
        """Return what the model takes on the device and on the host.

        Args:
            sizes: How the engine is set up.
        """
        device, host = self._stored(sizes)
        count = self.device_layers(sizes.gpu_layers)
        compute = self.compute(context_shape(sizes, uses_device=count > 0), count)
        output = sizes.slots * self.header.vocabulary_size * _F32
        return replace(device, compute=compute.device), replace(host, compute=compute.host, output=output)

    def stored_bytes(self, sizes: Sizes) -> tuple[int, int]:
        """Return what weights and caches alone take on the device and on the host; much quicker than :meth:`read`.

        Args:
            sizes: How the engine is set up.
        """
        device, host = self._stored(sizes)
        return device.total, host.total

    def compute(self, context: ContextShape, device_layers: int) -> ComputeBytes:
        """Return the bytes of the compute buffers.

        Args:
            context: The context's sizes.
            device_layers: Layers on the device.
        """
        key = context, device_layers
        if key not in self._compute:
            self._compute[key] = compute_bytes(self._model, context, device_layers)
        return self._compute[key]

    def _stored(self, sizes: Sizes) -> tuple[ModelBytes, ModelBytes]:
        count = self.device_layers(sizes.gpu_layers)
        weights = self._weights(count)
        attention = self._caches(self._attention_rows, KV_TYPES[sizes.kv_type], padded_cells(sizes.cells), count)
        recurrent = self._caches(self._recurrent_rows, TENSOR_TYPES_BY_NAME["F32"], sizes.slots, count)
        device, host = (
            ModelBytes(weights=weights[side], attention=attention[side], recurrent=recurrent[side])
            for side in (DEVICE, HOST)
        )
        return device, host

    def _caches(
        self, layers: list[tuple[int, int]], kind: TensorType, count: int, device_layers: int
    ) -> dict[int, int]:
        """Return the bytes of caches on both sides, for ``count`` cells or sequences."""
        sizes = {DEVICE: 0, HOST: 0}
        for layer, rows in enumerate(layers):
            side = DEVICE if layer >= self.layers - device_layers else HOST
            sizes[side] += sum(_placed_bytes(kind, row, count, side) for row in rows if row)
        return sizes

    def _layer_tensors(self) -> list[tuple[int, TensorInfo]]:
        """Return what belongs to layers, with the layer; what belongs to the input is left out."""
        found = []
        for tensor in self.header.tensors:
            block = _BLOCK.match(tensor.name)
            if block is not None:
                found.append((min(int(block[1]), self.layers - 1), tensor))
            elif not _INPUT.match(tensor.name):
                found.append((self.layers - 1, tensor))
        return found

    def _weights(self, device_layers: int) -> dict[int, int]:
        if device_layers not in self._weight_sizes:
            self._weight_sizes[device_layers] = self._sum_weights(device_layers)
        return self._weight_sizes[device_layers]

    def _sum_weights(self, device_layers: int) -> dict[int, int]:
        first = self.layers - device_layers
        sizes = {DEVICE: 0, HOST: 0}
        for layer, tensor in self._layer_tensors():
            side = DEVICE if layer >= first else HOST
            sizes[side] += _stored_bytes(tensor, side)
        inputs = [tensor for tensor in self.header.tensors if _INPUT.match(tensor.name)]
        sizes[HOST] += sum(_stored_bytes(tensor, HOST) for tensor in inputs)
        tied = None if self._model.tensor(_OUTPUT) else self._model.tensor(_EMBEDDING)
        if tied is not None:
            # The output needs a copy of its own where the embedding is out of its reach, or in another order.
            side = DEVICE if device_layers else HOST
            sizes[side] += _stored_bytes(tied, side) if device_layers or _is_repacked(tied) else 0
        return sizes


def context_shape(sizes: Sizes, *, uses_device: bool) -> ContextShape:
    """Return the sizes of a context as llama.cpp rounds them.

    Args:
        sizes: How the engine is set up.
        uses_device: Whether a device computes.
    """
    cells = padded_cells(sizes.cells)
    ubatch = ubatch_tokens(sizes.quantum, sizes.slots, uses_device=uses_device)
    ubatch = min(ubatch, sizes.cells)
    return ContextShape(
        ubatch=ubatch,
        slots=sizes.slots,
        cells=cells,
        outputs=min(ubatch, sizes.slots),
        kv_type=KV_TYPES[sizes.kv_type],
        is_flash=sizes.flash_attention,
    )


def _stored_bytes(tensor: TensorInfo, side: int) -> int:
    row = tensor.dimensions[0]
    return _placed_bytes(tensor.kind, row, prod(tensor.dimensions[1:]), side)


def _placed_bytes(kind: TensorType, row: int, rows: int, side: int) -> int:
    padding = row_padding(kind, row) if side == DEVICE else 0
    alignment = ALIGNMENT[side]
    return -(-(kind.bytes_of(row * rows) + padding) // alignment) * alignment


def _is_repacked(tensor: TensorInfo) -> bool:
    # llama.cpp reorders some formats for the CPU; the embedding is read in its old order and kept besides.
    is_arm = platform.machine().lower() in _ARM
    return tensor.kind.name in (_REPACKED_ON_ARM if is_arm else _REPACKED_ELSEWHERE)
