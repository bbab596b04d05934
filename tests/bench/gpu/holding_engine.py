"""An engine that runs on the CPU and seems to take memory of a simulated card, as its plan says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_driver import FakeCard

from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.request import Event, Reconfigured, Suspended
from npc_sdk.models import read_header
from npc_sdk.models.footprint import FootprintReader, Sizes

CONTEXT = 300 << 20
"""What the backend takes for itself on this card."""

PROCESS = 1 << 30
"""No process has this number."""


class HoldingEngine:
    """Hands everything to the engine beneath and moves the card's memory with it."""

    error = 1.0
    """How much more than planned is taken, as a factor; tests change it."""

    def __init__(self, engine: Any, config: EngineConfig, card: FakeCard) -> None:
        self._engine = engine
        self._config = config
        self._card = card
        self._held = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        def hear(event: Event) -> None:
            if isinstance(event, Reconfigured):
                self._hold(event.config)
            elif isinstance(event, Suspended):
                self._hold(None)
            on_event(event)

        self._engine.start(hear, timeout_s=timeout_s)
        self._hold(self._config)

    def reconfigure(self, config: EngineConfig) -> None:
        self._config = config
        self._engine.reconfigure(config)

    def close(self) -> None:
        self._engine.close()
        self._hold(None)

    def _hold(self, config: EngineConfig | None) -> None:
        held = 0
        if config is not None and config.gpu_layers:
            sizes = Sizes(
                gpu_layers=config.gpu_layers,
                slots=config.slots,
                cells=config.cells,
                quantum=config.quantum,
                kv_type=config.kv_type,
            )
            device = FootprintReader(read_header(config.model_path)).read(sizes)[0]
            held = round((device.total + CONTEXT) * self.error)
        self._card.free += self._held - held
        self._held = held
