"""Turns every error of a command into one panel and an exit code; no traceback unless it is asked for."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from npc_sdk.cli.console import notes, plain
from npc_sdk.cli.exits import ExitCode, exit_code
from npc_sdk.errors import CapacityError, NpcError, RequestError

DEBUG_VARIABLE = "NPC_DEBUG"

# Releases of Typer differ in where ClickException is, and agree that this one is made of it.
_ClickException = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
_ENDINGS = (typer.Exit, typer.Abort, _ClickException)


class CommandGroup(TyperGroup):
    """A group of commands whose errors end as documented."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; see :func:`reported`."""
        with reported():
            return super().invoke(ctx)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Print what goes wrong inside the block and exit.

    Raises:
        typer.Exit: With the code of the error.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        raise typer.Exit(ExitCode.READER_GONE) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except Exception as error:
        if isinstance(error, _ENDINGS) or is_debugging():
            raise
        known = _known(error)
        print_error(known)
        raise typer.Exit(exit_code(known)) from None


def is_debugging() -> bool:
    """Return whether tracebacks are wanted."""
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")


def print_error(error: NpcError) -> None:
    """Print an error as one panel on standard error: code, cause, next step."""
    from rich.panel import Panel
    from rich.text import Text

    text = Text(plain(error.cause))
    if error.next_step:
        text.append("\n" + plain(error.next_step), style="cyan")
    notes().print(Panel(text, title=f"[bold red]error[/]: {error.code}", title_align="left", border_style="red"))


def _known(error: Exception) -> NpcError:
    if isinstance(error, NpcError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return CapacityError("The disk is full.", "Free some room and try again.", code="disk_full")
    if isinstance(error, OSError) and error.filename is not None:
        cause = f"{error.filename} cannot be used: {error.strerror or error}."
        return RequestError(cause, "Check the name and your rights to it.", code="file_unusable")
    return NpcError(
        f"{type(error).__name__}: {error}",
        f"This is a mistake of this program. {DEBUG_VARIABLE}=1 shows where it happened.",
        code="internal",
    )


def _drop_output() -> None:
    # Python flushes standard output once more at its end, and would complain.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
