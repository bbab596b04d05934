"""Our side: the runtime in a process of its own, its client polled once a frame."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from npc_sdk.bench.frame.script import WORLD, Ask, asks, personas
from npc_sdk.bench.frame.tally import Tally
from npc_sdk.bench.frame.times import TARGET_MS
from npc_sdk.runtime.turn import Turn
from npc_sdk.wire.launch import launch
from npc_sdk.wire.remote_npc import RemoteNpc
from npc_sdk.wire.talk import OpenDecision

SAY_DEADLINE_MS: Final = 30_000.0
CONFIG_NAME: Final = "npc.toml"
START_LIMIT_S: Final = 180.0


class Hosted:
    """Characters in a host that was launched for them, each of which is always talking or deciding.

    Not thread safe; owned by the render loop.

    Args:
        model: The model's file.
        characters: How many.
        seed: Makes characters and what they are asked.
        deadline_ms: Of decisions.
        is_paced: Whether the host is told of every frame; without that it takes what it can.
        runtime: Settings of the runtime by name.
        folder: For the host's files and log.

    Raises:
        NpcError: The host could not be started, or did not take the characters.
    """

    def __init__(
        self,
        model: str,
        *,
        characters: int,
        seed: int,
        deadline_ms: float,
        is_paced: bool,
        runtime: Mapping[str, Any],
        folder: Path,
    ) -> None:
        self.tally = Tally(deadline_ms=deadline_ms)
        self._is_paced = is_paced
        config = folder / CONFIG_NAME
        config.write_text(settings_text({"seed": seed, **runtime}), encoding="utf-8")
        self._client = launch(
            model,
            folder=folder / "host",
            config=config,
            name="npc bench frame",
            log_file=folder / "host.log",
            start_timeout_s=START_LIMIT_S,
        )
        try:
            npcs = [
                self._client.spawn(persona, name=persona.name, seed=seed + index, world=WORLD)
                for index, persona in enumerate(personas(characters, seed))
            ]
        except BaseException:
            self._client.close()
            raise
        self._seats = [_Seat(npc, index, seed, deadline_ms) for index, npc in enumerate(npcs)]

    def frame(self, measured_ms: float) -> None:
        """Take in what has arrived, ask whoever is idle, and tell of the frame."""
        self._client.poll()
        if self._is_paced:
            self._client.frame(TARGET_MS, measured_ms)
        for seat in self._seats:
            seat.look(self.tally)

    def status(self) -> Mapping[str, Any]:
        """Return the host's own figures; waits for it."""
        return self._client.status()

    def start_counting(self) -> None:
        """Forget what was counted so far."""
        self.tally = Tally(deadline_ms=self.tally.deadline_ms)

    def close(self) -> None:
        """Stop the host."""
        self._client.close()


class _Seat:
    """One character and what it is doing."""

    def __init__(self, npc: RemoteNpc, index: int, seed: int, deadline_ms: float) -> None:
        self._npc = npc
        self._asks = asks(index, seed)
        self._deadline_ms = deadline_ms
        self._turn: Turn | None = None
        self._decision: OpenDecision | None = None
        self._since_s = 0.0

    def look(self, tally: Tally) -> None:
        """Count what has come to its end, and ask the next thing then."""
        if self._turn is not None:
            end = self._turn.end
            if end is None:
                return
            spoken = end.cost.decode.sampled + end.cost.decode.forced
            tally.replied(is_by_model=end.source != "fallback", tokens=spoken, read=end.cost.read.new)
        if self._decision is not None:
            made = self._decision.decision
            if made is None:
                return
            took_ms = (time.perf_counter() - self._since_s) * 1000
            tally.decided(took_ms, is_by_model=made.source == "model", read=made.cost.read.new)
        self._ask(next(self._asks))

    def _ask(self, ask: Ask) -> None:
        self._turn = self._decision = None
        self._since_s = time.perf_counter()
        if ask.kind == "say":
            self._turn = self._npc.say(ask.text, deadline_ms=SAY_DEADLINE_MS)
        else:
            self._decision = self._npc.begin_decision(ask.text, ask.options, deadline_ms=self._deadline_ms)


def settings_text(runtime: Mapping[str, Any]) -> str:
    """Return the file of settings for the host.

    Args:
        runtime: Settings of the runtime: numbers, texts without quotes, and truth values.
    """
    lines = ["[runtime]", 'vram = "off"', "gpu_layers = 0"]
    for name, value in runtime.items():
        shown = str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else value
        lines.append(f"{name} = {shown}")
    return "\n".join(lines) + "\n"
