"""``npc world``: check, list and show world files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npc_sdk.cli.console import output, plain, print_json
from npc_sdk.cli.record_files import (
    check_files,
    exit_for,
    find_world,
    findings_json,
    is_usable,
    print_findings,
    print_list,
)

world_app = typer.Typer(help="World files: the setting that characters share.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@world_app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="World files (.toml, .yaml, .yml, .json).")],
    as_json: AsJson = False,
) -> None:
    """Say what is wrong in world files, with line and mend. Ends with 1 when one of them has an error."""
    from npc_sdk.persona import check_world

    found = check_files(files, check_world)
    if as_json:
        print_json(
            [
                {"file": str(path), "is_usable": is_usable(findings), "findings": findings_json(findings)}
                for path, findings in found.items()
            ]
        )
    else:
        print_findings(found)
    raise typer.Exit(exit_for(found))


@world_app.command("list")
def list_worlds(as_json: AsJson = False) -> None:
    """List the worlds that come with the package."""
    from npc_sdk.persona import World, shipped_worlds

    worlds = {name: World.shipped(name) for name in shipped_worlds()}
    rows = [(name, world.name, world.setting.split(". ")[0]) for name, world in worlds.items()]
    print_list(rows, as_json=as_json)


@world_app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped world, or a file.")],
    prompt: Annotated[bool, typer.Option("--prompt", help="Show the text that a model reads instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a world: all its fields, or the text that a model reads."""
    world = find_world(name)
    if as_json:
        print_json(world.to_dict())
    elif prompt:
        from npc_sdk.prompt.text import world_text

        output().out(plain(world_text(world)))
    else:
        from npc_sdk.cli.record_view import print_record

        print_record(world.to_dict())
