"""What a turn tells, as one line of text or as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from npc_sdk.cli.console import plain

if TYPE_CHECKING:
    from npc_sdk.runtime.cost import Cost
    from npc_sdk.runtime.events import TurnEnd, TurnEvent


def call_text(name: str, arguments: Mapping[str, Any]) -> str:
    """Return an action as people read it: ``point_to(place="the mill")``."""
    shown = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
    return plain(f"{name}({shown})")


def cost_text(cost: Cost) -> str:
    """Return the figures of a turn in one line."""
    first = "none" if cost.first_token_ms is None else f"{cost.first_token_ms:.0f} ms"
    return (
        f"{cost.source} ({cost.why}) | queue {cost.queue_ms:.0f} ms | read {cost.read.new} new + {cost.read.cached} "
        f"cached ({cost.state_from}) {cost.read.ms:.0f} ms | first token {first} | {cost.decode.sampled} sampled + "
        f"{cost.decode.forced} forced {cost.decode.ms:.0f} ms | total {cost.total_ms:.0f} of {cost.deadline_ms:.0f} ms"
    )


def ending_text(end: TurnEnd, shown: str) -> str:
    """Return how a turn ended when that is not plain: ``fallback: deadline``; empty otherwise.

    Args:
        end: The end.
        shown: All deltas of the turn; what the end's text does not hold is taken back.
    """
    if end.source != "model":
        return f"{end.source}: {end.why if end.error is None else f'{end.why}: {end.error.cause}'}"
    return f"cut: {end.why}" if end.why == "limit" and shown != end.text else ""


def event_data(event: TurnEvent) -> dict[str, Any]:
    """Return an event as plain data; ``event`` names its kind."""
    from npc_sdk.runtime.events import ActionCall, ActionDropped, Sentence, SpeechDelta

    if isinstance(event, SpeechDelta):
        return {"event": "speech", "text": event.text, "source": event.source}
    if isinstance(event, Sentence):
        return {"event": "sentence", "text": event.text, "source": event.source, "ends_at": event.ends_at}
    if isinstance(event, ActionCall):
        arguments = dict(event.arguments)
        return {"event": "action", "id": event.id, "name": event.name, "arguments": arguments, "tick": event.tick}
    if isinstance(event, ActionDropped):
        return {
            "event": "action_dropped",
            "name": event.name,
            "arguments": dict(event.arguments),
            "missing": list(event.missing),
            "tick": event.tick,
            "live_tick": event.live_tick,
        }
    return {
        "event": "end",
        "text": event.text,
        "source": event.source,
        "why": event.why,
        "calls": event.calls,
        "dropped": event.dropped,
        "bad_calls": event.bad_calls,
        "error": None if event.error is None else event.error.to_dict(),
        "cost": event.cost.to_dict(),
    }
