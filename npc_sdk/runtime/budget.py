"""What the runtime tells a game about the budget: steps, findings, starvation, and how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from npc_sdk.budget.governor import Cause
from npc_sdk.budget.plan import Plan, Rung
from npc_sdk.budget.probe import MemoryReading
from npc_sdk.errors import NpcError


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStep:
    """The model was given less or more of the machine; requests in flight went on afterwards.

    Args:
        from_index: The rung before, 0 being the best.
        to_index: The rung that holds now; the same as before when the step failed.
        rung: What is planned now: a :class:`~npc_sdk.budget.plan.Plan`, or
            :class:`~npc_sdk.budget.plan.Off`.
        cause: ``memory``, ``reserve``, ``frame``, ``speed``, ``calm`` or ``failed``; see
            :class:`npc_sdk.budget.governor.Step`.
        words: The same in words, with figures.
        took_ms: From the decision until the engine went on, on the runtime's clock.
        park_ms: Of that, putting live characters into host memory.
        load_ms: Of that, loading the model.
        freed_context_bytes: What the context gave back, wherever it lies; negative when it took more.
        freed_device_bytes: What the GPU got back, weights included; negative when more was taken.
        error: Why the engine could not make the step, or None.
    """

    from_index: int
    to_index: int
    rung: Rung
    cause: Cause
    words: str
    took_ms: float = 0.0
    park_ms: float = 0.0
    load_ms: float = 0.0
    freed_context_bytes: int = 0
    freed_device_bytes: int = 0
    error: NpcError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetFinding:
    """Something about the budget that somebody should know; nothing stops because of it.

    Args:
        code: Stable name.
        cause: What was found, one sentence.
        next_step: What can be done about it; may be empty.
    """

    code: str
    cause: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starving:
    """Characters got less than the floor while somebody waited, or get enough again.

    Args:
        is_starving: Whether they starve now.
        tokens_per_s: What all of them together get.
        floor_tokens_per_s: What the game wants them to get at least.
    """

    is_starving: bool
    tokens_per_s: float
    floor_tokens_per_s: float


BudgetNews: TypeAlias = BudgetStep | BudgetFinding | Starving


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """How the budget stands.

    Args:
        is_governed: Whether plans change with what is free; otherwise the rest of this says nothing.
        index: The rung that holds, 0 being the best.
        rungs: How many there are.
        plan: What is planned now; None when the model is off, or nothing is planned.
        is_changing: Whether the engine is making a step.
        reserve_bytes: What the game wants free.
        room_bytes: What the model may take now; None when nobody knows.
        reading: What the probe saw last.
        last_step: The last step that was made.
        is_starving: Whether characters get less than the floor.
        tokens_per_s: What all of them together get.
        late_frames: Frames that were late because of the model, of those that the game told of.
        frames: Frames that the game told of.
    """

    is_governed: bool = False
    index: int = 0
    rungs: int = 0
    plan: Plan | None = None
    is_changing: bool = False
    reserve_bytes: int = 0
    room_bytes: int | None = None
    reading: MemoryReading | None = None
    last_step: BudgetStep | None = None
    is_starving: bool = False
    tokens_per_s: float = 0.0
    late_frames: int = 0
    frames: int = 0
