from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from npc_sdk import __version__
from npc_sdk.cli.app import app
from npc_sdk.cli.exits import MEANINGS

HELP_LIMIT = 2.5


def _commands(command: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield names, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, *names, name)


COMMANDS = list(_commands(typer.main.get_command(app)))


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_the_commands_are_those_that_are_promised() -> None:
    leaves = {" ".join(names) for names, command in COMMANDS if not hasattr(command, "commands")}
    assert leaves == {
        "chat",
        "demo",
        "persona check",
        "persona list",
        "persona show",
        "persona new",
        "world check",
        "world list",
        "world show",
        "models list",
        "models info",
        "models pull",
        "models path",
        "models synthetic",
        "bench engine",
        "bench frame",
        "bench gpu",
        "bench memory",
        "bench pacing",
        "bench steps",
        "bench tactics",
        "bench wire",
        "budget record",
        "budget watch",
        "forge train",
        "forge report",
        "forge ship",
        "forge evaluate",
        "config show",
        "serve",
        "top",
        "tail",
        "replay",
        "keys new",
        "keys list",
        "keys revoke",
        "doctor",
        "plan",
    }


@pytest.mark.parametrize(("names", "command"), COMMANDS, ids=[" ".join(names) or "npc" for names, _ in COMMANDS])
def test_everything_says_what_it_is(names: tuple[str, ...], command: Any) -> None:
    assert command.help and command.help.rstrip().endswith(".")
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{names} {parameter.name}"


@pytest.mark.parametrize("names", [names for names, _ in COMMANDS], ids=lambda names: " ".join(names) or "npc")
def test_help_works_everywhere(npc: Any, names: tuple[str, ...]) -> None:
    result = npc(*names, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_the_exit_codes_are_in_the_help(npc: Any) -> None:
    text = " ".join(npc("--help").stdout.split())
    assert all(f"{code.value}: {meaning}" in text for code, meaning in MEANINGS.items())


def test_the_version_is_printed(npc: Any) -> None:
    assert npc("--version").stdout == f"npc-sdk {__version__}\n"


@pytest.mark.parametrize("arguments", [("nonsense",), ("chat", "--nonsense"), ("models", "info"), ("persona", "nope")])
def test_a_slip_of_the_pen_is_a_usage_error(npc: Any, arguments: tuple[str, ...]) -> None:
    result = npc(*arguments)
    assert result.exit_code == 2
    assert "Usage" in result.stderr


def test_help_needs_no_heavy_library() -> None:
    heavy = "numpy pydantic llama_cpp llguidance jinja2 torch gguf rich.progress npc_sdk.runtime npc_sdk.engine".split()
    code = f"import sys, npc_sdk.cli.app; print([name for name in {heavy} if name in sys.modules])"
    assert _python("-c", code).stdout.strip() == "[]"


def _help_seconds() -> float:
    code = (
        "import sys, time; from npc_sdk.cli import main; sys.argv = ['npc', '--help']\n"
        "try: main()\n"
        "finally: print(time.process_time(), file=sys.stderr)"
    )
    return float(_python("-c", code).stderr)


def _library_seconds() -> float:
    code = "import sys, time, typer, rich.markdown, rich.table; print(time.process_time(), file=sys.stderr)"
    return float(_python("-c", code).stderr)


def test_help_is_there_at_once() -> None:
    # Processor time beside that of the libraries which print it: a slow machine says nothing about the program.
    rounds = [(_help_seconds(), _library_seconds()) for _ in range(5)]
    ours, theirs = (min(times) for times in zip(*rounds, strict=True))
    assert ours < HELP_LIMIT * theirs


def test_a_reader_that_leaves_is_no_error() -> None:
    code = "import sys; from npc_sdk.cli import main; sys.argv = ['npc', 'models', 'list', '--json']; main()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


def test_there_is_completion_for_shells(npc: Any) -> None:
    options = {option for _, command in COMMANDS[:1] for parameter in command.params for option in parameter.opts}
    assert {"--install-completion", "--show-completion"} <= options
