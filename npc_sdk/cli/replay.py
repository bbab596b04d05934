"""``npc replay``: does a recording again and shows the first difference."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from npc_sdk.cli.console import notes, output, plain, print_json
from npc_sdk.cli.exits import ExitCode
from npc_sdk.errors import RequestError

if TYPE_CHECKING:
    from npc_sdk.wire.record_file import Recording
    from npc_sdk.wire.replay import Difference, Outcome

_LONGEST = 400


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What npc serve --record wrote.")],
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Run this model instead of the recorded one.", show_default=False),
    ] = None,
    fake: Annotated[
        bool, typer.Option("--fake", help="Run no model: give out again what the engine gave out.")
    ] = False,
    wait_s: Annotated[
        float | None, typer.Option("--wait", min=0.1, metavar="SECONDS", help="Longest wait for a message.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Send a recording to the host of this build, and show where its answers differ first."""
    from npc_sdk.wire.record_file import Recording
    from npc_sdk.wire.replay import Replay

    if fake and model is not None:
        raise RequestError("--fake and --model exclude each other.", "Leave one out.", code="bad_options")
    recording = Recording(file)
    outcome = Replay(recording, model=None if fake else model or _recorded_model(recording), wait_s=wait_s).run()
    if as_json:
        print_json({**asdict(outcome), "difference": _plain(outcome.difference)})
    else:
        _show(outcome)
    if outcome.difference is not None:
        raise typer.Exit(ExitCode.FINDINGS)


def _recorded_model(recording: Recording) -> str | None:
    """Return the model that was recorded; None for an engine that was given to the host by a program."""
    if str(recording.header.get("tokenizer", "")).startswith("fake-"):
        return None
    model = recording.header.get("settings", {}).get("host", {}).get("model")
    return model if isinstance(model, str) else None


def _show(outcome: Outcome) -> None:
    if outcome.torn_at is not None:
        notes().print(f"The recording breaks off after {outcome.torn_at} bytes; what stands before was replayed.")
    counts = f"{outcome.records} records, {outcome.sent} messages sent, {outcome.compared} compared"
    difference = outcome.difference
    console = output()
    if difference is None:
        console.out(f"No difference: {counts}.")
        return
    console.out(f"The first difference is at record {difference.number}, {difference.at_ms / 1000:.3f} s: {counts}.")
    console.out(plain(f"message   {difference.what}"))
    if difference.path:
        console.out(plain(f"field     {difference.path}"))
    console.out(plain(f"expected  {_short(difference.expected)}"))
    console.out(plain(f"got       {_short(difference.got)}"))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _plain(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    from npc_sdk.wire.compare import NOTHING

    values = {name: getattr(difference, name) for name in ("number", "at_ms", "what", "path", "expected", "got")}
    return {name: None if value is NOTHING else value for name, value in values.items()}
