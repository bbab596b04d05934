"""What a turn tells the game, in order; exactly one ``TurnEnd`` is the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from npc_sdk.engine.request import EngineDown, EngineUp
from npc_sdk.errors import NpcError, PromptError
from npc_sdk.runtime.budget import BudgetNews
from npc_sdk.runtime.cost import Cost, Source

EngineNews: TypeAlias = EngineDown | EngineUp
RuntimeNews: TypeAlias = EngineNews | BudgetNews


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechDelta:
    """More of what the character says.

    Args:
        text: New characters; never part of one.
        source: ``fallback`` when the text replaces what was shown of an unfinished sentence.
    """

    text: str
    source: Source = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A whole sentence, as it should be spoken; the same text came as deltas before.

    Args:
        text: The sentence without blanks around it.
        source: Whether the model or the persona's fallback lines made it.
        ends_at: Characters of the turn's text up to and with this sentence: what to report to
            ``turn.heard`` when it was played to its end.
    """

    text: str
    source: Source = "model"
    ends_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """The character acts: a whole, valid call.

    Args:
        id: Names the call within the runtime.
        name: The action.
        arguments: Values as the game gave them (vocabulary values, not their spelling in the prompt).
        tick: Tick of the live world that the character decided on.
    """

    id: str
    name: str
    arguments: Mapping[str, Any]
    tick: int
    _answer: Callable[[str, str, bool], None] | None = field(default=None, repr=False, compare=False)

    def reply(self, result: str, *, continue_: bool = True) -> None:
        """Tell the character what came of the action; safe to call from any thread, at any time.

        The result goes into the character's history. While the turn runs, ``continue_`` lets the
        character go on in the same turn; after its end the result is known from the next turn on.

        Args:
            result: One short text, such as ``"goblin_1 is hit, 3 HP left"``.
            continue_: Whether the character may speak or act again because of it.

        Raises:
            PromptError: The result is no text (``text_invalid``).
        """
        if not isinstance(result, str):
            raise PromptError(f"The result is no text but {type(result).__name__}.", "Pass a str.", code="text_invalid")
        if self._answer is not None:
            self._answer(self.id, result, continue_)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDropped:
    """An action was not delivered because what it names has left the live world.

    Args:
        name: The action.
        arguments: Its arguments.
        missing: Values that are gone.
        tick: Tick that the character decided on.
        live_tick: Tick of the live world when the call was complete.
    """

    name: str
    arguments: Mapping[str, Any]
    missing: tuple[str, ...]
    tick: int
    live_tick: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """The turn is over; always the last event, and always there.

    Args:
        text: What the character said in this turn. It is what stands: deltas that came after the
            last whole sentence of a turn that was cut are not part of it.
        source: ``model`` (complete), ``cut`` (the model's words, ended early) or ``fallback``.
        why: ``stop`` and ``limit`` (the persona's limits) for ``model``; ``deadline``, ``cancelled``,
            ``interrupted`` (by the next ``say``), ``despawned``, ``closed`` or an error code otherwise.
        cost: What it took.
        calls: Actions delivered.
        dropped: Actions dropped because the world had moved on.
        bad_calls: Actions that could not be read; nothing was delivered for them.
        error: The error behind ``why``, when there was one.
    """

    text: str
    source: Source
    why: str
    cost: Cost
    calls: int = 0
    dropped: int = 0
    bad_calls: int = 0
    error: NpcError | None = None


TurnEvent: TypeAlias = SpeechDelta | Sentence | ActionCall | ActionDropped | TurnEnd
