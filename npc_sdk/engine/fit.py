"""Whether a context fits the host's memory, asked before llama.cpp allocates it.

llama.cpp takes its cache from the system without touching it first, so a context that is far too large does
not fail: the system runs out of memory much later and ends somebody. The figures here come from the file's
header alone.
"""

from __future__ import annotations

import os

from npc_sdk.engine.engine import KV_BYTES, EngineConfig
from npc_sdk.errors import CapacityError
from npc_sdk.models.header import Header, MetadataArray, read_header


def available_memory() -> int | None:
    """Return the bytes that this machine can still give out, or None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def attention_bytes(header: Header, cells: int, kv_type: str) -> int:
    """Return the bytes of the attention cache of all sequences together."""
    heads = _numbers(header, "attention.head_count", header.block_count)
    kv_heads = _numbers(header, "attention.head_count_kv", header.block_count) or heads
    width = max(_numbers(header, "embedding_length", 1), default=0)
    head_size = width // max(heads, default=1) if max(heads, default=0) else 0
    key = max(_numbers(header, "attention.key_length", 1), default=head_size)
    value = max(_numbers(header, "attention.value_length", 1), default=head_size)
    return int(sum(kv_heads) * (key + value) * KV_BYTES[kv_type] * cells)


def recurrent_bytes(header: Header) -> int:
    """Return the bytes of the recurrent state of one sequence; 0 for attention-only models."""
    layers = header.block_count
    kv_heads = _numbers(header, "attention.head_count_kv", layers)
    widths = _numbers(header, "feed_forward_length", layers)
    recurrent = sum(not heads and not width for heads, width in zip(kv_heads, widths, strict=False))
    inner, state, groups, kernel = (
        max(_numbers(header, f"ssm.{key}", 1), default=0)
        for key in ("inner_size", "state_size", "group_count", "conv_kernel")
    )
    return 4 * recurrent * ((kernel - 1) * (inner + 2 * groups * state) + inner * state) if kernel else 0


def _numbers(header: Header, key: str, count: int) -> list[int]:
    """Return a metadata value as one number for each layer; empty when it is missing."""
    value = header.metadata.get(f"{header.architecture}.{key}")
    if isinstance(value, MetadataArray):
        return [int(number) for number in value.values or ()]
    return [int(value)] * count if isinstance(value, (int, float)) else []


def require_room(config: EngineConfig) -> None:
    """Refuse a context that this machine cannot hold.

    Raises:
        CapacityError: It does not fit; the details hold the figures.
        ModelError: The file's header cannot be read.
    """
    free = available_memory()
    if free is None:
        return
    header = read_header(config.model_path)
    needed = attention_bytes(header, config.cells, config.kv_type) + config.slots * recurrent_bytes(header)
    if needed > free:
        raise CapacityError(
            f"A context of {config.cells} cells and {config.slots} slots needs {needed >> 20} MiB for its caches; "
            f"{free >> 20} MiB of memory are free.",
            "Lower cells or slots, or free memory.",
            code="context_does_not_fit",
            needed_bytes=needed,
            free_bytes=free,
        )
