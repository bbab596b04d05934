"""What happens in a turn, item by item."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, Union

from pydantic import Discriminator, Field, Tag

from npc_sdk.wire.messages.base import Count, Document, Many, Message, RequestId, Tick, Value

Source: TypeAlias = Literal["model", "cut", "fallback"]


class Speech(Value):
    """More of what the character says.

    Args:
        text: New characters; never part of one.
        source: ``fallback`` replaces what was shown of an unfinished sentence.
    """

    kind: Literal["speech"] = "speech"
    text: str
    source: Source = "model"


class SpokenSentence(Value):
    """A whole sentence; the same text came as speech before.

    Args:
        text: The sentence without blanks around it.
        source: Who made it.
        ends_at: Code points of the turn's speech up to and with this sentence.
    """

    kind: Literal["sentence"] = "sentence"
    text: str
    source: Source = "model"
    ends_at: Count = 0


class ActionEvent(Value):
    """The character acts: a whole, valid call.

    Args:
        action_id: Names the call within the session; ``npc.result`` repeats it.
        name: The action.
        arguments: Its arguments, with the game's own values.
        tick: Tick of the world that the character decided on.
    """

    kind: Literal["action"] = "action"
    action_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: str
    arguments: Document
    tick: Tick


class ActionDroppedEvent(Value):
    """An action was not delivered, because what it names has left the world.

    Args:
        name: The action.
        arguments: Its arguments.
        missing: Values that are gone.
        tick: Tick that the character decided on.
        live_tick: Tick when the call was complete.
    """

    kind: Literal["action_dropped"] = "action_dropped"
    name: str
    arguments: Document
    missing: Many[str]
    tick: Tick
    live_tick: Tick


class OtherEvent(Value):
    """An event of a kind that this side does not know; it counts as an item and is passed over.

    Args:
        kind: Its name.
    """

    kind: Annotated[str, Field(max_length=64)]


_KINDS = frozenset({"speech", "sentence", "action", "action_dropped"})


def kind_of(value: Any, known: frozenset[str]) -> str | None:
    """Return which class reads a value: its kind, or ``other`` for a kind that is not known."""
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if not isinstance(kind, str):
        return None
    return kind if kind in known else "other"


EventBody: TypeAlias = Annotated[
    Union[  # noqa: UP007
        Annotated[Speech, Tag("speech")],
        Annotated[SpokenSentence, Tag("sentence")],
        Annotated[ActionEvent, Tag("action")],
        Annotated[ActionDroppedEvent, Tag("action_dropped")],
        Annotated[OtherEvent, Tag("other")],
    ],
    Discriminator(lambda value: kind_of(value, _KINDS)),
]


class Event(Message):
    """Something has happened in a request that runs on.

    Args:
        id: The request.
        seq: Its place in the stream, counted from 0.
        event: What happened.
    """

    type: Literal["event"] = "event"
    id: RequestId
    seq: Count
    event: EventBody
