"""What the texts of a persona may look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_UNUSABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """Cleans one text field and bounds its length; used in ``Annotated[str, TextRule(...)]``.

    Blanks around the text are dropped. Line breaks become single blanks, unless several lines are
    allowed: the prompt gives most texts one line each.

    Args:
        limit: Most characters after cleaning.
        required: Whether an empty text is refused.
        lines: Whether the text may have several lines.
    """

    limit: int
    required: bool = False
    lines: bool = False

    def clean(self, text: str) -> str:
        """Return the text as it is stored.

        Raises:
            PydanticCustomError: The text is empty, too long, or holds control characters or lone surrogates.
        """
        unusable = _UNUSABLE.search(text)
        if unusable is not None:
            raise _error(
                "text_control",
                f"holds the character U+{ord(unusable.group()):04X}, which is not text",
                "Remove it.",
            )
        parts = [line.replace("\t", " ").strip() for line in text.splitlines()]
        cleaned = "\n".join(parts).strip() if self.lines else " ".join(part for part in parts if part)
        if self.required and not cleaned:
            raise _error("text_empty", "is empty", "Write a text, or remove the entry.")
        if len(cleaned) > self.limit:
            raise _error("text_too_long", f"has {len(cleaned)} characters", f"Use at most {self.limit}.")
        return cleaned

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.clean, core_schema.str_schema(strict=True))


def _error(kind: str, problem: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{problem}", {"problem": problem, "mend": mend})
