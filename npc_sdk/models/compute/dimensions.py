"""What a computation's size depends on: the model's dimensions and the context's."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Final

from npc_sdk.models.header import Header, TensorInfo
from npc_sdk.models.tensor_type import TensorType

_ROW_MULTIPLE: Final = 512  # CUDA reads quantized rows in steps of so many numbers, beyond the end of the last


def row_padding(kind: TensorType, row: int) -> int:
    """Return the bytes that CUDA adds after a tensor of a block format.

    Args:
        kind: The tensor's format.
        row: Numbers of one row.
    """
    return kind.bytes_of(-row % _ROW_MULTIPLE) if kind.block_elements > 1 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextShape:
    """Sizes of a context, as llama.cpp rounds them.

    Attributes:
        ubatch: Tokens that are computed at once.
        slots: Sequences.
        cells: Tokens that the caches hold.
        outputs: Rows of logits.
        kv_type: Number format of the attention cache.
        is_flash: Whether attention is fused.
    """

    ubatch: int
    slots: int
    cells: int
    outputs: int
    kv_type: TensorType
    is_flash: bool

    @property
    def tokens(self) -> int:
        """Tokens of the largest computation: the same number for every sequence."""
        return -(-self.ubatch // self.slots) * self.slots

    @property
    def is_kv_quantized(self) -> bool:
        """Whether the attention cache has a block format; llama.cpp then rotates keys and values."""
        return self.kv_type.block_elements > 1


class ModelShape:
    """Dimensions that a header states, and the sizes of its tensors.

    Immutable; safe from any thread.

    Raises:
        ModelError: The header contradicts itself.
    """

    def __init__(self, header: Header) -> None:
        self.architecture = header.architecture
        self.layers = header.block_count
        self.width = header.embedding_length
        self.vocabulary = header.vocabulary_size
        self.heads = header.per_layer("attention.head_count")
        kv_heads = header.per_layer("attention.head_count_kv")
        self.kv_heads = kv_heads if f"{self.architecture}.attention.head_count_kv" in header.metadata else self.heads
        self.feed_forward = header.per_layer("feed_forward_length")
        most_heads = max(self.heads, default=0)
        head_size = self.width // most_heads if most_heads else 0
        self.key_size = header.architecture_integer("attention.key_length", head_size)
        self.value_size = header.architecture_integer("attention.value_length", head_size)
        self.inner = header.architecture_integer("ssm.inner_size")
        self.state = header.architecture_integer("ssm.state_size")
        self.groups = max(1, header.architecture_integer("ssm.group_count"))
        self.kernel = max(1, header.architecture_integer("ssm.conv_kernel"))
        self.mamba_heads = header.architecture_integer("ssm.time_step_rank")
        self.experts = header.architecture_integer("expert_count")
        self.experts_used = header.architecture_integer("expert_used_count")
        self.kinds = header.layer_kinds
        self.tensors = {tensor.name: tensor for tensor in header.tensors}

    @property
    def mamba_head_size(self) -> int:
        """Width of one head of a Mamba-2 layer."""
        return self.inner // self.mamba_heads if self.mamba_heads else 0

    @property
    def mixed(self) -> int:
        """Channels of a Mamba-2 layer that go through its convolution."""
        return self.inner + 2 * self.groups * self.state

    def tensor(self, name: str) -> TensorInfo | None:
        """Return a tensor by name, or None."""
        return self.tensors.get(name)

    def rows(self, name: str) -> int:
        """Return the rows of a matrix; 0 when it is missing."""
        tensor = self.tensors.get(name)
        return prod(tensor.dimensions[1:]) if tensor is not None else 0
