"""What a game sees of a host that is killed, of a network that breaks, and of its own pauses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hosting import HostProcessForTests, make_host
from proxy import Proxy

from npc_sdk import (
    BackendError,
    Client,
    ClientEvent,
    HostFound,
    HostLost,
    Persona,
    Sentence,
    SpeechDelta,
    StateError,
    Turn,
    TurnEnd,
    connect,
)
from npc_sdk.testing import FakeEngine
from npc_sdk.wire.link import Link

BRON = Persona(name="Bron", role="the gate guard", fallback=("Hm.", "What?"), greeting="Halt!")
FRAME_MS = 5.0


@pytest.fixture
def run_host(tmp_path: Path) -> Iterator[Callable[..., HostProcessForTests]]:
    """Runs hosts in processes of their own, one after the other in the same folder."""
    running: list[HostProcessForTests] = []

    def run(**options: Any) -> HostProcessForTests:
        running.append(HostProcessForTests(tmp_path, **options))
        return running[-1]

    yield run
    for host in running:
        host.close()


@pytest.fixture
def through() -> Iterator[Callable[..., tuple[Client, Proxy]]]:
    """Connects clients through proxies."""
    opened: list[Any] = []

    def join(host: Any, **options: Any) -> tuple[Client, Proxy]:
        proxy = Proxy(host.connection)
        opened.append(proxy)
        client = Client(proxy.address, **options)
        opened.append(client)
        client.start(timeout_s=10)
        return client, proxy

    yield join
    for each in reversed(opened):
        each.close()


def play(client: Client, is_done: Callable[[], bool], limit_s: float = 15.0) -> float:
    """Run the frame loop until something is done; returns how long it took."""
    begun_s = time.monotonic()
    while not is_done():
        assert time.monotonic() - begun_s < limit_s, client
        client.poll(FRAME_MS)
    return time.monotonic() - begun_s


def play_for(client: Client, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    play(client, lambda: time.monotonic() >= end_s, seconds + 5)


def said(turn: Turn) -> str:
    return "".join(event.text for event in turn.events if isinstance(event, SpeechDelta))


def ends(turn: Turn) -> int:
    return sum(isinstance(event, TurnEnd) for event in turn.events)


def begin(client: Client, npc: Any, **options: Any) -> Turn:
    """Begin a turn and wait for its first word."""
    turn: Turn = npc.say("Count.", deadline_ms=20_000, **options)
    play(client, lambda: bool(turn.events))
    return turn


def test_a_host_that_comes_back(run_host: Callable[..., HostProcessForTests], tmp_path: Path) -> None:
    news: list[ClientEvent] = []
    host = run_host()
    with connect(tmp_path / "connection.json", on_event=news.append) as client:
        bron = client.spawn(BRON)
        assert bron.say("Hello.").result().why == "stop"
        turn = begin(client, bron)
        host.kill()
        run_host()
        play(client, lambda: turn.is_over)
        assert (turn.end.why, ends(turn)) in [("host_restarted", 1), ("host_lost", 1)]  # type: ignore[union-attr]
        play(client, lambda: client.state == "connected")
        assert bron.say("Still there?").result().why == "stop"
        assert [line.text for line in bron.history][0] == "Hello."
        client.poll()
        found = [event for event in news if isinstance(event, HostFound)]
        assert [event.is_resumed for event in found] == [False, False]
        assert found[0].host_id != found[1].host_id
        assert ends(turn) == 1


def test_a_host_that_stays_away(run_host: Callable[..., HostProcessForTests], tmp_path: Path) -> None:
    news: list[ClientEvent] = []
    host = run_host(length=20)
    with connect(tmp_path / "connection.json", on_event=news.append) as client:
        bron = client.spawn(BRON)
        bron.world.update(tick=3, enemies=["goblin_1"])
        told = begin(client, bron)
        play(client, lambda: any(isinstance(event, Sentence) for event in told.events))
        host.kill()
        asked_s = time.monotonic()
        quiet = bron.say("Are you there?", deadline_ms=20_000)
        opened = bron.begin_decision("So?", ["run", "stay"], default="stay", deadline_ms=20_000)
        play(client, lambda: told.is_over and quiet.is_over and opened.decision is not None)
        assert time.monotonic() - asked_s < 3.6
        assert client.state == "lost"
        assert isinstance(news[-1], HostLost)
        assert (told.end.source, told.end.why, told.end.text[-1]) == ("cut", "host_lost", ".")  # type: ignore[union-attr]
        assert (quiet.end.source, quiet.end.text) == ("fallback", "Hm.")  # type: ignore[union-attr]
        assert quiet.end.error.code == "host_lost"  # type: ignore[union-attr]
        assert opened.result().choice == "stay"
        assert bron.say("And now?").end.text == "What?"  # type: ignore[union-attr]
        assert bron.decide("So?", ["run", "stay"]).source == "fallback"
        for call in (bron.park, lambda: bron.history, lambda: client.spawn(BRON), client.status):
            with pytest.raises(BackendError, match="Nothing is heard") as caught:
                call()
            assert caught.value.code == "host_lost"
        bron.observe("It rains.")
        run_host()
        play(client, lambda: client.state == "connected")
        assert bron.say("Hello again.").result().why == "stop"


def test_a_short_cut_is_not_seen(run_host: Callable[..., HostProcessForTests], through: Any) -> None:
    client, proxy = through(run_host(length=4))
    bron = client.spawn(BRON)
    turn = begin(client, bron)
    proxy.cut()
    play_for(client, 1.0)
    proxy.heal()
    end = turn.result()
    assert (end.source, end.why, end.text) == ("model", "limit", "One two three. One two three. One two three.")
    assert said(turn).startswith(end.text)
    assert ends(turn) == 1


def test_a_long_cut(run_host: Callable[..., HostProcessForTests], through: Any) -> None:
    news: list[ClientEvent] = []
    client, proxy = through(run_host(length=4), on_event=news.append)
    bron = client.spawn(BRON)
    turn = begin(client, bron)
    proxy.cut()
    play_for(client, 4.0)
    assert client.state == "lost"
    assert ends(turn) == 1
    assert (turn.end.source, turn.end.why) == ("fallback", "host_lost")  # type: ignore[union-attr]
    proxy.heal()
    play(client, lambda: client.state == "connected")
    after = bron.say("Again.").result()
    assert after.why == "limit"
    # The words of the lost turn were not heard, so they were not said.
    assert [line.text for line in bron.history if line.speaker == "player"] == ["Count.", "Again."]
    assert [line.text for line in bron.history if line.speaker == "npc"] == [after.text]
    assert [type(event) for event in news] == [HostFound, HostLost, HostFound]
    assert news[-1].is_resumed  # type: ignore[union-attr]


def test_a_frozen_network(run_host: Callable[..., HostProcessForTests], through: Any) -> None:
    client, proxy = through(run_host(length=4))
    turn = begin(client, client.spawn(BRON))
    proxy.freeze()
    play_for(client, 1.0)
    proxy.heal()
    assert turn.result().text == "One two three. One two three. One two three."
    assert client.state == "connected"


def test_jitter(run_host: Callable[..., HostProcessForTests], through: Any) -> None:
    client, proxy = through(run_host(length=2))
    proxy.delay_s = 0.1
    bron = client.spawn(BRON)
    assert bron.say("Count.").result().text == "One two three. One two three."
    assert client.state == "connected"


def test_a_game_that_does_not_look(run_host: Callable[..., HostProcessForTests], tmp_path: Path) -> None:
    news: list[ClientEvent] = []
    run_host(length=3)
    with connect(tmp_path / "connection.json", on_event=news.append) as client:
        bron = client.spawn(BRON)
        turn = begin(client, bron)
        time.sleep(4.5)
        for _ in range(3):
            client.poll()
        assert turn.is_over
        assert turn.text == "One two three. One two three. One two three."
        assert turn.end.why == "stop"  # type: ignore[union-attr]
        play_for(client, 0.5)
        assert client.state == "connected"
        assert [type(event) for event in news] == [HostFound]


def test_everything_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receive, send = Link.receive, Link.send

    def twice(link: Link, limit: int) -> Iterator[Any]:
        for message in receive(link, limit):
            yield message
            yield message

    def send_twice(link: Link, channel: Any, frames: Any) -> bool:
        return send(link, channel, frames) and send(link, channel, frames)

    monkeypatch.setattr(Link, "receive", twice)
    monkeypatch.setattr(Link, "send", send_twice)
    engine = FakeEngine()
    with make_host(tmp_path, engine) as host, connect(host.connection_file) as client:
        bron = client.spawn(BRON)
        turn = bron.say("Hello.")
        assert turn.result().why == "stop"
        assert said(turn) == "I hear you."
        assert len(engine.prompts()) == 1
        assert [line.text for line in bron.history] == ["Hello.", "I hear you."]


def test_a_game_that_was_killed_finds_its_characters(tmp_path: Path) -> None:
    with make_host(tmp_path) as host:
        first = connect(host.connection_file)
        first.spawn(BRON).say("Remember me.").result()
        key = first.owner_key
        # As if its process had died: not a word of goodbye.
        first._pump._drop_link()
        with connect(host.connection_file, owner_key=key) as second:
            bron = second.spawn(BRON, name="Bron")
            assert not bron.is_new
            assert [line.text for line in bron.history] == ["Remember me.", "I hear you."]
            with connect(host.connection_file) as stranger:
                assert stranger.spawn(BRON, name="Bron").history == ()
        first.close()


def test_a_token_that_is_wrong(tmp_path: Path) -> None:
    with make_host(tmp_path) as host:
        connection = host.connection
        place = connection.requests
        client = Client(lambda: _address(place, connection.control, "wrong"))
        with pytest.raises(Exception, match="token") as caught:
            client.start(timeout_s=5)
        assert getattr(caught.value, "code", "") == "bad_token"
        with pytest.raises(StateError):
            client.spawn(BRON)
        client.close()


def _address(requests: str, control: str, token: str) -> Any:
    from npc_sdk.wire.address import HostAddress

    return HostAddress(requests=requests, control=control, token=token)


def test_nobody_there(tmp_path: Path) -> None:
    begun_s = time.monotonic()
    with pytest.raises(BackendError) as caught:
        connect(endpoint="tcp://127.0.0.1:9", timeout_s=0.5)
    assert caught.value.code == "host_unreachable"
    assert time.monotonic() - begun_s < 2


def test_a_world_is_told_again(run_host: Callable[..., HostProcessForTests], tmp_path: Path) -> None:
    host = run_host()
    with connect(tmp_path / "connection.json") as client:
        bron = client.spawn(BRON)
        bron.world.update(tick=5, enemies=["goblin_1"])
        client.status()
        host.kill()
        run_host()
        play(client, lambda: client.state != "connected")
        play(client, lambda: client.state == "connected")
        bron.world.update(tick=6)
        assert bron.say("Hello.").result().why == "stop"
        assert bron.world.vocabularies == {"enemies": ("goblin_1",)}
