from __future__ import annotations

import io

import pytest

from npc_sdk.cli.progress import byte_progress, share_progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_drawn_where_no_person_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", stream := io.StringIO())
    with byte_progress("fetching") as bytes_done, share_progress("loading") as share_done:
        bytes_done(1, 2)
        share_done(0.5)
    assert stream.getvalue() == ""


def test_bars_are_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", stream := _Terminal())
    with byte_progress("fetching x") as bytes_done:
        bytes_done(2, 2)
    with share_progress("loading y") as share_done:
        share_done(1.0)
    assert "fetching x" in stream.getvalue()
    assert "100%" in stream.getvalue()
