"""Figure ``speed``: prompt tokens read and tokens spoken in a second, by the number of characters."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from time import perf_counter
from typing import Any, Final

from npc_sdk.bench.gpu.rig import Rig
from npc_sdk.bench.gpu.session import Answer, Session, running
from npc_sdk.bench.harness import middle, plain_tokens
from npc_sdk.engine.request import Request
from npc_sdk.models.footprint import Sizes

CHARACTERS: Final = (1, 2, 4, 8, 16)
QUANTA: Final = (128, 512)

_READ: Final = 512
_SPOKEN: Final = 128
_QUICK_SPOKEN: Final = 48
_ROOM: Final = _READ + _SPOKEN + 32
_CASE_S: Final = 5.0


def measure_speed(rig: Rig) -> Generator[dict[str, Any], None, None]:
    """Let more and more characters read, then speak, and yield both speeds."""
    sizes = _sizes(rig)
    with running(rig, rig.config(sizes)) as session:
        _speak(session, sizes.slots, 8)
        needed_s = _CASE_S
        for characters in CHARACTERS:
            if characters > sizes.slots or not rig.has_time(needed_s, f"speed of {characters} characters"):
                continue
            began_s = perf_counter()
            row = _row(session, characters, rig.quick)
            needed_s = 2 * (perf_counter() - began_s)
            row["gpu_layers"] = sizes.gpu_layers
            spoken, read = row["spoken_per_s"], row["read_per_s_512"]
            rig.report(f"{characters} characters: {spoken:.0f} spoken and {read:.0f} read a second")
            yield row


def _sizes(rig: Rig) -> Sizes:
    """Return room for as many characters as fit with all layers."""
    for slots in reversed(CHARACTERS):
        sizes = Sizes(gpu_layers=-1, slots=slots, cells=slots * _ROOM, quantum=max(QUANTA))
        if rig.layers_that_fit(sizes) == rig.reader().layers:
            break
    if slots < max(CHARACTERS):
        rig.note(f"no more than {slots} characters fit the card")
    return rig.fitted(sizes)


def _row(session: Session, characters: int, quick: bool) -> dict[str, Any]:
    repeats = 1 if quick else 3
    row: dict[str, Any] = {"characters": characters}
    for quantum in QUANTA:
        session.pace(is_on=False, quantum=quantum)
        rates = [_read(session, characters, seed) for seed in range(repeats)]
        row[f"read_per_s_{quantum}"] = middle(rates)
    spoken = [_speak(session, characters, _QUICK_SPOKEN if quick else _SPOKEN) for _ in range(repeats)]
    row["spoken_per_s"] = middle([rate for rate, _ in spoken])
    row["first_token_ms"] = middle([first_ms for _, first_ms in spoken])
    return row


def _read(session: Session, characters: int, seed: int) -> float:
    """Return the prompt tokens a second that all characters read together."""
    requests = [
        Request(
            id=session.id(),
            sequence=f"reader {index}",
            kind="read",
            tokens=plain_tokens(1000 * (seed + 1) + 20 * characters + index, _READ),
        )
        for index in range(characters)
    ]
    answers = session.run(requests)
    took_ms = max(answer.cost.total_ms for answer in answers)
    _forget(session, requests)
    return 1000 * characters * _READ / took_ms


def _speak(session: Session, characters: int, count: int) -> tuple[float, float]:
    """Return the tokens a second that all characters speak together, and the time to the first one's first."""
    requests = [
        Request(
            id=session.id(),
            sequence=f"speaker {index}",
            tokens=plain_tokens(index, 16),
            max_tokens=count,
            ignore_end=True,
        )
        for index in range(characters)
    ]
    answers = session.run(requests)
    _forget(session, requests)
    return rate_of(answers), min(answer.cost.first_token_ms for answer in answers)


def _forget(session: Session, requests: Sequence[Request]) -> None:
    for request in requests:
        session.engine.forget(request.sequence)


def rate_of(answers: Sequence[Answer]) -> float:
    """Return the tokens a second while all spoke: from the last one's first token to the first one's last."""
    start_s = max(answer.times_s[0] for answer in answers)
    end_s = min(answer.times_s[-1] for answer in answers)
    if end_s <= start_s:
        return 0.0
    moments = (moment for answer in answers for moment in zip(answer.times_s, answer.counts, strict=True))
    return sum(count for at_s, count in moments if start_s < at_s <= end_s) / (end_s - start_s)
