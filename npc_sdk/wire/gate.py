"""Who may connect: anybody on this machine with the token, everybody else only with a listed key."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

from npc_sdk.errors import NpcError, RequestError
from npc_sdk.wire.endpoint import Endpoint
from npc_sdk.wire.host_settings import HostSettings
from npc_sdk.wire.keys import LIST_FILE, KeyPair, KeyRing

LOOK_S: Final = 1.0
_logger = logging.getLogger(__name__)


class Gate:
    """Knows the host's keys and the clients that may connect; follows the list while the host runs.

    Not thread safe; owned by the socket thread, but for its making.

    Args:
        keys: The host's keys; None leaves connections in the clear.
        ring: Where the list is.
    """

    def __init__(self, keys: KeyPair | None, ring: KeyRing) -> None:
        self.keys = keys
        self._ring = ring
        self._allowed = frozenset[str]() if keys is None else ring.allowed()
        self._stamp = self._refused = self._list_stamp()
        self._looked_s = time.monotonic()

    @classmethod
    def for_host(cls, settings: HostSettings, endpoint: Endpoint) -> Gate:
        """Return the gate that a host needs.

        Raises:
            RequestError: Others could connect and there is no list of their keys (``not_protected``); the files of
                keys cannot be used (``bad_keys``).
            CapacityError: The host's keys cannot be written (``keys_unusable``).
        """
        ring = KeyRing(None if settings.keys is None else Path(settings.keys))
        if endpoint.is_loopback and not settings.is_encrypted:
            return cls(None, ring)
        if not ring.allowed():
            named = "" if settings.keys is None else f" --folder {ring.folder}"
            wish = "keys are asked for" if endpoint.is_loopback else "others could connect"
            other = "set is_encrypted = false" if endpoint.is_loopback else "listen at 127.0.0.1"
            raise RequestError(
                f"At {settings.endpoint} {wish}, and the list of keys in {ring.folder} is empty.",
                f"Make a key for each client with: npc keys new NAME{named}; or {other}.",
                code="not_protected",
                folder=str(ring.folder),
            )
        return cls(ring.host_keys(), ring)

    def is_allowed(self, key: str) -> bool:
        """Return whether a client with this public key may connect and go on."""
        return key in self._allowed

    def look(self) -> bool:
        """Follow the list, now and then; returns whether it has changed."""
        now_s = time.monotonic()
        if self.keys is None or now_s - self._looked_s < LOOK_S:
            return False
        self._looked_s = now_s
        stamp = self._list_stamp()
        if stamp == self._stamp:
            return False
        try:
            self._allowed = self._ring.allowed()
        except NpcError as error:
            # Whoever damages the list must not lock everybody out, nor let anybody in; it is read again each time,
            # because a list in the middle of being written may keep its time and size.
            if stamp != self._refused:
                _logger.error("The list of keys is left as it was: %s", error)
            self._refused = stamp
            return False
        self._stamp = self._refused = stamp
        _logger.info("The list of keys has changed: %d clients may connect.", len(self._allowed))
        return True

    def _list_stamp(self) -> tuple[int, int] | None:
        try:
            status = (self._ring.folder / LIST_FILE).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
