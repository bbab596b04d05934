"""From a model, a machine and what a game wants, to the ladder of plans that a runtime walks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from npc_sdk.budget.apart import ApartProbe
from npc_sdk.budget.choose import AUTO, choose_probe
from npc_sdk.budget.guarded import GuardedProbe
from npc_sdk.budget.overhead import backend_overhead
from npc_sdk.budget.plan import DeviceKind, Off, Plan, PlanRequest, Rung
from npc_sdk.budget.planner import ladder, plan
from npc_sdk.budget.probe import MemoryReading, NowMs, Probe
from npc_sdk.engine.build import gpu_backends
from npc_sdk.engine.config import EngineConfig
from npc_sdk.errors import RequestError
from npc_sdk.runtime.settings import RuntimeSettings

MIB = 1 << 20
_GPU_KINDS = ("card", "instance", "unified", "configured", "simulated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a runtime governs.

    Args:
        ladder: Plans, best first.
        device: Whose memory is governed.
        probe: Sees that memory.
        is_unified: Whether the GPU has no memory of its own; then what lies on both sides counts.
        cap_bytes: Most that the model may take whatever is free; None is no limit.
    """

    ladder: tuple[Rung, ...]
    device: DeviceKind
    probe: Probe
    is_unified: bool = False
    cap_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a game brings along.

    Args:
        probe: A probe of its own.
        ladder: Plans of its own.
    """

    probe: Probe | None = None
    ladder: Sequence[Rung] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing was said that only a plan can fulfil."""
        return self.probe is None and self.ladder is None


def make_budget(model_path: str, settings: RuntimeSettings, wanted: Wanted, *, now_ms: NowMs) -> Budget | None:
    """Look at the machine and plan; None when nothing is to be governed.

    Args:
        model_path: The GGUF file.
        settings: What the runtime is set up with.
        wanted: What the game brought along.
        now_ms: The clock of readings.

    Raises:
        CapacityError: Nothing fits (``no_plan_fits``).
        ModelError: A model's header cannot be read, or the smaller model cannot be found.
        RequestError: What was wanted cannot be used.
    """
    if not settings.is_planned:
        return None
    chosen = wanted.probe or choose_probe(settings.device, now_ms=now_ms)
    probe = GuardedProbe(ApartProbe(chosen), now_ms=now_ms)
    try:
        budget = _planned(model_path, settings, wanted, probe)
    except Exception:
        probe.close()
        raise
    if budget is None:
        probe.close()
    return budget


def _planned(model_path: str, settings: RuntimeSettings, wanted: Wanted, probe: Probe) -> Budget | None:
    cap = settings.vram_bytes
    device = _device(probe, settings, has_cap=cap is not None)
    if wanted.ladder is not None:
        on_gpu = any(isinstance(rung, Plan) and rung.gpu_layers for rung in wanted.ladder)
        return Budget(ladder=tuple(wanted.ladder), device="gpu" if on_gpu else "cpu", probe=probe, cap_bytes=cap)
    is_plain = wanted.is_plain and settings.device == AUTO
    if device == "cpu" and is_plain and cap is None and not settings.reserve_mib:
        # Nobody asked for a plan, and without a GPU there is nothing that a game and the model fight for.
        return None
    request = _request(probe, settings, device, cap)
    smaller = _model_path(settings.smaller_model) if settings.smaller_model else None
    rungs = ladder(model_path, request, smaller=smaller)
    if isinstance(rungs[0], Off):
        plan(model_path, request)  # says what is missing
    return Budget(ladder=rungs, device=device, probe=probe, is_unified=request.is_unified, cap_bytes=cap)


def shown_device(budget: Budget | None) -> str | None:
    """Return the UUID of the only device that an engine may see, so that it takes nothing of the others."""
    seen = budget.probe.device if budget is not None and budget.device == "gpu" else None
    return seen.uuid if seen is not None and seen.kind in ("card", "instance") and seen.uuid else None


def config_of(rung: Plan, base: EngineConfig, settings: RuntimeSettings) -> EngineConfig:
    """Return the engine's configuration for a plan.

    Args:
        rung: The plan.
        base: What does not depend on it, such as folders.
        settings: What the runtime is set up with; threads that were named there hold.
    """
    return replace(
        base,
        model_path=_true_path(rung.model_path),
        slots=rung.slots,
        cells=rung.cells,
        quantum=rung.quantum,
        gpu_layers=rung.gpu_layers,
        kv_type=rung.kv_type,
        threads=settings.threads or rung.threads,
    )


def _true_path(path: str) -> str:
    """Return the path by which an engine names a file in what it tells; engines of your own may name what is none."""
    return os.path.realpath(path) if os.path.exists(path) else path


def has_gpu(settings: RuntimeSettings) -> bool:
    """Return whether a model may compute on a GPU: llama.cpp was built for one, and the settings allow it."""
    return settings.gpu_layers != 0 and bool(gpu_backends())


def _device(probe: Probe, settings: RuntimeSettings, *, has_cap: bool) -> DeviceKind:
    """Return where the model is to compute."""
    if not has_gpu(settings):
        return "cpu"
    seen = probe.device
    # A limit for a card that no driver shows us still means a card.
    return "gpu" if has_cap or (seen is not None and seen.kind in _GPU_KINDS) else "cpu"


def _request(probe: Probe, settings: RuntimeSettings, device: DeviceKind, cap: int | None) -> PlanRequest:
    seen = probe.read()
    reserve_bytes = settings.reserve_mib * MIB
    room = seen.room_bytes(0) if isinstance(seen, MemoryReading) else cap
    if room is None:
        raise RequestError(
            "Nobody can say how much memory the model may take.",
            "Pass vram, such as vram='4GiB'.",
            code="unknown_budget",
        )
    chosen = settings.for_machine()
    return PlanRequest(
        budget_bytes=room if cap is None else min(room, cap + reserve_bytes),
        reserve_bytes=reserve_bytes,
        npcs=chosen.slots,
        context_tokens=max(1, chosen.cells // chosen.slots),
        quantum=chosen.quantum,
        device=device,
        is_unified=device == "gpu" and probe.device is not None and probe.device.kind == "unified",
        overhead_bytes=_overhead(probe) if device == "gpu" else 0,
    )


def _overhead(probe: Probe) -> int:
    seen = probe.device
    name = (seen.uuid or seen.name) if seen is not None else ""
    backend = "cuda" if "cuda" in gpu_backends() else "other"
    return backend_overhead(name, backend=backend).n_bytes


def _model_path(name: str) -> str:
    from npc_sdk.models import resolve_model

    return str(resolve_model(name).path)
