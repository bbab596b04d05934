"""How far loading has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How far loading has come.

    Args:
        text: What is being done.
        share: From 0 to 1.
        error: Why it has failed, in words; empty when it has not.
    """

    text: str
    share: float
    error: str = ""
