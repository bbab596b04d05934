"""What a request comes to, and news that no request asked for."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, Union

from pydantic import Discriminator, Field, Tag

from npc_sdk.wire.messages.base import Count, Document, Many, Message, Name, RequestId, Value
from npc_sdk.wire.messages.events import Source, kind_of
from npc_sdk.wire.messages.failure import Failure

Probability = Annotated[float, Field(ge=0, le=1.000001)]


class Done(Value):
    """It is done; there is nothing to tell."""

    kind: Literal["done"] = "done"


class TurnResult(Value):
    """A turn is over; ends ``npc.say``.

    Args:
        text: What the character said; it is what stands.
        source: ``model`` (complete), ``cut`` (ended early) or ``fallback``.
        why: What ended it; words may be added.
        cost: Figures; names may be added.
        calls: Actions delivered.
        dropped: Actions dropped.
        bad_calls: Actions that could not be read.
        error: The error behind ``why``, when there was one.
    """

    kind: Literal["turn"] = "turn"
    text: str
    source: Source
    why: Annotated[str, Field(max_length=64)]
    cost: Document = {}
    calls: Count = 0
    dropped: Count = 0
    bad_calls: Count = 0
    error: Failure | None = None


class DecisionResult(Value):
    """A choice; ends ``npc.decide``.

    Args:
        choice: The option, as the game wrote it.
        index: Its place among the options.
        probabilities: How likely the model holds each option, in their order.
        source: ``model``, or ``fallback`` when the default was taken.
        why: ``scored``, or what kept the model from answering; words may be added.
        cost: Figures; names may be added.
        error: The error behind ``why``, when there was one.
    """

    kind: Literal["decision"] = "decision"
    choice: str
    index: Annotated[int, Field(ge=0, le=25)]
    probabilities: Many[Probability]
    source: Source
    why: Annotated[str, Field(max_length=64)]
    cost: Document = {}
    error: Failure | None = None


class NpcResultBody(Value):
    """A character is there; ends ``npc.spawn``.

    Args:
        npc: Its name in the session.
        persona: The persona's name.
        greeting: What it says first; empty for a character that waits.
        fallback: What it says when no answer comes; the client says it when the host is gone.
        actions: Names of its actions.
        is_new: False for a character that this owner had kept.
    """

    kind: Literal["npc"] = "npc"
    npc: Name
    persona: str
    greeting: str = ""
    fallback: Many[str] = ()
    actions: Many[str] = ()
    is_new: bool = True


class GreetingResult(Value):
    """The greeting; ends ``npc.greet``.

    Args:
        text: The persona's greeting, empty when it has none.
    """

    kind: Literal["greeting"] = "greeting"
    text: str


class Line(Value):
    """One line of a conversation.

    Args:
        speaker: ``player``, ``npc``, or ``result``; words may be added.
        text: What was said.
        actions: Names of the actions that went with it.
    """

    speaker: Annotated[str, Field(max_length=64)]
    text: str
    actions: Many[str] = ()


class HistoryResult(Value):
    """What a character remembers; ends ``npc.history``.

    Args:
        lines: Oldest first.
        is_whole: False when older lines were left out.
    """

    kind: Literal["history"] = "history"
    lines: Many[Line]
    is_whole: bool = True


class OtherResult(Value):
    """A result of a kind that this side does not know.

    Args:
        kind: Its name.
    """

    kind: Annotated[str, Field(max_length=64)]


_KINDS = frozenset({"done", "turn", "decision", "npc", "greeting", "history"})

Result: TypeAlias = Annotated[
    Union[  # noqa: UP007
        Annotated[Done, Tag("done")],
        Annotated[TurnResult, Tag("turn")],
        Annotated[DecisionResult, Tag("decision")],
        Annotated[NpcResultBody, Tag("npc")],
        Annotated[GreetingResult, Tag("greeting")],
        Annotated[HistoryResult, Tag("history")],
        Annotated[OtherResult, Tag("other")],
    ],
    Discriminator(lambda value: kind_of(value, _KINDS)),
]


class End(Message):
    """A request is over; the last item of its stream.

    Args:
        id: The request.
        seq: Its place in the stream.
        result: What it came to.
    """

    type: Literal["end"] = "end"
    id: RequestId
    seq: Count
    result: Result


class News(Value):
    """News of the host.

    Args:
        kind: ``engine_down``, ``engine_up``, ``budget_step``, ``budget_finding``, ``starving``, ``record_failed``,
            ``trace_failed``, ``closing``, or one of the store that begins with ``store_``; kinds may be added.
        data: What there is to say about it; names may be added.
    """

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    data: Document = {}


class Notice(Message):
    """News that no request asked for; not sent again after a lost connection.

    Args:
        seq: Counts the notices of the session from 0; a gap is a loss.
        notice: The news.
    """

    type: Literal["notice"] = "notice"
    seq: Count
    notice: News
