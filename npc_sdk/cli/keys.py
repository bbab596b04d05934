"""``npc keys``: which clients may connect to a host from other machines."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from npc_sdk.cli.console import notes, output, plain, print_json

keys_app = typer.Typer(help="Keys of clients that connect from other machines.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Folder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of keys; NPC_KEYS_DIR or the user's settings otherwise.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What to call the client.")]


@keys_app.command()
def new(
    name: Name,
    public_key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The client's own public key; a pair is made otherwise.", show_default=False),
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Let a client connect. Prints its keys once; the secret one is kept nowhere."""
    from npc_sdk.wire.keys import KeyRing

    ring = KeyRing(folder)
    client, pair = ring.add(name, public_key)
    facts = {
        "name": client.name,
        "public": client.public,
        "secret": None if pair is None else pair.secret,
        "host_public": ring.host_keys().public,
    }
    if as_json:
        print_json(facts)
        return
    for label, value in facts.items():
        if value is not None:
            output().out(f"{label:<12} {value}")
    if pair is not None:
        notes().print("Give these to the client by a way that nobody else can read.")


@keys_app.command("list")
def list_all(folder: Folder = None, as_json: AsJson = False) -> None:
    """List the clients that may connect, and the host's own public key."""
    from npc_sdk.wire.keys import KeyRing

    ring = KeyRing(folder)
    clients = ring.clients()
    host_public = ring.host_keys().public
    if as_json:
        listed = [{"name": each.name, "public": each.public, "added_at": each.added_at} for each in clients]
        print_json({"host_public": host_public, "clients": listed})
        return
    from rich.table import Table

    table = Table("Name", "Public key", "Since", box=None, pad_edge=False)
    for each in clients:
        table.add_row(plain(each.name), plain(each.public), time.strftime("%Y-%m-%d", time.localtime(each.added_at)))
    table.add_row("(this host)", plain(host_public), "")
    output().print(table)


@keys_app.command()
def revoke(name: Name, folder: Folder = None, as_json: AsJson = False) -> None:
    """Let a client connect no more; a host that runs ends its sessions within seconds."""
    from npc_sdk.wire.keys import KeyRing

    client = KeyRing(folder).revoke(name)
    if as_json:
        print_json({"name": client.name, "public": client.public})
    else:
        output().out(f"{plain(client.name)} may connect no more.")
