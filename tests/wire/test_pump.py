from __future__ import annotations

import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from npc_sdk import Persona, StateError, connect
from npc_sdk.wire.address import in_file
from npc_sdk.wire.client import Client

Open = Callable[..., Any]
BRON = Persona(name="Bron", role="the gate guard")


def test_threads_share_one_connection(open_host: Open, pace: Open) -> None:
    host = open_host(pace(tokens_per_ms=0.2), is_paced=True)
    texts: list[str] = []
    with connect(host.connection_file) as client:

        def talk(number: int) -> None:
            npc = client.spawn(BRON)
            for _ in range(3):
                texts.append(npc.say(f"Hello from {number}.").result().text)

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            client.poll()
            time.sleep(0.005)
    assert texts == ["I hear you."] * 18


def test_a_frame_never_waits_for_another_thread(open_host: Open, pace: Open) -> None:
    host = open_host(pace(), is_paced=True)
    with connect(host.connection_file) as client:
        npc = client.spawn(BRON)
        turn = npc.say("Hello.")
        waiting = threading.Thread(target=turn.result)
        waiting.start()
        polls_s: list[float] = []
        while waiting.is_alive():
            begun_s = time.perf_counter()
            client.poll()
            polls_s.append(time.perf_counter() - begun_s)
            time.sleep(0.002)
        # The other thread waits for up to 200 ms at one go; a frame must not. The machine may stop any one of them.
        assert median(polls_s) < 0.1
        assert turn.is_over


def test_a_thread_that_waits_sends_for_the_others(open_host: Open, pace: Open) -> None:
    host = open_host(pace(), is_paced=True)
    with connect(host.connection_file) as client:
        slow, other = client.spawn(BRON), client.spawn(BRON)
        waiting = threading.Thread(target=slow.say("Hello.").result)
        waiting.start()
        time.sleep(0.05)
        begun_s = time.monotonic()
        other.observe("It rains.")
        assert other.history == ()
        assert time.monotonic() - begun_s < 1.0
        waiting.join()


def test_closing_ends_every_wait(open_host: Open, pace: Open) -> None:
    host = open_host(pace(), is_paced=True)
    client = connect(host.connection_file)
    npc = client.spawn(BRON)
    ends: list[str] = []
    threads = [threading.Thread(target=lambda: ends.append(npc.say("Hello.").result().why)) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    client.close()
    for thread in threads:
        thread.join(5)
    assert sorted(ends) == ["closed", "interrupted"] or ends == ["closed", "closed"]
    client.close()
    assert client.poll() in (0, 1)
    with pytest.raises(StateError, match="The connection has ended"):
        npc.say("Hello?")


def test_nothing_is_left_behind(open_host: Open) -> None:
    host = open_host()
    for _ in range(3):
        before = threading.active_count()
        with connect(host.connection_file) as client:
            client.spawn(BRON, name="Bron")
        assert threading.active_count() <= before


def test_a_message_without_a_connection(open_host: Open) -> None:
    host = open_host()
    client = Client(in_file(host.connection_file))
    client._pump.start()
    client._pump._drop_link()
    client.start(timeout_s=10)
    assert client.state == "connected"
    client.close()
