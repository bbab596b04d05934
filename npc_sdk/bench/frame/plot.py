"""Pictures of frame times: how often frames took longer than a time, and percentiles by number of characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from npc_sdk.bench.frame.cell import OFF
from npc_sdk.bench.frame.times import LONG_MS, TARGET_MS
from npc_sdk.errors import RequestError
from npc_sdk.models.extra import load_extra

DISTRIBUTION_NAME: Final = "frame-distribution.png"
PERCENTILES_NAME: Final = "frame-percentiles.png"

_INK: Final = "#1f2933"
_DIM: Final = "#7b8794"
_GRID: Final = "#e4e7eb"
_STYLES: Final[dict[str, tuple[str, str]]] = {
    OFF: ("#7b8794", "no model"),
    "paced": ("#1a7f5a", "npc-sdk, paced"),
    "background": ("#3b82c4", "npc-sdk, background only"),
    "unpaced": ("#d98e04", "npc-sdk, unpaced"),
    "naive": ("#c4384a", "llama-cpp-python in a thread"),
    "naive-fair": ("#8f5fbf", "the same, as many threads as ours"),
}
_LEAST_MS, _MOST_MS = 14.0, 220.0
_AT_LEAST_TO_MS: Final = 60.0
_TICKS_MS: Final = (16.7, 25, 33.3, 50, 100, 200)
_RARE: Final = 1e-4

Entry = Mapping[str, Any]


def draw(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what was measured.

    Args:
        result: What :func:`npc_sdk.bench.frame.run.run` returned, with the times of single frames.
        folder: Where the pictures go; made when it is missing.

    Returns:
        The pictures; none when there is no run with characters.

    Raises:
        RequestError: matplotlib is missing (``missing_extra``), or a picture cannot be written (``file_unwritable``).
    """
    load_extra("matplotlib", "bench")
    cells = [cell for cell in result["cells"] if cell["state"] == "done" and cell["frames"]]
    panels = list(_panels(cells))
    if not panels:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            _saved(_distribution(cells, panels), folder / DISTRIBUTION_NAME),
            _saved(_percentiles(cells, panels), folder / PERCENTILES_NAME),
        ]
    except OSError as error:
        raise RequestError(
            f"No picture can be written to {folder}: {error.strerror or error}.",
            "Name another folder.",
            code="file_unwritable",
            path=str(folder),
        ) from error


def _panels(cells: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Yield each scene and model that was measured, in order."""
    seen = dict.fromkeys((cell["scene"], cell["model"]) for cell in cells if cell["variant"] != OFF)
    yield from seen


def _figure(panels: Sequence[tuple[str, str]], *, is_time_down: bool) -> tuple[Any, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = list(dict.fromkeys(scene for scene, _ in panels))
    columns = list(dict.fromkeys(model for _, model in panels))
    figure = Figure(figsize=(5.4 * len(columns) + 0.6, 3.4 * len(rows) + 1.0), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(rows), len(columns), squeeze=False, sharex=not is_time_down, sharey=True)
    axes = []
    for scene, model in panels:
        axis = grid[rows.index(scene)][columns.index(model)]
        axis.set_title(f"{scene} scene, {model}", loc="left", fontsize=10.5, color=_INK, fontweight="bold")
        axis.grid(True, color=_GRID, linewidth=0.8)
        axis.set_axisbelow(True)
        axis.tick_params(colors=_DIM, labelsize=8.5, which="both", length=0)
        for side, spine in axis.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(_GRID)
        axes.append(axis)
    return figure, axes


def _distribution(cells: Sequence[Entry], panels: Sequence[tuple[str, str]]) -> Any:
    """Draw for each panel, with most characters, the share of frames that took longer than a time."""
    figure, axes = _figure(panels, is_time_down=False)
    most = max(cell["characters"] for cell in cells)
    most_ms = _shown_to_ms(cells)
    for axis, panel in zip(axes, panels, strict=True):
        for limit_ms, words in ((TARGET_MS, "60 fps"), (LONG_MS, "30 fps")):
            axis.axvline(limit_ms, color=_DIM, linewidth=0.9, linestyle=(0, (4, 3)))
            axis.text(limit_ms * 1.02, 0.72, words, fontsize=7.5, color=_DIM, rotation=90, va="top")
        for cell_name, times_ms in _curves(cells, panel, most):
            colour, label = _STYLES[cell_name]
            ordered = sorted(times_ms)
            shares = [1 - index / len(ordered) for index in range(len(ordered))]
            width = 2.4 if cell_name == "paced" else 1.7
            # Ours lies on top where lines meet.
            order = 3 if cell_name == "paced" else 2
            axis.step(ordered, shares, where="pre", color=colour, linewidth=width, label=label, zorder=order)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlim(_LEAST_MS, most_ms)
        axis.set_ylim(_RARE, 1.0)
        axis.set_xticks(_ticks(most_ms), labels=[f"{tick_ms:g}" for tick_ms in _ticks(most_ms)])
        axis.set_xticks([], minor=True)
        axis.set_yticks([1, 0.1, 0.01, 0.001, 1e-4], labels=["all", "1 in 10", "1 in 100", "1 in 1,000", "1 in 10,000"])
        axis.set_yticks([], minor=True)
    for axis in axes:
        axis.set_xlabel("time from frame to frame (ms)", fontsize=9, color=_INK)
    _finish(figure, axes, f"Frames that took longer than a time, {most} characters always talking and deciding")
    return figure


def _curves(cells: Sequence[Entry], panel: tuple[str, str], characters: int) -> Iterator[tuple[str, list[float]]]:
    for name in _STYLES:
        times_ms = [
            time_us / 1000
            for cell in cells
            if cell["variant"] == name and cell["scene"] == panel[0]
            if name == OFF or (cell["model"] == panel[1] and cell["characters"] == characters)
            for time_us in cell["log"]["interval_us"]
        ]
        if times_ms:
            yield name, times_ms


def _percentiles(cells: Sequence[Entry], panels: Sequence[tuple[str, str]]) -> Any:
    """Draw for each panel p50, p99 and p99.9 of every variant by number of characters."""
    figure, axes = _figure(panels, is_time_down=True)
    counts = sorted({cell["characters"] for cell in cells if cell["variant"] != OFF})
    most_ms = _shown_to_ms(cells)
    names = [name for name in _STYLES if any(cell["variant"] == name for cell in cells)]
    for axis, (scene, model) in zip(axes, panels, strict=True):
        axis.axhline(TARGET_MS, color=_DIM, linewidth=0.9, linestyle=(0, (4, 3)))
        axis.axhline(LONG_MS, color=_DIM, linewidth=0.9, linestyle=(0, (4, 3)))
        for place, name in enumerate(names):
            colour, label = _STYLES[name]
            across = 0.8 * ((place + 0.5) / len(names) - 0.5)
            for column, count in enumerate(counts):
                found = [cell for cell in cells if cell["scene"] == scene and cell["variant"] == name]
                if name != OFF:
                    found = [cell for cell in found if cell["model"] == model and cell["characters"] == count]
                if found:
                    _stem(axis, column + across, found, colour, label if column == 0 else None)
        axis.set_yscale("log")
        axis.set_ylim(_LEAST_MS, most_ms)
        axis.set_yticks(_ticks(most_ms), labels=[f"{tick_ms:g}" for tick_ms in _ticks(most_ms)])
        axis.set_yticks([], minor=True)
        axis.set_xticks(range(len(counts)), labels=[f"{count} character{'s' if count > 1 else ''}" for count in counts])
        axis.grid(False, axis="x")
        axis.set_xlim(-0.5, len(counts) - 0.5)
    for axis in axes:
        axis.set_ylabel("from frame to frame (ms)", fontsize=9, color=_INK)
    _finish(figure, axes, "Frame times: ● p50   ▬ p99   ▲ p99.9")
    return figure


def _shown_to_ms(cells: Sequence[Entry]) -> float:
    """Return where the axis of times ends, so that the longest frame is still on it."""
    longest_ms: float = max(time_us for cell in cells for time_us in cell["log"]["interval_us"]) / 1000
    return min(max(_AT_LEAST_TO_MS, 1.1 * longest_ms), _MOST_MS)


def _ticks(most_ms: float) -> list[float]:
    return [tick_ms for tick_ms in _TICKS_MS if tick_ms < most_ms]


def _stem(axis: Any, at: float, cells: Sequence[Entry], colour: str, label: str | None) -> None:
    """Draw one variant: a line from p50 to p99.9 with its three marks; of several runs, the middle one of each."""
    low, high, top = (sorted(cell["interval_ms"][name] for cell in cells)[len(cells) // 2] for name in _QUANTILES)
    axis.plot([at, at], [low, top], color=colour, linewidth=1.6, alpha=0.55, solid_capstyle="round")
    axis.plot([at], [low], marker="o", markersize=5, color=colour, linestyle="none", label=label)
    axis.plot([at], [high], marker="_", markersize=11, markeredgewidth=2.6, color=colour, linestyle="none")
    axis.plot([at], [top], marker="^", markersize=5, color=colour, linestyle="none")


_QUANTILES: Final = ("p50", "p99", "p999")


def _finish(figure: Any, axes: Sequence[Any], title: str) -> None:
    handles: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    order = [label for _, label in _STYLES.values() if label in handles]
    figure.legend(
        [handles[label] for label in order],
        order,
        loc="lower center",
        ncols=min(4, len(order)),
        frameon=False,
        fontsize=9,
        labelcolor=_INK,
    )
    figure.suptitle(title, x=0.02, ha="left", fontsize=12, color=_INK, fontweight="bold")
    rows = 1 if len(order) <= 4 else 2
    height = figure.get_size_inches()[1]
    figure.tight_layout(rect=(0, (0.15 + 0.22 * rows) / height, 1, 1))


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, facecolor="white")
    return path
