from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from demos.figures.figures import Figures
from demos.tactics import host_control
from demos.tactics.host_control import HostControl
from demos.tactics.minds import Minds

MIB = 1 << 20
STATUS: Mapping[str, Any] = {
    "engine": {"process_id": 4711},
    "budget": {
        "plan": {"gpu_layers": 0, "host_footprint": {"weights_bytes": 10 * MIB, "attention_bytes": 30 * MIB}},
        "reading": {"free_bytes": 64 * MIB, "own_bytes": 0},
    },
}


class Host(Minds):
    """A host that says what a test wants, and notes what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.coming: list[tuple[str, Mapping[str, Any]]] = []
        self.status: Mapping[str, Any] | None = None
        self.reserved: list[int] = []

    def news(self) -> list[tuple[str, Mapping[str, Any]]]:
        came, self.coming = self.coming, []
        return came

    def figures(self) -> Mapping[str, Any] | None:
        return self.status

    def reserve(self, mib: int) -> None:
        self.reserved.append(mib)


class Desk:
    """What the keys do, and the news that come of it."""

    def __init__(self, host: Host | None) -> None:
        self.notices: list[tuple[str, str]] = []
        self.figures = Figures()
        self.control = HostControl(host, self.figures, lambda text, kind: self.notices.append((text, kind)))

    def said(self) -> str:
        return self.notices[-1][0]


@pytest.fixture
def host() -> Host:
    return Host()


def test_without_a_host() -> None:
    desk = Desk(None)
    desk.control.listen(0.0)
    assert not desk.control.is_gone
    desk.control.toggle_pacing()
    desk.control.toggle_reserve(is_busy=False)
    desk.control.kill_engine()
    texts = [text for text, _ in desk.notices]
    assert texts == ["No side is played by a model."] * 2 + ["There is no engine to be killed."]


def test_pacing(host: Host) -> None:
    desk = Desk(host)
    desk.control.toggle_pacing()
    assert not host.is_paced and not desk.figures.is_paced and desk.notices[-1][1] == "news"
    desk.control.toggle_pacing()
    assert host.is_paced and desk.figures.is_paced and desk.notices[-1][1] == "good"


def test_memory_is_taken_and_given_back(host: Host) -> None:
    desk = Desk(host)
    desk.control.toggle_reserve(is_busy=False)
    assert "Nobody watches" in desk.said()
    host.status = STATUS
    desk.control.listen(0.0)
    desk.control.toggle_reserve(is_busy=True)
    assert "being started" in desk.said() and host.reserved == []
    desk.control.toggle_reserve(is_busy=False)
    assert desk.said() == "The game takes 42 MiB of the memory."
    # How much that is does not change while it is taken.
    host.status = {**STATUS, "budget": {**STATUS["budget"], "reading": {"free_bytes": 900 * MIB, "own_bytes": 0}}}
    desk.control.listen(1.0)
    desk.control.toggle_reserve(is_busy=False)
    assert host.reserved == [42, 0]


@pytest.mark.parametrize("is_resumed", [True, False])
def test_another_host_has_nothing_reserved(host: Host, is_resumed: bool) -> None:
    desk = Desk(host)
    host.status = STATUS
    desk.control.listen(0.0)
    desk.control.toggle_reserve(is_busy=False)
    host.coming = [("host_found", {"is_resumed": is_resumed})]
    desk.control.listen(1.0)
    desk.control.toggle_reserve(is_busy=False)
    assert host.reserved == ([42, 0] if is_resumed else [42, 42])
    desk.control.renew()
    desk.control.toggle_reserve(is_busy=False)
    assert host.reserved[-1] == 42


def test_the_engine_is_killed_once(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, killed = Desk(host), list[int]()
    monkeypatch.setattr(host_control, "kill", lambda pid: killed.append(pid) is None)
    host.status = STATUS
    desk.control.listen(0.0)
    host.status = None
    desk.control.kill_engine()
    assert desk.notices == [("Killed: the engine, process 4711.", "trouble")] and killed == [4711]
    desk.control.kill_engine()
    assert killed == [4711] and desk.said() == "There is no engine to be killed."


def test_news_are_passed_on(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(host)
    monkeypatch.setattr(Minds, "is_gone", False)
    host.coming = [("host_found", {"is_resumed": False}), ("engine_down", {"is_final": False}), ("host_lost", {})]
    desk.control.listen(0.0)
    # Being found for the first time is no news.
    assert [kind for _, kind in desk.notices] == ["trouble", "trouble"] and not desk.control.is_gone
    host.coming = [("host_found", {"is_resumed": True}), ("engine_down", {"is_final": True})]
    desk.control.listen(1.0)
    assert desk.notices[2][1] == "good" and desk.control.is_gone
