"""How long one message takes through the host, against one through bare sockets in the same run."""

from __future__ import annotations

import time
from statistics import median

from npc_sdk.bench.harness import Row
from npc_sdk.bench.wire.course import Course, fresh_folder
from npc_sdk.bench.wire.echo import Echo
from npc_sdk.bench.wire.game import talker
from npc_sdk.bench.wire.host import BenchHost
from npc_sdk.bench.wire.stamp import now_us, stamps
from npc_sdk.runtime.events import SpeechDelta, TurnEvent
from npc_sdk.wire.client import Client, connect

STATUS_LIMIT = 3.0
EVENT_LIMIT = 5.0
POLL_LIMIT_US = 20.0
WORDS = 40
WORDS_PER_S = 100.0
_BLOCK = 50


def measure_round_trips(course: Course) -> list[Row]:
    """Measure status, token events and idle polls."""
    blocks = 4 if course.quick else 20
    course.report("round trips")
    with fresh_folder() as folder:
        host = BenchHost(folder, words=WORDS, words_per_s=WORDS_PER_S)
        echo = Echo()
        try:
            with connect(host.connection_file) as client:
                return [_status(client, echo, blocks), _events(client, echo, blocks), _polls(client, blocks)]
        finally:
            echo.close()
            host.close()


def _status(client: Client, echo: Echo, blocks: int) -> Row:
    reply = b"x" * 1200
    ratios, ours, bare = [], [], []
    for _ in range(blocks):
        ours.append(median(_status_us(client) for _ in range(_BLOCK)))
        bare.append(median(echo.round_trip_us(reply) for _ in range(_BLOCK)))
        ratios.append(ours[-1] / bare[-1])
    return Row(
        figure=1,
        case="one client",
        name="status through the host / bare echo",
        value=median(ratios),
        limit=STATUS_LIMIT,
        detail=f"{median(ours):.0f} µs against {median(bare):.0f} µs",
    )


def _status_us(client: Client) -> float:
    began = time.perf_counter()
    client.status()
    return (time.perf_counter() - began) * 1e6


def _events(client: Client, echo: Echo, blocks: int) -> Row:
    npc = talker(client, "Bron")
    ratios, ours, bare = [], [], []
    for _ in range(blocks):
        ages: list[int] = []
        turn = npc.say("Tell me all of it.", on_event=lambda event, ages=ages: _note(event, ages))  # type: ignore[misc]
        while not turn.is_over:
            client.poll(50.0)
        ours.append(median(ages))
        # One way and at the same pace: a process that slept wakes later than one that is busy.
        bare.append(median(echo.hops_us(WORDS, 1000.0 / WORDS_PER_S)))
        ratios.append(ours[-1] / bare[-1])
    return Row(
        figure=1,
        case="one client",
        name="token event from engine to client / one bare hop",
        value=median(ratios),
        limit=EVENT_LIMIT,
        detail=f"{median(ours):.0f} µs against {median(bare):.0f} µs",
    )


def _note(event: TurnEvent, ages: list[int]) -> None:
    if isinstance(event, SpeechDelta):
        ages.extend(age for _, age in stamps(event.text, now_us()))


def _polls(client: Client, blocks: int) -> Row:
    times: list[float] = []
    for _ in range(blocks):
        began = time.perf_counter()
        for _ in range(_BLOCK):
            client.poll()
        times.append((time.perf_counter() - began) * 1e6 / _BLOCK)
    return Row(
        figure=1, case="one client", name="idle poll (µs)", value=median(times), limit=POLL_LIMIT_US,
        detail=f"best block {min(times):.1f} µs, worst {max(times):.1f} µs",
    )  # fmt: skip
