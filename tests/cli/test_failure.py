from __future__ import annotations

import errno

import pytest
import typer
from typer.testing import CliRunner

from npc_sdk.cli.failure import CommandGroup, is_debugging
from npc_sdk.errors import CapacityError, EngineCrashError, PersonaError


def _run(error: BaseException) -> tuple[int, str, BaseException | None]:
    app = typer.Typer(cls=CommandGroup, pretty_exceptions_enable=False)

    @app.callback()
    def root() -> None:
        """Nothing."""

    @app.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(app, ["fail"])
    return result.exit_code, result.stderr, result.exception


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (PersonaError("The file is odd.", "Mend it.", code="odd"), 3, ("odd", "The file is odd.", "Mend it.")),
        (CapacityError("Too little."), 4, ("no_capacity", "Too little.")),
        (EngineCrashError("Gone."), 5, ("engine_crashed", "Gone.")),
        (ZeroDivisionError("division"), 5, ("internal", "ZeroDivisionError", "NPC_DEBUG=1")),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 3, ("file_unusable", "/x")),
        (OSError(errno.ENOSPC, "No space left"), 4, ("disk_full",)),
        (KeyboardInterrupt(), 130, ()),
        (BrokenPipeError(), 141, ()),
        (typer.Exit(7), 7, ()),
        (typer.BadParameter("odd"), 2, ("odd",)),
    ],
)
def test_an_error_is_one_panel_and_a_code(error: BaseException, code: int, words: tuple[str, ...]) -> None:
    found, text, _ = _run(error)
    assert found == code
    assert "Traceback" not in text
    assert all(word in text for word in words)
    assert bool(text) is bool(words)


def test_a_traceback_is_shown_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_DEBUG", "1")
    assert isinstance(_run(PersonaError("odd"))[2], PersonaError)


def test_hostile_causes_do_not_steer_the_terminal() -> None:
    _, text, _ = _run(PersonaError("a\x1b[2J[bold]b"))
    assert "\x1b" not in text
    assert "[2J[bold]b" in text


@pytest.mark.parametrize(("value", "expected"), [("", False), ("0", False), ("1", True)])
def test_debugging_is_off_by_default(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("NPC_DEBUG", value)
    assert is_debugging() is expected
