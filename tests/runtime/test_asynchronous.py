from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from npc_sdk.errors import DeadlineError, PromptError
from npc_sdk.persona import Persona
from npc_sdk.runtime import AsyncNpc, AsyncRuntime, AsyncTurn, Npc, Runtime, Sentence, SystemClock, Turn, TurnEnd
from npc_sdk.testing import FakeEngine, Reply

Result = TypeVar("Result")

FRAME_LOOP_ONLY = {"begin_decision"}
PAIRS = [(Runtime, AsyncRuntime), (Npc, AsyncNpc), (Turn, AsyncTurn)]
TWINS = {"__enter__": "__aenter__", "__exit__": "__aexit__", "__iter__": "__aiter__"}


def run(main: Callable[[], Awaitable[Result]]) -> Result:
    async def bounded() -> Result:
        return await asyncio.wait_for(main(), 30)

    return asyncio.run(bounded())


def surface(kind: type) -> dict[str, Any]:
    shown = {name: value for name, value in vars(kind).items() if name not in FRAME_LOOP_ONLY}
    return {name: value for name, value in shown.items() if not name.startswith("_") or name in TWINS}


@pytest.mark.parametrize(("sync", "twin"), PAIRS)
def test_both_surfaces_have_the_same_shape(sync: type, twin: type) -> None:
    expected = {TWINS.get(name, name) for name in surface(sync)}
    offered = {name for name in vars(twin) if not name.startswith("_") or name in TWINS.values()}
    assert offered == expected
    for name, value in surface(sync).items():
        other = vars(twin)[TWINS.get(name, name)]
        if isinstance(value, property):
            assert isinstance(other, property), name
            continue
        ours, theirs = inspect.signature(value), inspect.signature(other)
        assert list(ours.parameters.values()) == list(theirs.parameters.values()), name
        if name in TWINS:
            continue
        assert theirs.return_annotation in (ours.return_annotation, f"Async{ours.return_annotation}"), name


@pytest.mark.parametrize(("sync", "twin"), PAIRS[:1])
def test_both_are_made_alike(sync: type, twin: type) -> None:
    assert inspect.signature(sync) == inspect.signature(twin)


def test_a_turn(persona: Persona) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["Halt! Who goes there?"])

    async def main() -> list[Any]:
        async with AsyncRuntime(engine=engine) as runtime:
            guard = await runtime.spawn(persona)
            turn = guard.say("Hello.", deadline_ms=1500)
            events = [event async for event in turn]
            assert events == [event async for event in turn]
            assert await turn.result() == turn.end == events[-1]
            assert turn.text == "Halt! Who goes there?" and turn.is_over
            assert turn.events == tuple(events) and turn.deadline_ms == 1500
            assert len(guard.history) == 2
            return events

    events = run(main)
    assert [event.text for event in events if isinstance(event, Sentence)] == ["Halt!", "Who goes there?"]
    assert isinstance(events[-1], TurnEnd)


def test_everything_else(persona: Persona) -> None:
    engine = FakeEngine(tokens_per_ms=0.1)
    engine.choose("Bron", ["flee"])

    async def main() -> None:
        runtime = AsyncRuntime(engine=engine, greedy=True)
        await runtime.start()
        guard = await runtime.spawn(persona)
        assert runtime.settings.greedy and runtime.world is None
        assert guard.greet() == persona.greeting
        guard.observe("It rains.")
        guard.world.update(tick=3)
        assert (await guard.decide("Now?", ["fight", "flee"], default="fight")).choice == "flee"
        turn = guard.say("Hello.")
        turn.heard(2)
        turn.cancel()
        assert (await turn.result()).why == "cancelled"
        await guard.park()
        assert (guard.name, guard.persona, guard.actions, guard.is_talking) == ("Bron", persona, (), False)
        assert repr(guard) == "<AsyncNpc 'Bron'>"
        assert len((await runtime.status()).npcs) == 1
        await guard.despawn()
        assert (await runtime.status()).npcs == ()
        await runtime.close()

    run(main)


def test_many_turns_in_one_event_loop(persona: Persona) -> None:
    async def main() -> list[TurnEnd]:
        async with AsyncRuntime(engine=FakeEngine(tokens_per_ms=0.1)) as runtime:
            guards = [await runtime.spawn(persona) for _ in range(5)]
            return await asyncio.gather(*(guard.say("Hello.").result() for guard in guards))

    assert [end.text for end in run(main)] == ["I hear you."] * 5


def test_real_time_and_a_short_wait(persona: Persona) -> None:
    engine = FakeEngine()
    engine.script("*", [Reply(failure="silence")])

    async def main() -> TurnEnd:
        async with AsyncRuntime(engine=engine, clock=SystemClock()) as runtime:
            turn = (await runtime.spawn(persona)).say("Hello.", deadline_ms=200)
            with pytest.raises(DeadlineError) as raised:
                await turn.result(timeout_s=0.01)
            assert raised.value.code == "wait_timeout"
            return [event async for event in turn][-1]  # type: ignore[return-value]

    assert run(main).why == "deadline"


def test_errors_come_at_once(persona: Persona) -> None:
    async def main() -> None:
        async with AsyncRuntime(engine=FakeEngine()) as runtime:
            guard = await runtime.spawn(persona)
            with pytest.raises(PromptError):
                guard.say("")
            with pytest.raises(PromptError):
                await guard.decide("Now?", ["one"])

    run(main)


def test_a_thrown_away_wait_does_no_harm(persona: Persona) -> None:
    engine = FakeEngine()
    engine.script("*", [Reply(failure="silence")])

    async def main() -> None:
        async with AsyncRuntime(engine=engine, clock=SystemClock()) as runtime:
            turn = (await runtime.spawn(persona)).say("Hello.")
            waiting = asyncio.ensure_future(turn.result())
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    run(main)


def waiting(engine: FakeEngine, persona: Persona, wait: Callable[[AsyncNpc], Awaitable[Any]]) -> str | None:
    """Cancel the task that waits for a character; returns why its turn ended."""

    async def main() -> str | None:
        async with AsyncRuntime(engine=engine, clock=SystemClock()) as runtime:
            guard = await runtime.spawn(persona)
            task = asyncio.ensure_future(wait(guard))
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            end = await turns[-1].result(5) if turns else None
            assert not guard.is_talking
            return end.why if end is not None else None

    turns: list[AsyncTurn] = []
    say = AsyncNpc.say

    def noted(self: AsyncNpc, *arguments: Any, **named: Any) -> AsyncTurn:
        turns.append(say(self, *arguments, **named))
        return turns[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(AsyncNpc, "say", noted)
        return run(main)


async def follow(guard: AsyncNpc) -> None:
    async for _ in guard.say("Hello."):
        pass


async def result(guard: AsyncNpc) -> TurnEnd:
    return await guard.say("Hello.").result()


@pytest.mark.parametrize("wait", [follow, result])
def test_a_turn_ends_with_the_task_that_waits_for_it(
    persona: Persona, wait: Callable[[AsyncNpc], Awaitable[Any]]
) -> None:
    engine = FakeEngine()
    engine.script("*", [Reply(text="Halt! Who", failure="silence")])
    assert waiting(engine, persona, wait) == "cancelled"


def test_a_decision_ends_with_the_task_that_waits_for_it(persona: Persona) -> None:
    engine = FakeEngine(read_tokens_per_ms=0.001)

    async def decide(guard: AsyncNpc) -> object:
        return await guard.decide("Now?", ["fight", "flee"])

    waiting(engine, persona, decide)
    asked = [request for request in engine.requests if request.kind == "score"]
    assert len(asked) == 1
    assert engine.next_ms() is not None and asked[0].id not in engine._live


def test_an_abandoned_iteration_lets_the_turn_run_on(persona: Persona) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["Halt! Who goes there?"])

    async def main() -> TurnEnd:
        async with AsyncRuntime(engine=engine) as runtime:
            turn = (await runtime.spawn(persona)).say("Hello.")
            async for _ in turn:
                break
            return await turn.result()

    assert run(main).text == "Halt! Who goes there?"


def test_a_start_that_is_not_waited_for_leaves_nothing_behind(persona: Persona) -> None:
    engine = FakeEngine()
    begin, closed = threading.Event(), threading.Event()
    start, close = engine.start, engine.close

    def slow_start(*arguments: Any, **named: Any) -> None:
        begin.wait(5)
        start(*arguments, **named)

    def noted_close(**named: Any) -> None:
        close(**named)
        closed.set()

    engine.start, engine.close = slow_start, noted_close  # type: ignore[method-assign]

    async def main() -> None:
        task = asyncio.ensure_future(AsyncRuntime(engine=engine).__aenter__())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        begin.set()

    run(main)
    assert closed.wait(5)
