"""What the figures run on: a card, a model, engines, and the time that is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from npc_sdk.bench.gpu.card import Card, NvmlCard
from npc_sdk.bench.harness import Setup, default_folder
from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.budget.nvml_choice import MOST_FREE
from npc_sdk.budget.overhead import backend_overhead, remember_overhead
from npc_sdk.budget.unified import is_unified_name
from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.engine import Engine
from npc_sdk.errors import BackendError
from npc_sdk.models import read_header, resolve_model
from npc_sdk.models.footprint import FootprintReader, Sizes

SHAPED: Final = "4b-shaped"
GAUGE: Final = "mid"
MARGIN_BYTES: Final = 256 << 20

_FEATURES: Final = "npc_sdk.engine.llama.features"
_FEATURES_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Why nothing, or one figure, is measured here.

    Args:
        code: A stable name.
        reason: The same in words, one sentence.
        next_step: What could be done about it; may be empty.
    """

    code: str
    reason: str
    next_step: str = ""


class SkippedError(BackendError):
    """A figure cannot be measured on this machine, which is no failure."""

    default_code = "skipped"


def process_engine(config: EngineConfig) -> Engine:
    """Return an engine in a process of its own."""
    from npc_sdk.engine.process import ProcessEngine

    return ProcessEngine(config)


@dataclass(slots=True, kw_only=True)
class Rig:
    """Everything that a figure needs.

    Not thread safe.

    Args:
        card: The card.
        model: The model to measure.
        gauge: A small model with which the backend's own memory is measured.
        quick: Fewer cases and shorter ones.
        report: Called with a line of progress.
        backend: ``cuda`` or ``other``.
        features: What llama.cpp said about itself.
        make_engine: Makes engines; a process for each by default.
        render_command: Starts the process that draws; for tests.
        is_any_renderer: Whether a renderer will do that is not this card; for tests.
        remember: Keeps the measured overhead for later plans; does so in the user's folder by default.
        overhead_bytes: What the backend takes for itself.
        ends_s: When the present figure has to end, in seconds of ``perf_counter``.
        notes: What has to be said about the present figure.
    """

    card: Card
    model: Path
    gauge: Path
    quick: bool = False
    report: Callable[[str], None] = lambda _: None
    backend: str = "cuda"
    features: dict[str, Any] = field(default_factory=dict)
    make_engine: Callable[[EngineConfig], Engine] = process_engine
    render_command: list[str] | None = None
    is_any_renderer: bool = False
    remember: Callable[..., object] = remember_overhead
    overhead_bytes: int = 0
    ends_s: float = float("inf")
    notes: list[str] = field(default_factory=list)
    _readers: dict[Path, FootprintReader] = field(default_factory=dict)

    def reader(self, path: Path | None = None) -> FootprintReader:
        """Return what tells the footprint of a model, the measured one by default."""
        chosen = path or self.model
        if chosen not in self._readers:
            self._readers[chosen] = FootprintReader(read_header(chosen))
        return self._readers[chosen]

    def config(self, sizes: Sizes, path: Path | None = None) -> EngineConfig:
        """Return how an engine is set up; it sees this card alone."""
        return EngineConfig(
            model_path=str(path or self.model),
            slots=sizes.slots,
            cells=sizes.cells,
            quantum=sizes.quantum,
            gpu_layers=sizes.gpu_layers,
            kv_type=sizes.kv_type,
            flash_attention=sizes.flash_attention,
            threads=max(1, min(4, (os.cpu_count() or 2) // 2)),
            device=self.card.uuid or None,
        )

    def planned_bytes(self, sizes: Sizes, path: Path | None = None) -> int:
        """Return what a plan of these sizes takes on the card."""
        device = self.reader(path).read(sizes)[0]
        return device.total + (self.overhead_bytes if sizes.gpu_layers else 0)

    def layers_that_fit(self, sizes: Sizes) -> int:
        """Return the most layers that fit what is free now; 0 when none does.

        Args:
            sizes: What is wanted beside the layers.
        """
        room = self.card.free_bytes() - MARGIN_BYTES
        for layers in range(self.reader().layers, 0, -1):
            if self.planned_bytes(replace(sizes, gpu_layers=layers)) <= room:
                return layers
        return 0

    def fitted(self, sizes: Sizes) -> Sizes:
        """Return sizes with as many layers as fit, and note when these are not all.

        Raises:
            SkippedError: Not one layer fits (``too_little_memory``).
        """
        layers = self.layers_that_fit(sizes)
        if not layers:
            free_mib = self.card.free_bytes() >> 20
            raise SkippedError(
                f"Not one layer fits: {free_mib:,} MiB are free.", "Close other programs.", code="too_little_memory"
            )
        if layers < self.reader().layers:
            self.note(f"only {layers} of {self.reader().layers} layers fit the card with {sizes.slots} slots")
        return replace(sizes, gpu_layers=layers)

    def has_time(self, needed_s: float, left_out: str) -> bool:
        """Tell whether there is time for one more case, and note what is left out when there is not.

        Args:
            needed_s: About how long it takes.
            left_out: What cannot be measured otherwise.
        """
        if perf_counter() + needed_s <= self.ends_s:
            return True
        self.note(f"left out for lack of time: {left_out}")
        return False

    def note(self, text: str) -> None:
        """Add a remark to the present figure."""
        if text not in self.notes:
            self.notes.append(text)
            self.report(text)


def find_rig(
    *,
    model: str | None = None,
    quick: bool = False,
    folder: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Rig | Skip:
    """Return what this machine offers to measure on, or why it offers nothing.

    Args:
        model: A model of the catalog or a file; None takes random weights in the shape of a 4B, built once.
        quick: Fewer cases and shorter ones.
        folder: Where built models are kept.
        report: Called with a line of progress.

    Raises:
        ModelError: The model cannot be found or used.
        RequestError: Models have to be built, and the library for that is missing (``missing_extra``).
        CapacityError: The disk is too small for them.
    """
    probe = NvmlProbe(MOST_FREE)
    try:
        card = NvmlCard(probe)
    except BackendError as error:
        probe.close()
        return Skip(code=error.code, reason=error.cause)
    if is_unified_name(card.name):
        card.close()
        return Skip(code="unified_memory", reason=f"{card.name} shares the system's memory, which NVML does not see.")
    features = seen_features(card.uuid)
    if isinstance(features, Skip):
        card.close()
        return features
    setup = Setup(folder=folder or default_folder(), quick=quick, threads=1, report=report)
    setup.check([GAUGE] if model else [SHAPED, GAUGE])
    backend = "cuda" if "CUDA" in features.get("backends", []) else "other"
    return Rig(
        card=card,
        model=Path(setup.model(SHAPED)) if model is None else resolve_model(model).path,
        gauge=Path(setup.model(GAUGE)),
        quick=quick,
        report=report,
        backend=backend,
        features=features,
        overhead_bytes=backend_overhead(card.uuid, backend=backend).n_bytes,
    )


def seen_features(uuid: str) -> dict[str, Any] | Skip:
    """Return what llama.cpp says about itself when it sees one card alone, or why it is of no use.

    Args:
        uuid: The card.
    """
    remedy = "'npc doctor' gives the line that installs it for the GPU."
    try:
        done = subprocess.run(
            [sys.executable, "-m", _FEATURES],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_FEATURES_LIMIT_S,
            check=False,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": uuid},
        )
        features: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return Skip(code="backend_broken", reason="llama-cpp-python cannot be loaded.", next_step=remedy)
    if not features.get("sees_gpu"):
        built = ", ".join(features.get("backends", [])) or "nothing"
        reason = f"llama-cpp-python was built for {built} and does not see the card."
        return Skip(code="backend_without_gpu", reason=reason, next_step=remedy)
    return features
