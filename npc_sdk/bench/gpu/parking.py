"""Figure ``parking``: how long it takes to park characters in host memory and to let them go on."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Final

from npc_sdk.bench.gpu.rig import Rig
from npc_sdk.bench.gpu.session import Session, running
from npc_sdk.bench.harness import middle, plain_tokens
from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.request import Request
from npc_sdk.models.footprint import Sizes

TOKENS: Final = (512, 2048, 8192)
CHARACTERS: Final = (1, 4, 8)

_SPARE: Final = 64
_CASE_S: Final = 5.0
_PARKED_BYTES: Final = 4 << 30


def measure_parking(rig: Rig) -> Generator[dict[str, Any], None, None]:
    """Let characters read, park all of them at once by a change of the context, and let each go on."""
    token_ms = 0.0
    for tokens in TOKENS[:2] if rig.quick else TOKENS:
        slots = max(CHARACTERS)
        sizes = rig.fitted(Sizes(gpu_layers=-1, slots=slots, cells=slots * (tokens + _SPARE), quantum=512))
        config = replace(rig.config(sizes), parked_bytes=_PARKED_BYTES)
        # Another number of cells takes another context, for which everything is parked.
        wider = replace(config, cells=config.cells + 256)
        with running(rig, config) as session:
            for index, characters in enumerate(CHARACTERS):
                needed_s = _CASE_S + characters * tokens * token_ms / 1000
                if not rig.has_time(needed_s, f"parking of {characters} characters with {tokens} tokens"):
                    return
                row = _row(session, config if index % 2 else wider, characters, tokens)
                token_ms = row["read_ms"] / tokens
                rig.report(
                    f"{characters} characters of {tokens} tokens: parked in {row['park_ms']:.0f} ms, "
                    f"back in {row['resume_ms']:.0f} ms, read again in {row['read_ms']:.0f} ms"
                )
                yield row


def _row(session: Session, other: EngineConfig, characters: int, tokens: int) -> dict[str, Any]:
    names = [f"{characters} of {tokens}, {index}" for index in range(characters)]
    seed = 100 * characters + tokens
    read = [_read(session, name, seed + index, tokens) for index, name in enumerate(names)]
    resident = [_read(session, name, seed + index, tokens + 1) for index, name in enumerate(names)]
    _, changed = session.reconfigure(other)
    resumed = [_read(session, name, seed + index, tokens + 2) for index, name in enumerate(names)]
    for name in names:
        session.engine.forget(name)
    return {
        "characters": characters,
        "tokens": tokens,
        "gpu_layers": other.gpu_layers,
        "park_ms": changed.park_ms,
        "parked_bytes": changed.parked_bytes,
        "change_ms": changed.change_ms,
        "read_ms": middle([took_ms for took_ms, _ in read]),
        "resident_ms": middle([took_ms for took_ms, _ in resident]),
        "resume_ms": middle([took_ms for took_ms, _ in resumed]),
        "resumed_from": sorted({source for _, source in resumed}),
    }


def _read(session: Session, name: str, seed: int, count: int) -> tuple[float, str]:
    """Return how long a character takes to have read so many tokens, and where its state came from."""
    tokens = plain_tokens(seed, count)
    request = Request(id=session.id(), sequence=name, kind="read", tokens=tokens)
    cost = session.run([request])[0].cost
    return cost.total_ms, cost.state_from
