from __future__ import annotations

import io
import json
import sys

import pytest

from npc_sdk.cli import console


def test_json_survives_every_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json_line({"text": "für 龍"})
    text = capsys.readouterr().out
    assert text.isascii() and text.endswith("\n") and text.count("\n") == 1
    assert json.loads(text) == {"text": "für 龍"}


def test_indented_json_parses(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json([1, {"a": None}])
    assert json.loads(capsys.readouterr().out) == [1, {"a": None}]


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x07", "\x9b31m", "a\rb", "\x00", "\x7f"])
def test_nothing_from_outside_steers_the_terminal(hostile: str) -> None:
    shown = console.plain(hostile)
    assert len(shown) == len(hostile)
    assert all(character.isprintable() for character in shown)


def test_plain_text_stays_as_it_is() -> None:
    assert console.plain("Zwei\n\tKupfer, 旅人.") == "Zwei\n\tKupfer, 旅人."


@pytest.mark.parametrize(
    ("n_bytes", "text"), [(0, "0 B"), (999, "999 B"), (3_559_648, "3.6 MB"), (2_837_072_864, "2.84 GB")]
)
def test_sizes_read_well(n_bytes: int, text: str) -> None:
    assert console.byte_size(n_bytes) == text


def test_a_pipe_is_wide_and_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    shown = console.output()
    shown.print("[bold red]x[/]" + "y" * 120)
    assert shown.width == console.PIPE_WIDTH
    assert stream.getvalue() == "x" + "y" * 120 + "\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_left_out_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for no_color in (False, True):
        monkeypatch.setattr("sys.stderr", stream := _Terminal())
        if no_color:
            monkeypatch.setenv("NO_COLOR", "1")
        else:
            monkeypatch.delenv("NO_COLOR", raising=False)
        console.notes().print("[red]x[/]")
        assert ("\x1b[31m" in stream.getvalue()) is not no_color


def test_a_broken_pipe_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Gone())
    with pytest.raises(BrokenPipeError):
        console.output().print("x")


def test_a_program_without_streams_prints_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    console.open_closed_streams()
    with sys.stdout, sys.stderr:
        console.output().print("x")
        console.notes().print("x")
        console.print_json({})
