from __future__ import annotations

import builtins
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.wire import messages as m
from npc_sdk.wire.metrics import _GAUGES, Metrics


def figures_at(metrics: Metrics) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}


def test_figures_are_told(open_host: Callable[..., Any], join: Callable[..., Any]) -> None:
    metrics = Metrics(0)
    host = open_host(taps=[metrics])
    client = join(host)
    client.spawn()
    client.do(m.NpcSay, npc="Bron", text="Hello.")
    client.do(m.NpcDecide, npc="Bron", situation="Now?", options=("Run", "Stay"))
    end_s = time.monotonic() + 10
    while figures_at(metrics)["npc_characters"] != 1.0 and time.monotonic() < end_s:
        time.sleep(0.1)
    figures = figures_at(metrics)
    assert (figures["npc_characters"], figures["npc_sessions"]) == (1.0, 1.0)
    assert figures['npc_answers_total{kind="turn",source="model"}'] == 1.0
    assert figures['npc_answers_total{kind="decision",source="model"}'] == 1.0
    assert figures["npc_first_token_seconds_count"] == 1.0
    assert figures["npc_host_memory_bytes"] > 1 << 20
    assert figures["npc_frame_seconds"] != figures["npc_frame_seconds"], "nothing is known"
    host.stop(drain_ms=0)
    with pytest.raises(OSError):
        figures_at(metrics)


def test_it_listens_on_loopback_only() -> None:
    metrics = Metrics(0)
    try:
        assert metrics._server.server_address[0] == "127.0.0.1"
    finally:
        metrics.close()
        metrics.close()


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CapacityError) as failure:
            Metrics(taken.getsockname()[1])
    assert failure.value.code == "port_unusable"


def test_the_extra_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "prometheus_client":
            raise ImportError("No module named 'prometheus_client'", name=name)
        return load(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RequestError) as failure:
        Metrics(0)
    assert failure.value.code == "missing_extra" and "npc-sdk[metrics]" in failure.value.next_step


def test_the_guide_names_every_figure() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    assert [name for name, _, _ in _GAUGES if f"`{name}`" not in guide] == []
