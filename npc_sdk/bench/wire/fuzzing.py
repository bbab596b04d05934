"""Garbage for the cores and for a live host, with a well-behaved client beside it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from npc_sdk.bench.harness import Row
from npc_sdk.bench.wire.children import Child
from npc_sdk.bench.wire.course import Course, fresh_folder
from npc_sdk.bench.wire.game import talker
from npc_sdk.bench.wire.host import BenchHost
from npc_sdk.bench.wire.leftovers import tracebacks
from npc_sdk.bench.wire.load import quantile_ms
from npc_sdk.bench.wire.stamp import STEP_US, now_us, stamps
from npc_sdk.runtime.events import SpeechDelta, TurnEvent
from npc_sdk.runtime.turn import Turn
from npc_sdk.wire.client import Client, connect
from npc_sdk.wire.remote_npc import RemoteNpc

PROCESSES = 2
# The share of all messages that goes over real sockets, and how fast.
LIVE_SHARE = 0.05
LIVE_PER_S = 1000.0
ROUNDS = 4
CHARACTERS = 4
WORDS_PER_S = 100.0
CALM_S = 2.0
SLOWER_LIMIT = 2.0
GROWTH_LIMIT = 0.05
SETTLE_S = 0.2
_PAUSE_S = 0.001


def measure_fuzzing(course: Course) -> list[Row]:
    """Send garbage to the cores, and to a live host."""
    live = int(course.fuzz_messages * LIVE_SHARE)
    course.report(f"{course.fuzz_messages - live} messages to the cores")
    rows = _cores(course.fuzz_messages - live, course.seed)
    course.report(f"{live} messages to a live host")
    with fresh_folder() as folder:
        return [*rows, *_live(live, course.seed, folder)]


def _cores(messages: int, seed: int) -> list[Row]:
    children = [
        Child("fuzz_child", {"messages": messages // PROCESSES, "seed": seed + index}) for index in range(PROCESSES)
    ]
    told = []
    try:
        told += [child.line() for child in children]
    finally:
        for child in children:
            child.close()
    kinds: Counter[str] = Counter()
    for one in told:
        kinds.update(one["kinds"])
    stumbles = [stumble for one in told for stumble in one["stumbles"]]
    case = f"{kinds.total():,} messages to the cores"
    return [
        Row(figure=4, case=case, name="crashes and unhandled exceptions", value=len(stumbles), limit=0,
            detail=stumbles[0][-300:] if stumbles else _listed(kinds)),
        Row(figure=4, case=case, name="growth of memory", value=max(one["growth"] for one in told),
            limit=GROWTH_LIMIT),
    ]  # fmt: skip


def _listed(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())


def _live(messages: int, seed: int, folder: Path) -> list[Row]:
    with (
        BenchHost(folder, words=40, words_per_s=WORDS_PER_S, cells=512) as host,
        connect(host.connection_file) as client,
    ):
        witness = Witness(client)
        witness.watch(CALM_S)
        calm: Counter[int] = Counter()
        hit: Counter[int] = Counter()
        told: list[dict[str, Any]] = []
        before = _sizes(host)
        for index in range(ROUNDS):
            calm += witness.watch(max(CALM_S, messages / ROUNDS / LIVE_PER_S))
            attack = Child(
                "attack_child",
                {
                    "connection_file": str(host.connection_file),
                    "messages": messages // ROUNDS,
                    "per_s": LIVE_PER_S,
                    "seed": seed + index,
                },
            )
            attack.line()
            attack.tell({})
            hit += witness.watch(messages / ROUNDS / LIVE_PER_S)
            told.append(attack.line())
            attack.close()
            if index == 0:
                # The first round is the warm-up of everything that grows once.
                before = (_sizes(host)[0], before[1])
        # What ZeroMQ lets wait for a handshake is thrown out after two seconds.
        witness.watch(CALM_S * 2)
        after = _sizes(host)
        turns = witness.problems()
        is_alive = host.is_alive
    return _live_rows(told, host, calm, hit, (before, after), [*turns, *([] if is_alive else ["the host has ended"])])


def _sizes(host: BenchHost) -> tuple[int, int]:
    return host.process.memory_info().rss, host.process.num_fds()


def _live_rows(
    told: list[dict[str, Any]],
    host: BenchHost,
    calm: Counter[int],
    hit: Counter[int],
    sizes: tuple[tuple[int, int], tuple[int, int]],
    troubles: list[str],
) -> list[Row]:
    kinds: Counter[str] = Counter()
    for one in told:
        kinds.update(one["kinds"])
    seconds = sum(one["taken_s"] for one in told)
    case = f"{kinds.total():,} messages and {sum(one['visits'] for one in told):,} strangers at a live host"
    (before_bytes, before_files), (after_bytes, after_files) = sizes
    quiet_ms, hit_ms = quantile_ms(calm, 0.99), quantile_ms(hit, 0.99)
    exceptions = tracebacks(host.log())
    both = f"{hit_ms:.2f} ms against {quiet_ms:.2f} ms"
    return [
        Row(figure=4, case=case, name="unhandled exceptions, and turns of the good client that failed",
            value=exceptions + len(troubles), limit=0,
            detail="; ".join(troubles[:3]) or f"{kinds.total() / max(seconds, 0.001):,.0f} messages a second"),
        Row(figure=4, case=case, name="p99 of the good client's events beside it / alone",
            value=hit_ms / max(quiet_ms, 0.001), limit=SLOWER_LIMIT, detail=both),
        Row(figure=4, case=case, name="growth of the host's memory", value=after_bytes / before_bytes - 1,
            limit=GROWTH_LIMIT, detail=f"{before_bytes / 2**20:.1f} MiB, then {after_bytes / 2**20:.1f}"),
        Row(figure=4, case=case, name="connections left", value=max(0, after_files - before_files), limit=0,
            detail=f"{before_files} open files, then {after_files}"),
    ]  # fmt: skip


class Witness:
    """A client that behaves, and notes how old its events are. Not thread safe.

    Args:
        client: Connected.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._npcs = [talker(client, f"guard {number}") for number in range(CHARACTERS)]
        self._turns: dict[str, Turn] = {}
        self._all: list[Turn] = []
        self._ages: Counter[int] = Counter()
        self._chance = Random(1)

    def watch(self, seconds: float) -> Counter[int]:
        """Talk for a while; returns the ages of all words in steps of ``STEP_US``."""
        # What came while nobody looked is no measure.
        self._play(SETTLE_S)
        self._ages = Counter()
        self._play(seconds)
        return self._ages

    def _play(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            for npc in self._npcs:
                turn = self._turns.get(npc.name)
                if turn is None or turn.is_over:
                    self._say(npc)
            self._client.poll()
            time.sleep(_PAUSE_S)

    def problems(self) -> list[str]:
        """Return why turns have ended otherwise than they should."""
        return [f"a turn ended because of {end.why}" for end in self._ends() if end.why != "stop"]

    def _ends(self) -> Iterator[Any]:
        for turn in self._all:
            yield turn.result()

    def _say(self, npc: RemoteNpc) -> None:
        self._turns[npc.name] = turn = npc.say(f"Number {self._chance.randrange(99)}?", on_event=self._note)
        self._all.append(turn)

    def _note(self, event: TurnEvent) -> None:
        if isinstance(event, SpeechDelta):
            for _, age_us in stamps(event.text, now_us()):
                self._ages[age_us // STEP_US] += 1
