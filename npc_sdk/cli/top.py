"""``npc top``: how a host is doing, live."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from npc_sdk.cli.console import check_reader, output, plain, print_json, print_json_line
from npc_sdk.cli.top_view import TopState, event_text, picture, summary
from npc_sdk.cli.watching import ConnectionFile, KeysFile, open_watch

if TYPE_CHECKING:
    from npc_sdk.wire.watch import Watch

FIRST_S = 5.0
_STATUS_S = 2.0


def top(
    connection_file: ConnectionFile = None,
    keys_file: KeysFile = None,
    once: Annotated[bool, typer.Option("--once", help="Show the figures once and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program, a line each time.")] = False,
) -> None:
    """Show characters, speed, memory, frames and the last events of a host, until Ctrl-C."""
    with open_watch(connection_file, keys_file) as watch:
        state = TopState()
        state.take(watch.wait_for("status", FIRST_S))
        if once:
            _show_once(state, as_json)
            return
        # Ctrl-C is how looking on ends.
        with suppress(KeyboardInterrupt):
            if as_json:
                _follow(watch, state, lambda: print_json_line(state.to_dict()))
            elif sys.stdout.isatty():
                _draw(watch, state)
            else:
                _list(watch, state)


def _show_once(state: TopState, as_json: bool) -> None:
    if as_json:
        print_json(state.to_dict())
    else:
        console = output()
        console.print(picture(state, width=console.width))


def _follow(watch: Watch, state: TopState, show: Callable[[], None]) -> None:
    """Show the state each time the figures have come."""
    show()
    while True:
        message = watch.next(_STATUS_S)
        check_reader()
        if message is None:
            continue
        state.take(message)
        state.lost = watch.lost
        if message.kind == "status":
            show()


def _draw(watch: Watch, state: TopState) -> None:
    from rich.live import Live

    console = output()
    with Live(console=console, auto_refresh=False) as live:
        _follow(watch, state, lambda: live.update(picture(state, width=console.width), refresh=True))


def _list(watch: Watch, state: TopState) -> None:
    console = output()
    told = 0.0

    def show() -> None:
        nonlocal told
        for event in list(state.events):
            if event["at_ms"] > told:
                told = event["at_ms"]
                console.out(event_text(event))
        console.out(plain(summary(state)))
        sys.stdout.flush()

    _follow(watch, state, show)
