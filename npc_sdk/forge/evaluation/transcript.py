"""Writes down what was said, with the verdicts, for people who want to read it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from npc_sdk.forge.evaluation.judge import Verdict
from npc_sdk.forge.evaluation.record import Chosen, Heard
from npc_sdk.forge.storage import replacing


def write_transcript(path: Path, rows: Iterable[tuple[Heard | Chosen, tuple[Verdict, ...]]]) -> None:
    """Write one JSON object a line: what was asked, what was answered, what it counted for.

    Raises:
        CapacityError: The disk is full (``disk_full``).
    """
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for record, verdicts in rows:
            file.write(json.dumps({**_row(record), "verdicts": _verdicts(verdicts)}, ensure_ascii=False) + "\n")


def _row(record: Heard | Chosen) -> Mapping[str, Any]:
    place = {"case": record.case, "step": record.step}
    if isinstance(record, Chosen):
        asked = record.asked
        best = [asked.options[index] for index in asked.equal_indices]
        return {
            **place,
            "intent": asked.intent,
            "line": asked.situation,
            "options": list(asked.options),
            "chosen": asked.options[record.index],
            "best": best,
            "source": record.source,
        }
    expected = record.expectation
    return {
        **place,
        "intent": expected.intent,
        "known": record.known,
        "line": record.line,
        "answer": record.text,
        "calls": [[call.name, dict(call.arguments)] for call in record.calls],
        "wanted": list(expected.must_contain),
        "wanted_calls": [[call.name, dict(call.arguments)] for call in expected.expected_calls or ()],
        "unknown": expected.unknown,
        "manner": expected.manner,
        "source": record.source,
        "why": record.why,
    }


def _verdicts(verdicts: Iterable[Verdict]) -> dict[str, str]:
    return {verdict.key: "right" if verdict.is_right else f"wrong: {verdict.problem}" for verdict in verdicts}
