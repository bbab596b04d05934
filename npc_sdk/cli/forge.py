"""``npc forge``: makes a small model of one's own, and says how good it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npc_sdk.cli.console import notes, output, plain, print_json
from npc_sdk.cli.exits import ExitCode

forge_app = typer.Typer(help="The kit that makes small models of one's own.", no_args_is_help=True)


@forge_app.command()
def train(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of everything that is made; continues what is there.")
    ],
    preset: Annotated[str, typer.Option(metavar="NAME", help="Recipe: starter or smoke.")] = "starter",
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, metavar="N", help="Training time; the recipe's own otherwise.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Start of the corpus and the weights.")] = 1,
    threads: Annotated[int, typer.Option(min=0, metavar="N", help="CPU threads; 0 leaves it to PyTorch.")] = 0,
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="MODEL",
            help="Go on from this forged model, by name or GGUF file, and not from nothing.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make a model: corpus, vocabulary, training, GGUF files. Run it again to go on after an interruption."""
    from npc_sdk.forge.pipeline import train_all
    from npc_sdk.forge.progress import ConsoleProgress

    with ConsoleProgress(notes()) as progress:
        path = train_all(
            preset_name=preset, minutes=minutes, out=out, seed=seed, threads=threads, base=base, progress=progress
        )
    output().out(str(path))


@forge_app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a training run.")],
    card: Annotated[
        bool, typer.Option("--card", help="Also write MODEL_CARD.md there, from the figures that evaluate --into kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Show what a training run has made, and how good it is."""
    from npc_sdk.cli.forge_run import print_run, read_run, write_card

    run = read_run(folder)
    if card:
        notes().out(str(write_card(folder)))
    if as_json:
        print_json(run)
    else:
        print_run(run)


@forge_app.command()
def ship(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished training run.")],
    target: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="DIR", help="Where to; this package's starter folder otherwise.", show_default=False
        ),
    ] = None,
) -> None:
    """Copy a run's model to where the package carries it, with the facts that are checked before it is used."""
    from npc_sdk.forge.ship import ship as copy

    output().out(str(copy(folder, target=target)))


@forge_app.command()
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A name from the list of models, or a GGUF file.")],
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Questions of each figure that has a goal.")] = 200,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Chooses questions and random numbers.")] = 20011,
    threads: Annotated[int, typer.Option(min=1, metavar="N", help="CPU threads of llama.cpp.")] = 1,
    slots: Annotated[int, typer.Option(min=1, metavar="N", help="Conversations at once.")] = 8,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always take the likeliest word.")] = False,
    transcript: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every answer there, one JSON object a line.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the figures in this folder of a training run.")
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write the figures as JSON; - prints only that.")
    ] = None,
) -> None:
    """Ask a model questions whose answers are known, and count. Ends with 1 when a figure misses its goal."""
    from npc_sdk.cli.target_file import STANDARD_OUTPUT, write_json
    from npc_sdk.forge import evaluate as room
    from npc_sdk.forge.report import save_evaluation

    console = notes()
    found = room.evaluate(
        model,
        count=count,
        seed=seed,
        threads=threads,
        slots=slots,
        greedy=greedy,
        transcript=transcript,
        report=lambda line: console.out(plain(line), style="dim"),
    )
    if into is not None:
        save_evaluation(into, found)
    if json_file != STANDARD_OUTPUT:
        output().print(room.table(found))
    if json_file is not None:
        write_json(json_file, found.to_dict())
    outcomes = [*(figure.is_met for figure in found.figures), *(measure.is_met for measure in found.measures)]
    is_missed = False in outcomes
    raise typer.Exit(ExitCode.FINDINGS if is_missed else ExitCode.OK)
