"""How a runtime is doing, at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from npc_sdk.engine.engine import EngineInfo, EngineStats
from npc_sdk.errors import NpcError
from npc_sdk.runtime.budget import BudgetStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class NpcStatus:
    """One character.

    Args:
        name: Its name within the runtime.
        persona: Its persona's name.
        is_talking: Whether a turn runs.
        prompt_tokens: Tokens that its next prompt begins with: persona and history.
    """

    name: str
    persona: str
    is_talking: bool
    prompt_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeStatus:
    """A runtime.

    Args:
        is_running: Whether it was started and not closed.
        engine: What the engine turned out to be, once it works.
        stats: The engine's counters.
        down: Why the engine will not come back, or None.
        npcs: Its characters.
        warnings: What could not be used of the model's chat template.
        budget: How the budget stands.
    """

    is_running: bool
    engine: EngineInfo | None
    stats: EngineStats | None
    down: NpcError | None
    npcs: tuple[NpcStatus, ...]
    warnings: tuple[str, ...]
    budget: BudgetStatus = field(default_factory=BudgetStatus)
