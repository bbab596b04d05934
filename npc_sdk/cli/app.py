"""All commands together."""

from __future__ import annotations

from typing import Annotated

import typer

from npc_sdk.cli.bench import bench_app
from npc_sdk.cli.budget import budget_app
from npc_sdk.cli.chat import chat
from npc_sdk.cli.config import config_app
from npc_sdk.cli.demo import demo
from npc_sdk.cli.doctor import doctor
from npc_sdk.cli.exits import MEANINGS
from npc_sdk.cli.failure import CommandGroup
from npc_sdk.cli.forge import forge_app
from npc_sdk.cli.keys import keys_app
from npc_sdk.cli.models import models_app
from npc_sdk.cli.persona import persona_app
from npc_sdk.cli.plan import plan
from npc_sdk.cli.replay import replay
from npc_sdk.cli.serve import serve
from npc_sdk.cli.tail import tail
from npc_sdk.cli.top import top
from npc_sdk.cli.world import world_app

_CODES = " ".join(f"{code.value}: {meaning}" for code, meaning in MEANINGS.items())

app = typer.Typer(
    cls=CommandGroup,
    help="Game characters that talk and act, on this machine.",
    epilog=f"Exit codes. {_CODES}",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from npc_sdk._version import __version__

        typer.echo(f"npc-sdk {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Game characters that talk and act, on this machine."""


app.command("chat")(chat)
app.command("demo")(demo)
app.command("doctor")(doctor)
app.command("serve")(serve)
app.command("top")(top)
app.command("tail")(tail)
app.command("replay")(replay)
app.add_typer(persona_app, name="persona")
app.add_typer(world_app, name="world")
app.add_typer(models_app, name="models")
app.command("plan")(plan)
app.add_typer(budget_app, name="budget")
app.add_typer(keys_app, name="keys")
app.add_typer(bench_app, name="bench")
app.add_typer(forge_app, name="forge")
app.add_typer(config_app, name="config")
