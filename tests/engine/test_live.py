"""Every request leaves the book exactly once, whatever happens to it and in which order."""

from __future__ import annotations

from fake_decoder import Clock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from npc_sdk.engine.live import LiveRequests, model_changed
from npc_sdk.engine.request import Ended, EngineCost, EngineUp, Event, Failed, Request, Scored, TokensOut
from npc_sdk.errors import BackendError

ERROR = BackendError("x", code="y")


class BookMachine(RuleBasedStateMachine):
    """Requests come and end in every way there is; tokens come in between, also late ones."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.book = LiveRequests(self.clock)
        self.ends: dict[int, Ended | Failed] = {}
        self.given: dict[int, list[int]] = {}
        self.asked: dict[int, Request] = {}

    def take(self, events: list[Event]) -> None:
        for event in events:
            assert isinstance(event, (Ended, Failed))
            assert event.id not in self.ends, "it ended twice"
            self.ends[event.id] = event
        assert len(self.book) == len(self.asked) - len(self.ends)
        assert {live.request.id for live in self.book.all()} == set(self.asked) - set(self.ends)

    @rule(sequence=st.sampled_from("ab"), deadline_ms=st.none() | st.integers(0, 500))
    def submit(self, sequence: str, deadline_ms: int | None) -> None:
        request = Request(id=len(self.asked), sequence=sequence, generated=(7,), deadline_ms=deadline_ms)
        assert self.book.add(request) is None
        twice = self.book.add(request)
        assert twice is not None and twice.error.code == "duplicate_request"
        self.asked[request.id], self.given[request.id] = request, []

    @rule(pick=st.integers(0, 20), tokens=st.lists(st.integers(0, 9), max_size=3))
    def speak(self, pick: int, tokens: list[int]) -> None:
        is_live = pick in self.asked and pick not in self.ends
        assert self.book.note(TokensOut(pick, tuple(tokens), b"")) == is_live
        assert self.book.note(Scored(pick, ())) == is_live
        if is_live:
            self.given[pick] += tokens
            live = self.book.get(pick)
            assert live is not None and live.again().generated == (7, *self.given[pick])

    @rule(pick=st.integers(0, 20), fails=st.booleans())
    def end(self, pick: int, fails: bool) -> None:
        event = Failed(pick, ERROR, EngineCost()) if fails else Ended(pick, "stop", EngineCost())
        if self.book.note(event):
            self.take([event])
        assert pick not in self.book

    @rule(pick=st.integers(0, 20), has_begun=st.booleans())
    def cancel(self, pick: int, has_begun: bool) -> None:
        live = self.book.get(pick)
        if has_begun and live is not None:
            live.is_cancelled = True
        else:
            self.take(self.book.cancel(pick))

    @rule(sequence=st.sampled_from("abc"))
    def forget(self, sequence: str) -> None:
        self.take(self.book.forget(sequence))
        assert all(live.request.sequence != sequence for live in self.book.all())

    @rule(seconds=st.floats(0, 0.3))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        events = self.book.expire()
        assert all(isinstance(event, Ended) and event.reason == "deadline" for event in events)
        self.take(events)
        assert not self.book.expire()

    @rule()
    def crash(self) -> None:
        before = {live.request.id: (live.has_crashed, live.is_cancelled) for live in self.book.all()}
        events = self.book.crashed(ERROR)
        self.take(events)
        for event in events:
            has_crashed, is_cancelled = before[event.id]
            assert is_cancelled == isinstance(event, Ended) and (has_crashed or is_cancelled)
        assert all(live.has_crashed for live in self.book.all())

    @rule(everything=st.sampled_from(["fail", "close"]))
    def stop(self, everything: str) -> None:
        self.take(self.book.fail(model_changed()) if everything == "fail" else self.book.close())
        assert not len(self.book)


BookMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestBook = BookMachine.TestCase


def test_news_of_the_engine_are_news() -> None:
    assert LiveRequests().note(EngineUp(1))


def test_costs_are_counted_from_the_submission() -> None:
    clock = Clock()
    book = LiveRequests(clock)
    book.add(Request(id=1, sequence="a"), submitted=clock.now - 1)
    book.note(TokensOut(1, (4, 5), b""))
    clock.now += 1
    (end,) = book.close()
    assert isinstance(end, Ended) and end.cost.total_ms == 2000 and end.cost.tokens_sampled == 2
