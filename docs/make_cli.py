"""Writes docs/cli.md from the command line's own help: ``python docs/make_cli.py``, ``--check`` only compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from npc_sdk.cli.app import app
from npc_sdk.cli.exits import MEANINGS

TARGET = Path(__file__).with_name("cli.md")
COMPLETION = ("install_completion", "show_completion")

OPENING = """\
# The command line

Made from the program's own help by `python docs/make_cli.py`; change the help, not this page.

`npc COMMAND --help` says the same in the terminal. `npc --install-completion` gives your shell the names.

## What holds for every command

- Results go to standard output, everything else (progress, remarks, errors) to standard error.
- `--json` prints JSON for programs. Keys may be added in later releases, and none changes its meaning.
- Bars and colours are for terminals only; `NO_COLOR=1` leaves colours out.
- An error is one panel with its code, its cause and what to do. `NPC_DEBUG=1` shows the traceback instead.
- Text from models, personas and files is shown without what a terminal would obey.

## Exit codes

| code | meaning |
|---|---|
"""

CHAT = """
In the chat, a line that begins with a slash is for the chat itself: `/help`, `/persona`, `/world`, `/history`, `/cost`,
`/set VOCABULARY a, b`, `/observe TEXT`, `/reset`, `/quit`. Ctrl-C ends an answer early, a second one leaves, and so
does Ctrl-D. Without a terminal, each line of standard input is something that the player says.

`--json` prints one object a line; `event` is `greeting`, `speech`, `sentence`, `action`, `action_dropped`, `end`,
`note` or `error`. Each answer ends with exactly one `end`, which carries `source`, `why` and `cost`. An error that ends
the chat, also before its first answer, is the last event, and is shown on standard error as ever.

The shipped characters have a few actions and a small live world to try them on: the guard opens and closes the gate,
calls the guards and points to places; the merchant gives goods; the healer heals. Any other persona may point, give,
follow and make a gesture, as soon as `/set places ...` and `/set items ...` name what there is.
"""
BENCH = """
Models of random weights that are not in the folder yet are built first. That needs the extra `bench`:
`pip install ".[bench]"`. Without it, the command ends before anything is measured; figure 8 needs no such model.
"""
NOTES = {"npc chat": CHAT, "npc bench engine": BENCH}


def page() -> str:
    """Return the whole page."""
    codes = "".join(f"| {code.value} | {_cell(meaning)} |\n" for code, meaning in MEANINGS.items())
    return OPENING + codes + "".join(_sections(typer.main.get_command(app), "npc"))


def _sections(command: Any, name: str) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if not children:
        yield f"\n## {name}\n\n{_usage(command, name)}\n{command.help.strip()}\n"
        yield _parameters(command) + NOTES.get(name, "")
    for child, inner in children.items():
        yield from _sections(inner, f"{name} {child}")


def _usage(command: Any, name: str) -> str:
    arguments = "".join(f" {_placeholder(parameter)}" for parameter in command.params if _is_argument(parameter))
    has_options = any(not _is_argument(parameter) for parameter in command.params)
    return f"    {name}{' [OPTIONS]' if has_options else ''}{arguments}\n"


def _parameters(command: Any) -> str:
    rows = [_row(parameter) for parameter in command.params if parameter.name not in COMPLETION]
    return "\n| | | default |\n|---|---|---|\n" + "".join(rows) if rows else ""


def _row(parameter: Any) -> str:
    is_required = parameter.required and not _is_argument(parameter)
    text = parameter.help + (" Required." if is_required else "")
    return f"| {_spelling(parameter)} | {_cell(text)} | {_default(parameter)} |\n"


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _spelling(parameter: Any) -> str:
    if _is_argument(parameter):
        return f"`{_cell(_placeholder(parameter))}`"
    names = ", ".join(parameter.opts)
    return f"`{names}`" if parameter.is_flag else f"`{names} {_cell(_placeholder(parameter))}`"


def _placeholder(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _default(parameter: Any) -> str:
    shown = getattr(parameter, "show_default", None)
    if isinstance(shown, str):
        return shown
    value = getattr(parameter.default, "value", parameter.default)
    return "" if value is None or value is False or value == () or callable(value) else f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the page, or compare it; returns the exit code."""
    if "--check" in sys.argv[1:]:
        is_current = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == page()
        if not is_current:
            sys.stderr.write("docs/cli.md is out of date: run python docs/make_cli.py\n")
        return 0 if is_current else 1
    TARGET.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
