"""What goes into an engine and what comes out of it: token ids, limits and figures, nothing about characters.

Every value here is plain data, so that it crosses a pipe unchanged (see :mod:`npc_sdk.engine.codec`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, TypeAlias

from npc_sdk.engine.config import EngineConfig
from npc_sdk.errors import NpcError


class Priority(IntEnum):
    """Who goes first; a smaller number is more urgent."""

    PLAYER = 0
    COMPANION = 1
    AMBIENT = 2


class PrefixKind(IntEnum):
    """How long a cached prefix is likely to be of use; the largest number is evicted first."""

    WORLD = 0
    PERSONA = 1
    CONVERSATION = 2


@dataclass(frozen=True, slots=True)
class Boundary:
    """A position in a prompt whose state is worth keeping.

    Args:
        length: Number of prompt tokens before the boundary, at least 1.
        kind: What ends there.
    """

    length: int
    kind: PrefixKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is drawn; temperature 0 is greedy and ignores the rest but ``repeat_penalty``.

    Args:
        temperature: Flattens (above 1) or sharpens (below 1) the distribution; 0 takes the best token.
        top_k: Keep the k best tokens; 0 keeps all.
        top_p: Keep the smallest set of tokens with this probability mass; 1 keeps all.
        min_p: Drop tokens below this share of the best one's probability; 0 keeps all.
        repeat_penalty: Divides the logits of tokens among the last 64 generated; 1 is off.
        seed: Start of the random numbers of this request, 32 bits.
    """

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A grammar that holds from a trigger to the grammar's end; what comes before is free.

    Args:
        trigger: Text that arms the grammar once it was generated. Empty: armed from the first token.
        grammar: llguidance Lark source of what follows the trigger.
        fast_forward: Whether tokens that the grammar leaves no choice about join the next batch
            together instead of being decoded one by one. Off only for tests and measurements.
    """

    trigger: str
    grammar: str
    fast_forward: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """A limit on hidden reasoning; the prompt already opened it.

    Args:
        budget: Tokens of thought after which the end is forced; None sets no limit.
        end: Text that closes the thought.
        forced: Tokens to feed when the budget is used up; they spell ``end`` with what surrounds it.
    """

    budget: int | None
    end: str = "</think>"
    forced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One piece of work: read a prompt, and then speak, score labels, or only keep the state.

    Args:
        id: Names the request; never used twice in one engine.
        sequence: Names whose state this is. Two live requests of one sequence run one after the other.
        kind: ``generate`` tokens, ``score`` the next token among ``labels``, or ``read`` only.
        tokens: The whole prompt; what is cached of it is found by the engine.
        boundaries: Positions worth keeping, ascending, each at most ``len(tokens)``.
        priority: Class of urgency.
        deadline_ms: Milliseconds from submission after which the work is of no use, or None.
        max_tokens: Most tokens to generate, thought included.
        sampling: How tokens are drawn.
        stop: Texts that end the generation; they are not part of the output.
        constraint: Grammar for tool calls, or None.
        thinking: Limit on an opened thought, or None when none was opened.
        forbidden: Tokens that are never generated while no grammar holds.
        labels: Tokens to be scored, for ``score``.
        generated: Tokens that an earlier run of this request gave out already; they are read again
            with the prompt and not given out twice. Used after a crash of the engine.
        ignore_end: Whether end-of-generation tokens are generated like any other; for measurements.
    """

    id: int
    sequence: str
    kind: Literal["generate", "score", "read"] = "generate"
    tokens: tuple[int, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    priority: Priority = Priority.PLAYER
    deadline_ms: float | None = None
    max_tokens: int = 160
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    constraint: Constraint | None = None
    thinking: Thinking | None = None
    forbidden: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    generated: tuple[int, ...] = ()
    ignore_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCost:
    """What one request took; times in milliseconds, counts in tokens.

    Args:
        queue_ms: From submission to a slot.
        read_ms: From the slot to the prompt's last token being read.
        first_token_ms: From submission to the first token (0 when there was none).
        decode_ms: From the first token to the last.
        total_ms: From submission to the end.
        tokens_cached: Prompt tokens that were not read again.
        tokens_read: Prompt tokens that were read.
        tokens_sampled: Tokens that were drawn.
        tokens_forced: Tokens that the grammar or the thinking budget left no choice about.
        state_from: Where the cached part came from: the sequence's own ``slot``, a ``fork`` of a
            live one, ``memory``, ``disk``, or ``none``.
    """

    queue_ms: float = 0.0
    read_ms: float = 0.0
    first_token_ms: float = 0.0
    decode_ms: float = 0.0
    total_ms: float = 0.0
    tokens_cached: int = 0
    tokens_read: int = 0
    tokens_sampled: int = 0
    tokens_forced: int = 0
    state_from: str = "none"


@dataclass(frozen=True, slots=True)
class TokensOut:
    """Tokens were generated.

    Args:
        id: The request.
        tokens: All tokens since the last event, the ones held back for a stop text included.
        data: Bytes that may be shown now; they may end inside a UTF-8 character.
    """

    id: int
    tokens: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Scored:
    """Labels were scored.

    Args:
        id: The request.
        log_probabilities: One natural logarithm for each label, normalised over the labels.
    """

    id: int
    log_probabilities: tuple[float, ...]


EndReason: TypeAlias = Literal["stop", "length", "cancelled", "deadline", "read", "scored"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A request came to its end; nothing follows for this id."""

    id: int
    reason: EndReason
    cost: EngineCost


@dataclass(frozen=True, slots=True)
class Failed:
    """A request failed; nothing follows for this id."""

    id: int
    error: NpcError
    cost: EngineCost


@dataclass(frozen=True, slots=True)
class EngineDown:
    """The engine stopped working.

    Args:
        error: Why.
        is_final: True when it will not come back; every live request has then failed.
    """

    error: NpcError
    is_final: bool


@dataclass(frozen=True, slots=True)
class EngineUp:
    """The engine works (again).

    Args:
        restarts: How often it was started again so far.
    """

    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconfigured:
    """The engine was changed, or could not be.

    Times in milliseconds. After a change that failed the engine is what it was before: of the old sizes, or
    suspended.

    Args:
        config: What holds now; while suspended, what held last.
        wanted: What was asked for, when it failed; a wish that another one replaced before it began is never told of.
        error: Why the change failed, or None.
        is_suspended: Whether the engine is still suspended, after a change that failed.
        parked_bytes: Bytes of all parked states after what was live had been parked.
        park_ms: Time to park it.
        load_ms: Time to load the model; 0 when it stayed loaded.
        change_ms: Time from the beginning of the change until requests went on, parking and loading included.
        context_bytes_before: Bytes of the old context.
        context_bytes_after: Bytes of the new one.
        device_bytes_before: Bytes on GPUs before, weights included.
        device_bytes_after: The same now.
    """

    config: EngineConfig
    wanted: EngineConfig | None = None
    error: NpcError | None = None
    is_suspended: bool = False
    parked_bytes: int = 0
    park_ms: float = 0.0
    load_ms: float = 0.0
    change_ms: float = 0.0
    context_bytes_before: int = 0
    context_bytes_after: int = 0
    device_bytes_before: int = 0
    device_bytes_after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """The engine gave all its memory back.

    Args:
        parked_bytes: Bytes of all parked states.
        park_ms: Time to park what was live.
        change_ms: Time until the memory was free, parking included.
        context_bytes_before: Bytes of the context that was freed.
        device_bytes_before: Bytes on GPUs that were freed, weights included.
    """

    parked_bytes: int = 0
    park_ms: float = 0.0
    change_ms: float = 0.0
    context_bytes_before: int = 0
    device_bytes_before: int = 0


Event: TypeAlias = TokensOut | Scored | Ended | Failed | EngineDown | EngineUp | Reconfigured | Suspended
