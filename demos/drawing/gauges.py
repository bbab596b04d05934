"""The figures that the overlay shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

EngineState: TypeAlias = Literal["starting", "up", "changing", "down", "away", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is in the memory that game and model share, in bytes.

    Args:
        budget_bytes: All that the two may use together; None when nothing is known.
        render_bytes: What the game draws with, and what it has asked for beyond that.
        reserve_bytes: Part of ``render_bytes`` that was asked for with ``reserve``.
        weights_bytes: The model's weights.
        context_bytes: The characters' states.
        other_bytes: What else the engine uses.
        process_bytes: The engine's process as the system sees it, outside of any budget; None when there is none.
    """

    budget_bytes: int | None = None
    render_bytes: int = 0
    reserve_bytes: int = 0
    weights_bytes: int = 0
    context_bytes: int = 0
    other_bytes: int = 0
    process_bytes: int | None = None

    @property
    def game_bytes(self) -> int:
        """What the game draws with, without what it has asked for."""
        return max(0, self.render_bytes - self.reserve_bytes)

    @property
    def model_bytes(self) -> int:
        """All that the model uses."""
        return self.weights_bytes + self.context_bytes + self.other_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """How game and model are doing.

    Args:
        at_ms: The moment; None when nobody says.
        frames_ms: Time of each of the last frames, oldest first: work only, without the wait for the next one.
        late_frames: Frames since the start that took longer than ``target_ms``.
        frames: Frames since the start.
        target_ms: What a frame may take.
        fps: Frames in the last second.
        memory: Who uses what.
        decision_ms: Times of the last decisions, oldest first.
        decision_in_time: Whether each of these came in time.
        decision_limit_ms: What a decision may take; None when not known.
        by_deadline: Share of all decisions that came in time, from 0 to 1; None before the first.
        tokens_per_s: Tokens of all characters together.
        thinking: Who is thinking.
        sources: How many answers came from where.
        slots: Conversations that are in the model's memory at once; None when not known.
        engine: How the engine is: ``starting``, before anything is known; ``up``; ``changing``, while it makes a step
            of the governor; ``down``, while it is started again; ``away``, when the governor has switched it off;
            ``lost``, when it or its host does not answer any more.
        engine_pid: Its process; None when not known.
        restarts: How often it was started again.
        is_paced: Whether the model yields to the frame.
        last_step: What the governor did last, in words; empty when nothing.
        invalid: Actions that were against the rules.
        stale: Actions that came too late to count.
        model: Name of the model.
    """

    at_ms: float | None = None
    frames_ms: tuple[float, ...] = ()
    late_frames: int = 0
    frames: int = 0
    target_ms: float = 1000 / 60
    fps: float = 0.0
    memory: Memory = field(default_factory=Memory)
    decision_ms: tuple[float, ...] = ()
    decision_in_time: tuple[bool, ...] = ()
    decision_limit_ms: float | None = None
    by_deadline: float | None = None
    tokens_per_s: float = 0.0
    thinking: tuple[str, ...] = ()
    sources: Mapping[str, int] = field(default_factory=dict)
    slots: int | None = None
    engine: EngineState = "starting"
    engine_pid: int | None = None
    restarts: int = 0
    is_paced: bool = True
    last_step: str = ""
    invalid: int = 0
    stale: int = 0
    model: str = ""
