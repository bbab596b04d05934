"""Everything a turn or a decision was decided on when it began; nothing in it changes later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from npc_sdk.actions import ActionSpec, StreamParser
from npc_sdk.engine.request import Request
from npc_sdk.errors import NpcError
from npc_sdk.persona import Limits
from npc_sdk.prompt.heard import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPlan:
    """What a turn needs to run, made when it begins.

    Args:
        request: The first request to the engine; its id is given later. None when none can be made.
        error: Why there is no request.
        started_ms: When the game asked.
        deadline_ms: How long the turn may take.
        tick: Tick of the live world.
        actions: Actions by name.
        limits: How much the character may say.
        fallback_line: What it says when the model does not answer.
        waits_for: Actions whose result the turn waits for.
        action_timeout_ms: How long it waits.
        max_rounds: How often the character may go on after results.
        is_thinking: Whether the prompt opens a thought.
        parser: Makes the parser of one reply.
        go_on: From the generated tokens, the actions and their results to the prompt with which the
            character goes on; may raise :class:`~npc_sdk.errors.PromptError`.
    """

    request: Request | None
    error: NpcError | None = None
    started_ms: float
    deadline_ms: float
    tick: int
    actions: Mapping[str, ActionSpec]
    limits: Limits
    fallback_line: str
    waits_for: frozenset[str]
    action_timeout_ms: float
    max_rounds: int
    is_thinking: bool
    parser: Callable[[], StreamParser]
    go_on: Callable[[Sequence[int], Sequence[Call], Sequence[str]], tuple[int, ...]]

    @property
    def due_ms(self) -> float:
        """When the deadline passes."""
        return self.started_ms + self.deadline_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPlan:
    """What a decision needs to run.

    Args:
        request: The request to the engine; None when none can be made.
        error: Why there is no request.
        options: What can be chosen.
        default: Position of what is chosen when the model does not answer.
        started_ms: When the game asked.
        deadline_ms: How long the decision may take.
    """

    request: Request | None
    error: NpcError | None = None
    options: tuple[str, ...]
    default: int
    started_ms: float
    deadline_ms: float

    @property
    def due_ms(self) -> float:
        """When the deadline passes."""
        return self.started_ms + self.deadline_ms
