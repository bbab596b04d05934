"""What the layers of a model are, told from the names of its tensors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

LayerKind = Literal["mamba", "attention", "mlp", "mamba_attention"]
"""``mamba`` is any layer with a recurrent state; ``attention`` has a key-value cache, with or without a
feed-forward part; ``mlp`` keeps nothing; ``mamba_attention`` has both kinds of memory."""

_BLOCK: Final = re.compile(r"blk\.(\d{1,6})\.(\w+)")
_RECURRENT: Final = ("ssm_", "time_mix_", "shortconv")
_KEYS: Final = ("attn_k", "attn_kv_a_mqa", "attn_kv_b")


def layer_kinds(block_count: int, tensor_names: Iterable[str]) -> tuple[LayerKind, ...]:
    """Return the kind of every layer.

    Args:
        block_count: Number of layers.
        tensor_names: Names of all tensors.
    """
    parts: list[set[str]] = [set() for _ in range(block_count)]
    for name in tensor_names:
        match = _BLOCK.match(name)
        if match and int(match[1]) < block_count:
            parts[int(match[1])].add(match[2])
    return tuple(_kind(names) for names in parts)


def _kind(names: set[str]) -> LayerKind:
    is_recurrent = any(name.startswith(_RECURRENT) for name in names)
    has_keys = any(name in _KEYS for name in names)
    if is_recurrent:
        # Layers of gated linear attention carry a fused attn_qkv next to their recurrent tensors.
        return "mamba_attention" if has_keys else "mamba"
    return "attention" if has_keys or "attn_qkv" in names else "mlp"
