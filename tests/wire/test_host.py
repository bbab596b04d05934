from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zmq

from npc_sdk.errors import RequestError
from npc_sdk.testing import FakeEngine, Reply, act
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import decode
from npc_sdk.wire.host_core import owner_of
from npc_sdk.wire.limits import DEFAULT_LIMITS
from npc_sdk.world import CharacterStore

Open = Callable[..., Any]
Join = Callable[..., Any]

LOOK = {"name": "look", "description": "Look around.", "parameters": {"type": "object", "properties": {}}}
STRIKE = {
    "name": "strike",
    "parameters": {"type": "object", "properties": {"target": {"type": "string", "x-vocabulary": "foes"}}},
}


def test_a_character_talks(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["Hello there. Who are you?"])
    client = join(open_host(engine))
    there = client.spawn()
    assert (there.npc, there.greeting, there.fallback, there.is_new) == ("Bron", "Halt!", ("Hm.",), True)
    say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    end = client.end(say)
    items = client.stream(say)
    assert [item.seq for item in items] == list(range(len(items)))
    assert "".join(i.event.text for i in items[:-1] if i.event.kind == "speech") == end.result.text
    assert [i.event.text for i in items[:-1] if i.event.kind == "sentence"] == ["Hello there.", "Who are you?"]
    assert (end.result.source, end.result.why) == ("model", "stop")


def test_requests_may_follow_each_other_without_waiting(open_host: Open, join: Join) -> None:
    client = join(open_host())
    persona = m.Reference(value={"name": "Bron", "role": "a guard"})
    spawn = client.ask(m.NpcSpawn, persona=persona)
    say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    history = client.ask(m.NpcHistory, npc="Bron")
    assert client.end(spawn).result.npc == "Bron"
    assert client.end(say).result.text == "I hear you."
    assert client.end(history).result.lines[0].text == "Hello."


def test_an_action_and_its_result(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    engine.script("Bron", [act("strike", target="orc"), "It is down."])
    client = join(open_host(engine))
    client.spawn(actions=(STRIKE,), waits_for=("strike",))
    client.do(m.WorldSet, tick=4, vocabularies={"foes": ["orc", "wolf"]})
    say = client.ask(m.NpcSay, npc="Bron", text="Strike!")
    action = client.until(lambda item: isinstance(item, m.Event) and item.event.kind == "action").event
    assert (action.name, action.arguments, action.tick) == ("strike", {"target": "orc"}, 4)
    client.do(m.NpcResult, npc="Bron", action_id=action.action_id, result="The orc falls.")
    end = client.end(say).result
    assert (end.text, end.calls) == ("It is down.", 1)
    lines = [(line.speaker, line.text) for line in client.do(m.NpcHistory, npc="Bron").lines]
    assert ("result", "The orc falls.") in lines


def test_a_late_result_is_remembered(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    engine.script("Bron", [act("look")])
    client = join(open_host(engine))
    client.spawn(actions=(LOOK,))
    client.do(m.NpcSay, npc="Bron", text="Look.")
    action = next(item.event for item in client.seen if isinstance(item, m.Event) and item.event.kind == "action")
    client.do(m.NpcResult, npc="Bron", action_id=action.action_id, result="A wolf.")
    assert client.do(m.NpcHistory, npc="Bron", last=1).lines[0].text == "A wolf."
    assert client.refused(m.NpcResult, npc="Bron", action_id="other", result="x").code == "unknown_action"


def test_a_decision(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    engine.choose("Bron", [{"run": 3.0, "fight": 1.0}])
    client = join(open_host(engine))
    client.spawn()
    choice = client.do(m.NpcDecide, npc="Bron", situation="A wolf.", options=("fight", "run"))
    assert (choice.choice, choice.index, choice.source) == ("run", 1, "model")
    assert [round(share, 2) for share in choice.probabilities] == [0.25, 0.75]
    assert client.refused(m.NpcDecide, npc="Bron", situation="x", options=("a", "a")).code == "bad_options"


def test_what_a_character_notices_stands_in_its_prompt(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    client = join(open_host(engine))
    client.spawn()
    client.do(m.NpcObserve, npc="Bron", text="It starts to rain.")
    client.do(m.NpcSay, npc="Bron", text="Hello.")
    assert "It starts to rain." in engine.prompts()[-1]


def test_a_greeting_is_told_and_remembered(open_host: Open, join: Join) -> None:
    client = join(open_host())
    client.spawn()
    assert client.do(m.NpcGreet, npc="Bron").text == "Halt!"
    assert [line.text for line in client.do(m.NpcHistory, npc="Bron").lines] == ["Halt!"]
    assert isinstance(client.do(m.NpcPark, npc="Bron"), m.Done)


def test_only_what_was_heard_is_kept(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["First things first. The key is under the stone."])
    client = join(open_host(engine))
    client.spawn()
    say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    client.end(say)
    client.do(m.NpcHeard, npc="Bron", turn=say, characters=19)
    assert client.do(m.NpcHistory, npc="Bron").lines[-1].text == "First things first."
    assert client.refused(m.NpcHeard, npc="Bron", turn=999, characters=1).code == "unknown_turn"


def test_a_turn_is_cancelled_on_the_other_channel(open_host: Open, join: Join, pace: Any) -> None:
    client = join(open_host(pace(rule=lambda prompt: "One two three four five. " * 20), is_paced=True))
    client.spawn()
    say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    client.until(lambda item: isinstance(item, m.Event))
    client.cancel(say)
    end = client.end(say).result
    assert (end.source, end.why) == ("cut", "cancelled")


def test_a_deadline_ends_a_turn_with_a_fallback(open_host: Open, join: Join) -> None:
    client = join(open_host(FakeEngine(lambda prompt: Reply(failure="silence"))))
    client.spawn()
    end = client.do(m.NpcSay, npc="Bron", text="Hello.", deadline_ms=80.0)
    assert (end.source, end.why, end.text) == ("fallback", "deadline", "Hm.")


def test_a_second_line_interrupts_the_first(open_host: Open, join: Join, pace: Any) -> None:
    client = join(open_host(pace(rule=lambda prompt: "One two three four five. " * 3), is_paced=True))
    client.spawn()
    first = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    client.until(lambda item: isinstance(item, m.Event))
    second = client.ask(m.NpcSay, npc="Bron", text="Stop!")
    assert client.end(first).result.why == "interrupted"
    assert client.end(second).result.source == "model"


def test_what_nobody_knows_is_an_error_with_a_code(open_host: Open, join: Join) -> None:
    client = join(open_host())
    client.spawn()
    assert client.refused(m.NpcSay, npc="Nobody", text="Hello.").code == "unknown_npc"
    assert client.refused(m.NpcSpawn, persona=m.Reference(shipped="nobody")).code == "unknown_persona"
    assert client.refused(m.NpcSpawn, persona=m.Reference(named="nobody")).code == "no_persona_folder"
    bad = client.refused(m.NpcSpawn, persona=m.Reference(value={"name": "X", "role": "y", "mood": "z"}))
    assert bad.kind == "PersonaError"
    assert client.refused(m.NpcSpawn, persona=m.Reference(shipped="guard"), name="Bron").code == "name_taken"
    assert client.refused(m.WorldSet, vocabularies={"tick": ["x"]}).code == "bad_name"
    # And all goes on.
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"


def test_a_shipped_character_comes_by_name(open_host: Open, join: Join) -> None:
    client = join(open_host(world="brackwater"))
    there = client.do(m.NpcSpawn, persona=m.Reference(shipped="guard"), world=m.Reference(shipped="brackwater"))
    again = client.do(m.NpcSpawn, persona=m.Reference(shipped="guard"))
    assert again.npc == f"{there.npc} 2"


def test_the_world_reaches_those_who_come_later(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    client = join(open_host(engine))
    client.do(m.WorldSet, tick=9, vocabularies={"foes": ["dragon"]})
    client.spawn(actions=(STRIKE,))
    client.do(m.NpcSay, npc="Bron", text="Who?")
    assert "dragon" in engine.prompts()[-1]
    client.do(m.WorldSet, npc="Bron", tick=10, vocabularies={"foes": ["wolf"]})
    client.do(m.NpcSay, npc="Bron", text="Who?")
    assert "dragon" not in engine.prompts()[-1].rpartition("Who?")[0].rpartition("foes")[2]


def test_sessions_do_not_see_each_other(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    host = open_host(engine)
    one, two = join(host), join(host)
    one.spawn(actions=(STRIKE,))
    assert two.refused(m.NpcSay, npc="Bron", text="Hello.").code == "unknown_npc"
    # The same name, and yet somebody else.
    assert two.spawn(actions=(STRIKE,)).is_new
    one.do(m.WorldSet, vocabularies={"foes": ["secret"]})
    one.do(m.NpcSay, npc="Bron", text="My password is cheese.")
    assert two.do(m.NpcHistory, npc="Bron").lines == ()
    two.do(m.NpcSay, npc="Bron", text="Hello.")
    prompt = engine.prompts()[-1]
    assert "cheese" not in prompt and "secret" not in prompt
    # Ids of one session say nothing in the other.
    two.cancel(1)
    assert two.refused(m.NpcHeard, npc="Bron", turn=3, characters=0).code == "unknown_turn"
    two.do(m.NpcDespawn, npc="Bron")
    assert one.do(m.NpcSay, npc="Bron", text="Still there?").source == "model"
    assert one.status()["npcs"] == 1


def test_a_character_is_taken_up_again_by_its_owner_only(open_host: Open, join: Join) -> None:
    host = open_host()
    client = join(host)
    client.spawn()
    client.do(m.NpcSay, npc="Bron", text="Remember me.")
    client.send(m.Bye())
    client.until(lambda message: isinstance(message, m.SessionEnded))
    assert join(host).spawn().is_new
    again = join(host, owner_key=client.owner_key)
    assert not again.spawn().is_new
    assert again.do(m.NpcHistory, npc="Bron").lines[0].text == "Remember me."


def test_a_newer_session_of_the_owner_replaces_the_older(open_host: Open, join: Join, pace: Any) -> None:
    host = open_host(pace(rule=lambda prompt: "One two three four five. " * 20), is_paced=True)
    old = join(host)
    old.spawn()
    old.ask(m.NpcSay, npc="Bron", text="Talk.")
    old.until(lambda item: isinstance(item, m.Event))
    new = join(host, owner_key=old.owner_key)
    assert not new.spawn().is_new
    ended = old.until(lambda message: isinstance(message, m.SessionEnded))
    assert ended.error.code == "replaced"
    # What was said until then is remembered, as it was heard.
    assert new.do(m.NpcHistory, npc="Bron").lines[0].text == "Talk."


def test_what_is_forgotten_is_gone(open_host: Open, join: Join) -> None:
    host = open_host()
    client = join(host)
    for name in ("Ada", "Bron", "Cid", "Dora"):
        client.spawn(name)
        client.do(m.NpcSay, npc=name, text="Hello.")
    client.do(m.NpcDespawn, npc="Ada")
    client.do(m.NpcDespawn, npc="Bron", is_kept=True)
    client.do(m.NpcDespawn, npc="Nobody")
    client.send(m.Bye())
    client.until(lambda message: isinstance(message, m.SessionEnded))
    again = join(host, owner_key=client.owner_key)
    assert [again.spawn(name).is_new for name in ("Ada", "Bron", "Cid")] == [True, False, False]
    # One that is not even in the session can be forgotten too.
    again.do(m.NpcDespawn, npc="Dora")
    assert again.spawn("Dora").is_new
    again.send(m.Bye(forget=True))
    again.until(lambda message: isinstance(message, m.SessionEnded))
    last = join(host, owner_key=client.owner_key)
    assert all(last.spawn(name).is_new for name in ("Ada", "Bron", "Cid", "Dora"))


def test_a_host_that_is_started_again_knows_its_characters(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    host = open_host(engine)
    client = join(host)
    client.spawn(actions=(STRIKE,))
    client.do(m.WorldSet, tick=77, vocabularies={"foes": ["orc"]})
    client.do(m.NpcObserve, npc="Bron", text="It rains.")
    client.do(m.NpcSay, npc="Bron", text="Remember me.")
    client.do(m.NpcSay, npc="Bron", text="And this.")
    host.stop()
    fresh = FakeEngine()
    client = join(open_host(fresh), owner_key=client.owner_key)
    assert not client.spawn(actions=(STRIKE,)).is_new
    client.do(m.NpcSay, npc="Bron", text="Well?")
    prompt = fresh.prompts()[-1]
    assert all(part in prompt for part in ("Remember me.", "And this.", "It rains.", "orc"))


def test_a_lost_connection_loses_nothing(open_host: Open, join: Join, pace: Any) -> None:
    host = open_host(pace(rule=lambda prompt: "One two three four five. " * 4), is_paced=True)
    client = join(host)
    client.spawn()
    say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    for _ in range(3):
        client.until(lambda item: isinstance(item, m.Event))
    before = client.stream(say)
    again = join(host, owner_key=client.owner_key, hello=False)
    again.instance, again.attempts = client.instance, client.attempts
    client.close()
    welcome = again.hello({say: len(before)})
    assert welcome.is_resumed and not welcome.lost
    end = again.end(say)
    items = before + again.stream(say)
    assert [item.seq for item in items] == list(range(len(items)))
    assert "".join(i.event.text for i in items[:-1] if i.event.kind == "speech") == end.result.text


def test_figures_are_there_at_once(open_host: Open, join: Join) -> None:
    host = open_host()
    client = join(host)
    client.spawn()
    status = client.status()
    assert status["sessions"] == 1 and status["host_id"] == host.connection.host_id and status["is_stored"]
    assert status["age_ms"] >= 0 and status["running"] == 0


def test_figures_are_published_without_words(open_host: Open, join: Join) -> None:
    host = open_host()
    client = join(host)
    watcher = client.context.socket(zmq.SUB)
    watcher.subscribe(b"")
    watcher.connect(host.connection.telemetry)
    kinds: dict[str, Any] = {}
    sequence = []
    client.spawn()
    for _ in range(40):
        if watcher.poll(500):
            frames = watcher.recv_multipart()
            message = decode(frames, DEFAULT_LIMITS, "telemetry")
            kinds[message.kind] = message.data
            sequence.append(message.seq)
            assert b"password" not in frames[1] and b"hear you" not in frames[1]
            client.do(m.NpcSay, npc="Bron", text="My password is cheese.")
        if {"status", "turn"} <= set(kinds):
            break
    watcher.close(0)
    assert kinds["turn"]["source"] == "model" and kinds["status"]["sessions"] == 1
    assert sequence == sorted(sequence)


def test_the_engines_news_reach_the_clients(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    client = join(open_host(engine))
    client.spawn()
    engine.crash()
    assert client.notice("engine_down")["error"]["code"] == "engine_crashed"
    client.notice("engine_up")


def test_everything_is_heard_by_a_tap(open_host: Open, join: Join) -> None:
    tap = _Tap()
    host = open_host(taps=[tap])
    client = join(host)
    client.spawn()
    host.stop()
    types = {type(decode(frames, DEFAULT_LIMITS, "to_host")).__name__ for frames in tap.came["requests"]}
    assert {"Hello", "NpcSpawn"} <= types
    assert {"Welcome", "End"} <= {
        type(decode(frames, DEFAULT_LIMITS, "to_client")).__name__ for frames in tap.went["requests"]
    }
    assert tap.is_closed


class _Tap:
    def __init__(self) -> None:
        self.came: dict[str, list[Any]] = {"requests": [], "control": []}
        self.went: dict[str, list[Any]] = {"requests": [], "control": []}
        self.is_closed = False

    def received(self, channel: str, route: bytes, frames: Any, now_ms: float) -> None:
        self.came[channel].append(frames)

    def sent(self, channel: str, route: bytes, frames: Any, now_ms: float) -> None:
        self.went[channel].append(frames)

    def close(self) -> None:
        self.is_closed = True


def test_a_full_disk_stops_nobody(open_host: Open, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    host = open_host()
    client = join(host)
    client.spawn()
    client.do(m.NpcSay, npc="Bron", text="Before.")
    monkeypatch.setattr("npc_sdk.world.rows.update", _full)
    monkeypatch.setattr("npc_sdk.world.rows.put", _full)
    assert client.do(m.NpcSay, npc="Bron", text="During.").source == "model"
    assert client.notice("store_failed")["error"]["code"] == "disk_full"
    assert client.do(m.NpcSay, npc="Bron", text="Meanwhile.").source == "model"
    assert not client.status()["is_stored"]
    monkeypatch.undo()
    # As soon as there is room, everything is stored, also what could not be.
    client.notice("store_works")
    owner_key = client.owner_key
    host.stop()
    again = join(open_host(), owner_key=owner_key)
    assert not again.spawn().is_new
    texts = [line.text for line in again.do(m.NpcHistory, npc="Bron").lines if line.speaker == "player"]
    assert texts == ["Before.", "During.", "Meanwhile."]


def _full(*_: Any) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_a_damaged_store_is_told_and_the_host_serves(open_host: Open, join: Join, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "characters.db").write_bytes(b"garbage" * 1000)
    client = join(open_host())
    assert client.spawn().is_new
    assert len(list((tmp_path / "host").glob("characters.db.damaged-*"))) == 1


@pytest.mark.parametrize("setting", ["personas", "worlds", "world"])
def test_a_setting_that_names_nothing_is_told_at_once(open_host: Open, tmp_path: Path, setting: str) -> None:
    with pytest.raises(RequestError) as caught:
        open_host(**{setting: "nowhere"})
    assert (caught.value.code, caught.value.details["setting"]) == ("bad_setting", setting)


def test_a_host_without_a_store_serves_too(open_host: Open, join: Join, tmp_path: Path) -> None:
    host = open_host(is_kept=False)
    client = join(host)
    client.spawn()
    client.do(m.NpcSay, npc="Bron", text="Hello.")
    client.do(m.NpcDespawn, npc="Bron")
    assert client.spawn().is_new
    assert not (tmp_path / "host").exists()


def test_an_engine_that_is_gone_for_good_leaves_fallbacks(open_host: Open, join: Join) -> None:
    engine = FakeEngine()
    client = join(open_host(engine))
    client.spawn()
    engine.crash(is_final=True)
    end = client.do(m.NpcSay, npc="Bron", text="Hello.")
    assert (end.source, end.text, end.error.code) == ("fallback", "Hm.", "engine_crashed")


def test_a_disk_that_is_stuck_holds_up_no_answer(open_host: Open, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    client = join(open_host())
    client.spawn()
    gate = threading.Event()
    monkeypatch.setattr("npc_sdk.world.rows.update", lambda *_: bool(gate.wait(20)))
    began_s = time.monotonic()
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"
    assert time.monotonic() - began_s < 10
    gate.set()
    monkeypatch.undo()
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"


def test_a_new_tick_is_kept_at_the_end_too(open_host: Open, join: Join) -> None:
    host = open_host()
    client = join(host)
    client.spawn(actions=(STRIKE,))
    client.do(m.WorldSet, tick=123, vocabularies={"foes": ["orc"]})
    host.stop()
    store = CharacterStore(host.folder / "characters.db")
    record = store.load(owner_of(client.owner_key), "Bron")
    store.close()
    assert record is not None and record.kept["tick"] == 123
    assert record.kept["vocabularies"] == {"foes": ["orc"]}
    assert record.cast["persona"]["name"] == "Bron" and record.cast["actions"][0]["name"] == "strike"
