"""Measuring what msgpack decoded: how deep, how many, and of which types."""

from __future__ import annotations

import math
from typing import Any

from npc_sdk.errors import ProtocolError
from npc_sdk.wire.limits import Limits

_LEAVES = frozenset({str, int, bool, type(None)})


def check_plain(data: dict[str, Any], limits: Limits) -> None:
    """Check that a map holds plain values only, not too deep and not too many; does not recurse.

    Args:
        data: What was decoded.
        limits: What is accepted.

    Raises:
        ProtocolError: It is too deep (``too_deep``), has too many values (``too_many_values``), or a value
            that is not allowed (``bad_encoding``): bytes, a key that is no text, NaN or an infinity.
    """
    level: list[Any] = [data]
    count = 0
    for _ in range(limits.max_depth):
        below: list[Any] = []
        for container in level:
            count += len(container)
            if count > limits.max_values:
                raise _too_many(limits)
            for value in _values(container):
                kind = type(value)
                if kind in _LEAVES:
                    continue
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is not float or not math.isfinite(value):
                    raise _not_plain(kind)
        if not below:
            return
        level = below
    raise ProtocolError(
        f"The message is nested deeper than {limits.max_depth}.",
        "Send flatter data.",
        code="too_deep",
        limit=limits.max_depth,
    )


def _values(container: Any) -> Any:
    if type(container) is list:
        return container
    for key in container:
        if type(key) is not str:
            raise _not_plain(type(key))
    return container.values()


def _too_many(limits: Limits) -> ProtocolError:
    return ProtocolError(
        f"The message has more than {limits.max_values} values.",
        "Send less at once.",
        code="too_many_values",
        limit=limits.max_values,
    )


def _not_plain(kind: type[Any]) -> ProtocolError:
    what = "a number that is not finite" if kind is float else f"a value of type {kind.__name__}"
    return ProtocolError(
        f"The message holds {what}.",
        "Send texts, finite numbers, booleans, nil, lists, and maps with text keys.",
        code="bad_encoding",
    )
