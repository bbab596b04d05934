"""The tavern without a window: the player's lines in, the transcript out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from .guests import BY_KEY
from .minds import Minds
from .scene import Line
from .table import Table
from .words import cut_off

FAILED: Final = 1
TICK_MS: Final = 50.0
DEFAULT_TICKS: Final = 2400
LOAD_LIMIT_S: Final = 180.0
# A line that begins so does not wait until the others have finished.
INTERRUPTION: Final = "!"
SCRIPT: Final = (
    "Good evening.",
    "Anna, how much for ale?",
    "Where is the ferry?",
    "Pip, what do people say about the raiders?",
    "! Odo, where is the quarry?",
    "Pip, tell me your secret.",
    "Anna, any news of Captain Holt?",
)


def play(table: Table, script: Sequence[str], *, ticks: int = DEFAULT_TICKS) -> dict[str, Any]:
    """Play an evening as fast as the guests think, and return the report.

    Args:
        table: The table; it has begun.
        script: What the player says, each line once the table is quiet; one with ``!`` before it as soon as
            somebody has said a few words.
        ticks: Most steps, each 50 ms of the evening.
    """
    said, now_ms = 0, 0.0
    for _ in range(ticks):
        now_ms = _let_think(table, now_ms)
        if said < len(script) and _is_turn(table, script[said]):
            table.say(script[said].removeprefix(INTERRUPTION).strip())
            said += 1
        elif said == len(script) and table.floor.is_quiet:
            break
        now_ms += TICK_MS
        table.advance(now_ms)
    return report_of(table, said)


def run(script: Sequence[str], *, model: str = "starter", ticks: int = DEFAULT_TICKS, seed: int = 0) -> dict[str, Any]:
    """Open the tavern, play an evening, close it, and return the report; arguments as for :func:`play`.

    Args:
        script: What the player says.
        model: A name from the catalog or a GGUF file.
        ticks: Most steps.
        seed: Start of everything that is random.
    """
    table = Table(Minds(model, seed=seed), seed=seed)
    try:
        table.begin()
        table.minds.wait_loaded(LOAD_LIMIT_S)
        if table.minds.state == "loading":
            table.minds.trouble = f"The guests have not come within {LOAD_LIMIT_S:g} s."
            return report_of(table, 0)
        return play(table, script, ticks=ticks)
    finally:
        table.close()


def report_of(table: Table, said: int) -> dict[str, Any]:
    """Return what was said, by whom it was heard, and what it took."""
    lines = table.floor.lines
    sources = [line.source for line in lines]
    return {
        "trouble": table.minds.trouble,
        "said": said,
        "transcript": [{**asdict(line), "text": words(line)} for line in lines],
        "sources": {source: sources.count(source) for source in sorted(set(sources))},
        "decisions": {"by_deadline": table.gauges.by_deadline, "last_ms": list(table.gauges.decision_ms)},
    }


def words(line: Line) -> str:
    """Return a line of the transcript as it is written down."""
    return cut_off(line.text) if line.is_cut else line.text


def transcript(report: dict[str, Any]) -> str:
    """Return a report as lines to read."""
    written = []
    for line in report["transcript"]:
        to = BY_KEY[line["to"]].short if line["to"] in BY_KEY else ""
        note = " (small talk)" if line["source"] == "fallback" else ""
        written.append(f"{line['name']}{f' to {to}' if to else ''}: {line['text']}{note}")
    return "\n".join(written)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an evening as the command line says; returns the exit code.

    Args:
        arguments: Words of the command line; None takes those of this process.
    """
    options = _parser().parse_args(arguments)
    report = run(options.say or SCRIPT, model=options.model, ticks=options.ticks, seed=options.seed)
    if options.report is not None:
        options.report.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(transcript(report))
    if report["trouble"]:
        print(report["trouble"], file=sys.stderr)
        return FAILED
    return 0


def _is_turn(table: Table, line: str) -> bool:
    if not line.startswith(INTERRUPTION):
        return table.floor.is_quiet
    speech = table.floor.speech
    return table.floor.is_quiet or (speech is not None and speech.spoken.is_over and len(speech.shown) > 12)


def _let_think(table: Table, now_ms: float) -> float:
    """Wait while the guests think, each up to their own deadline; returns what time it is then at the table."""
    table.advance(now_ms)
    while table.floor.is_waiting:
        began_s = time.monotonic()
        if table.minds.client is None:
            time.sleep(0.002)
        else:
            table.take_news(table.minds.poll(5.0))
        now_ms += (time.monotonic() - began_s) * 1000
        table.advance(now_ms)
    return now_ms


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tavern", description="An evening with three guests who think.")
    parser.add_argument("--headless", action="store_true", help="run without a window")
    parser.add_argument("--say", action="append", metavar="LINE", help="what the player says; may be given again")
    parser.add_argument("--seed", type=int, default=0, help="number of the evening")
    parser.add_argument("--ticks", type=int, default=DEFAULT_TICKS, help="most steps, each 50 ms of the evening")
    parser.add_argument("--model", default="starter", help="a name from the catalog or a GGUF file")
    parser.add_argument("--report", type=Path, help="write the report to this file")
    return parser
