"""A runtime for evaluations, and many conversations on it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from npc_sdk.engine.engine import Engine
from npc_sdk.forge.evaluation.play import play
from npc_sdk.forge.evaluation.record import Case, Played
from npc_sdk.runtime import Runtime
from npc_sdk.runtime.engines import EngineKind

_CELLS_PER_SLOT = 2048
_PARKED_BYTES = 1 << 26
_REPORTS = 20

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """How the conversations run.

    Args:
        seed: Start of all random numbers.
        threads: CPU threads of llama.cpp.
        slots: Conversations at once.
        is_greedy: Whether to take the likeliest token instead of sampling as the persona says.
        gpu_layers: Layers on the GPU; negative puts all there.
    """

    seed: int
    threads: int = 1
    slots: int = 8
    is_greedy: bool = False
    gpu_layers: int = -1


@contextmanager
def staged(model: str | Path, engine: Engine | EngineKind, settings: StageSettings) -> Iterator[Runtime]:
    """Start a runtime with the settings of an evaluation, and close it afterwards.

    Raises:
        ModelError: The model cannot be found or used.
    """
    with Runtime(
        model,
        engine=engine,
        seed=settings.seed,
        slots=settings.slots,
        cells=settings.slots * _CELLS_PER_SLOT,
        threads=settings.threads,
        # Nobody comes back: each character is played once.
        parked_bytes=_PARKED_BYTES,
        greedy=settings.is_greedy,
        gpu_layers=settings.gpu_layers,
        # Prompts are asked for at once, so reading ahead would only read what nobody says.
        warm=False,
    ) as runtime:
        yield runtime


def play_all(runtime: Runtime, cases: Sequence[Case], *, workers: int, report: Report) -> list[Played]:
    """Play conversations side by side and return what came of them, in their order.

    Args:
        runtime: A runtime that works.
        cases: The conversations.
        workers: How many run at once.
        report: Hears how far it is.
    """
    done: dict[str, Played] = {}
    every = max(1, len(cases) // _REPORTS)
    with ThreadPoolExecutor(workers, thread_name_prefix="npc-evaluation") as pool:
        futures = [pool.submit(play, runtime, case) for case in cases]
        try:
            for future in as_completed(futures):
                played = future.result()
                done[played.case] = played
                if len(done) % every == 0:
                    report(f"{len(done)} of {len(cases)} conversations")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[case.name] for case in cases]
