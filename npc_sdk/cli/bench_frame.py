"""``npc bench frame``: frame times of a game beside characters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from npc_sdk.cli.console import notes, output, plain
from npc_sdk.cli.exits import ExitCode
from npc_sdk.cli.options import FiguresFileOption

OutOption = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder for figures and frame times, written after each run.")
]
SecondsOption = Annotated[float | None, typer.Option(metavar="S", help="Length of a run.", show_default="60")]
CharactersOption = Annotated[str | None, typer.Option(metavar="N,N", help="How many talk.", show_default="8,4,1")]
ScenesOption = Annotated[
    str | None, typer.Option(metavar="NAME,NAME", help="What is drawn.", show_default="light,heavy")
]
ModelsOption = Annotated[
    str | None, typer.Option(metavar="NAME,NAME", help="Who thinks.", show_default="starter,4b-shaped")
]
VariantsOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME",
        help="How: paced, unpaced, background, naive, naive-fair.",
        show_default="paced,unpaced,naive",
    ),
]
QuickOption = Annotated[bool, typer.Option("--quick", help="8 s a run, the starter model and 8 characters only.")]
SeedOption = Annotated[int, typer.Option(metavar="N", help="Makes scenes, characters and what they are asked.")]
TriesOption = Annotated[
    int,
    typer.Option(
        min=1,
        max=20,
        metavar="N",
        help="How often a run is made at most while others use the machine; the quietest counts.",
    ),
]
ModelFolderOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where the model of random weights lies or is built (3 GB).")
]
PlotOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder for pictures.", show_default="that of --out")
]


def frame(
    out: OutOption = Path("npc-bench-frame"),
    seconds: SecondsOption = None,
    characters: CharactersOption = None,
    scenes: ScenesOption = None,
    models: ModelsOption = None,
    variants: VariantsOption = None,
    quick: QuickOption = False,
    seed: SeedOption = 1,
    tries: TriesOption = 3,
    model_folder: ModelFolderOption = None,
    plot: PlotOption = None,
    json_file: FiguresFileOption = None,
) -> None:
    """Measure frame times of a game that draws beside characters who talk and decide all the time.

    Nothing else should run meanwhile: a run in which others have more than 3 % of the cores is made again. Ends with 1
    when a promise does not hold. Ctrl-C keeps what was measured.
    """
    from npc_sdk.models.extra import load_extra

    load_extra("matplotlib", "bench")  # before an hour of measuring, not after it
    chosen = _chosen(
        quick,
        seconds=seconds,
        characters=_numbers(characters),
        scenes=_names(scenes),
        models=_names(models),
        variants=_names(variants),
        folder=model_folder,
        seed=seed,
        tries=tries,
    )
    raise typer.Exit(_run(chosen, out, plot=plot or out, json_file=json_file))


def _run(chosen: dict[str, Any], out: Path, *, plot: Path, json_file: str | None) -> ExitCode:
    """Measure, draw and tell; returns how the command ends."""
    from npc_sdk.bench.frame.plot import draw
    from npc_sdk.bench.frame.report import Record
    from npc_sdk.bench.frame.verdict import is_missed

    result, is_interrupted = _measured(chosen, Record(out))
    pictures = draw(result, plot)
    _tell(result, json_file)
    notes().out(plain(f"Written to {out}" + "".join(f", {picture}" for picture in pictures)), style="dim")
    if is_interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.FINDINGS if is_missed(result) else ExitCode.OK


def _tell(result: dict[str, Any], json_file: str | None) -> None:
    from npc_sdk.bench.frame import report
    from npc_sdk.cli.target_file import STANDARD_OUTPUT, write_json

    if json_file != STANDARD_OUTPUT:
        output().print(report.table(result))
        if result["checks"]:
            output().print(report.checks_table(result))
    if json_file is not None:
        write_json(json_file, report.plain(result))


def _measured(chosen: dict[str, Any], record: Any) -> tuple[dict[str, Any], bool]:
    """Run the course; returns what was measured, and whether Ctrl-C ended it."""
    from npc_sdk.bench.frame.cell import Course
    from npc_sdk.bench.frame.run import run

    kept: dict[str, Any] = {}

    def keep(result: dict[str, Any]) -> None:
        kept.update(result)
        record.keep(result)

    with _progress() as (report_line, tick):
        course = Course(**chosen, report=report_line, tick=tick)
        try:
            return run(course, keep=keep), False
        except KeyboardInterrupt:
            if not kept:
                raise
            return kept, True


def _chosen(quick: bool, **asked: Any) -> dict[str, Any]:
    from npc_sdk.bench.frame.cell import quick_course

    given = {name: value for name, value in asked.items() if value is not None}
    return quick_course(**given) if quick else given


@contextmanager
def _progress() -> Iterator[tuple[Callable[[str], None], Callable[[str, float], None]]]:
    """Give what takes lines, and what takes the share that is done; a bar only where a person looks."""
    console = notes()
    if not sys.stderr.isatty():
        yield lambda line: console.out(plain(line), style="dim"), lambda words, share: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    # Drawing the bar must not take from what is measured: once a second, when something is said, and not by itself.
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=1.0)

        def tick(words: str, share: float) -> None:
            bar.update(task, description=plain(words), completed=share, refresh=True)

        yield lambda line: bar.console.out(plain(line), style="dim"), tick


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(","))


def _numbers(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers such as 1,4,8.", param_hint="--characters") from None
