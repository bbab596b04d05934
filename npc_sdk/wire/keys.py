"""CURVE keys: those of the host, and the list of clients that may connect."""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from npc_sdk.errors import CapacityError, RequestError, StateError

FOLDER_VARIABLE: Final = "NPC_KEYS_DIR"
HOST_FILE: Final = "host.key"
LIST_FILE: Final = "clients.json"
MAX_CLIENTS: Final = 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# Z85 of 32 bytes.
_KEY = re.compile(r"[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A CURVE key pair in Z85.

    Args:
        public: To be given away.
        secret: To be kept.
    """

    public: str
    secret: str

    def __repr__(self) -> str:
        # The secret must not end in a log.
        return f"<KeyPair {self.public}>"

    @classmethod
    def fresh(cls) -> KeyPair:
        """Return a new pair."""
        import zmq

        public, secret = zmq.curve_keypair()
        return cls(public.decode("ascii"), secret.decode("ascii"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedClient:
    """A client that may connect.

    Args:
        name: What people call it.
        public: Its public key.
        added_at: When it was added, in seconds since 1970.
    """

    name: str
    public: str
    added_at: float


def keys_folder() -> Path:
    """Return the folder of keys: ``NPC_KEYS_DIR``, or one in the user's folder for settings."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("npc-sdk", appauthor=False)) / "keys"


class KeyRing:
    """The keys in a folder; every method reads the files anew, and may be called from any thread.

    Args:
        folder: Made when something is written; None takes :func:`keys_folder`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = keys_folder() if folder is None else folder

    def host_keys(self) -> KeyPair:
        """Return the host's keys; they are made when there are none.

        Raises:
            RequestError: The file cannot be used (``bad_keys``).
            CapacityError: It cannot be written (``keys_unusable``).
        """
        file = self.folder / HOST_FILE
        found = self._read(file)
        if found is None:
            pair = KeyPair.fresh()
            self._write(file, asdict(pair))
            return pair
        public, secret = found.get("public"), found.get("secret")
        if not is_key(public) or not is_key(secret):
            raise _bad(file)
        return KeyPair(str(public), str(secret))

    def clients(self) -> tuple[AllowedClient, ...]:
        """Return the clients that may connect, by name.

        Raises:
            RequestError: The file cannot be used (``bad_keys``).
        """
        file = self.folder / LIST_FILE
        listed = (self._read(file) or {"clients": []}).get("clients")
        if not isinstance(listed, list) or len(listed) > MAX_CLIENTS:
            raise _bad(file)
        return tuple(sorted((_client(item, file) for item in listed), key=lambda client: client.name))

    def allowed(self) -> frozenset[str]:
        """Return the public keys of the clients that may connect.

        Raises:
            RequestError: The file cannot be used (``bad_keys``).
        """
        return frozenset(client.public for client in self.clients())

    def add(self, name: str, public: str | None = None) -> tuple[AllowedClient, KeyPair | None]:
        """Let a client connect from now on.

        Args:
            name: What to call it.
            public: Its public key; None makes a pair for it.

        Returns:
            The client, and its new keys if they were made here; the secret is stored nowhere.

        Raises:
            RequestError: The name or the key cannot be used (``bad_key_name``, ``bad_key``).
            StateError: The name is taken (``key_exists``).
            CapacityError: The list cannot be written, or is full (``keys_unusable``, ``too_many_keys``).
        """
        if not _NAME.fullmatch(name):
            cause = f"{name!r:.80} cannot name a key."
            raise RequestError(cause, "Use letters, digits, '.', '_' and '-'.", code="bad_key_name")
        if public is not None and not is_key(public):
            raise RequestError("That is no public key.", "Pass the 40 characters of Z85.", code="bad_key")
        before = self.clients()
        if any(client.name == name for client in before):
            raise StateError(f"There is a key {name!r} already.", f"npc keys revoke {name}", code="key_exists")
        if len(before) >= MAX_CLIENTS:
            raise CapacityError(f"There are {MAX_CLIENTS} keys.", "Revoke some.", code="too_many_keys")
        pair = KeyPair.fresh() if public is None else None
        chosen = public if pair is None else pair.public
        client = AllowedClient(name=name, public=str(chosen), added_at=time.time())
        self._write_clients((*before, client))
        return client, pair

    def revoke(self, name: str) -> AllowedClient:
        """Let a client connect no more; a host that runs ends its sessions within seconds.

        Raises:
            RequestError: There is no such key (``unknown_key``).
            CapacityError: The list cannot be written (``keys_unusable``).
        """
        before = self.clients()
        for client in before:
            if client.name == name:
                self._write_clients(tuple(other for other in before if other is not client))
                return client
        names = ", ".join(client.name for client in before) or "none"
        raise RequestError(f"There is no key {name!r:.80}.", f"Keys are: {names}.", code="unknown_key")

    def _write_clients(self, clients: tuple[AllowedClient, ...]) -> None:
        self._write(self.folder / LIST_FILE, {"clients": [asdict(client) for client in clients]})

    def _read(self, file: Path) -> Mapping[str, Any] | None:
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise _bad(file) from error
        if not isinstance(data, Mapping):
            raise _bad(file)
        return data

    def _write(self, file: Path, data: Mapping[str, Any]) -> None:
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(data, stream, indent=2)
            os.replace(draft, file)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise CapacityError(
                f"The keys in {self.folder} cannot be written: {error.strerror or error}.",
                "Name a folder that can be written to (NPC_KEYS_DIR).",
                code="keys_unusable",
                folder=str(self.folder),
            ) from error


def is_key(text: object) -> bool:
    """Return whether something is a CURVE key in Z85."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


def _client(item: Any, file: Path) -> AllowedClient:
    if not isinstance(item, Mapping) or not is_key(item.get("public")) or not isinstance(item.get("name"), str):
        raise _bad(file)
    added_at = item.get("added_at")
    at = float(added_at) if isinstance(added_at, (int, float)) else 0.0
    return AllowedClient(name=str(item["name"]), public=str(item["public"]), added_at=at)


def _bad(file: Path) -> RequestError:
    return RequestError(
        f"The file of keys {file} cannot be read.",
        "Mend it, or move it away and make new keys with: npc keys new",
        code="bad_keys",
        file=str(file),
    )
