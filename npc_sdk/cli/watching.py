"""What the commands share that look at a host from outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from npc_sdk.errors import RequestError

if TYPE_CHECKING:
    from npc_sdk.wire.keys import KeyPair
    from npc_sdk.wire.watch import Watch

ConnectionFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Connection file of the host.", show_default="the host that was started last here"
    ),
]
KeysFile = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="What npc keys new NAME --json printed, for a host that asks for keys.",
        show_default=False,
    ),
]


def open_watch(connection_file: Path | None, keys_file: Path | None) -> Watch:
    """Return what listens to a host.

    Raises:
        RequestError: No host runs, or the file of keys cannot be used (``bad_keys_file``).
    """
    from npc_sdk.wire.watch import Watch, connection_of

    return Watch(connection_of(connection_file), keys=None if keys_file is None else read_keys(keys_file))


def read_keys(file: Path) -> KeyPair:
    """Return the keys that a file holds.

    Raises:
        RequestError: It cannot be read, or holds none (``bad_keys_file``).
    """
    from npc_sdk.wire.keys import KeyPair

    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        public, secret = facts["public"], facts["secret"]
        if not all(isinstance(key, str) and len(key) == 40 and key.isascii() for key in (public, secret)):
            raise ValueError("a key has 40 characters")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RequestError(
            f"{file} holds no keys: {error}.",
            "Keep what this prints: npc keys new NAME --json",
            code="bad_keys_file",
            file=str(file),
        ) from error
    return KeyPair(public, secret)
