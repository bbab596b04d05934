"""``npc models``: list, look into, fetch and build model files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npc_sdk.cli.console import byte_size, output, plain, print_json
from npc_sdk.cli.exits import ExitCode
from npc_sdk.cli.progress import byte_progress

if TYPE_CHECKING:
    from npc_sdk.models import ListedModel

models_app = typer.Typer(help="Model files: which there are, what they hold, where to get them.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Folder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Models folder; NPC_MODELS_DIR or the user's data folder otherwise.")
]


@models_app.command("list")
def list_all(folder: Folder = None, as_json: AsJson = False) -> None:
    """List the starter model, the catalog, and the files of the models folder."""
    from npc_sdk.models import list_models

    models = list_models(folder=folder)
    if as_json:
        print_json([_listed(model) for model in models])
        return
    from rich.table import Table

    table = Table("Name", "Is", "Size", "There", "Licence", box=None, pad_edge=False)
    for model in models:
        facts = _listed(model)
        there = _there(model)
        size = byte_size(model.n_bytes) if model.n_bytes else ""
        table.add_row(plain(model.name), plain(facts["title"]), size, there, facts["licence"] or "")
    output().print(table)


def _there(model: ListedModel) -> str:
    if model.path:
        return "[green]yes[/]" if model.is_gguf else "[red]not a GGUF file[/]"
    return f"no: npc models pull {model.name}" if model.entry else "no"


def _listed(model: ListedModel) -> dict[str, Any]:
    entry = model.entry
    return {
        "name": model.name,
        "title": entry.title if entry else "the model inside this package" if model.name == "starter" else "a file",
        "path": str(model.path) if model.path else None,
        "is_there": model.path is not None,
        "bytes": model.n_bytes,
        "is_gguf": model.is_gguf,
        "licence": model.licence,
        "repository": entry.repository if entry else None,
        "file": entry.file if entry else model.path.name if model.path else None,
        "sha256": entry.sha256 if entry else None,
    }


@models_app.command()
def info(
    model: Annotated[str, typer.Argument(metavar="NAME|PATH", help="A name from the list, or a GGUF file.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show what a model file's header says. Ends with 1 when characters cannot speak with it."""
    from npc_sdk.cli.model_facts import facts_of, print_facts
    from npc_sdk.models import read_header, resolve_model

    source = resolve_model(model, folder=folder)
    facts = facts_of(read_header(source.path), source.entry)
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
    raise typer.Exit(ExitCode.OK if facts["is_usable"] else ExitCode.FINDINGS)


@models_app.command("path")
def show_path(
    model: Annotated[str, typer.Argument(metavar="NAME|PATH", help="A name from the list, or a GGUF file.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Print where a model's file is."""
    from npc_sdk.models import resolve_model

    _print_path(resolve_model(model, folder=folder).path, as_json=as_json)


@models_app.command()
def pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of the catalog.")],
    folder: Folder = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of a mirror of the Hugging Face hub.")
    ] = None,
    wait_seconds: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait while another process fetches it.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Fetch a model into the models folder; goes on where a cut connection ended, and checks the hash."""
    from npc_sdk.models import pull as fetch

    with byte_progress(f"fetching {name}") as progress:
        path = fetch(name, folder=folder, progress=progress, endpoint=endpoint, wait_s=wait_seconds)
    _print_path(path, as_json=as_json)


@models_app.command()
def synthetic(
    shape: Annotated[
        str,
        typer.Argument(
            metavar="SHAPE",
            help="One of: tiny, tiny-attention, mid, nemotron-3-nano-4b, qwen3-0.6b, qwen3-1.7b, qwen3-4b.",
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The GGUF file to write.")],
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The same seed gives the same file.")] = 0,
    quantization: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="f32, f16, q8_0 or q4_k_m; the shape's own otherwise.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a model file with true dimensions and RANDOM weights, to measure speed and memory; it cannot talk."""
    from npc_sdk.errors import RequestError
    from npc_sdk.models import build

    if file.exists() and not replace:
        raise RequestError(f"{file} is there already.", "Name another file, or add --replace.", code="file_exists")
    with byte_progress(f"writing {file.name}") as progress:
        # The format is checked by what it is handed to.
        path = build(file, shape, seed=seed, quantization=quantization, progress=progress)  # type: ignore[arg-type]
    _print_path(path, as_json=as_json)


def _print_path(path: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"path": str(path), "bytes": path.stat().st_size})
    else:
        output().out(str(path))
