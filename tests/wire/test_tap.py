from __future__ import annotations

import socket
from pathlib import Path

import pytest

from npc_sdk.engine.request import EngineUp, Request
from npc_sdk.errors import CapacityError
from npc_sdk.wire.tap import EngineTaps, HostTap, open_taps


class Calls(HostTap):
    """Takes note of what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    @property
    def wants_calls(self) -> bool:
        return True

    def asked(self, request: Request) -> None:
        self.heard.append(request)


def test_taps_are_opened_as_asked_for(tmp_path: Path) -> None:
    assert open_taps() == ()
    taps = open_taps(record=tmp_path / "r", trace=tmp_path / "t", metrics_port=0)
    assert [type(tap).__name__ for tap in taps] == ["Recorder", "Trace", "Metrics"]
    for tap in taps:
        tap.close()


def test_what_was_opened_is_closed_when_the_rest_cannot_be(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CapacityError):
            open_taps(trace=tmp_path / "t", metrics_port=taken.getsockname()[1])
    assert (tmp_path / "t").read_text() == "[\n]\n"


def test_what_is_between_runtime_and_engine_is_handed_on() -> None:
    calls = Calls()
    taps = EngineTaps([HostTap(), calls])
    request = Request(id=1, sequence="x")
    taps.asked(request)
    taps.told(EngineUp(1))
    taps.called([])
    assert taps.wants_calls and not EngineTaps([HostTap()]).wants_calls
    assert calls.heard == [request]
