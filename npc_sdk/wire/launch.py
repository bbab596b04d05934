"""A game starts its own host: one call, and everything is gone again when the game is."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from npc_sdk.wire.address import in_file
from npc_sdk.wire.client import DEADLINE_MS, Client
from npc_sdk.wire.client_events import ClientEvent
from npc_sdk.wire.connection_file import runtime_folder
from npc_sdk.wire.host_process import START_LIMIT_S, HostProcess
from npc_sdk.wire.keys import KeyPair

OWNER_FILE: Final = "owner.key"
CONNECT_LIMIT_S: Final = 10.0


class LaunchedClient(Client):
    """A client whose host was started for it; closing it stops the host. Made by :func:`launch`.

    Args:
        process: The host, ready.
        keys: As for :func:`launch`.
        owner_key: As for :func:`npc_sdk.connect`.
        **options: As for :class:`Client`.
    """

    def __init__(
        self, process: HostProcess, *, keys: KeyPair | None = None, owner_key: str | None, **options: Any
    ) -> None:
        super().__init__(in_file(process.connection_file, keys=keys), owner_key=owner_key, **options)
        self.process = process

    def close(self, *, forget: bool = False) -> None:
        """End every turn and the session, and stop the host; the characters are kept. Safe to call twice.

        Args:
            forget: Whether the host forgets all characters of this owner for good.
        """
        try:
            super().close(forget=forget)
        finally:
            self.process.stop()


def launch(
    model: str | Path | None = None,
    *,
    folder: str | Path | None = None,
    config: str | Path | None = None,
    keys: KeyPair | None = None,
    owner_key: str | None = None,
    name: str = "",
    version: str = "",
    deadline_ms: float = DEADLINE_MS,
    on_event: Callable[[ClientEvent], None] | None = None,
    log_file: str | Path | None = None,
    command: Sequence[str] | None = None,
    start_timeout_s: float = START_LIMIT_S,
) -> LaunchedClient:
    """Start a host as a child of this process and connect to it.

    The host ends with :meth:`LaunchedClient.close`, and also when this process ends without that. When the host
    crashes it is started again, and the characters come back.

    Args:
        model: A name from the catalog or a GGUF file; None takes what ``config`` says, else the starter model.
        folder: What the host keeps; None takes a folder of the user, which one host at a time can have.
        config: A file ``npc.toml``.
        keys: This game's own keys, for a host whose settings ask for them (``is_encrypted``); its public key has to
            be on the host's list.
        owner_key: Whose characters these are; None takes the key that is kept in the folder, which is made the
            first time.
        name: The game, for the host's logs.
        version: Its version.
        deadline_ms: Deadline of a turn or a decision for which the game names none.
        on_event: Gets news of the connection and of the host when the game polls.
        log_file: Where the host's log goes; None is this process's standard error.
        command: What runs ``npc serve``, for a game without Python; None is this Python.
        start_timeout_s: Longest wait for the host.

    Raises:
        NpcError: The host says why it cannot start, such as ``folder_in_use`` or a model that is not there.
        BackendError: It ended without a word (``host_ended``), or cannot be run (``host_not_found``).
        DeadlineError: It was not ready in time (``host_start_timeout``).
    """
    process = _process(model, {"--folder": folder, "--config": config}, command, log_file)
    process.start(start_timeout_s)
    return _connected(
        process,
        owner_key,
        keys=keys,
        name=name,
        version=version,
        deadline_ms=deadline_ms,
        on_event=on_event,
    )


def _process(
    model: str | Path | None,
    files: Mapping[str, str | Path | None],
    command: Sequence[str] | None,
    log_file: str | Path | None,
) -> HostProcess:
    """Return a host that is not started yet; ``files`` are those of its options that name one."""
    options = [part for option, file in files.items() if file is not None for part in (option, os.fspath(file))]
    return HostProcess(
        [*([] if model is None else [os.fspath(model)]), *options],
        connection_file=runtime_folder() / f"host-{secrets.token_hex(6)}.json",
        command=command,
        log_file=None if log_file is None else Path(log_file),
    )


def _connected(process: HostProcess, owner_key: str | None, **options: Any) -> LaunchedClient:
    """Connect to a host that is ready; where that fails, the host is stopped."""
    told = process.ready.get("folder")
    home = Path(told) if isinstance(told, str) else None
    try:
        client = LaunchedClient(process, owner_key=owner_key or _kept_key(home), **options)
    except BaseException:
        process.stop()
        raise
    try:
        client.start(timeout_s=CONNECT_LIMIT_S)
        if owner_key is None and client.owner_key is not None:
            _keep_key(home, client.owner_key)
    except BaseException:
        client.close()
        raise
    return client


def _kept_key(folder: Path | None) -> str | None:
    if folder is None:
        return None
    try:
        return (folder / OWNER_FILE).read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


def _keep_key(folder: Path | None, key: str) -> None:
    if folder is None:
        return
    # One that is there already is the one in use.
    with suppress(OSError):
        descriptor = os.open(folder / OWNER_FILE, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(key)
