"""Which tensors a model of a given shape has, in which format, and how large their numbers are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import prod, sqrt

from npc_sdk.models.shape import Quantization, Shape
from npc_sdk.models.tensor_type import TENSOR_TYPES_BY_NAME, TensorType


class Filling(Enum):
    """How the numbers of a tensor are drawn."""

    NORMAL = "normal"
    SCALE = "scale"  # around a constant, for norms
    DECAY = "decay"  # negative, -16 to -1
    TIME_STEP = "time_step"  # steps of 0.001 to 0.1 behind a softplus


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorPlan:
    """One tensor that will be written.

    Attributes:
        name: Its name in the file.
        dimensions: As numpy orders them, rows first.
        kind: Number format.
        filling: How its numbers are drawn.
        size: Standard deviation, or the constant of a scale.
        quiet_rows: Rows at the start that get a sixteenth of the size.
    """

    name: str
    dimensions: tuple[int, ...]
    kind: TensorType
    filling: Filling = Filling.NORMAL
    size: float = 1.0
    quiet_rows: int = 0

    @property
    def n_bytes(self) -> int:
        """Bytes of the tensor's data."""
        return self.kind.bytes_of(prod(self.dimensions))


class _Planner:
    """Chooses formats as llama.cpp's quantizer does for Q4_K_M. Not thread safe; used for one plan."""

    def __init__(self, shape: Shape, quantization: Quantization) -> None:
        self._shape = shape
        self._quantization = quantization

    def plan(self) -> Iterator[TensorPlan]:
        shape = self._shape
        embedding_size = 0.05 if shape.tied else 0.5
        output_size = 3.0 / sqrt(shape.hidden)
        norm = output_size / embedding_size if shape.tied else 1.0
        quiet = shape.special_tokens
        embedding_columns = (shape.vocabulary, shape.hidden)
        embedding_kind = self._kind(shape.hidden, better=shape.tied)
        yield TensorPlan(
            name="token_embd.weight",
            dimensions=embedding_columns,
            kind=embedding_kind,
            size=embedding_size,
            quiet_rows=quiet,
        )
        yield self._scale("output_norm.weight", shape.hidden, norm)
        if not shape.tied:
            kind = self._kind(shape.hidden, better=True)
            yield TensorPlan(
                name="output.weight", dimensions=embedding_columns, kind=kind, size=output_size, quiet_rows=quiet
            )
        for layer, letter in enumerate(shape.pattern):
            yield from self._layer(layer, letter)

    def _layer(self, layer: int, letter: str) -> Iterator[TensorPlan]:
        prefix = f"blk.{layer}."
        yield self._scale(prefix + "attn_norm.weight", self._shape.hidden)
        if letter == "M":
            yield from self._mamba(prefix)
        elif letter == "-":
            yield from self._feed_forward(prefix, layer)
        else:
            yield from self._attention(prefix, layer)
            if self._shape.architecture != "nemotron_h":
                yield self._scale(prefix + "ffn_norm.weight", self._shape.hidden)
                yield self._matrix(prefix + "ffn_gate.weight", self._shape.hidden, self._shape.feed_forward)
                yield from self._feed_forward(prefix, layer)

    def _mamba(self, prefix: str) -> Iterator[TensorPlan]:
        shape = self._shape
        mixed = shape.inner + 2 * shape.groups * shape.state_size
        heads = shape.mamba_heads
        yield self._matrix(prefix + "ssm_in.weight", shape.hidden, shape.inner + mixed + heads)
        yield self._plain(prefix + "ssm_conv1d.weight", (mixed, shape.convolution), size=0.5)
        yield self._plain(prefix + "ssm_conv1d.bias", (mixed,), size=0.1)
        yield self._plain(prefix + "ssm_dt.bias", (heads,), filling=Filling.TIME_STEP)
        yield self._plain(prefix + "ssm_a", (heads, 1), filling=Filling.DECAY)
        yield self._plain(prefix + "ssm_d", (heads, 1), filling=Filling.SCALE)
        norm_shape = (shape.groups, shape.inner // shape.groups)
        yield self._plain(prefix + "ssm_norm.weight", norm_shape, filling=Filling.SCALE)
        yield self._matrix(prefix + "ssm_out.weight", shape.inner, shape.hidden, gain=0.5)

    def _attention(self, prefix: str, layer: int) -> Iterator[TensorPlan]:
        shape = self._shape
        better = self._has_more_bits("*", layer)
        yield self._matrix(prefix + "attn_q.weight", shape.hidden, shape.heads * shape.head_size)
        yield self._matrix(prefix + "attn_k.weight", shape.hidden, shape.kv_heads * shape.head_size)
        if shape.architecture == "qwen3":
            yield self._scale(prefix + "attn_q_norm.weight", shape.head_size)
            yield self._scale(prefix + "attn_k_norm.weight", shape.head_size)
        yield self._matrix(prefix + "attn_v.weight", shape.hidden, shape.kv_heads * shape.head_size, better=better)
        yield self._matrix(prefix + "attn_output.weight", shape.heads * shape.head_size, shape.hidden, gain=0.7)

    def _feed_forward(self, prefix: str, layer: int) -> Iterator[TensorPlan]:
        shape = self._shape
        letter = "-" if shape.architecture == "nemotron_h" else "*"
        better = self._has_more_bits(letter, layer)
        yield self._matrix(prefix + "ffn_up.weight", shape.hidden, shape.feed_forward)
        yield self._matrix(prefix + "ffn_down.weight", shape.feed_forward, shape.hidden, gain=0.4, better=better)

    def _has_more_bits(self, letter: str, layer: int) -> bool:
        # The quantizer keeps the first and last eighth and every third layer between at 6 bits.
        count = self._shape.pattern.count(letter)
        index = self._shape.pattern[:layer].count(letter)
        return index < count // 8 or index >= 7 * count // 8 or (index - count // 8) % 3 == 2

    def _matrix(self, name: str, columns: int, rows: int, *, gain: float = 1.0, better: bool = False) -> TensorPlan:
        kind = self._kind(columns, better=better)
        return TensorPlan(name=name, dimensions=(rows, columns), kind=kind, size=gain / sqrt(columns))

    def _scale(self, name: str, width: int, size: float = 1.0) -> TensorPlan:
        return self._plain(name, (width,), filling=Filling.SCALE, size=size)

    def _plain(
        self, name: str, dimensions: tuple[int, ...], *, filling: Filling = Filling.NORMAL, size: float = 1.0
    ) -> TensorPlan:
        kind = TENSOR_TYPES_BY_NAME["F32"]
        return TensorPlan(name=name, dimensions=dimensions, kind=kind, filling=filling, size=size)

    def _kind(self, columns: int, *, better: bool = False) -> TensorType:
        if self._quantization == "q4_k_m":
            # K formats need rows of 256; the quantizer falls back to the next format of 32.
            names = ("Q6_K" if better else "Q4_K", "Q8_0" if better else "Q5_0")
            return TENSOR_TYPES_BY_NAME[names[columns % 256 != 0]]
        return TENSOR_TYPES_BY_NAME[self._quantization.upper()]


def plan_tensors(shape: Shape, quantization: Quantization) -> list[TensorPlan]:
    """Return every tensor of a model, in file order."""
    return list(_Planner(shape, quantization).plan())
