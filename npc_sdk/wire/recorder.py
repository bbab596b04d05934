"""Writes down everything that comes and goes at a host, so that ``npc replay`` can do it again."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from npc_sdk.engine.codec import pack_event
from npc_sdk.engine.request import Event, Request, TokensOut
from npc_sdk.errors import NpcError, RequestError
from npc_sdk.runtime.seed import derived_seed
from npc_sdk.wire.background_file import QUEUE_LIMIT_BYTES, BackgroundFile
from npc_sdk.wire.ensemble import runtime_name
from npc_sdk.wire.outputs import Channel
from npc_sdk.wire.record_file import Record, opening, pack_record
from npc_sdk.wire.scrub import Scrubber
from npc_sdk.wire.tap import HostFacts, HostTap
from npc_sdk.world import CharacterRecord


class Recorder(HostTap):
    """Records a host; every method may be called from any thread. When the disk is full it says so and stops.

    What players and characters say is in the recording; tokens and keys are not.

    Args:
        file: Where; what was there is replaced. Readable for its owner only.
        queue_limit_bytes: Most bytes that wait for the disk.

    Raises:
        CapacityError: The file cannot be written (``file_unusable``).
    """

    def __init__(self, file: Path, *, queue_limit_bytes: int = QUEUE_LIMIT_BYTES) -> None:
        self._lock = threading.Lock()
        self._facts: HostFacts | None = None
        self._zero_ms = 0.0
        self._scrubber = Scrubber()
        self._routes: dict[tuple[Channel, bytes], int] = {}
        self._owners: dict[bytes, str] = {}
        self._file = BackgroundFile(file, on_failure=self._failed, queue_limit_bytes=queue_limit_bytes)

    def begin(self, facts: HostFacts) -> None:
        """Write the header."""
        with self._lock:
            self._facts, self._zero_ms = facts, facts.now_ms()
            tokenizer = facts.tokenizer
            self._file.put(opening())
            self._write(
                "header",
                {
                    "host": dict(facts.host),
                    "settings": dict(facts.settings),
                    "chat_template": None if tokenizer is None else tokenizer.chat_template,
                    "tokenizer": "" if tokenizer is None else tokenizer.fingerprint,
                    "started_at": time.time(),
                },
            )

    def received(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """Record a message that has come."""
        with self._lock:
            self._message("in", channel, route, frames)

    def sent(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """Record a message that went."""
        with self._lock:
            message = self._message("out", channel, route, frames)
            if message.get("type") == "end":
                self._note_seed(route, message)

    def published(self, kind: str, data: Mapping[str, Any], now_ms: float) -> None:
        """Record that the host stops; no client asked for what follows."""
        if kind == "news" and data.get("event") == "closing":
            with self._lock:
                self._write("closing", {})

    def asked(self, request: Request) -> None:
        """Record a request to the engine."""
        with self._lock:
            sequence = self._scrubber.sequence(request.sequence)
            self._write("asked", {"id": request.id, "sequence": sequence, "kind": request.kind})

    def told(self, event: Event) -> None:
        """Record what the engine gives out."""
        with self._lock:
            data: dict[str, Any] = {"event": pack_event(event)}
            tokenizer = None if self._facts is None else self._facts.tokenizer
            if isinstance(event, TokensOut) and tokenizer is not None:
                # Another tokenizer has other tokens for it.
                data["pieces"] = [tokenizer.piece(token) for token in event.tokens]
            self._write("engine", data)

    def loaded(self, record: CharacterRecord) -> None:
        """Record a character that the store had kept."""
        with self._lock:
            owner = self._scrubber.owner(record.owner)
            data = {"owner": owner, "name": record.name, "cast": dict(record.cast), "kept": dict(record.kept)}
            self._write("kept", data)

    def close(self) -> None:
        """Complete the file."""
        self._file.close()

    # The lock is held.

    def _message(self, kind: str, channel: Channel, route: bytes, frames: Sequence[bytes]) -> Mapping[str, Any]:
        number = self._routes.setdefault((channel, route), len(self._routes))
        data = self._scrubber.message(frames)
        self._write(kind, {"channel": channel, "route": number, **data})
        message: Mapping[str, Any] = data.get("message", {})
        if message.get("type") == "welcome":
            self._owners[route] = self._scrubber.real_owner(message["owner_key"])
        return message

    def _note_seed(self, route: bytes, message: Mapping[str, Any]) -> None:
        """Write down where the random numbers of a new character begin: its name was another one in truth."""
        result, owner = message["result"], self._owners.get(route)
        seed = None if self._facts is None else self._facts.settings.get("runtime", {}).get("seed")
        if owner is None or seed is None or result.get("kind") != "npc" or not result.get("is_new"):
            return
        derived = derived_seed(seed, "npc", runtime_name(owner, result["npc"]))
        number = self._routes["requests", route]
        self._write("seed", {"route": number, "id": message["id"], "seed": derived})

    def _write(self, kind: str, data: Mapping[str, Any]) -> None:
        if self._facts is None or self._file.has_failed:
            return
        at_ms = max(0.0, self._facts.now_ms() - self._zero_ms)
        try:
            self._file.put(pack_record(Record(at_ms, kind, data)))
        except RequestError as error:
            # One that cannot be written leaves a gap, which a replay shows.
            self._file.put(pack_record(Record(at_ms, "gap", {"of": kind, "code": error.code})))

    def _failed(self, error: NpcError) -> None:
        if self._facts is not None:
            self._facts.report("record_failed", {"error": error.to_dict()})
