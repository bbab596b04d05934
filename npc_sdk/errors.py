"""Every error that this package raises on purpose.

    NpcError
    ├── RequestError          the caller must change what was asked
    │   ├── PersonaError      a persona or world file (names file, line and field)
    │   ├── ActionError       an action's declaration or schema
    │   ├── PromptError       a prompt that cannot be built or cannot fit
    │   └── StateError        a call that does not fit the state (closed, unknown, twice)
    ├── CapacityError         there is not enough memory, room or disk
    ├── ModelError            a model file or its catalog entry
    ├── BackendError          llama.cpp or the engine process failed
    │   └── EngineCrashError  the engine process ended while it was needed
    ├── ProtocolError         the peer sent what it must not send
    └── DeadlineError         a wait reached its limit

The axis is who must act. Every error has a stable ``code``, a ``cause`` in words and a ``next_step``;
``details`` holds what a program may want to read. The same codes travel on pipes and sockets.
"""

from __future__ import annotations

from typing import Any, ClassVar


class NpcError(Exception):
    """Base of all errors of this package.

    Args:
        cause: What happened, one sentence, without a trailing newline.
        next_step: What the reader can do about it, one sentence; may be empty.
        code: Stable machine-readable name; the class has a default.
        **details: Values a program may want (numbers, names, paths); JSON types only.
    """

    default_code: ClassVar[str] = "internal"

    def __init__(self, cause: str, next_step: str = "", *, code: str | None = None, **details: Any) -> None:
        self.code = code or self.default_code
        self.cause = cause
        self.next_step = next_step
        self.details = details
        super().__init__(cause if not next_step else f"{cause} {next_step}")

    def __reduce__(self) -> tuple[Any, ...]:
        return from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """Return the error as plain data, as it travels between processes."""
        return {
            "kind": type(self).__name__,
            "code": self.code,
            "cause": self.cause,
            "next_step": self.next_step,
            "details": self.details,
        }


class RequestError(NpcError):
    """Raised when the caller must change what was asked."""

    default_code = "bad_request"


class PersonaError(RequestError):
    """Raised when a persona or world file cannot be used."""

    default_code = "bad_persona"


class ActionError(RequestError):
    """Raised when an action's declaration or schema cannot be used."""

    default_code = "bad_action"


class PromptError(RequestError):
    """Raised when a prompt cannot be built, or cannot fit its context."""

    default_code = "bad_prompt"


class StateError(RequestError):
    """Raised when a call does not fit the state of the object it was made on."""

    default_code = "bad_state"


class CapacityError(NpcError):
    """Raised when memory, room or disk does not suffice."""

    default_code = "no_capacity"


class ModelError(NpcError):
    """Raised when a model file cannot be used."""

    default_code = "bad_model"


class BackendError(NpcError):
    """Raised when llama.cpp or the engine process failed."""

    default_code = "backend_failed"


class EngineCrashError(BackendError):
    """Raised when the engine process ended while it was needed."""

    default_code = "engine_crashed"


class ProtocolError(NpcError):
    """Raised when the peer sent what it must not send."""

    default_code = "bad_message"


class DeadlineError(NpcError):
    """Raised when a wait reached its limit."""

    default_code = "deadline"


def _tree(root: type[NpcError]) -> dict[str, type[NpcError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


def from_dict(data: dict[str, Any]) -> NpcError:
    """Rebuild an error from :meth:`NpcError.to_dict`; an unknown kind becomes :class:`NpcError`."""
    kind = _tree(NpcError).get(str(data.get("kind")), NpcError)
    details = data.get("details")
    error = kind(
        str(data.get("cause", "")), str(data.get("next_step", "")), code=str(data.get("code") or kind.default_code)
    )
    # Not as keywords: details from elsewhere may have any names.
    error.details = dict(details) if isinstance(details, dict) else {}
    return error
