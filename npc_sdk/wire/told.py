"""What a host says, as the values that a game knows from the runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from npc_sdk.errors import NpcError
from npc_sdk.runtime.character import HistoryLine
from npc_sdk.runtime.cost import Cost, DecodeCost, ReadCost
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.events import ActionCall, ActionDropped, Sentence, SpeechDelta, TurnEnd, TurnEvent
from npc_sdk.wire import messages as m

Figures = TypeVar("Figures", Cost, ReadCost, DecodeCost)
Answer = Callable[[str, str, bool], None]


def turn_event(event: m.EventBody, answer: Answer) -> TurnEvent | None:
    """Return an event of a turn, or None for a kind that is not known here.

    Args:
        event: What came.
        answer: What :meth:`ActionCall.reply` calls.
    """
    if isinstance(event, m.Speech):
        return SpeechDelta(text=event.text, source=event.source)
    if isinstance(event, m.SpokenSentence):
        return Sentence(text=event.text, source=event.source, ends_at=event.ends_at)
    if isinstance(event, m.ActionEvent):
        return ActionCall(
            id=event.action_id, name=event.name, arguments=event.arguments, tick=event.tick, _answer=answer
        )
    if isinstance(event, m.ActionDroppedEvent):
        return ActionDropped(
            name=event.name,
            arguments=event.arguments,
            missing=event.missing,
            tick=event.tick,
            live_tick=event.live_tick,
        )
    return None


def turn_end(result: m.TurnResult) -> TurnEnd:
    """Return the end of a turn."""
    return TurnEnd(
        text=result.text,
        source=result.source,
        why=result.why,
        cost=cost(result.cost),
        calls=result.calls,
        dropped=result.dropped,
        bad_calls=result.bad_calls,
        error=_error(result.error),
    )


def decision(result: m.DecisionResult, options: Sequence[str]) -> Decision | None:
    """Return a decision, or None when it does not fit the options that were asked about."""
    shares = result.probabilities
    if result.index >= len(options) or len(shares) != len(options):
        return None
    return Decision(
        choice=options[result.index],
        index=result.index,
        probabilities=dict(zip(options, shares, strict=True)),
        source=result.source,
        why=result.why,
        cost=cost(result.cost),
        error=_error(result.error),
    )


def history(result: m.HistoryResult) -> tuple[HistoryLine, ...]:
    """Return what a character remembers."""
    return tuple(HistoryLine(speaker=line.speaker, text=line.text, actions=line.actions) for line in result.lines)


def cost(document: Mapping[str, Any]) -> Cost:
    """Return figures; names that are not known here are left out, and so is what has the wrong type."""
    parts: dict[str, Any] = {
        "read": _figures(ReadCost(), document.get("read")),
        "decode": _figures(DecodeCost(), document.get("decode")),
    }
    return replace(_figures(Cost(), document), **parts)


def _figures(plain: Figures, document: object) -> Figures:
    if not isinstance(document, Mapping):
        return plain
    known: dict[str, Any] = {
        field.name: document[field.name]
        for field in fields(plain)
        if _fits(getattr(plain, field.name), document.get(field.name))
    }
    return replace(plain, **known)


def _fits(default: object, value: object) -> bool:
    if default is None or isinstance(default, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is type(default)


def _error(failure: m.Failure | None) -> NpcError | None:
    return None if failure is None else failure.to_error()
