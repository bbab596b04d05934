"""``npc budget``: watch the memory that a game and the model share, and record it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from npc_sdk.cli.console import output, plain, print_json

budget_app = typer.Typer(help="The memory that a game and its characters share.", no_args_is_help=True)

DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="DEVICE",
        help="auto; most-free, a number or a UUID of an NVIDIA device; unified; host; or a size such as 6GiB.",
    ),
]
PeriodOption = Annotated[
    float, typer.Option(min=10, max=60_000, metavar="MS", help="Time from one reading to the next.")
]
SecondsOption = Annotated[
    float | None, typer.Option(min=0, metavar="N", help="How long; until Ctrl-C otherwise.", show_default=False)
]


@budget_app.callback()
def _budget() -> None:
    """The memory that a game and its characters share."""


@budget_app.command()
def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The trace to write (.jsonl).")],
    seconds: SecondsOption = None,
    device: DeviceOption = "auto",
    period_ms: PeriodOption = 100.0,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Record what everybody but the model holds of a device's memory, for tests that replay it (SimulatedProbe)."""
    from npc_sdk.budget.choose import explain_choice
    from npc_sdk.cli.budget_record import record_trace

    choice = explain_choice(device)
    try:
        recorded = record_trace(choice.probe, file, seconds=seconds, period_ms=period_ms, is_new=not replace)
    finally:
        choice.probe.close()
    if as_json:
        print_json(recorded.to_dict())
    else:
        output().out(plain(recorded.text()))


@budget_app.command()
def watch(
    device: DeviceOption = "auto",
    reserve: Annotated[str, typer.Option(metavar="SIZE", help="Memory that the game wants free.")] = "512MiB",
    seconds: SecondsOption = None,
    period_ms: PeriodOption = 250.0,
    trace: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME", help="Replay a trace instead of looking at a device: a file, or a shipped one."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each reading as a line of JSON.")] = False,
) -> None:
    """Show how full a device is, who fills it, and how much the game's reserve leaves."""
    from npc_sdk.budget.choose import size_bytes
    from npc_sdk.cli.budget_watch import open_watched, watch_probe

    reserve_bytes = 0 if reserve.strip() == "0" else size_bytes(reserve)
    watched = open_watched(device, trace)
    try:
        watch_probe(watched, reserve_bytes=reserve_bytes, seconds=seconds, period_ms=period_ms, as_json=as_json)
    finally:
        watched.probe.close()
