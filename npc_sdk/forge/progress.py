"""How a training run tells what it does: a protocol, a bar in the terminal, and silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainReport:
    """Where a run stands.

    Attributes:
        fraction: Part of the time that is used, 0 to 1.
        loss: Mean loss of a learned token since the last report.
        losses: The same by kind of example.
        tokens_per_second: Tokens read, padding not counted.
        seconds_left: Until the time limit.
    """

    step: int
    fraction: float
    loss: float
    losses: dict[str, float] = field(default_factory=dict)
    tokens: int = 0
    tokens_per_second: float = 0.0
    seconds_left: float = 0.0


class ForgeProgress(Protocol):
    """Hears about a run; called from the thread that runs it."""

    def stage(self, text: str) -> None:
        """Hear that a new stage begins."""
        ...

    def report(self, report: TrainReport) -> None:
        """Hear how the training goes."""
        ...


class SilentProgress:
    """Says nothing."""

    def stage(self, text: str) -> None:
        """Ignore the stage."""

    def report(self, report: TrainReport) -> None:
        """Ignore the report."""


class ConsoleProgress:
    """A bar with loss, speed and time left. Use as a context; not thread-safe."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[facts]}"))
        self._progress = Progress(*columns, console=self._console)
        self._task: TaskID | None = None

    def __enter__(self) -> ConsoleProgress:
        self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def stage(self, text: str) -> None:
        """Print the stage above the bar."""
        self._progress.console.print(text)

    def report(self, report: TrainReport) -> None:
        """Move the bar."""
        if self._task is None:
            self._task = self._progress.add_task("training", total=1.0, facts="")
        worst = sorted(report.losses.items(), key=lambda item: -item[1])[:4]
        kinds = " ".join(f"{kind} {loss:.2f}" for kind, loss in worst)
        minutes, seconds = divmod(int(report.seconds_left), 60)
        facts = f"step {report.step} loss {report.loss:.3f} ({kinds}) {report.tokens_per_second:,.0f} tok/s"
        self._progress.update(self._task, completed=report.fraction, facts=f"{facts} {minutes}:{seconds:02d} left")
