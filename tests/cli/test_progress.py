from __future__ import annotations

import io

import pytest

from npc_sdk.cli.progress import byte_progress, count_progress, share_progress


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


def test_what_takes_long_tells_each_tenth_where_no_person_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr("npc_sdk.cli.progress.monotonic", lambda: now_s[0])
    monkeypatch.setattr("sys.stderr", stream := io.StringIO())
    with count_progress("battles") as progress:
        for done in range(20, 101):  # a run that goes on with what is done
            progress(done, 100)
            now_s[0] += 10.0
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["battles: 20 of 100", "battles: 30 of 100, about 12 min left"]
    assert lines[-2:] == ["battles: 90 of 100, about 2 min left", "battles: 100 of 100"]
    assert len(lines) == 9


def test_what_takes_long_has_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", stream := _Terminal())
    with count_progress("battles") as progress:
        progress(3, 4)
    assert "3/4" in stream.getvalue()
