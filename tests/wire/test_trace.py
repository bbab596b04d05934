from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from trace_check import check_trace

from npc_sdk.engine.request import Ended, EngineCost, EngineDown, EngineUp, Request
from npc_sdk.engine.step_log import EngineCall
from npc_sdk.errors import EngineCrashError
from npc_sdk.testing import FakeEngine, act
from npc_sdk.wire import messages as m
from npc_sdk.wire.background_file import older_file
from npc_sdk.wire.codec import TAG, encode
from npc_sdk.wire.tap import HostFacts
from npc_sdk.wire.trace import CALLS_TID, ENGINE, Trace

Open = Callable[..., Any]
Join = Callable[..., Any]

LOOK = {"name": "look", "description": "Look around.", "parameters": {"type": "object", "properties": {}}}


class Scene:
    """A trace without a host, on a clock that is moved by hand."""

    def __init__(self, file: Path, **options: Any) -> None:
        self.now_ms = 1000.0
        self.news: list[str] = []
        self.trace = Trace(file, **options)
        self.trace.begin(
            HostFacts(host={}, now_ms=lambda: self.now_ms, report=lambda kind, data: self.news.append(kind))
        )
        self.trace.sent("requests", b"r", [TAG, msgpack.packb({"type": "welcome", "session": "s"})], self.now_ms)
        self.trace.sent("control", b"c", [TAG, msgpack.packb({"type": "attached", "session": "s"})], self.now_ms)

    def received(self, message: Any, *, channel: Any = "requests", route: bytes | None = None) -> None:
        body = message if isinstance(message, bytes) else msgpack.packb(message)
        self.trace.received(channel, route or (b"r" if channel == "requests" else b"c"), [TAG, body], self.now_ms)

    def sent(self, message: dict[str, Any]) -> None:
        self.trace.sent("requests", b"r", [TAG, msgpack.packb(message)], self.now_ms)

    def frame(self, measured_ms: Any) -> None:
        self.received(
            {"type": "frame", "target_ms": 16.0, "measured_ms": measured_ms, "mode": "combat"}, channel="control"
        )


def test_a_host_draws_turns_frames_and_requests(open_host: Open, join: Join, tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["Hello there.", act("look")])
    host = open_host(engine, taps=[Trace(tmp_path / "t.json")])
    client = join(host)
    client.spawn(actions=(LOOK,))
    client.do(m.NpcSay, npc="Bron", text="My password is cheese.")
    client.do(m.NpcSay, npc="Bron", text="Look.")
    client.do(m.NpcDecide, npc="Bron", situation="Now?", options=("Run", "Stay"))
    client.refused(m.NpcSay, npc="Nobody", text="Hello?")
    for measured_ms in (14.0, 18.0):
        client.control.send_multipart(encode(m.Frame(target_ms=16.6, measured_ms=measured_ms, mode="combat")))
    client.status()
    engine.crash()
    client.notice("engine_up")
    host.stop(drain_ms=0)
    events = check_trace(tmp_path / "t.json")
    begun = [event["name"] for event in events if event["ph"] == "B" and event["pid"] == 2]
    assert begun == ["spawn", "turn", "turn", "decision", "turn"]
    ends = [event["args"] for event in events if event["ph"] == "E" and event["pid"] == 2]
    assert ends[1]["source"] == "model" and ends[4]["code"] == "unknown_npc"
    marks = [event["name"] for event in events if event["ph"] == "i"]
    assert {"host started", "first words", "action look", "engine down", "engine up"} <= set(marks)
    frames = [event for event in events if event["name"] == "frame"]
    assert [event["args"]["measured_ms"] for event in frames] == [14.0, 18.0]
    asked = [event["name"] for event in events if event["ph"] == "B" and event["pid"] == ENGINE]
    assert asked.count("generate") == 2 and "score" in asked and "read" in asked
    assert "cheese" not in (tmp_path / "t.json").read_text()


def test_frames_do_not_overlap_when_the_game_stutters(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.json")
    for measured_ms in (10.0, 50.0, 0.0, float("nan"), -1.0, "x", True, 1e300, [1]):
        scene.now_ms += 12.0
        scene.frame(measured_ms)
    scene.trace.close()
    frames = [event for event in check_trace(tmp_path / "t.json") if event["name"] == "frame"]
    assert [(event["ts"], event["dur"]) for event in frames[:2]] == [(2000.0, 10000.0), (12000.0, 12000.0)]


def test_the_parts_of_a_request_lie_inside_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.json")
    scene.trace.asked(Request(id=1, sequence="0123456789abcdef:Bron", tokens=(1, 2)))
    scene.trace.asked(Request(id=2, sequence="x", tokens=(1,), kind="read"))
    scene.now_ms += 100.0
    scene.trace.told(Ended(1, "stop", EngineCost(queue_ms=10, read_ms=30, decode_ms=90, tokens_sampled=4)))
    scene.trace.told(Ended(2, "read", EngineCost()))
    scene.trace.told(Ended(3, "read", EngineCost()))
    scene.trace.close()
    events = check_trace(tmp_path / "t.json")
    parts = [(event["name"], event["ts"], event["dur"]) for event in events if event["ph"] == "X"]
    assert parts == [("wait", 0.0, 10_000.0), ("read", 10_000.0, 30_000.0), ("speak", 40_000.0, 60_000.0)]
    asked = next(event for event in events if event["name"] == "generate")
    assert asked["args"]["npc"] == "Bron" and asked["args"]["prompt_tokens"] == 2


def test_calls_of_llama_cpp_are_a_track(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.json")
    scene.now_ms += 20.0
    scene.trace.called([EngineCall(10.0, 5.0, 32, 1, True), EngineCall(5.0, 6.0, 2, 2, False)])
    scene.trace.close()
    assert scene.trace.wants_calls
    calls = [event for event in check_trace(tmp_path / "t.json") if event["ph"] == "X"]
    assert [(call["name"], call["ts"], call["dur"]) for call in calls] == [
        ("read", 5000.0, 5000.0),
        ("speak", 10000.0, 5000.0),
    ]
    assert {(call["pid"], call["tid"]) for call in calls} == {(ENGINE, CALLS_TID)}


def test_strangers_and_broken_messages_draw_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.json")
    say = {"type": "npc.say", "id": 1, "npc": "Bron", "text": "x"}
    scene.received(say, route=b"stranger")
    for broken in (b"\xc1", b"", msgpack.packb([1]), {"type": ["npc.say"]}, {**say, "id": [1]}, {**say, "id": None}):
        scene.received(broken)
        scene.received(broken, channel="control")
    scene.trace.received("requests", b"r", [], scene.now_ms)
    scene.trace.close()
    assert not [event for event in check_trace(tmp_path / "t.json") if event["ph"] in "BEX"]


def test_spans_end_with_their_session_and_a_repeated_request_is_one(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.json")
    for _ in range(2):
        scene.received({"type": "npc.say", "id": 1, "npc": "Bron", "text": "x"})
    scene.received({"type": "npc.say", "id": 2, "npc": "Bron", "text": "x"})
    scene.sent({"type": "session.ended", "session": "s", "error": {"code": "bye"}})
    scene.trace.close()
    events = check_trace(tmp_path / "t.json")
    assert [event["args"].get("code") for event in events if event["ph"] == "E"] == ["session.ended"] * 2
    assert len({event["tid"] for event in events if event["ph"] == "B"}) == 2


def test_a_rotated_file_begins_with_what_was_open(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.json", most_bytes=4000)
    scene.received({"type": "npc.say", "id": 1, "npc": "Bron", "text": "x"})
    for n in range(100):
        scene.now_ms += 16.0
        scene.frame(10.0 + n % 3)
    scene.trace.told(EngineDown(EngineCrashError("It is gone."), False))
    scene.trace.told(EngineUp(1))
    scene.sent({"type": "end", "id": 1, "seq": 0, "result": {"kind": "turn", "source": "model", "why": "stop"}})
    scene.trace.close()
    events = check_trace(tmp_path / "t.json")
    assert [event["ph"] for event in events if event["name"] == "turn"] == ["B", "E"]
    assert older_file(tmp_path / "t.json").exists()


@pytest.mark.parametrize("most_bytes", range(1200, 2400, 60))
def test_every_file_is_right_wherever_the_one_before_was_full(tmp_path: Path, most_bytes: int) -> None:
    scene = Scene(tmp_path / "t.json", most_bytes=most_bytes)
    for n in range(1, 12):
        scene.received({"type": "npc.say", "id": n, "npc": f"Bron {n % 3}", "text": "x"})
        scene.trace.asked(Request(id=n, sequence="x", tokens=(1,)))
        scene.now_ms += 16.0
        scene.frame(10.0)
        scene.trace.told(Ended(n, "stop", EngineCost(queue_ms=1, read_ms=2, decode_ms=3)))
        if n > 2:
            scene.sent({"type": "end", "id": n - 2, "seq": 0, "result": {"source": "model"}})
    scene.trace.close()
    check_trace(older_file(tmp_path / "t.json"), is_ended=False)
    check_trace(tmp_path / "t.json", is_ended=False)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_host_leaves_a_readable_file(tmp_path: Path) -> None:
    code = f"""
import sys, pathlib, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from hosting import make_host
from raw_client import RawClient
from npc_sdk.wire import messages as m
from npc_sdk.wire.trace import Trace
folder = pathlib.Path({str(tmp_path)!r})
host = make_host(folder, taps=[Trace(folder / "t.json")])
host.start()
client = RawClient(host.connection)
client.spawn()
client.do(m.NpcSay, npc="Bron", text="Hello.")
print("ready", flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    end_s = time.monotonic() + 20
    while not all(f'"{name}"' in (tmp_path / "t.json").read_text() for name in ("turn", "generate", "talking")):
        assert time.monotonic() < end_s, "the trace is not written while the host runs"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(20)
    process.stdout.close()
    names = {event["name"] for event in check_trace(tmp_path / "t.json", is_whole=False)}
    assert {"turn", "generate", "talking"} <= names
