"""What a game asks one character in a tick, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from npc_sdk.errors import NpcError, RequestError
from npc_sdk.runtime.cost import Cost
from npc_sdk.runtime.decision import checked_options
from npc_sdk.runtime.interface import NpcLike
from npc_sdk.tactics.mix import best_index

ChoiceSource: TypeAlias = Literal["model", "fallback", "game"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One character's question of a tick.

    Args:
        npc: Who decides.
        situation: What about.
        options: 1 to 26 different texts; a single one is taken without asking the model.
        utilities: What the game thinks of each option, higher is better; None leaves the model alone.
        default: The option to take when the model does not answer in time; None takes the best by utility, or
            the first when there are no utilities.
        weight: How much the utilities count for this question, from 0 to 1; None takes that of the loop.

    Raises:
        PromptError: The options or the default cannot be used (``bad_options``).
        RequestError: The utilities (``bad_utilities``) or the weight (``bad_weight``) cannot be used.
    """

    npc: NpcLike
    situation: str
    options: Sequence[str]
    utilities: Sequence[float] | None = None
    default: str | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        if not _is_single(self.options, self.default):
            checked_options(self.options, self.default)
        if self.weight is not None:
            checked_weight(self.weight)
        if self.utilities is not None:
            _check_utilities(self.utilities, len(self.options))

    @property
    def default_index(self) -> int:
        """Position of what is taken when the model does not answer."""
        if self.default is not None:
            return list(self.options).index(self.default)
        return 0 if self.utilities is None else best_index(self.utilities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a character does in a tick.

    Args:
        ask: The question.
        option: What was chosen, as the game wrote it.
        index: Its position among the options.
        source: ``model`` when the model's scores took part, ``fallback`` when the default was taken, ``game`` when
            there was nothing to ask: one option, or utilities that alone count.
        why: ``scored``, ``only``, ``utility``, or what kept the model from answering: ``deadline``, ``cancelled``
            or an error code.
        latency_ms: From the question to the answer; of a fallback, how long the model was waited for.
        scores: The log score of each option that decided; empty when none were needed.
        cost: What the model took; None when it was not asked or has not answered.
        error: The error behind ``why``, when there was one.
    """

    ask: Ask
    option: str
    index: int
    source: ChoiceSource
    why: str
    latency_ms: float = 0.0
    scores: tuple[float, ...] = ()
    cost: Cost | None = None
    error: NpcError | None = None

    @property
    def npc(self) -> NpcLike:
        """Who decided."""
        return self.ask.npc


def checked_weight(weight: float) -> float:
    """Return a weight of utilities.

    Raises:
        RequestError: It is no number from 0 to 1 (``bad_weight``).
    """
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0.0 <= weight <= 1.0:
        raise RequestError(
            f"The weight of the utilities is {weight!r:.40}.", "Use a number from 0 to 1.", code="bad_weight"
        )
    return float(weight)


def checked_scale(scale: float) -> float:
    """Return a scale of utilities.

    Raises:
        RequestError: It is no finite number above 0 (``bad_scale``).
    """
    if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0.0 < scale < math.inf:
        raise RequestError(f"The scale of the utilities is {scale!r:.40}.", "Use a number above 0.", code="bad_scale")
    return float(scale)


def _is_single(options: Sequence[str], default: str | None) -> bool:
    if isinstance(options, str) or len(options) != 1 or not isinstance(options[0], str):
        return False
    return bool(options[0].strip()) and default in (None, options[0])


def _check_utilities(utilities: Sequence[float], options: int) -> None:
    if len(utilities) != options or not all(map(math.isfinite, utilities)):
        raise RequestError(
            f"There are {len(utilities)} utilities for {options} options, or one of them is no finite number.",
            "Pass one finite number for each option.",
            code="bad_utilities",
            utilities=len(utilities),
            options=options,
        )
