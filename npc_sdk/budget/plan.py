"""What the planner is asked, and what it answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

from npc_sdk.errors import RequestError
from npc_sdk.models.footprint import KV_TYPES, Sizes

DeviceKind = Literal["gpu", "cpu"]

MOST_SLOTS: Final = 256
"""Most sequences that llama.cpp keeps at once."""

LEAST_CELLS: Final = 1024
"""Fewest tokens with which a character can still be held in a conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Bytes that a plan takes on one side, by part.

    Args:
        weights_bytes: The weights.
        attention_bytes: The attention cache.
        recurrent_bytes: Recurrent states of all slots.
        compute_bytes: The compute buffer.
        overhead_bytes: What the backend takes for itself: its context on a device, rows of logits on the host.
    """

    weights_bytes: int = 0
    attention_bytes: int = 0
    recurrent_bytes: int = 0
    compute_bytes: int = 0
    overhead_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """All parts together."""
        caches = self.attention_bytes + self.recurrent_bytes
        return self.weights_bytes + caches + self.compute_bytes + self.overhead_bytes

    def to_dict(self) -> dict[str, int]:
        """Return the parts and their sum as plain data."""
        return {**asdict(self), "total_bytes": self.total_bytes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How an engine is set up, and what that takes.

    Args:
        model_path: The GGUF file.
        model_name: What the model calls itself.
        layers: Layers of the model, the output counted as one.
        gpu_layers: Layers on the GPU; 0 leaves the GPU alone altogether.
        slots: Characters that are live at once.
        cells: Tokens that all of them together can hold.
        kv_type: Type of the attention cache.
        quantum: Most prompt tokens in one call.
        threads: CPU threads for llama.cpp.
        footprint: What it takes on the GPU; nothing when the CPU computes.
        host_footprint: What it takes of the host's memory.
        is_exact: Whether the compute buffers are those of llama.cpp to the byte; otherwise they are estimated.
    """

    model_path: str
    model_name: str
    layers: int
    gpu_layers: int
    slots: int
    cells: int
    kv_type: str
    quantum: int
    threads: int
    footprint: Footprint
    host_footprint: Footprint
    is_exact: bool = True

    @property
    def device(self) -> DeviceKind:
        """Where the model computes."""
        return "gpu" if self.gpu_layers else "cpu"

    @property
    def device_bytes(self) -> int:
        """All that it takes on the GPU."""
        return self.footprint.total_bytes

    @property
    def host_bytes(self) -> int:
        """All that it takes of the host's memory."""
        return self.host_footprint.total_bytes

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            **asdict(self),
            "device": self.device,
            "footprint": self.footprint.to_dict(),
            "host_footprint": self.host_footprint.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """The lowest rung: no model, characters answer with their fallback lines."""

    @property
    def device_bytes(self) -> int:
        """All that it takes on the GPU."""
        return 0

    @property
    def host_bytes(self) -> int:
        """All that it takes of the host's memory."""
        return 0

    def to_dict(self) -> dict[str, Any]:
        """Return the rung as plain data."""
        return {"device": "off"}


Rung: TypeAlias = "Plan | Off"
"""One place on the governor's ladder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What is wanted, and what it may take.

    Args:
        budget_bytes: Memory of the device that can be used in all; the host's for ``device="cpu"``.
        reserve_bytes: The part of it that the game wants free.
        npcs: Characters that should be live at once.
        context_tokens: Tokens that each of them should be able to hold.
        quantum: Most prompt tokens in one call.
        kv_types: Types of the attention cache that are allowed, the best first.
        device: Where the model computes.
        overhead_bytes: What the backend takes for itself on the device.
        host_budget_bytes: Memory of the host that can be used; None does not look.
        cores: Cores of the CPU; 0 asks the system.
        flash_attention: Whether attention is fused; quantized caches need it.
        is_unified: Whether the GPU has no memory of its own, so that both sides count against the budget.

    Raises:
        RequestError: A value cannot be meant (``bad_plan_request``).
    """

    budget_bytes: int
    reserve_bytes: int = 0
    npcs: int = 4
    context_tokens: int = 4096
    quantum: int = 128
    kv_types: tuple[str, ...] = ("f16",)
    device: DeviceKind = "gpu"
    overhead_bytes: int = 0
    host_budget_bytes: int | None = None
    cores: int = 0
    flash_attention: bool = True
    is_unified: bool = False

    def __post_init__(self) -> None:
        bounds = (
            ("budget_bytes", 0, 1 << 60),
            ("reserve_bytes", 0, 1 << 60),
            ("npcs", 1, MOST_SLOTS),
            ("context_tokens", 1, 1 << 24),
            ("quantum", 1, 1 << 16),
            ("overhead_bytes", 0, 1 << 60),
            ("cores", 0, 1 << 12),
        )
        for name, least, most in bounds:
            if not least <= getattr(self, name) <= most:
                raise _refusal(name, getattr(self, name), f"a number from {least} to {most}")
        if not self.kv_types or set(self.kv_types) - set(KV_TYPES):
            raise _refusal("kv_types", self.kv_types, f"one or more of {', '.join(KV_TYPES)}")

    @property
    def limit_bytes(self) -> int:
        """What the model may take; negative when the reserve is larger than the budget."""
        return self.budget_bytes - self.reserve_bytes

    def wish(self, kv_type: str, gpu_layers: int) -> Sizes:
        """Return everything that is wanted.

        Args:
            kv_type: Type of the attention cache.
            gpu_layers: Layers on the GPU.
        """
        return Sizes(
            gpu_layers=gpu_layers,
            slots=self.npcs,
            cells=self.npcs * self.context_tokens,
            quantum=self.quantum,
            kv_type=kv_type,
            flash_attention=self.flash_attention,
        )


def _refusal(name: str, value: object, wanted: str) -> RequestError:
    return RequestError(f"{name} is {value!r}.", f"Give {wanted}.", code="bad_plan_request", field=name)
