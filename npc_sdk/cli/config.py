"""``npc config``: what a runtime would be set up with, and where each value comes from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from npc_sdk.cli.console import output, print_json

config_app = typer.Typer(help="Settings of a runtime.", no_args_is_help=True)


@config_app.callback()
def _config() -> None:
    """Settings of a runtime."""


@config_app.command()
def show(
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with settings, as a runtime would read it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Show every setting, its value here, and its source: environment beats file beats default."""
    rows = _rows(settings)
    if as_json:
        print_json(rows)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("Setting", "Value", "Source", box=None, pad_edge=False)
    for name, row in rows.items():
        style = "" if row["source"] == "default" else "bold"
        table.add_row(name, Text(_shown(row), style=style), row["source"])
    output().print(table)


def _rows(file: Path | None) -> dict[str, dict[str, Any]]:
    from dataclasses import asdict

    from npc_sdk.runtime.settings import RuntimeSettings

    # Loading first refuses everything that cannot be used.
    chosen = RuntimeSettings.load(file)
    values, on_this_machine = asdict(chosen), asdict(chosen.for_machine())
    named = _names_in(file)
    return {
        name: {"value": value, "here": on_this_machine[name], "source": _source(name, file, named)}
        for name, value in values.items()
    }


def _source(name: str, file: Path | None, named: frozenset[str]) -> str:
    from npc_sdk.runtime.settings import ENVIRONMENT_PREFIX

    variable = ENVIRONMENT_PREFIX + name.upper()
    if variable in os.environ:
        return f"environment ({variable})"
    return f"file ({file})" if name in named else "default"


def _names_in(file: Path | None) -> frozenset[str]:
    if file is None:
        return frozenset()
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    return frozenset(tomllib.loads(file.read_text(encoding="utf-8")))


def _shown(row: dict[str, Any]) -> str:
    if row["value"] != row["here"]:
        return f"{row['here']} (chosen for this machine)"
    return "drawn at start" if row["value"] is None else str(row["value"])
