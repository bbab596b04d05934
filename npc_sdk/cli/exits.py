"""How the command line ends: one exit code for each kind of outcome."""

from __future__ import annotations

from enum import IntEnum

from npc_sdk.errors import CapacityError, ModelError, RequestError


class ExitCode(IntEnum):
    """What a script can tell from ``$?``."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    BAD_INPUT = 3
    NO_CAPACITY = 4
    BACKEND = 5
    INTERRUPTED = 130
    READER_GONE = 141


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "It worked.",
    ExitCode.FINDINGS: "It worked, and the answer is no: a file has errors, a figure misses its limit.",
    ExitCode.USAGE: "The command line cannot be understood.",
    ExitCode.BAD_INPUT: "A file, a model, a setting or a text cannot be used.",
    ExitCode.NO_CAPACITY: "There is not enough memory or disk.",
    ExitCode.BACKEND: "llama.cpp, the engine process or this program failed.",
    ExitCode.INTERRUPTED: "Ctrl-C.",
    ExitCode.READER_GONE: "What read the output has gone, as in: npc ... | head.",
}


def exit_code(error: BaseException) -> ExitCode:
    """Return the exit code for an error."""
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return ExitCode.READER_GONE
    if isinstance(error, CapacityError):
        return ExitCode.NO_CAPACITY
    if isinstance(error, (RequestError, ModelError)):
        return ExitCode.BAD_INPUT
    return ExitCode.BACKEND
