"""Trains a model until a time limit: seeded, interruptible, resumable."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npc_sdk.errors import RequestError
from npc_sdk.forge.examples import Batch, ExampleSource, Shard
from npc_sdk.forge.extra import needs_forge_extra
from npc_sdk.forge.gradient import KindLosses, ParallelGradient
from npc_sdk.forge.model import HybridModel
from npc_sdk.forge.optimizer import MuonWithAdam, OptimizerSettings
from npc_sdk.forge.producer import Producer, ShardPlan
from npc_sdk.forge.progress import ForgeProgress, SilentProgress, TrainReport
from npc_sdk.forge.schedule import Schedule
from npc_sdk.forge.shape import ModelShape
from npc_sdk.forge.storage import check_room, replacing

with needs_forge_extra():
    import torch

if TYPE_CHECKING:
    from npc_sdk.forge.base_model import BaseModel

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """One training run.

    Attributes:
        minutes: Time limit of the training itself, over all its parts when it was interrupted.
        batch_tokens: Tokens of one step, padding counted.
        threads: CPU processes that share a step; 0 for one a core.
        base: The model to go on from; None begins with random weights.
    """

    minutes: float = 60.0
    seed: int = 0
    shape: ModelShape = field(default_factory=ModelShape)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: Schedule = field(default_factory=Schedule)
    shards: ShardPlan = field(default_factory=ShardPlan)
    batch_tokens: int = 3072
    threads: int = 0
    base: BaseModel | None = None
    checkpoint_minutes: float = 3.0
    report_steps: int = 20

    def identity(self) -> dict[str, Any]:
        """Return what must be equal for a run to be resumed; the time limit may change."""
        return {"seed": self.seed, "shape": self.shape.to_dict(), "batch_tokens": self.batch_tokens} | {
            "optimizer": asdict(self.optimizer),
            "shards": asdict(self.shards),
            "base": self.base.digest if self.base is not None else "",
        }


@dataclass(slots=True)
class Position:
    """How far a run is: kept in the checkpoint."""

    shard: int = 0
    batch: int = 0
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


def train(
    settings: TrainSettings,
    source: ExampleSource,
    folder: Path,
    *,
    progress: ForgeProgress | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> HybridModel:
    """Train until the time limit, going on from the folder's checkpoint when it has one.

    An interrupt (Ctrl+C or SIGTERM, heard in the main thread) ends the step at hand and writes a checkpoint before
    it goes on its way as KeyboardInterrupt.

    Args:
        settings: The run.
        source: Where examples come from; it travels to another process, so it must be picklable.
        folder: Holds checkpoint and shards.
        progress: Hears about it.
        clock: Seconds that only grow; for tests.

    Returns:
        The trained model, on the CPU.

    Raises:
        RequestError: With code ``other_run`` when the folder holds a run with other settings.
        CapacityError: With code ``disk_full``.
        BackendError: With code ``corpus_failed`` when the examples ended.
    """
    run = _Run(settings, folder, progress or SilentProgress(), clock)
    run.resume()
    producer = Producer(folder / "shards", source, settings.shards, run.position.shard)
    try:
        with _interrupts_noted() as interrupted:
            run.loop(producer, interrupted)
    finally:
        run.close()
        producer.close()
        run.save()
    trained: HybridModel = run.model.cpu()
    return trained


def load_weights(folder: Path, settings: TrainSettings) -> tuple[HybridModel, Position]:
    """Return the model of a folder's last checkpoint, and how far it was.

    Raises:
        RequestError: With code ``no_checkpoint`` when there is none.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        raise RequestError(f"There is no checkpoint at {str(path)!r}.", "Train first.", code="no_checkpoint")
    state = torch.load(path, weights_only=True, map_location="cpu")
    model = HybridModel(settings.shape)
    model.load_state_dict(state["model"])
    return model, Position(**state["position"])


def _first_weights(settings: TrainSettings) -> HybridModel:
    model = HybridModel(settings.shape, seed=settings.seed)
    if settings.base is not None:
        model.load_state_dict({name: torch.from_numpy(value) for name, value in settings.base.weights.items()})
    return model


class _Run:
    def __init__(
        self, settings: TrainSettings, folder: Path, progress: ForgeProgress, clock: Callable[[], float]
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.progress = progress
        self.clock = clock
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = _first_weights(settings).to(self.device)
        self.optimizer = MuonWithAdam(self.model, settings.optimizer)
        self.position = Position()
        self.losses: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._reported = (0.0, 0)
        self._processes = (settings.threads or torch.get_num_threads()) if self.device == "cpu" else 1
        self._gradient = ParallelGradient(self.model, processes=self._processes)

    def resume(self) -> None:
        """Take over the folder's checkpoint, when there is one."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, weights_only=True, map_location=self.device)
        if {"base": "", **state["identity"]} != self._identity():
            raise RequestError(
                f"{str(path)!r} is of a run with other settings.",
                "Choose an empty folder, or the settings of that run.",
                code="other_run",
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state(state["optimizer"])
        self.position = Position(**state["position"])
        self._reported = (self.position.seconds, self.position.tokens)

    def _identity(self) -> dict[str, Any]:
        # The number of processes decides how examples are cut into batches, and so where a position points to.
        return {**self.settings.identity(), "processes": self._processes}

    def save(self) -> None:
        """Write the checkpoint in one step."""
        check_room(self.folder, 16 * sum(p.numel() for p in self.model.parameters()))
        state = {
            "identity": self._identity(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state(),
            "position": asdict(self.position),
        }
        with replacing(self.folder / CHECKPOINT) as partial:
            torch.save(state, partial)

    def loop(self, producer: Producer, interrupted: threading.Event) -> None:
        """Take batches until the time is used."""
        limit = self.settings.minutes * 60.0
        saved = self.position.seconds
        while self.position.seconds < limit:
            shard = producer.take(self.position.shard)
            budget = self.settings.batch_tokens // self._processes
            groups = shard.batches(budget, self.settings.seed + self.position.shard)
            while self.position.batch < len(groups) and self.position.seconds < limit:
                if interrupted.is_set():
                    raise KeyboardInterrupt
                chosen = groups[self.position.batch : self.position.batch + self._processes]
                self._timed_step(shard, [shard.batch(numbers) for numbers in chosen], limit)
                if self.position.seconds - saved > self.settings.checkpoint_minutes * 60.0:
                    saved = self.position.seconds
                    self.save()
            if self.position.batch >= len(groups):
                self.position.shard += 1
                self.position.batch = 0

    def close(self) -> None:
        """End the processes that compute gradients."""
        self._gradient.close()

    def _timed_step(self, shard: Shard, batches: list[Batch], limit: float) -> None:
        began = self.clock()
        losses = self._step(batches, self.settings.schedule.scale(self.position.seconds / limit))
        spent = self.clock() - began
        self.position.seconds += spent
        self.position.step += 1
        self.position.batch += len(batches)
        self.position.tokens += sum(int((batch.targets != 0).sum()) for batch in batches)
        for kind, (total, count) in (item for part in losses for item in part.items()):
            entry = self.losses[shard.kind_names[kind]]
            entry[0] += total
            entry[1] += count
        if self.position.step % self.settings.report_steps == 0:
            self._report(limit)

    def _step(self, batches: list[Batch], scale: float) -> list[KindLosses]:
        if self.device == "cpu":
            torch.set_num_threads(1)
        losses = self._gradient.add(batches)
        if not all(math.isfinite(total) for part in losses for total, _ in part.values()):
            self.optimizer.clear()
            return []
        if self.device == "cpu":
            torch.set_num_threads(self._processes)
        self.optimizer.step(scale)
        return losses

    def _report(self, limit: float) -> None:
        seconds, tokens = self._reported
        total = sum(entry[0] for entry in self.losses.values())
        count = sum(entry[1] for entry in self.losses.values())
        spent = max(1e-9, self.position.seconds - seconds)
        self.progress.report(
            TrainReport(
                step=self.position.step,
                fraction=min(1.0, self.position.seconds / limit),
                loss=total / max(1.0, count),
                losses={name: entry[0] / max(1.0, entry[1]) for name, entry in sorted(self.losses.items())},
                tokens=self.position.tokens,
                tokens_per_second=(self.position.tokens - tokens) / spent,
                seconds_left=max(0.0, limit - self.position.seconds),
            )
        )
        self._reported = (self.position.seconds, self.position.tokens)
        self.losses.clear()


@contextmanager
def _interrupts_noted() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set; a step that is cut in two could not be resumed exactly."""
    noted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = {number: signal.signal(number, lambda *_: noted.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
