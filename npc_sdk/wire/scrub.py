"""Takes secrets out of messages before they are written down, and gives owners other names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgpack

from npc_sdk.wire.codec import TAG
from npc_sdk.wire.host_core import owner_of

_LONGEST_TAG: Final = 16
_OWNER_DIGITS: Final = 16


class Scrubber:
    """Replaces each owner's key by a made-up one, always the same in one recording. Not thread safe."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._prefixes: dict[str, str] = {}

    def message(self, frames: Sequence[bytes]) -> dict[str, Any]:
        """Return a message as it may be written down.

        Args:
            frames: As they came or went. Of what cannot be read only the sizes and the tag are returned, since
                nobody knows what is in it.
        """
        message = _read(frames)
        if message is None:
            tag = frames[0][:_LONGEST_TAG] if frames else b""
            return {"sizes": [len(frame) for frame in frames], "tag": tag}
        # No other message has fields of these names.
        message.pop("token", None)
        if "owner_key" in message:
            key = message.pop("owner_key")
            if isinstance(key, str):
                message["owner_key"] = self.key(key)
        return {"message": message}

    def key(self, key: str) -> str:
        """Return the made-up key that stands for one."""
        if key not in self._keys:
            made_up = f"recorded_owner_{len(self._keys) + 1:017}"
            self._keys[key] = made_up
            self._owners[owner_of(key)] = owner_of(made_up)
            self._prefixes[owner_of(key)[:_OWNER_DIGITS]] = owner_of(made_up)[:_OWNER_DIGITS]
        return self._keys[key]

    def real_owner(self, made_up: str) -> str:
        """Return the owner whose key a made-up one stands for."""
        return next((owner_of(key) for key, other in self._keys.items() if other == made_up), "")

    def owner(self, owner: str) -> str:
        """Return the owner that belongs to the made-up key."""
        return self._owners.get(owner, owner)

    def sequence(self, sequence: str) -> str:
        """Return the name of a sequence of the engine, as the owner with the made-up key has it."""
        prefix, colon, rest = sequence.partition(":")
        return self._prefixes.get(prefix, prefix) + colon + rest


def _read(frames: Sequence[bytes]) -> dict[str, Any] | None:
    if len(frames) != 2 or frames[0] != TAG:
        return None
    try:
        message = msgpack.unpackb(frames[1], raw=False)
    except (ValueError, TypeError, RecursionError, OverflowError, msgpack.UnpackException):
        return None
    return message if isinstance(message, dict) else None
