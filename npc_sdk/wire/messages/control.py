"""What never waits behind bulk: signs of life, cancels, status, frame hints, and receipts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npc_sdk.wire.messages.base import Count, Document, Many, Message, RequestId, Value


class Cancel(Message):
    """Ends a request now with what it has; its stream ends as ever. Nothing if it is over.

    Args:
        id: The request.
    """

    type: Literal["cancel"] = "cancel"
    id: RequestId


class StatusAsk(Message):
    """Asks how the host is doing.

    Args:
        n: Chosen by the client; the answer repeats it.
    """

    type: Literal["status"] = "status"
    n: Count


class StatusReply(Message):
    """Answers status. It may be lost with the connection; ask again.

    Args:
        n: That of the question.
        status: Figures of the host and of this session; names may be added.
    """

    type: Literal["status.reply"] = "status.reply"
    n: Count
    status: Document


class Frame(Message):
    """Tells the host how the game's frames are doing; no answer.

    Args:
        target_ms: How long a frame may take.
        measured_ms: How long the last one took, or a mean; None when it was not measured.
        mode: What the game is doing. Modes that the host does not know count as ``explore``.
    """

    type: Literal["frame"] = "frame"
    target_ms: Annotated[float, Field(gt=0, le=10_000)]
    measured_ms: Annotated[float, Field(ge=0, le=600_000)] | None = None
    mode: Annotated[str, Field(max_length=32)] = "explore"


class Ping(Message):
    """A sign of life, on the requests and on the control channel.

    Args:
        n: Chosen by the client; the answer repeats it.
    """

    type: Literal["ping"] = "ping"
    n: Count


class Pong(Message):
    """Answers ping on the same channel.

    Args:
        n: That of the ping.
        steps: Steps of the engine so far; it stands still when the engine does.
        requests: Different requests that this session has received; on the requests channel only.
        items: Different items of streams that this session has sent; on the requests channel only.
    """

    type: Literal["pong"] = "pong"
    n: Count
    steps: Count = 0
    requests: Count | None = None
    items: Count | None = None


class Receipt(Value):
    """How far the stream of one request has arrived.

    Args:
        id: The request.
        seq: Everything up to and with this item is there.
    """

    id: RequestId
    seq: Count


class Ack(Message):
    """Says what has arrived, so that the host need not keep it; no answer.

    Args:
        below: Requests under this id are over for the client; it will not send them again.
        upto: How far other streams have arrived.
    """

    type: Literal["ack"] = "ack"
    below: Count = 0
    upto: Many[Receipt] = ()


class Telemetry(Message):
    """Figures for whoever watches; may be lost.

    Args:
        seq: Counts what was published from 0; a gap is a loss.
        at_ms: Milliseconds since the host was started.
        kind: What the figures are about; kinds may be added.
        data: The figures; names may be added.
    """

    type: Literal["telemetry"] = "telemetry"
    seq: Count
    at_ms: Annotated[float, Field(ge=0)]
    kind: Annotated[str, Field(min_length=1, max_length=32)]
    data: Document
