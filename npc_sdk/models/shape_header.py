"""The header that a model of a given shape has, without a file: to plan for a model that is not there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from npc_sdk.models.header import Header, MetadataArray, MetadataValue, TensorInfo
from npc_sdk.models.shape import Quantization, Shape
from npc_sdk.models.synthetic_tensors import plan_tensors

_ALIGNMENT: Final = 32


def shape_header(shape: Shape, *, path: Path | None = None, quantization: Quantization | None = None) -> Header:
    """Return what the header of a model of this shape says about sizes.

    It has the dimensions and every tensor; tokenizer and chat template are missing, but for the number of tokens.

    Args:
        shape: The dimensions.
        path: The file that the header stands for; the shape's name otherwise.
        quantization: Number format of the matrices; the shape's own by default.
    """
    tensors = _tensors(shape, quantization or shape.quantization)
    return Header(
        path=path or Path(f"{shape.name}.gguf"),
        file_bytes=tensors[-1].offset + tensors[-1].n_bytes,
        version=3,
        metadata=_metadata(shape),
        tensors=tensors,
        alignment=_ALIGNMENT,
        data_offset=0,
    )


def _tensors(shape: Shape, quantization: Quantization) -> tuple[TensorInfo, ...]:
    tensors = []
    offset = 0
    for plan in plan_tensors(shape, quantization):
        dimensions = tuple(reversed(plan.dimensions))
        tensors.append(
            TensorInfo(name=plan.name, dimensions=dimensions, kind=plan.kind, n_bytes=plan.n_bytes, offset=offset)
        )
        offset += -(-plan.n_bytes // _ALIGNMENT) * _ALIGNMENT
    return tuple(tensors)


def _metadata(shape: Shape) -> dict[str, MetadataValue]:
    values: dict[str, MetadataValue] = {
        "block_count": len(shape.pattern),
        "context_length": shape.context,
        "embedding_length": shape.hidden,
        "vocab_size": shape.vocabulary,
        "attention.head_count": shape.heads,
        "attention.key_length": shape.head_size,
        "attention.value_length": shape.head_size,
    }
    if shape.architecture == "nemotron_h":
        widths = [shape.feed_forward if letter == "-" else 0 for letter in shape.pattern]
        kv_heads = [shape.kv_heads if letter == "*" else 0 for letter in shape.pattern]
        values |= {
            "feed_forward_length": _array(widths),
            "attention.head_count_kv": _array(kv_heads),
            "ssm.conv_kernel": shape.convolution,
            "ssm.inner_size": shape.inner,
            "ssm.state_size": shape.state_size,
            "ssm.time_step_rank": shape.mamba_heads,
            "ssm.group_count": shape.groups,
        }
    else:
        values |= {"feed_forward_length": shape.feed_forward, "attention.head_count_kv": shape.kv_heads}
    named = {f"{shape.architecture}.{key}": value for key, value in values.items()}
    return {"general.architecture": shape.architecture, "general.name": shape.name, **named}


def _array(numbers: list[int]) -> MetadataArray:
    return MetadataArray(length=len(numbers), values=tuple(numbers))
