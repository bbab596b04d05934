"""``npc bench``: measures what is promised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npc_sdk.cli.bench_frame import frame
from npc_sdk.cli.console import notes, output, plain
from npc_sdk.cli.exits import ExitCode
from npc_sdk.cli.options import BattleSeedOption, FiguresFileOption, ModelOption

bench_app = typer.Typer(help="Measurements on this machine.", no_args_is_help=True)


@bench_app.callback()
def _bench() -> None:
    """Measurements on this machine."""


bench_app.command("frame")(frame)


@bench_app.command()
def engine(
    figures: Annotated[
        str | None, typer.Option(metavar="N,N", help="Which figures, such as 1,3,7; all of them otherwise.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repetitions and no model of the 4B's size.")] = False,
    model_folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the synthetic models lie or are built (3 GB).")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="CPU threads of llama.cpp, on both sides.")] = 1,
    json_file: FiguresFileOption = None,
) -> None:
    """Measure the engine against bare llama.cpp. Ends with 1 when a figure misses its limit."""
    from npc_sdk.bench.engine import run, table
    from npc_sdk.cli.target_file import STANDARD_OUTPUT, write_json

    numbers = _numbers(figures)
    console = notes()
    result = run(
        numbers,
        quick=quick,
        folder=model_folder,
        threads=threads,
        report=lambda line: console.out(plain(line), style="dim"),
    )
    if json_file != STANDARD_OUTPUT:
        output().print(table(result))
    if json_file is not None:
        write_json(json_file, result)
    is_missed = any(row["is_met"] is False for row in result["rows"])
    raise typer.Exit(ExitCode.FINDINGS if is_missed else ExitCode.OK)


@bench_app.command()
def memory(
    models: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="Which models: shapes of 'npc models synthetic', or starter."),
    ] = None,
    model_folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where models without numbers are built (a few MB each).")
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write there instead of printing; replaces the file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for a program instead of a Markdown table.")] = False,
) -> None:
    """Hold plans against llama.cpp's own accounting. Ends with 1 when one disagrees."""
    from npc_sdk.bench.memory import MODELS, compare, markdown, result
    from npc_sdk.cli.target_file import write_json, write_text

    console = notes()
    chosen = MODELS if models is None else tuple(part.strip() for part in models.split(","))
    rows = compare(chosen, folder=model_folder, report=lambda line: console.out(plain(line), style="dim"))
    if as_json:
        write_json(out or "-", result(rows))
    elif out is not None:
        write_text(Path(out), markdown(rows))
    else:
        typer.echo(markdown(rows), nl=False)
    raise typer.Exit(ExitCode.OK if all(row.is_met for row in rows) else ExitCode.FINDINGS)


@bench_app.command()
def pacing(
    quick: Annotated[bool, typer.Option("--quick", help="Shorter scenes, and 1 and 8 characters only.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Makes drawing times and conversations.")] = 1,
    markdown: Annotated[bool, typer.Option("--markdown", help="A Markdown table instead of a drawn one.")] = False,
    json_file: FiguresFileOption = None,
) -> None:
    """Simulate frame times beside a paced and an unpaced model. Ends with 1 when pacing costs frames."""
    from npc_sdk.bench import pacing as bench
    from npc_sdk.cli.target_file import STANDARD_OUTPUT, write_json

    console = notes()
    result = bench.run(quick=quick, seed=seed, report=lambda line: console.out(plain(line), style="dim"))
    if markdown:
        typer.echo(bench.markdown(result), nl=False)
    elif json_file != STANDARD_OUTPUT:
        output().print(bench.table(result))
    if json_file is not None:
        write_json(json_file, result)
    is_missed = any(row["is_met"] is False for row in result["rows"])
    raise typer.Exit(ExitCode.FINDINGS if is_missed else ExitCode.OK)


@bench_app.command()
def gpu(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for gpu.json and gpu.md, written after each row.")
    ] = Path("npc-bench-gpu"),
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="A model of the catalog or a file; random weights of a 4B otherwise."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer cases: 6 minutes at most instead of 25.")] = False,
    figures: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="Among plans, speed, parking, reserve and frames; all otherwise."),
    ] = None,
    model_folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where models of random weights lie or are built (3 GB).")
    ] = None,
) -> None:
    """Measure plans, speed, parking and frame times on an NVIDIA card; without one it says so and ends with 0.

    Ends with 1 when a figure misses its limit or fails. Ctrl-C keeps what was measured.
    """
    from npc_sdk.bench.gpu.report import markdown
    from npc_sdk.bench.gpu.rig import Skip, find_rig
    from npc_sdk.bench.gpu.run import chosen_figures, is_missed, run

    names = None if figures is None else [part.strip() for part in figures.split(",")]
    chosen_figures(names)
    console = notes()

    def report(line: str) -> None:
        console.out(plain(line), style="dim")

    rig = find_rig(model=model, quick=quick, folder=model_folder, report=report)
    if isinstance(rig, Skip):
        console.out(plain(f"Skipped ({rig.code}): {rig.reason} {rig.next_step}".strip()))
        raise typer.Exit(ExitCode.OK)
    try:
        result = run(rig, names, out=out)
    finally:
        rig.card.close()
    typer.echo(markdown(result), nl=False)
    raise typer.Exit(ExitCode.FINDINGS if is_missed(result) else ExitCode.OK)


@bench_app.command()
def steps(
    quick: Annotated[bool, typer.Option("--quick", help="The starter model only, and fewer repetitions.")] = False,
    model_folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the synthetic models lie or are built.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="CPU threads of llama.cpp.")] = 1,
    json_file: FiguresFileOption = None,
) -> None:
    """Measure how soon the engine gives memory back. Ends with 1 when a figure misses its limit."""
    from npc_sdk.bench.engine import table
    from npc_sdk.bench.steps import run
    from npc_sdk.cli.target_file import STANDARD_OUTPUT, write_json

    console = notes()
    result = run(
        quick=quick,
        folder=model_folder,
        threads=threads,
        report=lambda line: console.out(plain(line), style="dim"),
    )
    if json_file != STANDARD_OUTPUT:
        output().print(table(result, title="npc bench steps"))
    if json_file is not None:
        write_json(json_file, result)
    is_missed = any(row["is_met"] is False for row in result["rows"])
    raise typer.Exit(ExitCode.FINDINGS if is_missed else ExitCode.OK)


@bench_app.command()
def wire(
    figures: Annotated[
        str | None, typer.Option(metavar="N,N", help="Which figures, such as 1,2; all of 1 to 4 otherwise.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A short load, three of each fault, few messages.")] = False,
    faults: Annotated[
        str | None, typer.Option(metavar="NAME,NAME", help="Which faults, such as 'host killed'; all otherwise.")
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How often each fault happens.", show_default="50")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Makes faults and messages.")] = 1,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Also write a Markdown table there; replaces the file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for a program instead of a drawn table.")] = False,
) -> None:
    """Measure the host: round trips, a steady load, faults, garbage. Ends with 1 when a figure misses its limit."""
    from npc_sdk.bench.wire.course import Course
    from npc_sdk.bench.wire.run import markdown, run, table
    from npc_sdk.cli.target_file import STANDARD_OUTPUT, write_json, write_text

    console = notes()
    course = Course(
        quick=quick,
        seed=seed,
        repeats=repeats,
        faults=None if faults is None else tuple(part.strip() for part in faults.split(",")),
        report=lambda line: console.out(plain(line), style="dim"),
    )
    result = run(_numbers(figures), course)
    if as_json:
        write_json(STANDARD_OUTPUT, result)
    else:
        output().print(table(result))
    if out is not None:
        write_text(Path(out), markdown(result))
    is_missed = any(row["is_met"] is False for row in result["rows"])
    raise typer.Exit(ExitCode.FINDINGS if is_missed else ExitCode.OK)


@bench_app.command()
def tactics(
    model: ModelOption = "starter",
    battles: Annotated[
        int, typer.Option(min=2, max=100_000, metavar="N", help="Of each pairing; each seed twice, colours swapped.")
    ] = 200,
    seed: BattleSeedOption = 1,
    pairings: Annotated[
        str, typer.Option(metavar="A:B,C:D", help="Two of model, mixed, utility, random and still; A's figures.")
    ] = "model:random,model:utility,model:mixed",
    budget_ms: Annotated[
        float, typer.Option(min=1.0, max=600_000.0, metavar="MS", help="Time for the decisions of a tick.")
    ] = 400.0,
    workers: Annotated[
        int, typer.Option(min=1, max=64, metavar="N", help="Processes that fight, each with a model of its own.")
    ] = 1,
    via: Annotated[
        str, typer.Option(metavar="WAY", help="wire: a host and its socket; process or thread: without a host.")
    ] = "process",
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for battles.jsonl, tactics.json and tactics.md.")
    ] = Path("npc-bench-tactics"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the battles of that folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for a program instead of a drawn table.")] = False,
) -> None:
    """Let squads of the demo fight: who wins how often. Ends with 1 when a figure misses its limit.

    Ctrl-C keeps what was fought; --resume goes on.
    """
    from npc_sdk.cli.demo_package import demo_module
    from npc_sdk.cli.progress import count_progress
    from npc_sdk.cli.target_file import STANDARD_OUTPUT, write_json

    if via not in ("wire", "process", "thread"):
        raise typer.BadParameter(f"{via!r} is none of wire, process and thread.", param_hint="--via")
    settings = demo_module("tactics.tournament").Settings(
        model=model,
        battles=battles,
        seed=seed,
        pairings=tuple(part.strip() for part in pairings.split(",")),
        budget_ms=budget_ms,
        via=via,
    )
    with count_progress("battles") as progress:
        result = demo_module("tactics.contest").run(
            settings, folder=out, workers=workers, is_resumed=resume, progress=progress
        )
    if as_json:
        write_json(STANDARD_OUTPUT, result)
    else:
        output().print(demo_module("tactics.results").table(result))
    is_missed = any(row["is_met"] is False for row in result["rows"])
    raise typer.Exit(ExitCode.FINDINGS if is_missed else ExitCode.OK)


def _numbers(figures: str | None) -> list[int] | None:
    if figures is None:
        return None
    try:
        return [int(part) for part in figures.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{figures!r} is no list of numbers such as 1,3,7.", param_hint="--figures") from None
