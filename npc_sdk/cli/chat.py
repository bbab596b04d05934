"""``npc chat``: a conversation in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npc_sdk.cli.console import print_json_line
from npc_sdk.cli.exits import ExitCode, exit_code
from npc_sdk.cli.options import MODEL_HELP
from npc_sdk.errors import NpcError

if TYPE_CHECKING:
    from npc_sdk.cli.conversation import Conversation


class EngineChoice(str, Enum):
    """Where llama.cpp runs."""

    PROCESS = "process"
    THREAD = "thread"


def chat(
    persona: Annotated[
        str, typer.Option(metavar="FILE|NAME", help="Who to talk to: a persona file, or a shipped one by name.")
    ] = "guard",
    world: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME", help="The setting; shipped personas live in the shipped world.", show_default=False
        ),
    ] = None,
    model: Annotated[str, typer.Option(metavar="NAME|PATH", help=MODEL_HELP)] = "starter",
    once: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Say this, print the answer, and exit.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Start of all random numbers; drawn otherwise.", show_default=False),
    ] = None,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always take the likeliest word.")] = False,
    deadline_ms: Annotated[
        float | None, typer.Option(min=1, metavar="MS", help="When an answer must be complete.", show_default=False)
    ] = None,
    engine: Annotated[
        EngineChoice,
        typer.Option(
            metavar="process|thread", help="Run llama.cpp in a process of its own, or in a thread of this one."
        ),
    ] = EngineChoice.PROCESS,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with settings (see npc config show).")
    ] = None,
    no_actions: Annotated[bool, typer.Option("--no-actions", help="Let the character talk only.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what each answer took.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each event as a line of JSON.")] = False,
) -> None:
    """Talk with a character: its speech as it comes, its actions as they arrive. /help lists what else there is."""
    from npc_sdk.cli.chat_view import view_for
    from npc_sdk.cli.conversation import Conversation
    from npc_sdk.cli.opening import Casting, opened

    with _errors_as_events(as_json=as_json):
        casting = Casting.of(
            persona=persona,
            world=world,
            has_actions=not no_actions,
            model=model,
            engine=engine.value,
            settings_file=settings,
            overrides={"seed": seed, "greedy": greedy or None},
        )
        name = "" if once is not None else casting.persona.name
        view = view_for(name, as_json=as_json, is_verbose=verbose)
        with opened(casting) as runtime:
            talk = Conversation(runtime, casting, view, deadline_ms=deadline_ms)
            talk.warn()
            code = _converse(talk) if once is None else _say_once(talk, once)
    raise typer.Exit(code)


@contextmanager
def _errors_as_events(*, as_json: bool) -> Iterator[None]:
    """Let a program that reads events have the error that ends the chat among them."""
    try:
        yield
    except NpcError as error:
        if as_json:
            print_json_line({"event": "error", **error.to_dict()})
        raise


def _say_once(talk: Conversation, line: str) -> ExitCode:
    end = talk.say(line)
    if end.why == "cancelled":
        return ExitCode.INTERRUPTED
    return ExitCode.OK if end.error is None else exit_code(end.error)


def _converse(talk: Conversation) -> ExitCode:
    from npc_sdk.cli.conversation import line_reader

    is_interactive = sys.stdin.isatty()
    talk.greet()
    return talk.run(line_reader(is_interactive=is_interactive), is_interactive=is_interactive)
