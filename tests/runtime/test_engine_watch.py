from __future__ import annotations

from collections.abc import Sequence

from npc_sdk import Persona, Runtime
from npc_sdk.engine.request import Ended, Event, Request
from npc_sdk.engine.step_log import EngineCall, OnCalls
from npc_sdk.testing import FakeEngine


class Watching:
    """Takes note of what is between a runtime and its engine."""

    def __init__(self, *, wants_calls: bool = True) -> None:
        self.wants_calls = wants_calls
        self.heard: list[Request | Event] = []
        self.calls: list[EngineCall] = []

    def asked(self, request: Request) -> None:
        self.heard.append(request)

    def told(self, event: Event) -> None:
        self.heard.append(event)

    def called(self, calls: Sequence[EngineCall]) -> None:
        self.calls += calls


class Reporting(FakeEngine):
    """A fake engine that reports one call as soon as somebody asks."""

    def watch_calls(self, on_calls: OnCalls) -> None:
        on_calls([EngineCall(0.0, 1.0, 2, 3, True)])


def test_every_request_is_heard_before_what_comes_of_it() -> None:
    watch = Watching()
    with Runtime(engine=FakeEngine(), watch=watch) as runtime:
        npc = runtime.spawn(Persona(name="Bron", role="a guard"))
        assert npc.say("Hello.").result().text == "I hear you."
        assert runtime.tokenizer is not None
    asked = [each.id for each in watch.heard if isinstance(each, Request)]
    ended = [each.id for each in watch.heard if isinstance(each, Ended)]
    assert sorted(asked) == sorted(ended) and len(asked) >= 2
    for id in asked:
        mine = [each for each in watch.heard if getattr(each, "id", None) == id]
        assert isinstance(mine[0], Request) and isinstance(mine[-1], Ended)


def test_calls_are_asked_for_only_when_somebody_wants_them() -> None:
    for wants_calls in (True, False):
        watch = Watching(wants_calls=wants_calls)
        with Runtime(engine=Reporting(), watch=watch):
            pass
        assert len(watch.calls) == int(wants_calls)
