"""Faults during live turns. Each trial is a generator: it is moved once a frame, and returns what went wrong."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from npc_sdk.bench.wire.children import Child
from npc_sdk.bench.wire.game import Game
from npc_sdk.bench.wire.host import BenchHost
from npc_sdk.bench.wire.leftovers import files_left, tracebacks
from npc_sdk.bench.wire.proxy import Proxy
from npc_sdk.errors import NpcError
from npc_sdk.wire.address import in_file
from npc_sdk.wire.client import Client
from npc_sdk.wire.client_events import ClientEvent, HostNews
from npc_sdk.wire.record_file import Recording

Trial: TypeAlias = Generator[None, None, list[str]]

CHARACTERS = 4
SETTLE_S = 25.0
FIND_S = 20.0
CONNECT_S = 10.0
WHOLE_S = 8.0
JITTER_MS = 100.0
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a trial gets.

    Args:
        host: The one that trials of this fault share; None where each has its own.
        folder: A new one, for this trial.
        chance: Its random numbers.
    """

    host: BenchHost | None
    folder: Path
    chance: Random


def _client(
    host: BenchHost, proxy: Proxy | None = None, on_event: Callable[[ClientEvent], None] | None = None
) -> Client:
    locate = in_file(host.connection_file) if proxy is None else proxy.address
    client = Client(locate, on_event=on_event)
    client.start(timeout_s=CONNECT_S)
    return client


def _game(client: Client, bench: Bench, **options: Any) -> Game:
    return Game(client, characters=CHARACTERS, seed=bench.chance.getrandbits(32), **options)


def _judged(game: Game, bench: Bench, trouble: Callable[[], Iterator[None]]) -> Trial:
    """Play, make trouble, play on, and say what went wrong."""
    until_s = time.monotonic() + WHOLE_S
    while len(game.heard) < len(game.npcs) and time.monotonic() < until_s:
        yield from game.play(0.1)
    yield from game.play(bench.chance.uniform(0.0, 0.5))
    heard = dict(game.heard)
    yield from trouble()
    yield from game.until_connected(FIND_S)
    yield from game.play(0.3)
    yield from game.settle(SETTLE_S)
    return [*game.problems(heard), *(["nobody has answered before the fault"] if not heard else [])]


@contextmanager
def _own_host(bench: Bench, **options: Any) -> Iterator[BenchHost]:
    bench.folder.mkdir()
    host = BenchHost(bench.folder, **options)
    try:
        yield host
    finally:
        host.close()


def _shared(bench: Bench) -> BenchHost:
    if bench.host is None:
        raise ValueError("This trial needs a host.")
    return bench.host


def _after(host: BenchHost, found: list[str]) -> list[str]:
    """Return what went wrong, with what a host of one's own has left."""
    code = host.close()
    count = tracebacks(host.log())
    return [
        *found,
        *([f"the host ended with {code}"] if code else []),
        *([f"{count} unhandled exceptions in the host"] if count else []),
        *(f"{name} was left" for name in files_left(host.folder)),
    ]


# Networks.


def network_cut(seconds: float) -> Callable[[Bench], Trial]:
    """Return the trial in which all connections are dropped for a while."""

    def trial(bench: Bench) -> Trial:
        def trouble(proxy: Proxy, game: Game) -> Iterator[None]:
            proxy.cut()
            yield from game.play(seconds)
            proxy.heal()

        return (yield from _with_proxy(bench, trouble))

    return trial


def jitter(bench: Bench) -> Trial:
    """Hold each piece up for up to 100 ms, for three seconds."""

    def trouble(proxy: Proxy, game: Game) -> Iterator[None]:
        proxy.jitter_ms = JITTER_MS
        yield from game.play(3.0)
        proxy.heal()

    return (yield from _with_proxy(bench, trouble))


def reader_stopped(bench: Bench) -> Trial:
    """Stop polling for so long that a host with a short patience ends the session in half of the trials."""

    def trouble(proxy: Proxy, game: Game) -> Iterator[None]:
        until_s = time.monotonic() + bench.chance.choice((0.7, 1.5, 3.0, 5.0))
        while time.monotonic() < until_s:
            yield

    return (yield from _with_proxy(bench, trouble))


def _with_proxy(bench: Bench, trouble: Callable[[Proxy, Game], Iterator[None]]) -> Trial:
    with ExitStack() as stack:
        proxy = Proxy(_shared(bench).connection, seed=bench.chance.getrandbits(32))
        stack.callback(proxy.close)
        client = _client(_shared(bench), proxy)
        stack.callback(client.close)
        game = _game(client, bench)
        return (yield from _judged(game, bench, lambda: trouble(proxy, game)))


# Processes.


def host_killed(bench: Bench) -> Trial:
    """Kill the host and start it again on the same folder."""
    with ExitStack() as stack:
        host = stack.enter_context(_own_host(bench))
        client = _client(host)
        stack.callback(client.close)
        game = _game(client, bench)
        again: list[BenchHost] = []

        def trouble() -> Iterator[None]:
            host.kill()
            yield from game.play(bench.chance.uniform(0.0, 1.0))
            again.append(BenchHost(bench.folder))
            stack.callback(again[0].close)

        found = yield from _judged(game, bench, trouble)
        client.close()
        return _after(again[0], found)


def engine_killed(bench: Bench) -> Trial:
    """Kill the process of a real engine with a model, as often as the host stands it within a minute."""
    with ExitStack() as stack:
        command = [sys.executable, "-m", "npc_sdk.cli", "serve", "starter"]
        host = stack.enter_context(_own_host(bench, command=command))
        client = _client(host)
        stack.callback(client.close)
        game = _game(client, bench)

        def trouble() -> Iterator[None]:
            engines = [child for child in host.process.children() if "npc_sdk.engine" in " ".join(child.cmdline())]
            for engine in engines:
                engine.kill()
            yield from game.play(bench.chance.uniform(0.5, 1.5))

        found = yield from _judged(game, bench, trouble)
        client.close()
        return _after(host, found)


def client_killed(bench: Bench) -> Trial:
    """Kill a game, and start it again with the same owner key."""
    key = "".join(bench.chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=43))
    options = {
        "connection_file": str(_shared(bench).connection_file),
        "owner_key": key,
        "characters": CHARACTERS,
        "seed": bench.chance.getrandbits(32),
        "heard": {},
        "seconds": 60.0,
    }
    first = Child("game_child", options)
    try:
        heard: dict[str, str] = first.line()["heard"]
        until_s = time.monotonic() + bench.chance.uniform(0.0, 0.5)
        while time.monotonic() < until_s:
            yield
    finally:
        first.kill()
    second = Child("game_child", {**options, "heard": heard, "seconds": 0.3})
    try:
        second.line()
        yield
        return list(second.line()["problems"])
    finally:
        second.close()


# Files and clocks.


def disk_full(bench: Bench) -> Trial:
    """Fill the disk of the recording while turns run."""
    news: list[str] = []
    bench.folder.mkdir()
    record = bench.folder / "record.npc"
    with ExitStack() as stack:
        host = BenchHost(bench.folder, record=record)
        stack.callback(host.close)
        client = _client(host, on_event=lambda event: news.append(event.kind) if isinstance(event, HostNews) else None)
        stack.callback(client.close)
        game = _game(client, bench)

        def trouble() -> Iterator[None]:
            host.tell(fill=str(record))
            yield from game.play(1.0)

        found = yield from _judged(game, bench, trouble)
        client.close()
        if not any("record" in kind for kind in news):
            found.append(f"nobody was told that the recording has stopped: {news}")
        return [*found, *_read_back(record), *_after(host, [])]


def _read_back(record: Path) -> list[str]:
    """Return what is wrong with a recording that met a full disk, and remove it."""
    try:
        recording = Recording(record)
        count = sum(1 for _ in recording)
    except NpcError as error:
        return [f"the recording cannot be read: {error}"]
    finally:
        record.unlink()
    return [] if count and recording.torn_at is None else [f"the recording has {count} records and is torn"]


def clock_jump(bench: Bench) -> Trial:
    """Set the host's clocks: the monotonic one forward by up to 20 s, that of the day by up to a day."""
    host = _shared(bench)
    with ExitStack() as stack:
        client = _client(host)
        stack.callback(client.close)
        game = _game(client, bench)

        def trouble() -> Iterator[None]:
            host.tell(jump=bench.chance.uniform(500.0, 20_000.0), wall=bench.chance.uniform(-DAY_S, DAY_S))
            yield from game.play(0.5)

        return (yield from _judged(game, bench, trouble))
