"""The host's core: who gets in, what is answered, and how sessions end."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from npc_sdk.errors import StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG, decode, encode
from npc_sdk.wire.host_core import HostConfig, HostCore, owner_of
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.outputs import Begin, CancelRequest, Channel, Closed, Hint, Opened, Output, Pause, Send, StatusAsked

KEY = "k" * 43


class Host:
    """A core, and short ways to talk to it.

    Args:
        limits: Limits that differ from the defaults.
    """

    def __init__(self, **limits: int) -> None:
        self.secrets = 0
        self.now_ms = 0.0
        self.core = HostCore(HostConfig(token="token", limits=Limits(**limits), max_sessions=3), self.secret)

    def secret(self) -> str:
        self.secrets += 1
        return f"{self.secrets:0>16}" + "x" * 27

    def send(self, message: m.Message, route: bytes = b"a", channel: Channel = "requests") -> list[Any]:
        return self.raw(encode(message), route, channel)

    def raw(self, frames: list[bytes], route: bytes = b"a", channel: Channel = "requests") -> list[Any]:
        return plain(self.core.receive(channel, route, frames, self.now_ms))

    def hello(self, route: bytes = b"a", **fields: Any) -> list[Any]:
        said = {"attempt": 1, "protocol": "1.0", "instance": "game", "token": "token", "owner_key": KEY, **fields}
        return self.send(m.Hello.model_validate(said), route)

    def open(self, route: bytes = b"a", **fields: Any) -> str:
        """Say hello; returns the session."""
        welcome = [one for one in self.hello(route, **fields) if isinstance(one, m.Welcome)][0]
        return welcome.session

    def attach(self, session: str, route: bytes = b"c", attempt: int = 1, key: str = KEY) -> list[Any]:
        return self.send(m.Attach(attempt=attempt, session=session, owner_key=key), route, "control")

    def observe(self, id: int, route: bytes = b"a") -> list[Any]:
        return self.send(m.NpcObserve(id=id, npc="Bron", text="It rains."), route)

    def finish(self, session: str, id: int, result: m.Result | None = None) -> list[Any]:
        return plain(self.core.finish(session, id, result or m.Done(), self.now_ms))

    def tick(self, ms: float) -> list[Any]:
        self.now_ms += ms
        return plain(self.core.tick(self.now_ms))


def plain(outputs: list[Output]) -> list[Any]:
    """Return outputs with the messages in place of what is sent."""
    return [
        decode(one.frames, DEFAULT_LIMITS, "to_client" if one.channel == "requests" else "to_client_control")
        if isinstance(one, Send)
        else one
        for one in outputs
    ]


def code_of(answer: list[Any]) -> str:
    (only,) = [one for one in answer if isinstance(one, (m.Error, m.Refused))]
    code: str = only.error.code
    return code


# Getting in.


def test_hello_opens_a_session() -> None:
    host = Host(max_npcs=7)
    opened, welcome = host.hello(client={"name": "Brackwater"})
    assert opened == Opened(welcome.session, owner_of(KEY), m.Client(name="Brackwater"))
    assert (welcome.attempt, welcome.owner_key, welcome.is_resumed, welcome.limits.max_npcs) == (1, KEY, False, 7)


def test_the_owner_cannot_be_told_from_its_name() -> None:
    assert KEY not in owner_of(KEY)
    assert len(owner_of(KEY)) == 64


def test_a_client_without_a_key_gets_one() -> None:
    host = Host()
    _, first = host.hello(owner_key=None)
    _, second = host.hello(b"b", owner_key=None)
    assert len(first.owner_key) >= 32
    assert first.owner_key != second.owner_key
    assert len(host.core.sessions) == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"token": None}, "bad_token"),
        ({"token": "tokem"}, "bad_token"),
        ({"token": "tök"}, "bad_token"),
        ({"protocol": "2.0"}, "wrong_version"),
        ({"protocol": "0.9"}, "wrong_version"),
    ],
)
def test_who_does_not_get_in(fields: dict[str, Any], code: str) -> None:
    host = Host()
    assert code_of(host.hello(**fields)) == code
    assert host.core.sessions == {}


def test_another_minor_version_gets_in() -> None:
    assert isinstance(Host().hello(protocol="1.9")[1], m.Welcome)


def test_without_a_token_of_its_own_a_host_asks_for_none() -> None:
    core = HostCore(HostConfig(), Host().secret)
    frames = encode(m.Hello(attempt=1, protocol="1.0", instance="game"))
    assert isinstance(plain(core.receive("requests", b"a", frames, 0.0))[1], m.Welcome)


def test_there_are_only_so_many_sessions() -> None:
    host = Host()
    for index in range(3):
        host.open(bytes([index]), owner_key=f"{index}" * 32)
    assert code_of(host.hello(b"x", owner_key="y" * 32)) == "too_many_sessions"
    assert isinstance(host.hello(b"x", owner_key="2" * 32, instance="other")[-1], m.Welcome)


def test_a_full_host_ends_the_session_that_was_away_longest() -> None:
    host = Host()
    names = []
    for index in range(3):
        names.append(host.open(bytes([index]), owner_key=f"{index}" * 32))
        host.now_ms += 1.0
    host.send(m.Ping(n=1), bytes([0]))
    host.now_ms = 1.0 + DEFAULT_LIMITS.lost_ms - 0.5
    assert code_of(host.hello(b"x", owner_key="y" * 32)) == "too_many_sessions", "all were heard of lately"
    host.now_ms = 1.0 + DEFAULT_LIMITS.lost_ms
    assert code_of(host.hello(b"x", owner_key="y" * 32, token="wrong")) == "bad_token"
    assert names[1] in host.core.sessions, "who is not let in takes nobody's place"
    ended, closed, opened, welcome = host.hello(b"x", owner_key="y" * 32)
    assert (ended.session, ended.error.code) == (names[1], "expired")
    assert closed == Closed(names[1], owner_of("1" * 32), "expired", False)
    assert opened.session == welcome.session
    assert set(host.core.sessions) == {names[0], names[2], welcome.session}


@pytest.mark.parametrize(
    "frames",
    [
        encode(m.Ping(n=1)),
        encode(m.NpcObserve(id=1, npc="Bron", text="It rains.")),
        encode(m.Bye()),
        encode(m.Ack(below=5)),
    ],
)
def test_a_stranger_is_told_to_say_hello(frames: list[bytes]) -> None:
    host = Host()
    (error,) = host.raw(frames)
    assert (error.error.code, error.id) == ("no_session", None)


def test_nothing_is_remembered_of_strangers() -> None:
    host = Host()
    for index in range(200):
        host.raw([TAG, b"\xc1"], index.to_bytes(4, "big"))
        host.raw(encode(m.Ping(n=1)), index.to_bytes(4, "big"), "control")
    assert (host.core.sessions, host.core._routes, host.core.next_ms()) == ({}, {}, None)


def test_strangers_are_answered_only_so_often() -> None:
    host = Host()
    answers = [host.raw([TAG, b"\xc1"]) for _ in range(3000)]
    assert 900 < sum(bool(answer) for answer in answers) < 1100
    assert host.open(b"b"), "whoever says hello gets in all the same"


def test_strangers_may_not_send_as_much() -> None:
    host = Host()
    assert code_of(host.raw([TAG, b"\xc0" * 70_000])) == "too_large"
    host.open()
    assert code_of(host.raw([TAG, b"\xc0" * 70_000])) == "bad_encoding"


# Control.


def test_attach_binds_the_control_channel() -> None:
    host = Host()
    session = host.open()
    assert host.attach(session) == [m.Attached(attempt=1, session=session)]
    host.core.steps = 17
    assert host.send(m.Ping(n=3), b"c", "control") == [m.Pong(n=3, steps=17)]


@pytest.mark.parametrize(("name", "key"), [("wrong", KEY), (None, "w" * 43)])
def test_attach_needs_the_secret(name: str | None, key: str) -> None:
    host = Host()
    session = host.open()
    assert code_of(host.attach(name or session, key=key)) == "no_session"
    assert code_of(host.send(m.Ping(n=1), b"c", "control")) == "no_session"


def test_an_attach_of_an_old_connection_is_stale() -> None:
    host = Host()
    session = host.open()
    host.hello(attempt=2)
    assert code_of(host.attach(session, attempt=1)) == "stale_attempt"
    assert host.attach(session, attempt=2)
    assert host.attach(session, attempt=2), "again on the same connection"


def test_a_new_control_connection_takes_the_place_of_the_old_one() -> None:
    host = Host()
    session = host.open()
    host.attach(session)
    host.attach(session, b"d")
    assert code_of(host.send(m.Ping(n=1), b"c", "control")) == "no_session"
    assert host.send(m.Ping(n=1), b"d", "control")


def test_what_control_carries() -> None:
    host = Host()
    session = host.open()
    host.attach(session)
    frame = m.Frame(target_ms=16.7, mode="combat")
    assert host.send(frame, b"c", "control") == [Hint(session, frame)]
    assert host.send(m.StatusAsk(n=4), b"c", "control") == [StatusAsked(session, 4)]
    assert plain(host.core.answer_status(session, 4, {"turns": 1}, 0.0)) == [m.StatusReply(n=4, status={"turns": 1})]
    assert host.core.answer_status("gone", 4, {}, 0.0) == []
    assert code_of(host.send(m.NpcObserve(id=1, npc="Bron", text="x"), b"c", "control")) == "wrong_channel"


def test_cancel_reaches_what_runs_and_what_comes_later() -> None:
    host = Host()
    session = host.open()
    host.attach(session)
    host.observe(1)
    assert host.send(m.Cancel(id=1), b"c", "control") == [CancelRequest(session, 1)]
    assert host.send(m.Cancel(id=2), b"c", "control") == []
    assert [type(one) for one in host.observe(2)] == [Begin, CancelRequest]
    host.finish(session, 1)
    assert host.send(m.Cancel(id=1), b"c", "control") == []


# Requests.


def test_a_request_runs_and_its_stream_is_numbered() -> None:
    host = Host()
    session = host.open()
    (begin,) = host.send(m.NpcSay(id=5, npc="Bron", text="Hm?"))
    assert (begin.session, begin.owner, begin.request.id) == (session, owner_of(KEY), 5)
    for seq in range(2):
        (event,) = plain(host.core.emit(session, 5, m.Speech(text="a"), 0.0))
        assert (event.id, event.seq) == (5, seq)
    (end,) = host.finish(session, 5, m.TurnResult(text="aa", source="model", why="stop"))
    assert (end.id, end.seq, end.result.text) == (5, 2, "aa")


def test_nothing_follows_an_end() -> None:
    host = Host()
    session = host.open()
    host.observe(1)
    host.finish(session, 1)
    assert host.core.emit(session, 1, m.Speech(text="a"), 0.0) == []
    assert host.finish(session, 1) == []
    assert host.core.fail(session, 1, StateError("No."), 0.0) == []
    assert host.core.finish("gone", 1, m.Done(), 0.0) == []
    assert host.core.fail("gone", 1, StateError("No."), 0.0) == []
    assert host.core.emit("gone", 1, m.Speech(text="a"), 0.0) == []


def test_the_same_id_runs_once() -> None:
    host = Host()
    session = host.open()
    assert len(host.observe(1)) == 1
    assert host.observe(1) == []
    host.finish(session, 1)
    assert host.observe(1) == [], "it was repeated once on this connection already"
    host.hello(attempt=2, resume=[{"id": 1, "next_seq": 0}])
    assert [(one.id, one.seq) for one in host.observe(1)] == [(1, 0)]


def test_an_acknowledged_id_is_not_run_again() -> None:
    host = Host()
    session = host.open()
    for id in (1, 2):
        host.observe(id)
        host.finish(session, id)
    host.send(m.Ack(below=2, upto=(m.Receipt(id=2, seq=0),)))
    assert [code_of(host.observe(id)) for id in (1, 2)] == ["id_forgotten", "id_forgotten"]


def test_an_error_ends_a_request() -> None:
    host = Host()
    session = host.open()
    host.observe(1)
    (error,) = plain(host.core.fail(session, 1, StateError("No.", code="unknown_npc", npc="Bron"), 0.0))
    assert (error.id, error.seq, error.error.code, error.error.details) == (1, 0, "unknown_npc", {"npc": "Bron"})


def test_an_error_that_cannot_travel_is_cut_to_its_code() -> None:
    host = Host()
    session = host.open()
    for id, details in ((1, {"x": object()}), (2, {"x": "y" * 300_000})):
        host.observe(id)
        (error,) = plain(host.core.fail(session, id, StateError("No.", code="bad", **details), 0.0))
        assert (error.id, error.error.code, error.error.details) == (id, "bad", {})


def test_an_item_that_is_too_large_ends_its_request() -> None:
    host = Host(max_body_bytes=2000)
    session = host.open()
    host.observe(1)
    cancel, error = plain(host.core.emit(session, 1, m.Speech(text="x" * 3000), 0.0))
    assert (cancel, error.error.code) == (CancelRequest(session, 1), "too_large")
    host.observe(2)
    assert code_of(host.finish(session, 2, m.GreetingResult(text="x" * 3000))) == "too_large"


def test_a_request_that_cannot_be_used_is_answered_under_its_id() -> None:
    host = Host()
    host.open()
    (error,) = host.raw([TAG, msgpack.packb({"type": "npc.say", "id": 3, "npc": "Bron", "text": 5})])
    assert (error.id, error.seq, error.error.code) == (3, 0, "bad_message")
    (error,) = host.raw([TAG, msgpack.packb({"type": "npc.dance", "id": 4})])
    assert (error.id, error.seq, error.error.code) == (4, 0, "unknown_type")
    (error,) = host.raw([TAG, msgpack.packb({"type": "npc.dance"})])
    assert (error.id, error.error.code) == (None, "unknown_type")


def test_pong_counts_what_came_and_went() -> None:
    host = Host(max_events_unacked=2)
    session = host.open()
    for id in (1, 2, 3):
        host.observe(id)
        host.finish(session, id)
    assert host.send(m.Ping(n=8)) == [m.Pong(n=8, steps=0, requests=3, items=2)]
    host.send(m.Ack(below=2))
    assert host.send(m.Ping(n=9)) == [m.Pong(n=9, steps=0, requests=3, items=3)]


# Quotas.


def test_too_many_turns() -> None:
    host = Host(max_turns=1)
    session = host.open()
    host.send(m.NpcSay(id=1, npc="Bron", text="Hm?"))
    assert code_of(host.send(m.NpcSay(id=2, npc="Bron", text="Hm?"))) == "too_many_turns"
    host.finish(session, 1)
    assert [type(one) for one in host.send(m.NpcSay(id=3, npc="Bron", text="Hm?"))] == [Begin]


def test_characters_are_counted_and_named_in_welcome() -> None:
    host = Host(max_npcs=1)
    session = host.open()
    host.send(m.NpcSpawn(id=1, persona=m.Reference(shipped="guard")))
    host.finish(session, 1, m.NpcResultBody(npc="Bron", persona="Bron"))
    assert code_of(host.send(m.NpcSpawn(id=2, persona=m.Reference(shipped="guard")))) == "too_many_npcs"
    assert host.hello(attempt=2)[0].npcs == ("Bron",)


def test_too_many_requests_are_refused_and_then_dropped() -> None:
    host = Host(max_requests=2, max_faults=2)
    host.open()
    answers = [host.observe(id) for id in range(1, 5)]
    assert [type(one[0]) for one in answers] == [Begin, Begin, m.Error, m.Error]
    assert code_of(host.observe(5)) == "too_many_requests"
    host.observe(6)
    ended, closed = host.observe(7)[-2:]
    assert (ended.error.code, closed.code) == ("too_many_faults", "too_many_faults")


def test_bytes_over_the_quota_are_not_run() -> None:
    host = Host(max_bytes_per_s=1000, max_burst_bytes=1000)
    host.open()
    assert [type(one) for one in host.send(m.NpcObserve(id=1, npc="Bron", text="x" * 900))] == [Begin]
    (error,) = host.send(m.NpcObserve(id=2, npc="Bron", text="x" * 900))
    assert (error.id, error.error.code) == (2, "too_fast")
    assert error.error.details["retry_after_ms"] > 500
    assert host.send(m.Ping(n=1)), "signs of life always pass"
    host.now_ms += 1000.0
    assert [type(one) for one in host.send(m.NpcObserve(id=3, npc="Bron", text="x" * 900))] == [Begin]


def test_large_messages_over_the_quota_are_not_even_read() -> None:
    host = Host(max_bytes_per_s=1000, max_burst_bytes=1000)
    host.open()
    (error,) = host.send(m.NpcObserve(id=1, npc="Bron", text="x" * 5000))
    assert (error.id, error.error.code) == (None, "too_fast")


def test_too_many_messages_that_cannot_be_used_end_the_session() -> None:
    host = Host(max_faults=3)
    session = host.open()
    answers = [host.raw([TAG, b"\xc1"]) for _ in range(4)]
    assert [len(answer) for answer in answers] == [1, 1, 1, 3]
    error, ended, closed = answers[-1]
    assert (error.error.code, ended.error.code) == ("bad_encoding", "too_many_faults")
    assert closed == Closed(session, owner_of(KEY), "too_many_faults")
    assert code_of(host.raw(encode(m.Ping(n=1)))) == "no_session"


def test_unknown_types_are_no_fault() -> None:
    host = Host(max_faults=1)
    host.open()
    for id in range(1, 50):
        host.raw([TAG, msgpack.packb({"type": "npc.dance", "id": id})])
    assert len(host.core.sessions) == 1


# Coming again.


def test_the_same_instance_takes_its_session_up_again() -> None:
    host = Host()
    session = host.open()
    host.send(m.NpcSay(id=1, npc="Bron", text="Hm?"))
    for text in "abc":
        host.core.emit(session, 1, m.Speech(text=text), 0.0)
    resume = [{"id": 1, "next_seq": 1}, {"id": 2, "next_seq": 0}]
    welcome, *events = host.hello(b"b", attempt=2, resume=resume)
    assert (welcome.is_resumed, welcome.session, welcome.lost) == (True, session, (2,))
    assert [event.seq for event in events] == [1, 2]
    assert code_of(host.raw(encode(m.Ping(n=1)), b"a")) == "no_session"


def test_a_late_hello_of_an_old_connection_takes_nothing() -> None:
    host = Host()
    session = host.open()
    host.hello(b"b", attempt=3)
    assert code_of(host.hello(b"a", attempt=2)) == "stale_attempt"
    assert host.send(m.Ping(n=1), b"b")
    assert session in host.core.sessions


def test_another_instance_of_the_owner_replaces_the_session() -> None:
    host = Host()
    session = host.open()
    host.observe(1)
    ended, closed, opened, welcome = host.hello(b"b", instance="another")
    assert (ended.error.code, closed) == ("replaced", Closed(session, owner_of(KEY), "replaced"))
    assert (welcome.is_resumed, opened.session) == (False, welcome.session)
    assert host.finish(session, 1) == []


def test_another_owner_gets_a_session_of_its_own() -> None:
    host = Host()
    session = host.open()
    other = host.open(b"b", owner_key="o" * 43, resume=[{"id": 1, "next_seq": 0}])
    assert session != other
    assert len(host.core.sessions) == 2
    host.observe(1, b"a")
    (begin,) = host.observe(1, b"b")
    assert (begin.session, begin.owner) == (other, owner_of("o" * 43))


def test_a_route_that_says_hello_for_another_owner_leaves_the_first() -> None:
    host = Host()
    first = host.open()
    second = host.open(owner_key="o" * 43)
    assert (host.core.sessions[first].route, host.core.sessions[second].route) == (None, b"a")


def test_a_hello_that_is_refused_leaves_the_session_bound() -> None:
    host = Host()
    host.open()
    assert code_of(host.hello(token="wrong")) == "bad_token"
    assert host.send(m.Ping(n=1)) == [m.Pong(n=1, steps=0, requests=0, items=0)]


def test_frames_that_could_not_be_sent_come_again() -> None:
    host = Host()
    session = host.open()
    host.attach(session)
    host.observe(1)
    assert host.core.unsent("requests", b"a", 0.0) == []
    assert host.core.unsent("requests", b"unknown", 0.0) == []
    assert host.core.unsent("control", b"c", 0.0) == []
    assert host.finish(session, 1) == []
    _, end = host.hello(b"b", attempt=2, resume=[{"id": 1, "next_seq": 0}])
    assert (end.id, end.seq) == (1, 0)


def test_too_many_hellos_end_the_session() -> None:
    host = Host(max_faults=3)
    host.open()
    for attempt in range(2, 6):
        answer = host.hello(attempt=attempt)
    assert answer[-1].code == "too_many_faults"


# Ends.


@pytest.mark.parametrize("forget", [False, True])
def test_bye(forget: bool) -> None:
    host = Host()
    session = host.open()
    ended, closed = host.send(m.Bye(forget=forget))
    assert (ended.error.code, closed) == ("bye", Closed(session, owner_of(KEY), "bye", forget))
    assert host.core.sessions == {}


def test_silence_keeps_a_session_for_a_while() -> None:
    host = Host(lost_ms=3000, session_ttl_ms=10_000)
    session = host.open()
    host.observe(1)
    assert host.core.next_ms() == 3000.0
    assert host.tick(3000.0) == []
    assert host.core.sessions[session].state == "away"
    assert host.finish(session, 1) == []
    assert [type(one) for one in host.send(m.Ping(n=1))] == [m.End, m.Pong]
    host.tick(3000.0)
    assert host.core.next_ms() == host.core.sessions[session].heard_ms + 10_000.0
    ended, closed = host.tick(7000.0)
    assert (ended.error.code, closed.code) == ("expired", "expired")
    assert host.tick(1.0) == []
    assert host.core.next_ms() is None


def test_a_client_that_does_not_read_is_paused_and_then_ended() -> None:
    host = Host(max_events_unacked=2, max_events_queued=4, slow_reader_ms=500)
    session = host.open()
    host.send(m.NpcSay(id=1, npc="Bron", text="Hm?"))
    outputs = [one for _ in range(5) for one in host.core.emit(session, 1, m.Speech(text="a"), host.now_ms)]
    assert [type(one) for one in outputs if not isinstance(one, Send)] == [Pause]
    due_ms = host.core.next_ms()
    assert due_ms is not None and due_ms <= 500.0
    ended, closed = host.tick(500.0)
    assert (ended.error.code, closed.code) == ("slow_reader", "slow_reader")


def test_one_session_can_be_ended_with_a_reason() -> None:
    host = Host()
    session = host.open()
    ended, closed = plain(host.core.end(session, StateError("Revoked.", code="key_revoked"), 0.0))
    assert (ended.error.code, closed.code) == ("key_revoked", "key_revoked")
    assert host.core.end(session, StateError("Revoked."), 0.0) == []


def test_a_host_that_closes_ends_all_and_takes_nobody() -> None:
    host = Host()
    host.open()
    host.open(b"b", owner_key="o" * 43)
    error = StateError("It stops.", code="closing")
    assert [type(one) for one in plain(host.core.close(error, 0.0))] == [m.SessionEnded, Closed] * 2
    assert code_of(host.hello()) == "closing"


def test_news_goes_to_those_who_are_there() -> None:
    host = Host()
    first = host.open()
    host.open(b"b", owner_key="o" * 43)
    everyone = plain(host.core.notify(None, "engine_down", {"code": "x"}, 0.0))
    assert [one.seq for one in everyone] == [0, 0]
    (one,) = plain(host.core.notify(first, "slow_reader", {}, 0.0))
    assert (one.seq, one.notice.kind) == (1, "slow_reader")
    host.core.unsent("requests", b"a", 0.0)
    assert host.core.notify(first, "x", {}, 0.0) == []
    assert host.core.notify("gone", "x", {}, 0.0) == []


def test_what_cannot_travel_is_left_out() -> None:
    host = Host()
    session = host.open()
    host.attach(session)
    data = {"x": object()}
    assert plain(host.core.answer_status(session, 1, data, 0.0)) == [m.StatusReply(n=1, status={})]
    (notice,) = plain(host.core.notify(session, "engine_up", data, 0.0))
    assert notice.notice == m.News(kind="engine_up")
    ended, _ = plain(host.core.end(session, StateError("No.", code="x", thing=object()), 0.0))
    assert (ended.error.code, ended.error.details) == ("x", {})
