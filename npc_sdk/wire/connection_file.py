"""The file through which a client finds its host: where it listens, and the token that opens it."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import stat
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from npc_sdk.errors import CapacityError, RequestError, StateError
from npc_sdk.wire.keys import is_key
from npc_sdk.wire.process_mark import is_alive

FOLDER_VARIABLE: Final = "NPC_RUNTIME_DIR"
FORMAT_VERSION: Final = 1
MAXIMUM_FILE_BYTES: Final = 64 * 1024
MAXIMUM_TEXT: Final = 256
_IS_POSIX = os.name == "posix"
_PLACE: Final = re.compile(r"tcp://(\[[0-9A-Fa-f:.]+\]|[0-9.]+):[0-9]{1,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a host.

    Args:
        protocol: What it speaks, "major.minor".
        pid: Its process.
        born_s: When that process began, in seconds after the machine did.
        requests: Endpoint for requests and their streams.
        control: Endpoint for what must not wait.
        telemetry: Endpoint for figures; None when it publishes none.
        token: What a client must show.
        curve_server_key: The host's public key, when connections are encrypted.
        host_version: Version of the package.
        host_id: Names this run of the host.
    """

    protocol: str
    pid: int
    born_s: float
    requests: str
    control: str
    telemetry: str | None
    token: str
    curve_server_key: str | None
    host_version: str
    host_id: str

    def __repr__(self) -> str:
        # The token must not end in a log.
        return f"<Connection to host {self.host_id} (process {self.pid}) at {self.requests}>"

    @property
    def is_alive(self) -> bool:
        """Whether the host's process runs, as far as this machine can tell."""
        return is_alive(self.pid, self.born_s)


def runtime_folder() -> Path:
    """Return the folder for connection files: ``NPC_RUNTIME_DIR``, or the user's runtime folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    with warnings.catch_warnings():
        # It warns where the system offers no such folder and it takes one below /tmp, whose rights are checked here.
        warnings.simplefilter("ignore")
        return Path(platformdirs.user_runtime_dir("npc-sdk", appauthor=False))


def default_file(pid: int) -> Path:
    """Return where a host writes its file when nobody says otherwise."""
    return runtime_folder() / f"host-{pid}.json"


def write_connection(connection: Connection, file: Path) -> None:
    """Write the file, for its owner's eyes only; it is whole at any moment.

    Args:
        connection: What it says.
        file: Where; the file of a host that is gone is replaced.

    Raises:
        StateError: A host that runs has this file (``connection_file_in_use``).
        CapacityError: It cannot be written (``connection_file_unusable``).
    """
    _require_free(file)
    content = json.dumps({"version": FORMAT_VERSION, **asdict(connection)}, indent=2) + "\n"
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        _make_private(file.parent)
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
        os.replace(draft, file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise CapacityError(
            f"The connection file {file} cannot be written: {error.strerror or error}.",
            "Name one in a folder of yours with --connection-file.",
            code="connection_file_unusable",
            file=str(file),
        ) from error


def remove_connection(connection: Connection, file: Path) -> None:
    """Remove the file if it is still that of this host."""
    with suppress(RequestError, OSError):
        if read_connection(file).host_id == connection.host_id:
            file.unlink()


def read_connection(file: Path) -> Connection:
    """Read a connection file.

    Raises:
        RequestError: There is none (``no_connection_file``), others may write or read it
            (``connection_file_open``), or it says nothing of use (``bad_connection_file``).
    """
    try:
        with file.open("rb") as stream:
            _require_private(file, os.fstat(stream.fileno()))
            content = stream.read(MAXIMUM_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RequestError(
            f"There is no connection file {file}.",
            "Start a host with: npc serve",
            code="no_connection_file",
            file=str(file),
        ) from error
    except OSError as error:
        raise _bad(file, error.strerror or str(error)) from error
    return _parsed(content, file)


def find_connection() -> tuple[Connection, Path]:
    """Return the connection of the host that was started last on this machine, and its file.

    Files of hosts that are gone are removed.

    Raises:
        RequestError: No host runs (``no_host``).
    """
    for file in _newest_first(runtime_folder()):
        try:
            connection = read_connection(file)
        except RequestError:
            continue
        if connection.is_alive:
            return connection, file
        remove_connection(connection, file)
    raise RequestError("No host runs on this machine.", "Start one with: npc serve", code="no_host")


def _newest_first(folder: Path) -> list[Path]:
    found: list[tuple[float, Path]] = []
    for file in folder.glob("host-*.json"):
        with suppress(OSError):
            found.append((file.stat().st_mtime, file))
    return [file for _, file in sorted(found, reverse=True)]


def _require_free(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAXIMUM_FILE_BYTES + 1)
    except OSError:
        # Where there is something else, writing tells.
        return
    try:
        # Whoever may read it: this is about what would be lost.
        connection = _parsed(content, file)
    except RequestError as error:
        raise StateError(
            f"{file} is there already and no connection file.",
            "Name another file, or remove it.",
            code="connection_file_in_use",
            file=str(file),
        ) from error
    if connection.is_alive and connection.pid != os.getpid():
        raise StateError(
            f"The host with process {connection.pid} uses {file}.",
            "Stop that host, or name another file with --connection-file.",
            code="connection_file_in_use",
            file=str(file),
            pid=connection.pid,
        )


def _make_private(folder: Path) -> None:
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    if _IS_POSIX and folder.stat().st_uid not in (os.geteuid(), 0):
        # Whoever owns the folder could put another file in the place of ours.
        raise PermissionError(errno.EPERM, "the folder belongs to another user", str(folder))


def _require_private(file: Path, status: os.stat_result) -> None:
    if not _IS_POSIX:
        return
    is_mine = status.st_uid in (os.geteuid(), 0)
    if is_mine and not stat.S_IMODE(status.st_mode) & 0o077:
        return
    raise RequestError(
        f"Others can read or write the connection file {file}.",
        "Take their rights away (chmod 600), or start the host again.",
        code="connection_file_open",
        file=str(file),
    )


def _parsed(content: bytes, file: Path) -> Connection:
    try:
        data = json.loads(content) if len(content) <= MAXIMUM_FILE_BYTES else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, Mapping) or data.get("version") != FORMAT_VERSION:
        raise _bad(file, "it is none that this release can read")
    values = {field.name: data.get(field.name) for field in fields(Connection)}
    for name, value in values.items():
        if not _fits(name, value):
            raise _bad(file, f"{name!r} is missing or wrong")
    return Connection(**values)  # type: ignore[arg-type]


def _fits(name: str, value: Any) -> bool:
    if name in ("telemetry", "curve_server_key") and value is None:
        return True
    if name == "pid":
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31
    if name == "born_s":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if not isinstance(value, str) or not value.isascii() or len(value) > MAXIMUM_TEXT:
        return False
    if name in ("requests", "control", "telemetry"):
        return _is_place(value)
    return name != "curve_server_key" or is_key(value)


def _is_place(text: str) -> bool:
    return _PLACE.fullmatch(text) is not None


def _bad(file: Path, reason: str) -> RequestError:
    return RequestError(
        f"The connection file {file} cannot be used: {reason}.",
        "Start the host again, or name another file.",
        code="bad_connection_file",
        file=str(file),
    )
