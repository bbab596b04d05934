from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.testing import FakeEngine, Reply, act
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG, encode
from npc_sdk.wire.record_file import Record, Recording, opening, pack_record
from npc_sdk.wire.recorder import Recorder
from npc_sdk.wire.replay import Difference, Outcome, Replay
from npc_sdk.wire.replay_engine import engine_for

Open = Callable[..., Any]
Join = Callable[..., Any]
PaceMaker = Callable[..., Any]

LOOK = {"name": "look", "description": "Look around.", "parameters": {"type": "object", "properties": {}}}
STRIKE = {
    "name": "strike",
    "parameters": {"type": "object", "properties": {"target": {"type": "string", "x-vocabulary": "foes"}}},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.npcrec"


def again(file: Path, wait_s: float = 10.0) -> Outcome:
    return Replay(Recording(file), wait_s=wait_s).run()


def rewritten(file: Path, change: Callable[[Record], Record | None]) -> None:
    changed = [record for record in map(change, list(Recording(file))) if record is not None]
    file.write_bytes(opening() + b"".join(map(pack_record, changed)))


def a_scene(open_host: Open, join: Join, file: Path) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["Hello there. Who are you?", act("strike", target="orc"), "It is down."])
    engine.choose("Bron", ["Stay"])
    host = open_host(engine, taps=[Recorder(file)])
    client = join(host)
    client.spawn(actions=(STRIKE, LOOK), waits_for=("strike",))
    client.do(m.NpcGreet, npc="Bron")
    client.do(m.NpcSay, npc="Bron", text="Hello.")
    client.do(m.WorldSet, tick=4, vocabularies={"foes": ["orc", "wolf"]})
    say = client.ask(m.NpcSay, npc="Bron", text="Strike!", speaker="Anna")
    action = client.until(lambda item: isinstance(item, m.Event) and item.event.kind == "action").event
    client.do(m.NpcResult, npc="Bron", action_id=action.action_id, result="The orc falls.")
    client.end(say)
    client.do(m.NpcHeard, npc="Bron", turn=say, characters=3)
    client.do(m.NpcDecide, npc="Bron", situation="Now?", options=("Run", "Stay"))
    client.do(m.NpcHistory, npc="Bron")
    client.do(m.NpcDespawn, npc="Bron", is_kept=True)
    client.send(m.Bye())
    client.until(lambda message: isinstance(message, m.SessionEnded))
    host.stop(drain_ms=0)


def test_a_recording_is_replayed_without_a_difference(open_host: Open, join: Join, file: Path) -> None:
    a_scene(open_host, join, file)
    outcome = again(file)
    assert outcome.difference is None and outcome.torn_at is None
    assert outcome.sent >= 12 and outcome.compared >= 25


@pytest.mark.parametrize(
    ("path", "what"),
    [("event.text", "event 3/0 speech"), ("result.text", "end 3/9 turn"), ("result.choice", "end 8/0 decision")],
)
def test_the_first_difference_is_shown(open_host: Open, join: Join, file: Path, path: str, what: str) -> None:
    a_scene(open_host, join, file)
    outer, inner = path.split(".")
    kind = what.split()[-1]
    changed: list[int] = []

    def change(record: Record) -> Record:
        body = record.data.get("message", {}).get(outer)
        if record.kind == "out" and not changed and isinstance(body, dict) and body.get("kind") == kind:
            changed.append(1)
            body[inner] = "something else"
        return record

    rewritten(file, change)
    difference = again(file).difference
    assert isinstance(difference, Difference)
    assert (difference.path, difference.what, difference.expected) == (path, what, "something else")
    record = list(Recording(file))[difference.number - 1]
    assert record.data["message"][outer][inner] == "something else"


def test_what_does_not_come_and_what_comes_unasked_is_a_difference(open_host: Open, join: Join, file: Path) -> None:
    a_scene(open_host, join, file)
    extra = Record(0.0, "out", {"channel": "requests", "route": 0, "message": {"type": "end", "id": 99, "seq": 0}})
    records = list(Recording(file))
    whole = file.read_bytes()
    file.write_bytes(opening() + b"".join(map(pack_record, [*records[:-1], extra])))
    difference = again(file, wait_s=1.0).difference
    assert difference is not None and difference.number == len(records) and repr(difference.got) == "(nothing)"
    file.write_bytes(whole)
    rewritten(file, lambda record: None if record.data.get("message", {}).get("type") == "session.ended" else record)
    difference = again(file).difference
    assert difference is not None and repr(difference.expected) == "(nothing)" and difference.what == "session.ended"


def test_an_engine_that_is_not_asked_is_a_difference(open_host: Open, join: Join, file: Path) -> None:
    a_scene(open_host, join, file)
    asked = Record(0.0, "asked", {"id": 1000, "sequence": "x:Nobody", "kind": "generate"})
    records = list(Recording(file))
    file.write_bytes(opening() + b"".join(map(pack_record, [*records[:9], asked, *records[9:]])))
    difference = again(file, wait_s=0.5).difference
    assert difference is not None and difference.number == 10
    assert (difference.what, difference.expected) == (
        "a request to the engine",
        {"kind": "generate", "npc": "Nobody"},
    )


def test_cancels_deadlines_and_interruptions(open_host: Open, join: Join, pace: PaceMaker, file: Path) -> None:
    engine = pace(rule=lambda prompt: "One two three four. Five six seven eight.")
    host = open_host(engine, taps=[Recorder(file)], is_paced=True)
    client = join(host)
    client.spawn()
    say = client.ask(m.NpcSay, npc="Bron", text="Go.")
    client.until(lambda item: isinstance(item, m.Event) and item.event.kind == "speech")
    client.cancel(say)
    assert client.end(say).result.why == "cancelled"
    assert client.do(m.NpcSay, npc="Bron", text="Go.", deadline_ms=150.0).why == "deadline"
    first = client.ask(m.NpcSay, npc="Bron", text="Go.")
    client.until(lambda item: isinstance(item, m.Event) and item.id == first)
    second = client.ask(m.NpcSay, npc="Bron", text="Stop, and listen.")
    assert client.end(first).result.why == "interrupted"
    assert client.end(second).result.why == "stop"
    host.stop(drain_ms=0)
    assert again(file).difference is None


def test_reconnected_clients_and_broken_messages(open_host: Open, join: Join, file: Path) -> None:
    host = open_host(taps=[Recorder(file)])
    client = join(host)
    client.spawn()
    client.requests.send_multipart([TAG, b"\xc1\xc1\xc1"])
    client.requests.send_multipart([b"NPC/2", b"\x80"])
    client.refused(m.NpcSay, npc="Nobody", text="Hello?")
    say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    client.end(say)
    client.requests.close(0)
    client.requests = client._socket(host.connection.requests, None)
    assert client.hello({say: 1}).is_resumed
    client.until(lambda message: isinstance(message, m.End) and message.id == say)
    client.send(m.Ack(below=say + 1))
    client.send(m.Ping(n=1))
    client.until(lambda message: isinstance(message, m.Pong))
    other = join(host)
    other.spawn()
    other.do(m.NpcSay, npc="Bron", text="Hello.")
    stranger = join(host, hello=False)
    stranger.send(m.Ping(n=1))
    stranger.until(lambda message: isinstance(message, m.Error))
    stranger.send(m.Hello(attempt=1, protocol="1.0", instance="i", token="wrong"))
    stranger.until(lambda message: isinstance(message, m.Refused))
    host.stop(drain_ms=0)
    assert again(file).difference is None


def test_characters_that_had_been_kept_are_there_again(open_host: Open, join: Join, file: Path) -> None:
    key = "k" * 40
    host = open_host()
    client = join(host, owner_key=key)
    client.spawn()
    client.do(m.NpcSay, npc="Bron", text="Remember the well.")
    host.stop(drain_ms=0)
    host = open_host(taps=[Recorder(file)])
    client = join(host, owner_key=key)
    assert not client.spawn().is_new
    assert len(client.do(m.NpcHistory, npc="Bron").lines) == 2
    client.spawn("Anna")
    client.do(m.NpcDespawn, npc="Anna", is_kept=True)
    assert not client.spawn("Anna").is_new
    host.stop(drain_ms=0)
    assert again(file).difference is None


def test_an_engine_that_crashed_and_bad_answers(open_host: Open, join: Join, file: Path) -> None:
    engine = FakeEngine()
    engine.script(
        "Bron", [Reply(text="Half a", failure="error"), "<tool_call>\n<function=nothing", Reply(failure="crash")]
    )
    host = open_host(engine, taps=[Recorder(file)])
    client = join(host)
    client.spawn(actions=(LOOK,))
    for _ in range(3):
        client.do(m.NpcSay, npc="Bron", text="Hello.")
    client.notice("engine_up")
    host.stop(drain_ms=0)
    outcome = again(file)
    assert outcome.difference is None


def test_a_torn_recording_is_replayed_as_far_as_it_goes(open_host: Open, join: Join, file: Path) -> None:
    a_scene(open_host, join, file)
    whole = file.read_bytes()
    for share in (0.3, 0.6, 0.9):
        file.write_bytes(whole[: int(len(whole) * share)])
        outcome = again(file)
        assert outcome.difference is None and outcome.torn_at is not None


def test_replay_needs_only_what_the_header_says() -> None:
    engine = engine_for({})
    assert engine.info.cells == 8192 * 8 and not engine.expect(1, "x", "read", 0.0)
    engine.give_out(["nonsense"], ())
    engine.give_out(["tokens", 7, [1], b"x"], [b"x"])
    engine.close()
    same = engine_for({"tokenizer": "fake-1", "settings": {"runtime": {"cells": 512}}})
    assert same.info.cells == 512


def test_control_messages_keep_their_place(open_host: Open, join: Join, file: Path) -> None:
    host = open_host(taps=[Recorder(file)])
    client = join(host)
    client.spawn()
    for n in range(5):
        client.control.send_multipart(encode(m.Frame(target_ms=16.0, measured_ms=10.0 + n)))
        client.status()
    host.stop(drain_ms=0)
    began_s = time.monotonic()
    outcome = again(file)
    assert outcome.difference is None and outcome.sent == 13
    assert time.monotonic() - began_s < 60
