"""A tournament from its first battle to its last, in this process or in several at once."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, TypeAlias, cast

from npc_sdk import NpcError, Runtime
from npc_sdk.bench.harness import machine
from npc_sdk.models import resolve_model
from npc_sdk.runtime.interface import RuntimeLike

from .ledger import Ledger
from .pairing import open_runtime
from .results import write
from .standings import standings
from .tournament import Match, Outcome, Settings, matches, play

Progress: TypeAlias = Callable[[int, int], None]
_LEAVE_S = 20.0


def run(
    settings: Settings,
    *,
    folder: Path,
    workers: int = 1,
    is_resumed: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Fight all battles and return what they come to.

    Args:
        settings: What is fought.
        folder: Where each battle is written when it is over; what was written stays, whatever goes wrong.
        workers: Processes that fight at once, each with a model of its own; 1 fights in this one.
        is_resumed: Whether to go on with the battles of the folder.
        progress: Gets how many battles are over, and of how many.

    Raises:
        NpcError: The model cannot be used, the folder holds something else, or a worker has failed
            (``worker_failed``).
    """
    about = {"model_bytes": resolve_model(settings.model).path.stat().st_size} if settings.needs_model else {}
    ledger = Ledger(folder, settings, is_resumed=is_resumed, about=about)
    listed = matches(settings)
    left = [match for match in listed if not ledger.has(match)]
    tell = progress or (lambda done, total: None)
    tell(len(listed) - len(left), len(listed))
    fought = _here(left, settings) if workers <= 1 else _elsewhere(left, settings, min(workers, len(left)))
    try:
        for done, outcome in enumerate(fought, 1 + len(listed) - len(left)):
            ledger.add(outcome)
            tell(done, len(listed))
    finally:
        came = result(settings, ledger.outcomes)
        write(folder, came)
    return came


def result(settings: Settings, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what battles come to, as plain data.

    Args:
        settings: How they were fought.
        outcomes: The battles; those that the settings do not ask for are left out.
    """
    wanted = set(matches(settings))
    counted = [outcome for outcome in outcomes if outcome.match in wanted]
    listed = standings(counted, settings.pairings)
    return {
        "is_complete": len(counted) == len(wanted),
        "machine": machine(),
        "settings": settings.to_dict(),
        "standings": [each.to_dict() for each in listed],
        "rows": [row.to_dict() for each in listed for row in each.rows],
    }


def _here(left: Sequence[Match], settings: Settings) -> Iterator[Outcome]:
    if not left:
        return
    with _runtime(settings) as runtime:
        for match in left:
            yield play(match, settings, runtime)


@contextmanager
def _runtime(settings: Settings, *, threads: int = 0) -> Iterator[RuntimeLike | None]:
    """Open where the soldiers live; ``threads`` are those of a model without a host, 0 is what suits the machine."""
    with ExitStack() as stack:
        if not settings.needs_model:
            yield None
        elif settings.via == "wire":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="npc-", ignore_cleanup_errors=True))
            yield stack.enter_context(open_runtime(settings.model, folder=Path(folder)))
        else:
            yield stack.enter_context(Runtime(settings.model, engine=settings.via, slots=10, threads=threads))


def _elsewhere(left: Sequence[Match], settings: Settings, workers: int) -> Iterator[Outcome]:
    """Yield the outcomes of battles as they come in; whoever is done with one gets the next."""
    waiting = list(reversed(left))
    with _workers(settings, workers) as connections:
        busy = list(connections)
        for connection in connections:
            _send(connection, waiting.pop())
        while busy:
            for ready in cast("list[Connection]", wait(busy)):
                yield _received(ready)
                if waiting:
                    _send(ready, waiting.pop())
                else:
                    busy.remove(ready)


def _send(connection: Connection, match: Match) -> None:
    with suppress(OSError):  # one that has ended says why, or nothing; either is received next
        connection.send(match)


def _received(connection: Connection) -> Outcome:
    try:
        came = connection.recv()
    except (EOFError, OSError):
        came = "It has ended."
    if isinstance(came, Outcome):
        return came
    raise NpcError(f"A worker has failed: {came}", "Go on with --resume and --workers 1.", code="worker_failed")


@contextmanager
def _workers(settings: Settings, count: int) -> Iterator[list[Connection]]:
    """Give connections to processes that fight what is sent to them; they end when these are closed."""
    context = multiprocessing.get_context("spawn")
    connections: list[Connection] = []
    processes: list[SpawnProcess] = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(settings, theirs), daemon=False)
            process.start()
            theirs.close()
            connections.append(ours)
            processes.append(process)
        yield connections
    finally:
        for connection in connections:
            connection.close()
        for process in processes:
            process.join(_LEAVE_S)
            if process.is_alive():
                process.terminate()


def _work(settings: Settings, connection: Connection) -> None:
    """Fight what comes until nobody sends any more; what a worker process does."""
    try:
        # Models beside each other that take all cores keep each other waiting.
        with _runtime(settings, threads=1) as runtime:
            while True:
                connection.send(play(connection.recv(), settings, runtime))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except Exception as error:  # the one who waits for it tells what happened
        with suppress(OSError):
            connection.send(str(error) or type(error).__name__)
