"""What a replay must know of a recording before it begins."""

from __future__ import annotations

from typing import Any

from npc_sdk.wire.host_core import owner_of
from npc_sdk.wire.record_file import Recording


class ReplayPlan:
    """Reads a recording once.

    Args:
        recording: What was recorded.

    Attributes:
        kept: Characters that had been kept when it began, as fields of records of the store.
    """

    def __init__(self, recording: Recording) -> None:
        self.kept: list[dict[str, Any]] = []
        self._keys: dict[int, str] = {}
        self._hellos: dict[int, tuple[int, Any]] = {}
        self._without_token: set[int] = set()
        self._seeds: dict[tuple[int, Any], int] = {}
        self._owners: dict[int, str] = {}
        self._known: set[tuple[str, str]] = set()
        for number, record in enumerate(recording, start=1):
            message = record.data.get("message")
            if record.kind == "kept":
                self._take_kept(dict(record.data))
            elif record.kind == "seed":
                self._seeds[record.data["route"], record.data["id"]] = record.data["seed"]
            elif isinstance(message, dict):
                self._take(number, record.kind, record.data["route"], message)

    def owner_key(self, number: int) -> str | None:
        """Return the key that the answer to a hello told; ``number`` is that of the hello's record."""
        return self._keys.get(number)

    def has_token(self, number: int) -> bool:
        """Return whether a hello had the right token, which is not recorded; ``number`` is that of its record."""
        return number not in self._without_token

    def seed(self, route: int, id: Any) -> int | None:
        """Return where the random numbers of the character began that a spawn brought in."""
        return self._seeds.get((route, id)) if isinstance(id, int) else None

    def _take(self, number: int, kind: str, route: int, message: dict[str, Any]) -> None:
        name = message.get("type")
        if kind == "in" and name == "hello":
            self._hellos[route] = number, message.get("attempt")
        elif kind == "out" and name == "welcome":
            self._owners[route] = owner_of(message["owner_key"])
            hello, attempt = self._hellos.get(route, (0, None))
            if attempt == message.get("attempt"):
                self._keys[hello] = message["owner_key"]
        elif kind == "out" and name == "refused" and message.get("error", {}).get("code") == "bad_token":
            self._without_token.add(self._hellos.get(route, (0, None))[0])
        elif kind == "out" and name == "end":
            result = message.get("result", {})
            if result.get("kind") == "npc":
                self._known.add((self._owners.get(route, ""), result["npc"]))

    def _take_kept(self, data: dict[str, Any]) -> None:
        key = data["owner"], data["name"]
        # One that came in before during the recording is kept by the replay itself.
        if key not in self._known:
            self._known.add(key)
            self.kept.append({name: data[name] for name in ("owner", "name", "cast", "kept")})
