"""The bytes of llama.cpp's compute buffers, for a model, a context and a number of layers on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from npc_sdk.models.compute.allocator import buffer_bytes
from npc_sdk.models.compute.dimensions import ContextShape, ModelShape
from npc_sdk.models.compute.graph import DEVICE, HOST
from npc_sdk.models.compute.network import Network
from npc_sdk.models.compute.placement import keep_on_host, place

_TRANSFORMERS: Final = frozenset({"llama", "qwen2", "qwen3"})
_HYBRIDS: Final = frozenset({"nemotron_h"})
_SAFETY_PERCENT: Final = 50  # added to the buffers of architectures whose computation is not known exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeBytes:
    """Bytes of the compute buffers on both sides."""

    device: int
    host: int


def is_known(model: ModelShape) -> bool:
    """Return whether a model's computation is known exactly; otherwise figures are estimates on the high side."""
    return model.architecture in _TRANSFORMERS | _HYBRIDS and not model.experts


def compute_bytes(model: ModelShape, context: ContextShape, device_layers: int) -> ComputeBytes:
    """Return the bytes of llama.cpp's compute buffers.

    Args:
        model: The model's dimensions.
        context: The context's sizes.
        device_layers: Layers on the device, counted from the output backwards; with 0 the device is not used.
    """
    first = model.layers + 1 - device_layers
    network = Network(model, context, lambda layer: DEVICE if layer >= first else HOST)
    is_hybrid = model.architecture in _HYBRIDS or "mamba" in model.kinds
    graph = network.hybrid() if is_hybrid else network.transformer()
    sizes = buffer_bytes(place(graph) if device_layers else keep_on_host(graph))
    percent = 100 if is_known(model) else 100 + _SAFETY_PERCENT
    return ComputeBytes(device=sizes[DEVICE] * percent // 100, host=sizes[HOST] * percent // 100)
