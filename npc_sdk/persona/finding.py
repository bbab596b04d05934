"""What a check has to say about one place of a persona or world file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from npc_sdk.errors import PersonaError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to mend in a file, with its place.

    Args:
        file: The file as it was named by the caller.
        line: Line, counted from 1; None when the finding concerns the whole file.
        column: Column in characters, counted from 1; None when it is not known.
        field: Dotted path such as ``examples[0].npc``; empty when the finding concerns no field.
        problem: What is wrong, a clause without a final period.
        mend: What to do about it, one sentence.
        severity: An error makes the file unusable, a warning does not.
        code: Stable machine-readable name.
    """

    file: str
    problem: str
    mend: str
    code: str
    line: int | None = None
    column: int | None = None
    field: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        field = f"{self.field}: " if self.field else ""
        return f"{place}: {self.severity}: {field}{self.problem}. {self.mend}"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def refusal(findings: Sequence[Finding]) -> PersonaError:
    """Return the error for a file with these findings; the first of them gives its text.

    Args:
        findings: At least one finding; all of them end up in the error's ``details["findings"]``.
    """
    first = findings[0]
    place = first.file
    if first.line is not None:
        place += f", line {first.line}"
    if first.field:
        place += f", field {first.field}"
    more = f" ({len(findings) - 1} more to mend in this file.)" if len(findings) > 1 else ""
    return PersonaError(
        f"{place}: {first.problem}.",
        first.mend + more,
        code=first.code,
        file=first.file,
        line=first.line,
        field=first.field,
        findings=[finding.to_dict() for finding in findings],
    )
