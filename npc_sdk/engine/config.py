"""How an engine is set up, and what a change of it takes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from npc_sdk.errors import NpcError, RequestError
from npc_sdk.models.header import read_header

KV_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""Bytes of one number in the attention cache, by its type."""

_UUID = re.compile(r"(GPU|MIG)-[0-9A-Za-z/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """How an engine is set up; a running one changes through :meth:`npc_sdk.engine.engine.Engine.reconfigure`.

    Args:
        model_path: The GGUF file.
        slots: Characters whose state is live in the context at once (llama.cpp's ``n_seq_max``).
        cells: Tokens that all live characters together can hold (llama.cpp's ``n_ctx``).
        quantum: Most prompt tokens read in one call of llama.cpp; bounds the time of a step.
        gpu_layers: Layers on the GPU; negative puts all there, 0 none.
        threads: CPU threads for llama.cpp; 0 chooses half of the cores, at least one.
        kv_type: Type of the attention cache.
        flash_attention: Whether to use fused attention.
        parked_bytes: Host memory for parked states.
        parked_folder: Folder of the parked states that survive a crash of the engine process;
            None keeps them in the engine's own memory.
        disk_folder: Folder for parked states that no longer fit ``parked_bytes``; None is off.
        disk_bytes: Most bytes in ``disk_folder``.
        use_mmap: Whether the weights are mapped from the file instead of read.
        device: The only NVIDIA device that the engine process may see, by its UUID (``GPU-...``, ``MIG-...``);
            None lets it see what this process sees. An engine in a thread of this process does not follow it.
        background: Whether an engine process that computes on the CPU stands back, so that the game gets a core
            first. An engine in a thread of this process does not follow it.
    """

    model_path: str
    slots: int = 4
    cells: int = 8192
    quantum: int = 128
    gpu_layers: int = -1
    threads: int = 0
    kv_type: str = "f16"
    flash_attention: bool = True
    parked_bytes: int = 1 << 30
    parked_folder: str | None = None
    disk_folder: str | None = None
    disk_bytes: int = 4 << 30
    use_mmap: bool = True
    device: str | None = None
    background: bool = True

    def __post_init__(self) -> None:
        for name, least in (("slots", 1), ("cells", 1), ("quantum", 1), ("threads", 0)):
            if getattr(self, name) < least:
                raise _refusal(name, getattr(self, name), f"a number of at least {least}")
        if self.kv_type not in KV_BYTES:
            raise _refusal("kv_type", self.kv_type, f"one of {', '.join(KV_BYTES)}")
        if self.device is not None and _UUID.fullmatch(self.device) is None:
            raise _refusal("device", self.device, "the UUID of a device, as 'nvidia-smi -L' lists it")


def _refusal(name: str, value: object, wanted: str) -> RequestError:
    return RequestError(f"{name} is {value!r}.", f"Give {wanted}.", code="bad_engine_config", field=name)


ConfigChange: TypeAlias = Literal["none", "context", "model"]
"""What two configurations differ in: nothing, what a new context takes, or what the model must be loaded anew for."""

Wish: TypeAlias = EngineConfig | Literal["suspend"]
"""What an engine is to become."""

_OF_THE_MODEL = ("model_path", "gpu_layers", "use_mmap", "device", "background")


def change_between(before: EngineConfig, after: EngineConfig) -> ConfigChange:
    """Return what must be made anew to get from one configuration to another."""
    if any(getattr(before, name) != getattr(after, name) for name in _OF_THE_MODEL):
        return "model"
    return "none" if before == after else "context"


def unusable(config: EngineConfig, present: EngineConfig) -> NpcError | None:
    """Return why another model cannot be used, as far as its header tells before anything is given up for it."""
    if config.model_path == present.model_path:
        return None
    try:
        read_header(config.model_path).require_usable()
    except NpcError as error:
        return error
    return None


def placed_like(config: EngineConfig, before: EngineConfig) -> EngineConfig:
    """Return a configuration with the folders of another one: where states are parked never changes."""
    return replace(config, parked_folder=before.parked_folder, disk_folder=before.disk_folder)


def thread_count(config: EngineConfig) -> int:
    """Return the CPU threads that a configuration means."""
    return config.threads or max(1, (os.cpu_count() or 2) // 2)
