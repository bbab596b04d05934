"""``npc bench pacing``: frame times beside a model that is off, paced, with fixed sleeps, and unpaced, simulated.

Everything is simulated and repeatable: no GPU is needed, and the figures say how pacing decides, not how fast a
machine is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.table import Table

from npc_sdk.bench.scene import CallCosts, Scene, Talk
from npc_sdk.bench.simulation import FixedSleeps, Simulation, Strategy
from npc_sdk.budget.pacing import Pacer
from npc_sdk.testing.simulated_gpu import SimulatedGpu

LIMIT: Final = 1.05
FPS: Final = (60, 144)
CHARACTERS: Final = (1, 2, 4, 8, 16)
SECONDS: Final = 120.0
QUICK_SECONDS: Final = 30.0

CARDS: Final = (
    # Published for an RTX 5070 and a model of 4B in 4 bits: 150 tokens a second for one speaker, 4,992 tokens read
    # a second; how rows add up is that of Nemotron 3 Nano 4B on another card (18.7 ms for one, 41.3 ms for four).
    CallCosts(name="4B, RTX 5070", decode_ms=6.7, row_ms=2.7, read_ms=6.0, token_ms=0.2),
    # A model or a card two and a half times as fast, whose rows add up as they do for attention-only models.
    CallCosts(name="4B, 2.5 times faster", decode_ms=2.7, row_ms=0.3, read_ms=2.7, token_ms=0.08),
)

_FIXED_QUANTUM, _FIXED_SLEEP_MS = 32, 8.0
_UNPACED_QUANTUM = 128

STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "paced": Pacer,
    "fixed sleeps": lambda: FixedSleeps(_FIXED_QUANTUM, _FIXED_SLEEP_MS),
    "unpaced": lambda: FixedSleeps(_UNPACED_QUANTUM, 0.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingRow:
    """One run.

    Args:
        card: What the calls cost.
        fps: The game's aim.
        characters: How many talk; 0 without inference.
        strategy: ``off``, ``paced``, ``fixed sleeps`` or ``unpaced``.
        p50_ms: Frame time that half of the frames stay under.
        p99_ms: The same for 99 of 100.
        p999_ms: The same for 999 of 1000.
        tokens_per_s: Tokens that all characters together were given.
        is_met: Whether the frames were as good as without inference (p99 within 5 %); None where nobody promised.
    """

    card: str
    fps: int
    characters: int
    strategy: str
    p50_ms: float
    p99_ms: float
    p999_ms: float
    tokens_per_s: float
    is_met: bool | None = None


def run(*, quick: bool = False, seed: int = 1, report: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Play every scene with every strategy.

    Args:
        quick: Shorter scenes, and 1 and 8 characters only.
        seed: Makes drawing times and conversations.
        report: Called with a line of progress.

    Returns:
        The rows as plain data.
    """
    seconds = QUICK_SECONDS if quick else SECONDS
    rows: list[PacingRow] = []
    for costs in CARDS:
        for fps in FPS:
            scene = Scene(fps=fps, seconds=seconds)
            report(f"{costs.name}, {fps} frames a second")
            off = _row(scene, costs, 0, "off", Pacer(), seed)
            rows.append(off)
            for characters in (1, 8) if quick else CHARACTERS:
                for name, make in STRATEGIES.items():
                    row = _row(scene, costs, characters, name, make(), seed)
                    rows.append(_judged(row, off) if name == "paced" else row)
    return {"seconds": seconds, "seed": seed, "rows": [asdict(row) for row in rows]}


def _judged(row: PacingRow, off: PacingRow) -> PacingRow:
    return PacingRow(**{**asdict(row), "is_met": row.p99_ms <= LIMIT * off.p99_ms})


def _row(scene: Scene, costs: CallCosts, characters: int, name: str, strategy: Strategy, seed: int) -> PacingRow:
    talk = Talk(characters, seed) if characters else None
    frames_ms = sorted(Simulation(scene, costs, talk, strategy, gpu=SimulatedGpu(), seed=seed).run())
    return PacingRow(
        card=costs.name,
        fps=scene.fps,
        characters=characters,
        strategy=name,
        p50_ms=_quantile(frames_ms, 0.5),
        p99_ms=_quantile(frames_ms, 0.99),
        p999_ms=_quantile(frames_ms, 0.999),
        tokens_per_s=talk.spoken / scene.seconds if talk is not None else 0.0,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _lines(result: dict[str, Any]) -> list[list[str]]:
    """Return one line for each scene and number of characters, the strategies side by side."""
    off: dict[tuple[str, int], dict[str, Any]] = {}
    scenes: dict[tuple[str, int, int], dict[str, dict[str, Any]]] = {}
    for row in result["rows"]:
        if row["strategy"] == "off":
            off[row["card"], row["fps"]] = row
        else:
            scenes.setdefault((row["card"], row["fps"], row["characters"]), {})[row["strategy"]] = row
    lines = []
    for (card, fps, characters), runs in scenes.items():
        sides = [_frames(off[card, fps])]
        for name in STRATEGIES:
            sides += [_frames(runs[name]), f"{runs[name]['tokens_per_s']:.1f}"]
        met = "met" if runs["paced"]["is_met"] else "missed"
        lines.append([card, str(fps), str(characters), *sides, met])
    return lines


def _frames(row: dict[str, Any]) -> str:
    return f"{row['p50_ms']:.1f} / {row['p99_ms']:.1f} / {row['p999_ms']:.1f}"


_HEADINGS = ("model and card", "fps", "characters", "off", "paced", "tokens/s") + (
    "fixed sleeps",
    "tokens/s",
    "unpaced",
    "tokens/s",
    f"p99 ≤ {LIMIT:g} × off",
)


def table(result: dict[str, Any]) -> Table:
    """Return the rows of :func:`run` as a table: frame times p50 / p99 / p99.9 in ms."""
    drawn = Table(title="npc bench pacing: frame times p50 / p99 / p99.9 (ms)", title_justify="left")
    for heading in _HEADINGS:
        drawn.add_column(heading, justify="left" if heading.startswith(("model", "p99")) else "right")
    for line in _lines(result):
        drawn.add_row(*line)
    return drawn


def markdown(result: dict[str, Any]) -> str:
    """Return the rows of :func:`run` as a Markdown table."""
    lines = [" | ".join(_HEADINGS), "|".join("---" for _ in _HEADINGS)]
    lines += [" | ".join(line) for line in _lines(result)]
    return "".join(f"| {line} |\n" for line in lines)
