"""The demo without a window: arguments in, a report out."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from npc_sdk import NpcError

from .battle import MOST_TICKS, fight, report_of
from .pairing import MIXED_WEIGHT, PLAYERS, Pairing, open_runtime

USAGE, FAILED = 2, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a battle as the command line says; returns the exit code.

    Args:
        arguments: Words of the command line; None takes those of this process.
    """
    pairing, options = parsed(arguments)
    try:
        report = run(pairing, options)
    except NpcError as error:
        print(f"{error} ({error.code})", file=sys.stderr)
        return FAILED
    text = json.dumps(report, indent=1)
    if options.report is None:
        print(text)
    else:
        options.report.write_text(text + "\n", encoding="utf-8")
        print(summary(report))
    return 0


def parsed(arguments: Sequence[str] | None = None) -> tuple[Pairing, argparse.Namespace]:
    """Return what a command line asks for; ends the process when it cannot be understood.

    Args:
        arguments: Words of the command line; None takes those of this process.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.headless:
        parser.error("the window is opened by npc demo; pass --headless")
    try:
        pairing = Pairing.of(options.squads, seed=options.seed, budget_ms=options.budget_ms, weight=options.weight)
    except ValueError as error:
        parser.error(str(error))
    return pairing, options


def run(pairing: Pairing, options: argparse.Namespace) -> dict[str, Any]:
    """Run one battle and return its report.

    Raises:
        NpcError: The model or its host cannot be started.
    """
    with ExitStack() as stack:
        runtime = None
        if pairing.needs_model:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="npc-tactics-")))
            runtime = stack.enter_context(open_runtime(options.model, via=options.via, folder=folder))
        players = pairing.players(runtime)
        course = fight(players, seed=options.seed, limit=options.ticks)
        return report_of(course, players)


def summary(report: dict[str, Any]) -> str:
    """Return a report in one line."""
    result, squads = report["result"], report["squads"]
    health = ":".join(str(value) for value in result["health"].values())
    return (
        f"seed {report['seed']}, {squads['blue']} against {squads['red']}: {result['verdict']} after "
        f"{result['ticks']} ticks, health {health}, {result['invalid']} invalid"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tactics", description="A skirmish whose soldiers think.")
    parser.add_argument("--headless", action="store_true", help="run without a window")
    parser.add_argument("--seed", type=int, default=1, help="number of the battle")
    parser.add_argument("--ticks", type=int, default=MOST_TICKS, help="most ticks")
    parser.add_argument("--squads", default="model:utility", help=f"two of {', '.join(PLAYERS)}: blue:red")
    parser.add_argument("--model", default="starter", help="a name from the catalog or a GGUF file")
    parser.add_argument("--via", choices=("wire", "process", "thread"), default="wire", help="how the model is reached")
    parser.add_argument("--budget-ms", type=float, default=400.0, help="time for the decisions of a tick")
    parser.add_argument("--weight", type=float, default=MIXED_WEIGHT, help="weight of the game's scores (mixed)")
    parser.add_argument("--report", type=Path, help="write the report to this file")
    return parser
