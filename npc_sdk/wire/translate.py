"""What the runtime says, as it travels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from npc_sdk.engine.request import EngineDown
from npc_sdk.errors import NpcError
from npc_sdk.runtime.character import HistoryLine
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.events import ActionCall, ActionDropped, SpeechDelta, TurnEnd, TurnEvent
from npc_sdk.wire import messages as m
from npc_sdk.wire.limits import Limits

# Room for what is around the lines of a history.
_ENVELOPE_BYTES: Final = 1024
_LINE_BYTES: Final = 64


def event_body(event: TurnEvent) -> m.EventBody:
    """Return an event of a turn, other than its end."""
    if isinstance(event, SpeechDelta):
        return m.Speech(text=event.text, source=event.source)
    if isinstance(event, ActionCall):
        return m.ActionEvent(
            action_id=event.id, name=event.name, arguments=dict(event.arguments), tick=max(0, event.tick)
        )
    if isinstance(event, ActionDropped):
        return m.ActionDroppedEvent(
            name=event.name,
            arguments=dict(event.arguments),
            missing=event.missing,
            tick=max(0, event.tick),
            live_tick=max(0, event.live_tick),
        )
    if isinstance(event, TurnEnd):
        raise TypeError("The end of a turn is a result.")
    return m.SpokenSentence(text=event.text, source=event.source, ends_at=event.ends_at)


def turn_body(end: TurnEnd) -> m.TurnResult:
    """Return the end of a turn."""
    return m.TurnResult(
        text=end.text,
        source=end.source,
        why=end.why[:64],
        cost=end.cost.to_dict(),
        calls=end.calls,
        dropped=end.dropped,
        bad_calls=end.bad_calls,
        error=_failure(end.error),
    )


def decision_body(decision: Decision, options: Sequence[str]) -> m.DecisionResult:
    """Return a decision.

    Args:
        decision: What was chosen.
        options: In the order of the request.
    """
    return m.DecisionResult(
        choice=decision.choice,
        index=decision.index,
        probabilities=tuple(decision.probabilities[option] for option in options),
        source=decision.source,
        why=decision.why[:64],
        cost=decision.cost.to_dict(),
        error=_failure(decision.error),
    )


def history_body(lines: Sequence[HistoryLine], last: int | None, limits: Limits) -> m.HistoryResult:
    """Return the latest lines of a history, as many as were asked for and fit one message.

    Args:
        lines: Oldest first.
        last: Most lines; None is all.
        limits: What a message may hold.
    """
    most = min(limits.max_list, len(lines) if last is None else last)
    left_bytes = limits.max_body_bytes - _ENVELOPE_BYTES
    # Each line is a map of three, with a list of its actions.
    left_values = limits.max_values - 16
    kept: list[m.Line] = []
    for line in reversed(lines[len(lines) - min(most, len(lines)) :]):
        text = _shortened(line.text, limits.max_string_bytes)
        left_bytes -= _LINE_BYTES + len(text.encode("utf-8", "replace")) + sum(map(len, line.actions)) * 4
        left_values -= 4 + len(line.actions)
        if left_bytes < 0 or left_values < 0:
            break
        kept.append(m.Line(speaker=line.speaker, text=text, actions=line.actions))
    return m.HistoryResult(lines=tuple(reversed(kept)), is_whole=len(kept) == len(lines))


def news_body(news: Any) -> tuple[str, dict[str, Any]]:
    """Return the kind and the data of news of the runtime, such as ``engine_down``."""
    kind = _snake(type(news).__name__)
    if isinstance(news, EngineDown):
        return kind, {"error": news.error.to_dict(), "is_final": news.is_final}
    fields = getattr(type(news), "__slots__", None) or getattr(news, "__dict__", {})
    return kind, {name: value for name in fields if _is_plain(value := getattr(news, name))}


def _failure(error: NpcError | None) -> m.Failure | None:
    return None if error is None else m.Failure.of(error)


def _shortened(text: str, limit_bytes: int) -> str:
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= limit_bytes else encoded[:limit_bytes].decode("utf-8", "ignore")


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))
