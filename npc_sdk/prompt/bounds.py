"""The bounds within which a chat template builds its values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import TemplateError
from jinja2.utils import Namespace

TEXT_LIMIT = 1_000_000
ITEM_LIMIT = 50_000
INTEGER_BITS_LIMIT = 4_096
CONTAINERS = (list, tuple, dict, set, frozenset)


class OutOfBoundsError(TemplateError):
    """Raised when a template would build something too large, or run too long."""


def bounded_range(*bounds: int) -> range:
    """Return a range of a bounded number of rounds.

    Raises:
        OutOfBoundsError: When a bound is passed.
    """
    rounds = range(*bounds)
    if len(rounds) > ITEM_LIMIT:
        raise OutOfBoundsError(f"a loop has more than {ITEM_LIMIT} rounds")
    return rounds


def join_text(parts: Iterable[str]) -> str:
    """Return texts put together; bounded.

    Raises:
        OutOfBoundsError: When a bound is passed.
    """
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > TEXT_LIMIT:
            raise OutOfBoundsError(f"it builds a text of more than {TEXT_LIMIT} characters")
        kept.append(part)
    return "".join(kept)


def join_filter(values: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Do what Jinja's own ``join`` does, bounded; parameter names are those of a template."""
    if attribute is not None:
        values = (value[attribute] for value in values)
    words: list[str] = []
    for word in values:
        words.extend((d, str(word)) if words else (str(word),))
        if len(words) > 2 * ITEM_LIMIT:
            raise OutOfBoundsError(f"it joins more than {ITEM_LIMIT} texts")
    return join_text(words)


def replace_filter(text: Any, old: Any, new: Any, count: int | None = None) -> str:
    """Do what Jinja's own ``replace`` does, bounded."""
    text, old, new = str(text), str(old), str(new)
    if len(text) + text.count(old) * len(new) > TEXT_LIMIT:
        raise OutOfBoundsError(f"it builds a text of more than {TEXT_LIMIT} characters")
    return str(text).replace(old, new, -1 if count is None else count)


def indent_filter(text: Any, width: Any = 4, first: bool = False, blank: bool = False) -> str:
    """Do what Jinja's own ``indent`` does, bounded."""
    pad = " " * min(int(width), 64) if not isinstance(width, str) else width[:64]
    lines = str(text).split("\n")
    if len(lines) * len(pad) > TEXT_LIMIT:
        raise OutOfBoundsError(f"it builds a text of more than {TEXT_LIMIT} characters")
    return "\n".join(pad + line if (first or index) and (line or blank) else line for index, line in enumerate(lines))


def to_json_filter(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Return plain JSON, as chat templates expect; Jinja's own filter escapes for HTML.

    Raises:
        OutOfBoundsError: When a bound is passed.
    """
    if indent is not None and not 0 <= indent <= 8:
        raise OutOfBoundsError("tojson was given an indent that is not supported")
    between = None if separators is None else (str(separators[0])[:8], str(separators[1])[:8])
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=between, sort_keys=sort_keys)


def written(value: Any) -> Any:
    """Return a value that may be written out.

    Raises:
        OutOfBoundsError: When a bound is passed.
    """
    if isinstance(value, Namespace):
        raise OutOfBoundsError("it writes out a namespace")
    return checked(value)


def checked(value: Any) -> Any:
    """Return a value that is not too large, all its parts counted.

    Raises:
        OutOfBoundsError: When a bound is passed.
    """
    # Shared parts count each time they are reached: that is what writing the value out would cost.
    size = 0
    items = 0
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            size += len(part)
        elif isinstance(part, Mapping):
            items += len(part)
            waiting.extend(part.keys())
            waiting.extend(part.values())
        elif isinstance(part, CONTAINERS):
            items += len(part)
            waiting.extend(part if len(part) <= ITEM_LIMIT else ())
        elif isinstance(part, Namespace) and part is not value:
            raise OutOfBoundsError("it keeps a namespace inside a value")
        if size > TEXT_LIMIT or items > ITEM_LIMIT:
            raise OutOfBoundsError(f"it builds more than {TEXT_LIMIT} characters or {ITEM_LIMIT} items")
    return value


def check_operands(operator: str, left: Any, right: Any) -> None:
    """Refuse an operation whose result would be too large.

    Raises:
        OutOfBoundsError: When a bound is passed.
    """
    if operator == "%" and isinstance(left, str):
        raise OutOfBoundsError("formatting with % is not supported")
    if operator == "**" or (isinstance(left, int) and isinstance(right, int)):
        bits = [value.bit_length() for value in (left, right) if isinstance(value, int)]
        grown = bits[0] * right if operator == "**" and len(bits) == 2 else sum(bits)
        if grown > INTEGER_BITS_LIMIT:
            raise OutOfBoundsError("it builds a number that is too large")
        return
    if operator == "*":
        size = max((len(value) for value in (left, right) if hasattr(value, "__len__")), default=0)
        times = max((value for value in (left, right) if isinstance(value, int)), default=0)
        if size * times > TEXT_LIMIT or (size and times > ITEM_LIMIT and not isinstance(left, str)):
            raise OutOfBoundsError("it repeats a value too often")
