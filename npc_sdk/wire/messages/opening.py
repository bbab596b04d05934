"""How a stay at the host begins and ends: hello, welcome, attach, bye."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from npc_sdk.errors import RequestError
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.messages.base import Count, Many, Message, Name, RequestId, Secret, SessionName, Value, Version
from npc_sdk.wire.messages.failure import Failure


def _limits(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    try:
        return Limits.from_dict(value)
    except RequestError as error:
        raise PydanticCustomError("limits", "{cause}", {"cause": error.cause}) from error


class Client(Value):
    """Who connects; for logs only.

    Args:
        name: The game or tool.
        version: Its version.
        language: What the binding is written in.
    """

    name: Annotated[str, Field(max_length=64)] = ""
    version: Annotated[str, Field(max_length=64)] = ""
    language: Annotated[str, Field(max_length=64)] = ""


class Host(Value):
    """Who answers.

    Args:
        version: Version of the package.
        host_id: Names this run of the host; another value means that the host was started again.
        model: Name of the model, empty while none is loaded.
        fingerprint: Names the model file.
    """

    version: Annotated[str, Field(max_length=64)] = ""
    host_id: Annotated[str, Field(max_length=64)] = ""
    model: str = ""
    fingerprint: str = ""


class StreamPoint(Value):
    """A place in the stream of one request.

    Args:
        id: The request.
        next_seq: The first item that is wanted.
    """

    id: RequestId
    next_seq: Count = 0


class Hello(Message):
    """Opens a session, or takes one up again after the connection was lost.

    A session belongs to one owner and one instance. The same two again, with a higher attempt, are the same session,
    now on this connection. Another instance of the owner ends the session of the one before it.

    Args:
        attempt: Counts the hellos of this instance from 1; the answer repeats it.
        protocol: What the client speaks, "major.minor".
        instance: Names this run of the client; chosen at random when it starts.
        token: The token of the connection file; needed unless the host says otherwise.
        owner_key: Whose characters these are: a secret of the client, kept with the game's settings. Without it the
            host makes one, which stands in ``welcome``.
        client: Who connects; for logs.
        resume: All requests that were sent in this session and whose end has not come yet, with the item that is
            wanted next.
    """

    type: Literal["hello"] = "hello"
    attempt: RequestId
    protocol: Version
    instance: SessionName
    token: Annotated[str, Field(max_length=256)] | None = None
    owner_key: Secret | None = None
    client: Client = Client()
    resume: Many[StreamPoint] = ()


class Welcome(Message):
    """Answers hello: the session is open.

    Args:
        attempt: That of the hello.
        protocol: What the host speaks.
        session: Names the session; not secret.
        owner_key: The secret that the session's characters belong to.
        is_resumed: Whether this is the session that this instance had before, with all its streams.
        limits: What the host accepts.
        host: Who answers.
        npcs: Characters that are in the runtime for this owner.
        lost: Requests of ``resume`` that this session does not know.
    """

    type: Literal["welcome"] = "welcome"
    attempt: RequestId
    protocol: Version
    session: SessionName
    owner_key: Secret
    is_resumed: bool
    limits: Annotated[Limits, BeforeValidator(_limits)]
    host: Host = Host()
    npcs: Many[Name] = ()
    lost: Many[RequestId] = ()


class Refused(Message):
    """Answers hello or attach: no session.

    Args:
        attempt: That of the hello or attach.
        error: Why.
    """

    type: Literal["refused"] = "refused"
    attempt: RequestId
    error: Failure


class Attach(Message):
    """Binds the control channel to a session.

    Args:
        attempt: That of the hello that opened the session; the answer repeats it.
        session: The session.
        owner_key: Its secret.
    """

    type: Literal["attach"] = "attach"
    attempt: RequestId
    session: SessionName
    owner_key: Secret


class Attached(Message):
    """Answers attach: the control channel belongs to the session.

    Args:
        attempt: That of the attach.
        session: The session.
    """

    type: Literal["attached"] = "attached"
    attempt: RequestId
    session: SessionName


class Bye(Message):
    """Ends the session; its characters are kept in the store.

    Args:
        forget: Whether all characters of this owner are removed for good.
    """

    type: Literal["bye"] = "bye"
    forget: bool = False


class SessionEnded(Message):
    """The host has ended the session; no item of its streams will follow.

    Args:
        session: The session.
        error: Why; the code ``bye`` answers a bye.
    """

    type: Literal["session.ended"] = "session.ended"
    session: SessionName
    error: Failure
