"""What the benchmarks share: results, models, an engine that is stepped by hand, and one that is waited for."""

from __future__ import annotations

import os
import platform
import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from platformdirs import user_cache_dir

from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.engine import Engine, EngineConfig
from npc_sdk.engine.process import ProcessEngine
from npc_sdk.engine.request import Boundary, Ended, EngineCost, Failed, PrefixKind, Request, Scored, TokensOut
from npc_sdk.engine.thread import ThreadEngine
from npc_sdk.errors import DeadlineError, ModelError, RequestError
from npc_sdk.models import build, resolve_model
from npc_sdk.models.extra import load_extra

WAIT_S = 1200.0
FIRST_PLAIN_TOKEN = 300
SHAPES = {"4b-shaped": "nemotron-3-nano-4b", "mid": "mid", "tiny": "tiny"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure.

    Args:
        figure: Number of the figure.
        case: Model and circumstances.
        name: What was measured.
        value: The result; a ratio unless the name has a unit.
        limit: What it should not exceed or fall short of, or None when it is information.
        is_at_least: Whether ``limit`` is a lower bound.
        detail: The two sides in words.
    """

    figure: int
    case: str
    name: str
    value: float
    limit: float | None = None
    is_at_least: bool = False
    detail: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the limit holds; None without one."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.is_at_least else self.value <= self.limit

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {**asdict(self), "is_met": self.is_met}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a benchmark is run.

    Args:
        folder: Where synthetic models lie; built there when missing.
        quick: Fewer repetitions, and nothing of the 4B's size.
        threads: CPU threads for llama.cpp.
        report: Called with a line of progress.
    """

    folder: Path
    quick: bool
    threads: int
    report: Callable[[str], None]

    def model(self, name: str) -> str:
        """Return the path of a model: ``starter``, ``tiny``, ``mid`` or ``4b-shaped``."""
        if name == "starter":
            try:
                return str(resolve_model("starter").path)
            except ModelError:
                name = "tiny"
        path = self._path(name)
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.report(f"building {path.name} (random weights)")
            build(path, SHAPES[name])
        return str(path)

    def check(self, names: Iterable[str]) -> None:
        """Refuse to begin when one of these models would have to be built and cannot be.

        Raises:
            RequestError: The library that writes model files is missing (``missing_extra``).
        """
        missing = [name for name in names if name in SHAPES and not self._path(name).exists()]
        if not missing:
            return
        try:
            load_extra("gguf", "bench")
        except RequestError as error:
            raise RequestError(
                f"The models to measure with ({', '.join(missing)}) have to be built, and 'gguf' is not installed.",
                'Install it with: pip install ".[bench]", or name a --model-folder that holds them.',
                code=error.code,
                **error.details,
            ) from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.gguf"

    def config(self, name: str, **changes: Any) -> EngineConfig:
        """Return an engine configuration for a model."""
        settings: dict[str, Any] = {"slots": 4, "cells": 4096, "quantum": 128, "threads": self.threads}
        return EngineConfig(model_path=self.model(name), **{**settings, **changes})


def default_folder() -> Path:
    """Return where synthetic models are kept between runs."""
    return Path(user_cache_dir("npc-sdk")) / "bench"


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass
    return {
        "date": date.today().isoformat(),
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def plain_tokens(seed: int, count: int, vocabulary: int = 4000) -> tuple[int, ...]:
    """Return random tokens that are no control tokens."""
    generator = np.random.default_rng(seed)
    return tuple(int(token) for token in generator.integers(FIRST_PLAIN_TOKEN, vocabulary, count))


def boundaries(*pairs: tuple[int, PrefixKind]) -> tuple[Boundary, ...]:
    """Return boundaries from lengths and kinds."""
    return tuple(Boundary(length, kind) for length, kind in pairs)


@dataclass(slots=True)
class Outcome:
    """What became of one request."""

    tokens: list[int]
    data: bytes
    cost: EngineCost
    scores: tuple[float, ...] = ()


class Waiter:
    """Runs requests on an engine and waits for them.

    Not thread safe.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.events: queue.Queue[Any] = queue.Queue()
        self._next = 0
        engine.start(self.events.put)

    def id(self) -> int:
        """Return an unused request id."""
        self._next += 1
        return self._next

    def run(self, requests: Sequence[Request]) -> list[Outcome]:
        """Submit requests together and wait for all of them.

        Raises:
            NpcError: The first failure among them.
            DeadlineError: They take longer than ``WAIT_S``.
        """
        outcomes = {request.id: Outcome([], b"", EngineCost()) for request in requests}
        for request in requests:
            self.engine.submit(request)
        left = set(outcomes)
        while left:
            event = self._next_event()
            if isinstance(event, TokensOut):
                outcomes[event.id].tokens += event.tokens
                outcomes[event.id].data += event.data
            elif isinstance(event, Scored):
                outcomes[event.id].scores = event.log_probabilities
            elif isinstance(event, Ended):
                outcomes[event.id].cost = event.cost
                left.discard(event.id)
            elif isinstance(event, Failed):
                raise event.error
        return [outcomes[request.id] for request in requests]

    def _next_event(self) -> Any:
        try:
            return self.events.get(timeout=WAIT_S)
        except queue.Empty as error:
            raise DeadlineError(f"No event for {WAIT_S:g} s.", code="bench_stuck") from error


@contextmanager
def running(config: EngineConfig, *, in_process: bool = False) -> Iterator[Waiter]:
    """Start an engine, in a thread or as a process, and close it afterwards."""
    engine: Engine = ProcessEngine(config) if in_process else ThreadEngine(config)
    engine.pace(PacingConfig(is_on=False))
    try:
        yield Waiter(engine)
    finally:
        engine.close()


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return float(median(values))
