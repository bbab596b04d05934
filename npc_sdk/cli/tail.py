"""``npc tail``: what happens at a host, as lines of JSON."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from npc_sdk.cli.console import check_reader, print_json_line
from npc_sdk.cli.watching import ConnectionFile, KeysFile, open_watch
from npc_sdk.errors import RequestError

KINDS = ("turn", "decision", "session", "news", "status")
_WAIT_S = 1.0


def tail(
    connection_file: ConnectionFile = None,
    keys_file: KeysFile = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS",
            help=f"Which ones, with commas between them: {', '.join(KINDS)}; or all.",
            show_default="all but status",
        ),
    ] = None,
) -> None:
    """Print what happens at a host, a line of JSON each, until Ctrl-C. Says when lines were lost."""
    chosen = _chosen(kinds)
    # Ctrl-C is how looking on ends.
    with open_watch(connection_file, keys_file) as watch, suppress(KeyboardInterrupt):
        told = 0
        while True:
            message = watch.next(_WAIT_S)
            check_reader()
            if message is None:
                continue
            if watch.lost > told:
                print_json_line(_line(message.seq, message.at_ms, "lost", {"messages": watch.lost - told}))
                told = watch.lost
            if chosen is None or message.kind in chosen:
                print_json_line(_line(message.seq, message.at_ms, message.kind, message.data))


def _chosen(kinds: str | None) -> frozenset[str] | None:
    """Return the kinds to print; None is every kind, also those of later versions."""
    if kinds == "all":
        return None
    if kinds is None:
        return frozenset(KINDS) - {"status"}
    named = frozenset(kind.strip() for kind in kinds.split(","))
    unknown = sorted(named - set(KINDS))
    if unknown:
        raise RequestError(
            f"There is no kind {unknown[0]!r}.", f"Use some of {', '.join(KINDS)}, or all.", code="unknown_kind"
        )
    return named


def _line(seq: int, at_ms: float, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"seq": seq, "at_ms": round(at_ms, 3), "kind": kind, "data": data}
