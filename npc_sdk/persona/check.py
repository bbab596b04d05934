"""Says everything that is wrong or odd in a persona or world file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TypeVar

from npc_sdk.errors import PersonaError
from npc_sdk.persona.advice import Advice, persona_advice, world_advice
from npc_sdk.persona.document import Document
from npc_sdk.persona.finding import Finding
from npc_sdk.persona.persona import Persona
from npc_sdk.persona.position import dotted
from npc_sdk.persona.record import Record, examine, read_record
from npc_sdk.persona.world import World

_Record = TypeVar("_Record", bound=Record)


def check_persona(path: str | os.PathLike[str]) -> list[Finding]:
    """Return the findings of a persona file, in the order of its lines; none when it is fine.

    A file that cannot be read gives one finding and no exception. Warnings are only given for a
    file without errors.
    """
    return _check(Persona, path, persona_advice)


def check_world(path: str | os.PathLike[str]) -> list[Finding]:
    """Return the findings of a world file; as :func:`check_persona`."""
    return _check(World, path, world_advice)


def _check(
    model: type[_Record], path: str | os.PathLike[str], advise: Callable[[_Record], Iterable[Advice]]
) -> list[Finding]:
    try:
        document = read_record(model, path)
    except PersonaError as error:
        return [Finding(**finding) for finding in error.details["findings"]]
    value, findings = examine(model, document)
    if value is None:
        return findings
    warnings = [_warning(advice, document) for advice in advise(value)]
    return sorted(warnings, key=lambda finding: (finding.line or 0, finding.column or 0))


def _warning(advice: Advice, document: Document) -> Finding:
    line, column = document.place(advice.path) or (None, None)
    return Finding(
        file=document.file,
        line=line,
        column=column,
        field=dotted(advice.path),
        problem=advice.problem,
        mend=advice.mend,
        code=advice.code,
        severity="warning",
    )
