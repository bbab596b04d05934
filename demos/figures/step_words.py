"""Puts a step of the governor into words that a player reads at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .checked import number, part, text, whole
from .size_text import size_text

Plan = Mapping[str, Any]

_CAUSES = {
    "memory": "memory got short",
    "frame": "frames came late",
    "speed": "tokens came slowly",
    "calm": "memory is free again",
    "failed": "the step before had failed",
}
_MOST_CHANGES = 2


def step_words(step: Mapping[str, Any], before: Plan | None, after: Plan | None, reserve_bytes: int) -> str:
    """Return a step in words, such as ``gave back 3 slots, 24 MiB: the game asked for 30 MiB``.

    Args:
        step: As the host tells it, in its status or as news; anything in it may be missing.
        before: The plan before; None when not known.
        after: The plan that holds now, empty when the model is off; None when not known.
        reserve_bytes: What the game has asked for.
    """
    cause = text(step.get("cause"))
    why = _CAUSES.get(cause, text(step.get("words")))
    if cause == "reserve":
        why = f"the game asked for {size_text(reserve_bytes)}" if reserve_bytes else "the game asked for memory"
    if part(step, "error"):
        return _joined("kept what it had", "the engine could not take the step")
    return _joined(_what(step, before, after), why)


def _joined(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _what(step: Mapping[str, Any], before: Plan | None, after: Plan | None) -> str:
    if before and after is not None and not after:
        return "switched the model off"
    if before is not None and not before and after:
        return f"switched the model on with {_counted(whole(after.get('slots')) or 0, 'slot')}"
    parts = _changes(before, after) if before and after else []
    if not parts:
        parts = [_direction(step)]
    freed = _freed_bytes(step)
    if abs(freed) >= 1 << 20:
        parts = [*parts[:_MOST_CHANGES], size_text(abs(freed))]
    return ", ".join(parts[: _MOST_CHANGES + 1])


def _changes(before: Plan, after: Plan) -> list[str]:
    """Return what differs between two plans, what matters most first."""
    changes = []
    if text(before.get("model_name")) != text(after.get("model_name")):
        changes.append(f"went to {text(after.get('model_name')) or 'another model'}")
    for name, noun in (("gpu_layers", "GPU layer"), ("slots", "slot"), ("cells", "token")):
        old, new = whole(before.get(name)), whole(after.get(name))
        if old is not None and new is not None and old != new:
            verb = "gave back" if new < old else "took"
            is_said = any(change.startswith(verb) for change in changes)
            changes.append(("" if is_said else f"{verb} ") + _counted(abs(new - old), noun))
    return changes


def _direction(step: Mapping[str, Any]) -> str:
    """Return where the step led, when nothing is known of the plans."""
    start, end = whole(step.get("from_index")), whole(step.get("to_index"))
    if start is None or end is None or start == end:
        return "took a step"
    steps = _counted(abs(end - start), "step")
    return f"gave memory back, {steps} down" if end > start else f"took memory, {steps} up"


def _freed_bytes(step: Mapping[str, Any]) -> float:
    return number(step.get("freed_device_bytes")) or number(step.get("freed_context_bytes")) or 0.0


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
