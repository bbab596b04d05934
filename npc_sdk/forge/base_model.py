"""Reads a forged model back from its GGUF file, so that training can go on from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from npc_sdk.errors import ModelError
from npc_sdk.forge.export import ARCHITECTURE, tensors
from npc_sdk.forge.extra import needs_forge_extra
from npc_sdk.forge.shape import ATTENTION, FEED_FORWARD, MAMBA, ModelShape
from npc_sdk.forge.tokenizer import ForgeTokenizer

with needs_forge_extra():
    import gguf

_SHAPE_KEYS = {
    "context": "context_length",
    "width": "embedding_length",
    "heads": "attention.head_count",
    "head_width": "attention.key_length",
    "convolution": "ssm.conv_kernel",
    "inner": "ssm.inner_size",
    "state": "ssm.state_size",
    "ssm_heads": "ssm.time_step_rank",
    "groups": "ssm.group_count",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseModel:
    """A model that training goes on from.

    Attributes:
        shape: Its sizes.
        tokenizer: Its vocabulary.
        weights: Parameters of :class:`npc_sdk.forge.model.HybridModel` by name, as far as the file's number format
            holds them.
        digest: SHA-256 of the file.
    """

    shape: ModelShape
    tokenizer: ForgeTokenizer
    weights: Mapping[str, NDArray[np.float32]]
    digest: str


def read_base_model(path: Path) -> BaseModel:
    """Read a model that this kit has written, in any of its number formats.

    Args:
        path: A GGUF file.

    Raises:
        ModelError: With code ``not_forged`` when it is no such file.
    """
    try:
        reader = gguf.GGUFReader(path)
        if _value(reader, "general.architecture") != ARCHITECTURE:
            raise ValueError(f"its architecture is {_value(reader, 'general.architecture')!r}")
        shape = _shape(reader)
        stored = {each.name: gguf.quants.dequantize(each.data, each.tensor_type) for each in reader.tensors}
        weights = _weights(stored, shape)
        tokenizer = _tokenizer(reader)
    except (OSError, ValueError, KeyError, IndexError, TypeError, NotImplementedError) as error:
        raise ModelError(
            f"{str(path)!r} is no model of this kit: {error}.",
            "Give a GGUF file that 'npc forge train' has written, or 'starter'.",
            code="not_forged",
            path=str(path),
        ) from error
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return BaseModel(shape=shape, tokenizer=tokenizer, weights=weights, digest=digest)


def _value(reader: Any, key: str) -> Any:
    field = reader.get_field(key)
    if field is None:
        raise KeyError(f"it lacks {key}")
    return field.contents()


def _shape(reader: Any) -> ModelShape:
    def of(key: str) -> Any:
        return _value(reader, f"{ARCHITECTURE}.{key}")

    widths, shared = of("feed_forward_length"), of("attention.head_count_kv")
    pattern = "".join(
        FEED_FORWARD if wide else ATTENTION if heads else MAMBA for wide, heads in zip(widths, shared, strict=True)
    )
    return ModelShape(
        pattern=pattern,
        feed_forward=max(widths),
        key_value_heads=max(shared),
        vocabulary=len(_value(reader, "tokenizer.ggml.tokens")),
        epsilon=_epsilon(of("attention.layer_norm_rms_epsilon")),
        **{name: int(of(key)) for name, key in _SHAPE_KEYS.items()},
    )


def _epsilon(stored: float) -> float:
    # The file holds 32 bits of it.
    return float(f"{stored:.6g}")


def _weights(stored: Mapping[str, Any], shape: ModelShape) -> dict[str, NDArray[np.float32]]:
    """Undo what :func:`npc_sdk.forge.export.tensors` does to names and forms."""
    from npc_sdk.forge.model import HybridModel

    wanted = {name: parameter.detach().numpy() for name, parameter in HybridModel(shape).named_parameters()}
    # Which parameter becomes which tensor is asked of the writer itself: each one is filled with its number.
    names = list(wanted)
    marked = {name: np.full_like(wanted[name], number + 1.0) for number, name in enumerate(names)}
    # The decay is written as a negative exponential.
    rates = [name for name in names if name.endswith("rate_logarithm")]
    marked |= {name: np.log(marked[name]) for name in rates}
    found: dict[str, NDArray[np.float32]] = {}
    for tensor, mark in tensors(marked, shape):
        name = names[round(abs(float(mark.flat[0]))) - 1]
        value = np.array(stored[tensor], dtype=np.float32)
        if name in rates:
            value = np.log(-value)
        if value.size != wanted[name].size:
            raise ValueError(f"{tensor} has {value.size} numbers instead of {wanted[name].size}")
        found[name] = value.reshape(wanted[name].shape)
    return found


def _tokenizer(reader: Any) -> ForgeTokenizer:
    pieces = _value(reader, "tokenizer.ggml.tokens")
    merges = [row.split(" ", 1) for row in _value(reader, "tokenizer.ggml.merges")]
    return ForgeTokenizer({piece: number for number, piece in enumerate(pieces)}, [(one, two) for one, two in merges])
