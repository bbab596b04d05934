from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk import ActionCall, BackendError, Sentence, SpeechDelta, TurnEnd
from npc_sdk.runtime.decision import Decision
from npc_sdk.wire import messages as m
from npc_sdk.wire.remote_turn import Begun, RemoteDecision, RemoteTurn

BEGUN = Begun(at_ms=100.0, deadline_ms=1000.0)
LOST = BackendError("Gone.", code="host_lost")


def turn() -> RemoteTurn:
    return RemoteTurn(BEGUN, lambda: "Hm.", lambda *_: None)


def end_of(remote: RemoteTurn) -> TurnEnd:
    assert remote.end is not None
    assert remote.log.items()[-1] is remote.end
    assert remote.log.is_closed
    return remote.end


def test_the_end_of_the_host() -> None:
    remote = turn()
    remote.take(m.Speech(text="Halt!"), 150.0)
    remote.finish(m.TurnResult(text="Halt!", source="model", why="stop"))
    remote.fail("host_lost", LOST, 200.0)
    remote.take(m.Speech(text="More"), 250.0)
    assert remote.log.items()[:1] == (SpeechDelta(text="Halt!"),)
    assert len(remote.log.items()) == 2
    assert end_of(remote).why == "stop"


def test_nothing_was_said_yet() -> None:
    remote = turn()
    remote.take(m.Speech(text="Wel"), 150.0)
    remote.fail("host_lost", LOST, 400.0)
    end = end_of(remote)
    assert remote.log.items()[1:3] == (
        SpeechDelta(text="Hm.", source="fallback"),
        Sentence(text="Hm.", source="fallback", ends_at=3),
    )
    assert (end.text, end.source, end.why, end.error) == ("Hm.", "fallback", "host_lost", LOST)
    assert (end.cost.total_ms, end.cost.first_token_ms, end.cost.deadline_ms) == (300.0, 50.0, 1000.0)
    assert not end.cost.is_complete


def test_whole_sentences_stand() -> None:
    remote = turn()
    remote.take(m.Speech(text="Halt! Who"), 150.0)
    remote.take(m.SpokenSentence(text="Halt!", ends_at=5), 150.0)
    remote.fail("deadline", LOST, 400.0)
    end = end_of(remote)
    assert (end.text, end.source, end.why, end.error) == ("Halt!", "cut", "deadline", None)


def test_an_action_stands() -> None:
    remote = turn()
    remote.take(m.ActionEvent(action_id="1", name="look", arguments={}, tick=0), 150.0)
    remote.fail("host_lost", LOST, 400.0)
    assert (end_of(remote).text, end_of(remote).source, end_of(remote).calls) == ("", "cut", 1)
    assert isinstance(remote.log.items()[0], ActionCall)


def test_who_asked_for_the_end_keeps_every_word() -> None:
    remote = turn()
    remote.take(m.Speech(text="Halt! Who"), 150.0)
    remote.fail("cancelled", LOST, 400.0)
    assert (end_of(remote).text, end_of(remote).source, end_of(remote).error) == ("Halt! Who", "cut", None)


def test_a_fallback_line_of_the_host_replaces_the_words_before() -> None:
    remote = turn()
    remote.take(m.Speech(text="Wel"), 150.0)
    remote.take(m.Speech(text="Hm?", source="fallback"), 160.0)
    remote.take(m.SpokenSentence(text="Hm?", source="fallback", ends_at=3), 160.0)
    remote.fail("host_lost", LOST, 400.0)
    assert (end_of(remote).text, end_of(remote).source) == ("Hm?", "fallback")


EVENTS = st.one_of(
    st.builds(m.Speech, text=st.text(max_size=5), source=st.sampled_from(["model", "fallback"])),
    st.builds(m.SpokenSentence, text=st.text(max_size=5), ends_at=st.integers(0, 9)),
    st.just(m.OtherEvent(kind="new")),
    st.just(m.TurnResult(text="x", source="model", why="stop")),
    st.sampled_from(["host_lost", "cancelled", "deadline", "closed"]),
)


@given(st.lists(EVENTS, max_size=12))
def test_it_ends_once(steps: list[object]) -> None:
    remote = turn()
    called: list[object] = []
    remote._on_event = called.append
    for step in steps:
        if isinstance(step, str):
            remote.fail(step, LOST, 200.0)
        elif isinstance(step, m.TurnResult):
            remote.finish(step)
        else:
            remote.take(step, 150.0)  # type: ignore[arg-type]
    remote.fail("closed", None, 300.0)
    events = remote.log.items()
    assert [isinstance(event, TurnEnd) for event in events] == [False] * (len(events) - 1) + [True]
    assert tuple(called) == events


def test_a_decision() -> None:
    remote = RemoteDecision(BEGUN, ["a", "b"], 1)
    remote.fail("host_lost", LOST, 400.0)
    remote.finish(m.DecisionResult(choice="a", index=0, probabilities=(1.0, 0.0), source="model", why="scored"), 500.0)
    (decided,) = remote.log.items()
    assert isinstance(decided, Decision)
    assert (decided.choice, decided.index, decided.source, decided.why) == ("b", 1, "fallback", "host_lost")
    assert (decided.probabilities, decided.error) == ({"a": 0.5, "b": 0.5}, LOST)


def test_a_decision_that_does_not_fit_the_question() -> None:
    remote = RemoteDecision(BEGUN, ["a", "b"], 0)
    remote.finish(m.DecisionResult(choice="c", index=5, probabilities=(), source="model", why="scored"), 500.0)
    assert remote.log.items()[0].why == "bad_message"
