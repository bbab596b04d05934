"""An error as it travels, and the message that carries it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npc_sdk.errors import NpcError, from_dict
from npc_sdk.wire.messages.base import Count, Document, Message, RequestId, Value

CODE_LENGTH = 64
RESERVED = frozenset({"self", "cause", "next_step", "code"})


class Failure(Value):
    """An error in words and in codes.

    Args:
        kind: Who must act: the name of an error class.
        code: Stable name of what happened.
        cause: What happened, one sentence.
        next_step: What can be done about it.
        details: Values for programs.
    """

    kind: Annotated[str, Field(max_length=64)] = "NpcError"
    code: Annotated[str, Field(min_length=1, max_length=CODE_LENGTH)]
    cause: str = ""
    next_step: str = ""
    details: Document = {}

    @classmethod
    def of(cls, error: NpcError) -> Failure:
        """Return an error as plain data."""
        return cls.model_validate({**error.to_dict(), "code": error.code[:CODE_LENGTH] or error.default_code})

    def to_error(self) -> NpcError:
        """Return the error to raise."""
        said = self.model_dump()
        # Details become arguments by name, and a peer chooses the names.
        said["details"] = {name: value for name, value in self.details.items() if name not in RESERVED}
        return from_dict(said)


class Error(Message):
    """A request has failed; its stream ends here. Without ``id`` it is about a message that had none.

    Args:
        id: The request.
        seq: Its place in the stream; there whenever ``id`` is.
        error: What went wrong.
    """

    type: Literal["error"] = "error"
    id: RequestId | None = None
    seq: Count | None = None
    error: Failure
