"""``npc bench``: measures what is promised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npc_sdk.cli.console import notes, output, plain
from npc_sdk.cli.exits import ExitCode

bench_app = typer.Typer(help="Measurements on this machine.", no_args_is_help=True)


@bench_app.callback()
def _bench() -> None:
    """Measurements on this machine."""


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
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write the figures as JSON; - prints only that.")
    ] = None,
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


def _numbers(figures: str | None) -> list[int] | None:
    if figures is None:
        return None
    try:
        return [int(part) for part in figures.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{figures!r} is no list of numbers such as 1,3,7.", param_hint="--figures") from None
