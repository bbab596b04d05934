from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import NpcError
from npc_sdk.runtime import Runtime
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing import FakeEngine, Reply
from npc_sdk.wire import messages as m
from npc_sdk.wire.library import Library
from npc_sdk.wire.outputs import Begin, Closed
from npc_sdk.wire.replies import Fail, Fed, Finish, Replies
from npc_sdk.wire.stage import Stage
from npc_sdk.world import CharacterStore

GUARD = m.Reference(value={"name": "Bron", "role": "a guard", "fallback": ["Hm."]})


def _now_ms() -> float:
    return time.monotonic() * 1000.0


class Audience:
    """A stage, and what comes of what it is asked for."""

    def __init__(self, stage: Stage, replies: Replies, came: threading.Condition) -> None:
        self.stage = stage
        self._replies = replies
        self._came = came
        self._ends: dict[tuple[str, int], Any] = {}

    def ask(self, request: m.Request, session: str = "s", *, ago_ms: float = 0.0) -> tuple[str, int]:
        """Have a request run; sessions are owners here."""
        self.stage.begin(Begin(session, session, request), _now_ms() - ago_ms)
        return session, request.id

    def end(self, key: tuple[str, int], timeout_s: float = 10.0) -> Any:
        """Return what a request comes to."""
        end_s = time.monotonic() + timeout_s
        while key not in self._ends:
            reply = self._replies.take()
            if reply is None:
                assert time.monotonic() < end_s, key
                with self._came:
                    self._came.wait(0.02)
            elif isinstance(reply, Finish):
                self._over(reply.session, reply.id, reply.result)
            elif isinstance(reply, Fail):
                self._over(reply.session, reply.id, reply.error)
            elif isinstance(reply, Fed):
                while (item := reply.feed.next()) is not None:
                    if item[1]:
                        self._over(reply.feed.session, reply.feed.id, item[0])
        return self._ends[key]

    def _over(self, session: str, id: int, end: Any) -> None:
        self._ends[session, id] = end
        self.stage.over(session, id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CharacterStore]:
    made = CharacterStore(tmp_path / "characters.db")
    yield made
    made.close()


@pytest.fixture
def perform(store: CharacterStore) -> Iterator[Callable[..., Audience]]:
    """Opens stages over an engine; they are closed after the test."""
    opened: list[tuple[Stage, Runtime]] = []

    def start(engine: FakeEngine | None = None, **options: Any) -> Audience:
        runtime = Runtime(engine=engine or FakeEngine(), clock=SystemClock())
        runtime.start()
        came = threading.Condition()

        def wake() -> None:
            with came:
                came.notify_all()

        replies = Replies(wake)
        given = {"library": Library(), "store": store, "replies": replies, "now_ms": _now_ms, **options}
        stage = Stage(runtime, **given)
        opened.append((stage, runtime))
        stage.start()
        return Audience(stage, replies, came)

    yield start
    for stage, runtime in opened:
        stage.close(10)
        runtime.close()


def test_what_is_cancelled_before_it_begins_ends_at_once(perform: Any) -> None:
    audience = perform(FakeEngine(lambda prompt: Reply(failure="silence")))
    audience.end(audience.ask(m.NpcSpawn(id=1, persona=GUARD)))
    audience.stage.cancel("s", 2)
    end = audience.end(audience.ask(m.NpcSay(id=2, npc="Bron", text="Hello.")))
    assert (end.why, audience.stage.running) == ("cancelled", 0)


def test_a_deadline_counts_from_the_receipt(perform: Any) -> None:
    audience = perform(FakeEngine(lambda prompt: Reply(failure="silence")))
    audience.end(audience.ask(m.NpcSpawn(id=1, persona=GUARD)))
    say = m.NpcSay(id=2, npc="Bron", text="Hello.", deadline_ms=60_000.0)
    end = audience.end(audience.ask(say, ago_ms=59_950.0))
    assert end.why == "deadline"
    decide = m.NpcDecide(id=3, npc="Bron", situation="x", options=("a", "b"), deadline_ms=50.0)
    # One that has passed already ends as soon as it can.
    assert audience.end(audience.ask(decide, ago_ms=5000.0)).choice == "a"


def test_a_store_that_cannot_be_read_fails_the_spawn_and_nothing_else(
    perform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience = perform()
    audience.end(audience.ask(m.NpcSpawn(id=1, persona=GUARD)))

    def unreadable(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("npc_sdk.world.rows.load", unreadable)
        error = audience.end(audience.ask(m.NpcSpawn(id=2, persona=GUARD)))
    assert isinstance(error, NpcError) and error.code == "disk_failed"
    assert audience.end(audience.ask(m.NpcSay(id=3, npc="Bron", text="Hello."))).source == "model"
    assert audience.end(audience.ask(m.NpcSpawn(id=4, persona=GUARD))).npc == "Bron 2"


def test_a_memory_that_cannot_be_read_is_not_thrown_away(perform: Any, store: CharacterStore) -> None:
    audience = perform()
    audience.end(audience.ask(m.NpcSpawn(id=1, persona=GUARD)))
    audience.stage.closed(Closed("s", "s", "bye"))
    audience.end(audience.ask(m.NpcDespawn(id=2, npc="Nobody", is_kept=True)))
    connection = sqlite3.connect(store.file)
    connection.execute("UPDATE characters SET state = '{\"version\": 99}'")
    connection.commit()
    connection.close()
    error = audience.end(audience.ask(m.NpcSpawn(id=3, persona=GUARD)))
    assert isinstance(error, NpcError) and error.code == "bad_kept"
    assert store.names("s") == ("Bron",)
    # Whoever wants to begin anew says so.
    audience.end(audience.ask(m.NpcDespawn(id=4, npc="Bron")))
    assert audience.end(audience.ask(m.NpcSpawn(id=5, persona=GUARD))).is_new


def test_nobody_waits_for_the_store_of_another(perform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    audience = perform()
    audience.end(audience.ask(m.NpcSpawn(id=1, persona=GUARD), "quick"))
    gate = threading.Event()
    load = __import__("npc_sdk.world.rows", fromlist=["load"]).load

    def slow(owner: str, name: str, connection: Any) -> Any:
        gate.wait(10)
        return load(owner, name, connection)

    monkeypatch.setattr("npc_sdk.world.rows.load", slow)
    spawn = audience.ask(m.NpcSpawn(id=1, persona=GUARD), "slow")
    say = audience.ask(m.NpcSay(id=2, npc="Bron", text="Hello."), "slow")
    assert audience.end(audience.ask(m.NpcSay(id=2, npc="Bron", text="Hello."), "quick")).source == "model"
    gate.set()
    assert audience.end(spawn).npc == "Bron"
    assert audience.end(say).source == "model"


def test_a_host_that_stops_begins_nothing(perform: Any) -> None:
    audience = perform(FakeEngine(lambda prompt: Reply(failure="silence")))
    audience.end(audience.ask(m.NpcSpawn(id=1, persona=GUARD)))
    running = audience.ask(m.NpcSay(id=2, npc="Bron", text="Hello."))
    audience.end(audience.ask(m.NpcObserve(id=3, npc="Bron", text="It rains.")))
    audience.stage.drain()
    refused = audience.end(audience.ask(m.NpcSay(id=4, npc="Bron", text="Hello.")))
    assert refused.code == "closing" and audience.stage.running == 1
    audience.stage.end_turns()
    assert audience.end(running).why == "cancelled" and audience.stage.running == 0


def test_memory_is_kept_free_for_all_games_together(perform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reserved: list[int] = []
    monkeypatch.setattr(Runtime, "reserve", lambda self, mib: reserved.append(mib), raising=False)
    audience = perform()
    for session, mib in (("a", 100), ("b", 50), ("a", 30)):
        audience.end(audience.ask(m.BudgetReserve(id=len(reserved) + 1, mib=mib), session))
    audience.stage.closed(Closed("b", "b", "bye"))
    audience.end(audience.ask(m.WorldSet(id=9), "b"))
    assert reserved == [100, 150, 80, 30]
