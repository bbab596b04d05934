"""The client's core against a host's core: what the game is told, when the network and the host behave and when not."""

from __future__ import annotations

from typing import Any

import pytest
from simulation import KEY, Simulation

from npc_sdk.errors import CapacityError, NpcError, RequestError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG, decode, encode
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.peer import Peer, PeerConfig
from npc_sdk.wire.peer_outputs import Connect, Connected, Lost, NoticeCame, Over, PeerOutput, Stopped, ToHost


def connected(limits: Limits | None = None, **fields: Any) -> Simulation:
    simulation = Simulation(limits=limits, **fields)
    simulation.run(100)
    assert simulation.peer.state == "connected"
    return simulation


def news(simulation: Simulation, kind: type) -> list[Any]:
    return [one for one in simulation.news if isinstance(one, kind)]


def code_of(simulation: Simulation, id: int) -> str | None:
    (over,) = simulation.overs[id]
    return None if over.error is None else over.error.code


def said(outputs: list[PeerOutput]) -> list[m.Message]:
    """Return the messages among outputs."""
    sent = [one for one in outputs if isinstance(one, ToHost)]
    return [
        decode(one.frames, DEFAULT_LIMITS, "to_host" if one.channel == "requests" else "to_host_control")
        for one in sent
    ]


# Connecting.


def test_it_connects_and_attaches() -> None:
    simulation = connected()
    (welcomed,) = news(simulation, Connected)
    assert welcomed.welcome.host.host_id == "host-0"
    assert simulation.peer.owner_key == KEY
    assert next(iter(simulation.core.sessions.values())).control is not None


def test_it_takes_the_key_that_the_host_makes() -> None:
    peer = Peer(PeerConfig(instance="game"))
    peer.start(0.0)
    welcome = m.Welcome(
        attempt=1, protocol="1.0", session="s", owner_key="z" * 40, is_resumed=False, limits=Limits(max_npcs=3)
    )
    peer.receive("requests", encode(welcome), 1.0)
    assert (peer.owner_key, peer.limits.max_npcs) == ("z" * 40, 3)


def test_a_wrong_token_ends_it() -> None:
    simulation = Simulation(token="wrong")
    id = simulation.say(2)
    simulation.run(100)
    (stopped,) = news(simulation, Stopped)
    assert (stopped.failure.code, simulation.peer.state) == ("bad_token", "refused")
    assert code_of(simulation, id) == "bad_token"
    with pytest.raises(StateError) as caught:
        simulation.say(2)
    assert caught.value.code == "closed"


def test_it_tries_again_with_growing_pauses_while_nobody_answers() -> None:
    peer = Peer(PeerConfig(instance="game"))
    now_ms, connects = 0.0, []
    peer.start(now_ms)
    while now_ms < 30_000:
        next_ms = peer.next_ms()
        assert next_ms is not None and next_ms > now_ms
        now_ms = next_ms
        outputs = peer.tick(now_ms)
        if any(isinstance(one, Connect) for one in outputs):
            connects.append(now_ms)
        assert [type(one) for one in outputs if isinstance(one, Lost)] in ([], [Lost])
    pauses = [after - before for before, after in zip(connects, connects[1:], strict=False)]
    assert peer.state == "lost"
    assert 300 < min(pauses) and max(pauses) <= 5000
    assert 8 < len(connects) < 20


@pytest.mark.parametrize("code", ["too_many_sessions", "closing"])
def test_some_refusals_pass(code: str) -> None:
    peer = Peer(PeerConfig(instance="game"))
    peer.start(0.0)
    refused = m.Refused(attempt=1, error=m.Failure(code=code))
    assert peer.receive("requests", encode(refused), 1.0) == []
    assert said(peer.tick(2000.0))


def test_answers_to_earlier_hellos_are_passed_over() -> None:
    peer = Peer(PeerConfig(instance="game"))
    peer.start(0.0)
    peer.tick(2000.0)
    old = m.Welcome(attempt=1, protocol="1.0", session="s", owner_key=KEY, is_resumed=False, limits=Limits())
    assert peer.receive("requests", encode(old), 2001.0) == []
    assert peer.receive("requests", encode(m.Refused(attempt=1, error=m.Failure(code="bad_token"))), 2001.0) == []
    assert peer.receive("control", encode(m.Attached(attempt=1, session="s")), 2001.0) == []
    assert peer.receive("requests", encode(old.model_copy(update={"attempt": 2})), 2001.0)


def test_what_it_cannot_read_is_counted() -> None:
    simulation = connected()
    for frames in ([TAG, b"\xc1"], [b"x"], encode(m.Ping(n=1))):
        assert simulation.peer.receive("requests", frames, simulation.now_ms) == []
    error = encode(m.Error(error=m.Failure(code="bad_message")))
    assert simulation.peer.receive("requests", error, simulation.now_ms) == []
    assert simulation.peer.faults == 4


# Turns.


def test_a_turn() -> None:
    simulation = connected()
    id = simulation.say(5)
    simulation.run(500)
    assert simulation.items[id] == [f"{id}:{index}" for index in range(5)]
    (over,) = simulation.overs[id]
    assert isinstance(over.result, m.TurnResult) and not over.is_local


def test_requests_wait_until_the_host_is_there() -> None:
    simulation = Simulation()
    first, second = simulation.ask(m.NpcObserve, npc="Bron", text="x"), simulation.say(1)
    simulation.run(500)
    assert (code_of(simulation, first), code_of(simulation, second)) == (None, None)


def test_unknown_kinds_of_events_are_passed_over() -> None:
    simulation = connected()
    id = simulation.say(0)
    event = m.Event(id=id, seq=0, event=m.OtherEvent(kind="gesture"))
    assert simulation.peer.receive("requests", encode(event), simulation.now_ms) == []
    follows = m.Event(id=id, seq=1, event=m.Speech(text="a"))
    assert len(simulation.peer.receive("requests", encode(follows), simulation.now_ms)) == 1


def test_cancel_goes_over_control() -> None:
    simulation = connected()
    id = simulation.say(50)
    simulation.run(100)
    simulation.perform(simulation.peer.cancel(id, simulation.now_ms))
    simulation.run(100)
    (over,) = simulation.overs[id]
    assert isinstance(over.result, m.TurnResult) and over.result.why == "cancelled"
    assert simulation.peer.cancel(id, simulation.now_ms) == []


def test_what_was_not_sent_is_cancelled_at_once() -> None:
    simulation = Simulation()
    id = simulation.say(5)
    simulation.perform(simulation.peer.cancel(id, simulation.now_ms))
    assert code_of(simulation, id) == "cancelled"
    simulation.run(500)
    assert simulation.runtime.begun == []


def test_a_turn_that_the_host_does_not_end_ends_after_its_deadline() -> None:
    simulation = connected()
    id = simulation.say(10, deadline_ms=500)
    simulation.runtime.step = lambda *_: []  # type: ignore[method-assign, assignment]
    simulation.run(1400)
    assert id not in simulation.overs
    simulation.run(300)
    assert (code_of(simulation, id), simulation.overs[id][0].is_local) == ("deadline", True)
    assert simulation.peer.state == "connected"
    assert not simulation.runtime.running, "the turn was cancelled at the host"
    assert simulation.peer.open_requests == 0


def test_other_requests_end_after_their_own_time() -> None:
    simulation = connected()
    simulation.is_cut = True
    id = simulation.ask(m.NpcObserve, npc="Bron", text="x")
    simulation.run(29_000)
    assert id not in simulation.overs
    simulation.run(1500)
    assert code_of(simulation, id) == "no_answer"


def test_errors_of_the_host_are_told() -> None:
    simulation = connected()
    id = simulation.ask(m.NpcPark, npc="Bron")
    simulation.run(200)
    assert (code_of(simulation, id), simulation.overs[id][0].is_local) == ("npc_talking", False)


# What the game may not ask.


def test_a_request_that_the_host_could_not_take_is_told_at_once() -> None:
    simulation = connected(Limits(max_string_bytes=100, max_list=64, max_requests=64))
    with pytest.raises(RequestError) as caught:
        simulation.ask(m.NpcObserve, npc="Bron", text="x" * 101)
    assert caught.value.code == "bad_encoding"
    with pytest.raises(RequestError) as caught:
        simulation.ask(m.NpcObserve, npc="Bron", text="x" * 300_000)
    assert caught.value.code == "too_large"
    assert simulation.peer.open_requests == 0
    simulation.asked.clear()
    simulation.ask(m.NpcObserve, npc="Bron", text="x")


def test_ids_are_taken_in_order() -> None:
    simulation = connected()
    with pytest.raises(RequestError) as caught:
        simulation.peer.ask(m.NpcPark(id=99, npc="Bron"), 0.0)
    assert caught.value.code == "bad_id"


def test_only_so_many_requests_are_open() -> None:
    simulation = connected(Limits(max_requests=2))
    for _ in range(2):
        simulation.ask(m.NpcObserve, npc="Bron", text="x")
    with pytest.raises(CapacityError) as caught:
        simulation.ask(m.NpcObserve, npc="Bron", text="x")
    assert caught.value.code == "too_many_requests"


# Losing the connection.


def test_the_connection_breaks_and_the_stream_goes_on() -> None:
    simulation = connected()
    id = simulation.say(40)
    simulation.run(200)
    simulation.links["requests"].to_client.clear()
    simulation.reconnect("requests")
    simulation.run(3000)
    assert len(simulation.items[id]) == 40
    assert code_of(simulation, id) is None
    assert [one.welcome.is_resumed for one in news(simulation, Connected)] == [False, True]
    assert simulation.sessions == 1


def test_the_control_connection_breaks_alone() -> None:
    simulation = connected()
    simulation.reconnect("control")
    simulation.run(1500)
    assert len(news(simulation, Connected)) == 1
    simulation.perform(simulation.peer.status(7, simulation.now_ms))
    assert simulation.links["control"].to_host


def test_an_end_that_is_lost_without_a_sign_is_noticed_by_its_count() -> None:
    simulation = connected()
    id = simulation.say(0)
    simulation.flush()
    simulation.step_host()
    assert len(simulation.links["requests"].to_client) == 1
    simulation.drop("requests", is_to_host=False)
    simulation.run(1500)
    assert code_of(simulation, id) is None


def test_a_request_that_is_lost_without_a_sign_is_noticed_by_its_count() -> None:
    simulation = connected()
    id = simulation.ask(m.NpcObserve, npc="Bron", text="x")
    simulation.drop("requests", is_to_host=True)
    simulation.run(1500)
    assert code_of(simulation, id) is None
    assert len(simulation.runtime.begun) == 1


def test_the_host_is_gone_within_three_seconds() -> None:
    simulation = connected()
    say, observe = simulation.say(100), simulation.ask(m.NpcObserve, npc="Bron", text="x")
    simulation.is_cut = True
    start_ms = simulation.now_ms
    while simulation.peer.state != "lost":
        simulation.run(50)
    assert simulation.now_ms - start_ms <= 3100
    assert (code_of(simulation, say), observe in simulation.overs) == ("host_lost", False)
    later = simulation.say(3)
    assert code_of(simulation, later) == "host_lost", "while it is lost, turns end at once"
    simulation.settle()
    simulation.check()
    assert code_of(simulation, observe) is None
    assert simulation.sessions == 1


def test_the_host_is_started_again() -> None:
    simulation = connected()
    spawn = simulation.ask(m.NpcSpawn, persona={"shipped": "guard"})
    world = simulation.ask(m.WorldSet, tick=3, vocabularies={"gates": ["north"]})
    simulation.run(300)
    assert (code_of(simulation, spawn), code_of(simulation, world)) == (None, None)
    say, result = simulation.say(100), simulation.ask(m.NpcResult, npc="Bron", action_id="1", result="Done.")
    observe = simulation.ask(m.NpcObserve, npc="Bron", text="x")
    simulation.links["requests"].to_host.clear()
    simulation.kill_host()
    simulation.start_host()
    simulation.flush()
    simulation.run(1200, step_ms=300)
    assert [code_of(simulation, id) for id in (say, result)] == ["host_restarted", "host_restarted"]
    again = [type(request) for request, _ in simulation.runtime.running.values()]
    assert {id for _, id in simulation.runtime.begun} >= {observe, observe + 1, observe + 2}, again
    simulation.settle()
    assert code_of(simulation, observe) is None
    assert simulation.peer.next_id() == observe + 3


def test_a_character_that_cannot_come_back_is_told() -> None:
    simulation = connected()
    simulation.ask(m.NpcSpawn, persona={"shipped": "guard"}, name="Bron")
    simulation.run(300)
    simulation.kill_host()
    simulation.start_host()
    finish = simulation.core.finish

    def refuse(session: str, id: int, result: m.Result, now_ms: float) -> Any:
        if isinstance(result, m.NpcResultBody):
            return simulation.core.fail(session, id, StateError("No.", code="bad_persona"), now_ms)
        return finish(session, id, result, now_ms)

    simulation.core.finish = refuse  # type: ignore[method-assign]
    simulation.run(5000)
    (notice,) = news(simulation, NoticeCame)
    assert notice.news.kind == "npc_lost"
    assert (notice.news.data["npc"], notice.news.data["error"]["code"]) == ("Bron", "bad_persona")


def test_another_host_with_another_token_is_found() -> None:
    simulation = connected()
    simulation.kill_host()
    simulation.start_host()
    simulation.peer.token = "of the old file"
    simulation.run(2000)
    assert simulation.peer.state in ("resuming", "lost")
    simulation.peer.token = "token"
    simulation.run(10_000)
    assert simulation.peer.state == "connected"


def test_frames_that_could_not_be_sent_put_the_connection_in_doubt() -> None:
    simulation = connected()
    outputs = simulation.peer.unsent("requests", simulation.now_ms)
    assert [type(one) for one in said(outputs)] == [m.Hello]
    assert simulation.peer.unsent("requests", simulation.now_ms) == []
    assert simulation.peer.unsent("control", simulation.now_ms) == []


def test_the_last_frame_hint_is_told_again() -> None:
    simulation = connected()
    frame = m.Frame(target_ms=16.7)
    assert said(simulation.peer.hint(frame, simulation.now_ms)) == [frame]
    simulation.reconnect("requests")
    simulation.run(1200)
    assert simulation.peer.state == "connected"
    outputs = simulation.peer.receive(
        "control",
        encode(m.Attached(attempt=simulation.peer._attempt, session=simulation.peer._session or "")),
        simulation.now_ms,
    )
    assert said(outputs) == [frame]


# Ends.


@pytest.mark.parametrize("code", ["replaced", "too_many_faults"])
def test_some_ends_are_final(code: str) -> None:
    simulation = connected()
    id = simulation.say(10)
    simulation.flush()
    session = next(iter(simulation.core.sessions))
    simulation.perform_host(simulation.core.end(session, StateError("No.", code=code), simulation.now_ms))
    simulation.run(5000)
    assert (simulation.peer.state, code_of(simulation, id)) == ("refused", code)
    assert simulation.sessions == 1


@pytest.mark.parametrize("code", ["expired", "slow_reader", "closing"])
def test_after_other_ends_it_opens_another_session(code: str) -> None:
    simulation = connected()
    id = simulation.say(1000)
    simulation.run(100)
    session = next(iter(simulation.core.sessions))
    simulation.perform_host(simulation.core.end(session, StateError("No.", code=code), simulation.now_ms))
    simulation.run(5000)
    assert (simulation.peer.state, simulation.sessions, code_of(simulation, id)) == ("connected", 2, "host_restarted")


def test_the_end_of_an_earlier_session_means_nothing() -> None:
    simulation = connected()
    ended = m.SessionEnded(session="older", error=m.Failure(code="replaced"))
    assert simulation.peer.receive("requests", encode(ended), simulation.now_ms) == []


def test_close_ends_everything_once() -> None:
    simulation = connected()
    id = simulation.say(10)
    outputs = simulation.peer.close(simulation.now_ms, forget=True)
    assert said(outputs) == [m.Bye(forget=True)]
    simulation.perform(outputs)
    assert (code_of(simulation, id), simulation.peer.state) == ("closed", "closed")
    assert simulation.peer.close(simulation.now_ms) == []
    assert simulation.peer.tick(simulation.now_ms + 1e6) == []
    assert simulation.peer.next_ms() is None
    simulation.flush()
    assert simulation.core.sessions == {}


def test_a_peer_that_was_never_connected_closes_without_a_word() -> None:
    peer = Peer(PeerConfig(instance="game"))
    assert peer.tick(0.0) == [] and peer.receive("requests", encode(m.Bye()), 0.0) == []
    peer.start(0.0)
    assert said(peer.close(1.0)) == []


# Acknowledging.


def test_items_are_acknowledged_in_time_and_in_numbers() -> None:
    simulation = connected(Limits(max_events_unacked=100))
    id = simulation.say(500)
    simulation.flush()
    for _ in range(300):
        simulation.step_host()
        simulation.flush()
    session = next(iter(simulation.core.sessions.values()))
    assert len(simulation.items[id]) == 300
    assert session._unacked < 64
    simulation.run(300)
    assert session._unacked <= 20


def test_an_error_of_the_protocol_is_rebuilt_as_it_was() -> None:
    error = m.Failure.of(StateError("No.", "Do.", code="x", n=1)).to_error()
    assert isinstance(error, StateError) and isinstance(error, NpcError)
    assert (error.code, error.cause, error.next_step, error.details) == ("x", "No.", "Do.", {"n": 1})
    over = Over(1, error=m.Failure(code="x"))
    assert not over.is_local
