from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from npc_sdk import AsyncClient, HostFound, Persona, StateError, TurnEnd
from npc_sdk.testing import FakeEngine

Open = Callable[..., Any]
BRON = Persona(name="Bron", role="the gate guard")


def test_a_game(open_host: Open) -> None:
    host = open_host()
    loops: list[Any] = []
    events: list[Any] = []
    news: list[Any] = []

    async def main() -> None:
        async with AsyncClient(host.connection_file, on_event=news.append) as client:
            assert (client.state, client.host is not None) == ("connected", True)
            assert client.owner_key is not None
            bron = await client.spawn(BRON)
            turn = bron.say("Hello.", on_event=lambda event: (events.append(event), loops.append(_loop())))
            seen = [event async for event in turn]
            await asyncio.sleep(0.05)
            assert (events, set(loops)) == (seen, {asyncio.get_running_loop()})
            assert [type(event) for event in news] == [HostFound]
            assert (await client.status())["sessions"] == 1
            client.frame(16.7)
            client.reserve(10)
            await bron.park()
            await bron.despawn(is_kept=True)
            await client.start()
        assert client.state == "closed"
        await client.close()

    asyncio.run(main())


def _loop() -> Any:
    return asyncio.get_running_loop()


def test_a_busy_event_loop(open_host: Open, pace: Open) -> None:
    host = open_host(pace(), is_paced=True)

    async def main() -> TurnEnd:
        async with AsyncClient(host.connection_file) as client:
            bron = await client.spawn(BRON)
            turn = bron.say("Hello.")
            # Nobody could give a sign of life from this loop.
            time.sleep(3.5)
            assert turn.is_over
            assert client.state == "connected"
            return await turn.result()

    assert asyncio.run(main()).why == "stop"


def test_many_at_once(open_host: Open, pace: Open) -> None:
    host = open_host(pace(tokens_per_ms=0.2), is_paced=True)

    async def main() -> list[str]:
        async with AsyncClient(host.connection_file) as client:
            npcs = await asyncio.gather(*(client.spawn(BRON) for _ in range(8)))
            turns = [npc.say("Hello.") for npc in npcs]
            choices = await asyncio.gather(*(npc.decide("So?", ["a", "b"]) for npc in npcs))
            assert len(choices) == 8
            return [(await turn.result()).text for turn in turns]

    assert asyncio.run(main()) == ["I hear you."] * 8


def test_a_task_that_is_cancelled(open_host: Open, pace: Open) -> None:
    engine = pace()
    engine.script("Bron", ["one two three four five six seven eight nine ten"])
    host = open_host(engine, is_paced=True)

    async def main() -> tuple[str, str]:
        async with AsyncClient(host.connection_file) as client:
            bron = await client.spawn(BRON)
            turn = bron.say("Count.")
            waiting = asyncio.create_task(turn.result())
            await asyncio.sleep(0.15)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            end = await turn.result()
            return end.source, end.why

    assert asyncio.run(main()) == ("cut", "cancelled")


def test_a_decision_that_is_given_up(open_host: Open, pace: Open) -> None:
    host = open_host(pace(read_tokens_per_ms=0.01), is_paced=True)

    async def main() -> None:
        async with AsyncClient(host.connection_file) as client:
            bron = await client.spawn(BRON)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(bron.decide("So?", ["a", "b"]), 0.2)

    asyncio.run(main())


def test_a_start_that_is_cancelled(open_host: Open) -> None:
    before = threading.active_count()

    async def main() -> None:
        client = AsyncClient(endpoint="tcp://127.0.0.1:9", timeout_s=0.5)
        starting = asyncio.create_task(client.start())
        await asyncio.sleep(0.1)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        host = open_host(FakeEngine())
        late = AsyncClient(host.connection_file)
        starting = asyncio.create_task(late.start())
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    asyncio.run(main())
    assert not [thread for thread in threading.enumerate() if thread.name == "npc-client"]
    assert threading.active_count() >= before


def test_before_the_start() -> None:
    client = AsyncClient("nothing.json")
    assert (client.state, client.owner_key, client.host) == ("new", None, None)
    with pytest.raises(StateError) as caught:
        client.frame(16.7)
    assert caught.value.code == "not_started"
