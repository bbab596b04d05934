"""Looks at the model that characters would speak with."""

from __future__ import annotations

from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.cli.checks.finding import Finding
from npc_sdk.cli.memory_size import memory_size
from npc_sdk.errors import NpcError
from npc_sdk.models import read_header, resolve_model
from npc_sdk.models.catalog import STARTER

_BETTER = "npc models pull nemotron-3-nano-4b"


def check_model(name: str, seen: MemoryReading | NoReading) -> list[Finding]:
    """Return what there is to say about a model.

    Args:
        name: A name of the catalog or a file.
        seen: The memory of the device.
    """
    try:
        source = resolve_model(name)
        header = read_header(source.path)
        header.require_usable()
    except NpcError as error:
        details = {"model": name, "error_code": error.code}
        return [Finding(code="model_unusable", found=error.cause, mend=error.next_step, details=details)]
    size = header.file_bytes
    facts = {"model": name, "path": str(source.path), "bytes": size, "architecture": header.architecture}
    words = f"{header.name} ({header.architecture}), {memory_size(size)}: {source.path}"
    found = [Finding(code="model_found", found=words, details=facts)]
    if name == STARTER:
        words = "The tiny model of this package is used: it shows that everything works, and knows little."
        found.append(Finding(code="model_is_starter", found=words, mend="Fetch a real one:", command=_BETTER))
    if header.is_synthetic:
        found.append(Finding(code="model_is_random", found="Its weights are random: it cannot talk."))
    if isinstance(seen, MemoryReading) and size > seen.free_bytes:
        words = f"It is larger than the {memory_size(seen.free_bytes)} that are free; a part of it stays on the CPU."
        found.append(Finding(code="model_above_memory", found=words, mend="See npc plan."))
    return found
