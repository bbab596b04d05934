"""Whether a context fits the host's memory, asked before llama.cpp allocates it.

llama.cpp takes its cache from the system without touching it first, so a context that is far too large does
not fail: the system runs out of memory much later and ends somebody. The figures here come from the file's
header alone.
"""

from __future__ import annotations

import os

from npc_sdk.engine.engine import EngineConfig
from npc_sdk.errors import CapacityError
from npc_sdk.models.footprint import attention_bytes, padded_cells, recurrent_bytes
from npc_sdk.models.header import read_header


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
    cells = padded_cells(config.cells)
    needed = attention_bytes(header, cells, config.kv_type) + config.slots * recurrent_bytes(header)
    if needed > free:
        raise CapacityError(
            f"A context of {config.cells} cells and {config.slots} slots needs {needed >> 20} MiB for its caches; "
            f"{free >> 20} MiB of memory are free.",
            "Lower cells or slots, or free memory.",
            code="context_does_not_fit",
            needed_bytes=needed,
            free_bytes=free,
        )
