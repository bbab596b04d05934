"""Regular expressions for numbers in a range."""

from __future__ import annotations

import json
import math
from fractions import Fraction

MOST = 999_999_999
DECIMALS = 3

Digits = tuple[tuple[int, int], ...]  # one (lowest, highest) for each place


def integer_regex(minimum: float | None, maximum: float | None) -> str:
    """Return the regular expression of the whole numbers in a range.

    An open end is closed at nine digits, so that a number always ends.
    """
    low, high = _closed(minimum, maximum)
    return "|".join(_signed(math.ceil(low), math.floor(high), 0))


def number_regex(minimum: float | None, maximum: float | None) -> str:
    """Return the regular expression of the numbers in a range, written with at most three decimals.

    A range too narrow for that has just its two ends.
    """
    low, high = _closed(minimum, maximum)
    patterns = [
        pattern
        for decimals in range(DECIMALS + 1)
        for pattern in _signed(math.ceil(low * 10**decimals), math.floor(high * 10**decimals), decimals)
    ]
    ends = [json.dumps(end).replace(".", r"\.").replace("+", r"\+") for end in (minimum, maximum) if end is not None]
    return "|".join(patterns or dict.fromkeys(ends))


def _closed(minimum: float | None, maximum: float | None) -> tuple[Fraction, Fraction]:
    low = Fraction(minimum) if minimum is not None else min(Fraction(-MOST), Fraction(maximum or 0) - MOST)
    high = Fraction(maximum) if maximum is not None else max(Fraction(MOST), Fraction(minimum or 0) + MOST)
    return low, high


def _signed(low: int, high: int, decimals: int) -> list[str]:
    """Return the patterns of the numbers from low to high, each divided by ten to the decimals."""
    negative = [f"-{pattern}" for pattern in _spelled(max(1, -high), -low, decimals)] if low < 0 else []
    return negative + (_spelled(max(0, low), high, decimals) if high >= 0 else [])


def _spelled(low: int, high: int, decimals: int) -> list[str]:
    return [_pattern(digits, decimals) for digits in _split(low, high, decimals + 1)]


def _split(low: int, high: int, width: int) -> list[Digits]:
    """Return digit ranges that together have every number from low to high, at least ``width`` wide."""
    found: list[Digits] = []
    while low <= high:
        places = max(width, len(str(low)))
        top = min(high, 10**places - 1)
        found += _same_width(f"{low:0{places}}", f"{top:0{places}}")
        low = top + 1
    return found


def _same_width(low: str, high: str) -> list[Digits]:
    if not low:
        return [()]
    first, last = int(low[0]), int(high[0])
    if set(low[1:]) <= {"0"} and set(high[1:]) <= {"9"}:
        return [((first, last), *((0, 9),) * (len(low) - 1))]
    if first == last:
        return [((first, first), *rest) for rest in _same_width(low[1:], high[1:])]
    found = [((first, first), *rest) for rest in _same_width(low[1:], "9" * (len(low) - 1))]
    if first + 1 < last:
        found.append(((first + 1, last - 1), *((0, 9),) * (len(low) - 1)))
    return found + [((last, last), *rest) for rest in _same_width("0" * (len(low) - 1), high[1:])]


def _pattern(digits: Digits, decimals: int) -> str:
    places = [str(low) if low == high else f"[{low}-{high}]" for low, high in digits]
    whole = "".join(places[: len(places) - decimals])
    return whole if not decimals else whole + r"\." + "".join(places[len(places) - decimals :])
