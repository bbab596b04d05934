"""Checks a file against the rules of the Chrome trace event format."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

PHASES = {"B", "E", "X", "i", "C", "M"}


def check_trace(file: Path, *, is_whole: bool = True, is_ended: bool = True) -> list[dict[str, Any]]:
    """Return the events of a file; a test fails when one breaks a rule.

    Args:
        file: The file.
        is_whole: Whether the closing bracket must be there.
        is_ended: Whether every span must have ended.
    """
    text = file.read_text()
    assert text.startswith("[\n") and text.endswith("\n]\n") == is_whole
    events: list[dict[str, Any]] = json.loads(text if is_whole else text + "]", parse_constant=_refuse)
    for event in events:
        _check_event(event)
    _check_spans(events, is_ended=is_whole and is_ended)
    _check_complete(events)
    _check_names(events)
    return events


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _check_event(event: dict[str, Any]) -> None:
    assert event["ph"] in PHASES, event
    assert isinstance(event["name"], str) and event["name"], event
    assert isinstance(event["pid"], int) and isinstance(event["tid"], int), event
    assert isinstance(event["ts"], (int, float)) and event["ts"] >= 0 and math.isfinite(event["ts"]), event
    if event["ph"] == "X":
        assert isinstance(event["dur"], (int, float)) and event["dur"] >= 0, event
    elif event["ph"] == "i":
        assert event["s"] in ("g", "p", "t"), event
    elif event["ph"] == "C":
        assert all(isinstance(value, (int, float)) for value in event["args"].values()), event
    elif event["ph"] == "M":
        assert event["name"] in ("process_name", "thread_name", "process_sort_index"), event


def _tracks(events: list[dict[str, Any]], phases: str) -> dict[tuple[int, int], list[dict[str, Any]]]:
    tracks: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["ph"] in phases:
            tracks[event["pid"], event["tid"]].append(event)
    return tracks


def _check_spans(events: list[dict[str, Any]], *, is_ended: bool) -> None:
    for track in _tracks(events, "BE").values():
        open_spans: list[dict[str, Any]] = []
        for event in track:
            if event["ph"] == "B":
                open_spans.append(event)
                assert len(open_spans) == 1, "spans of a track do not overlap"
                continue
            assert open_spans, f"nothing had begun: {event}"
            begun = open_spans.pop()
            assert begun["name"] == event["name"] and begun["ts"] <= event["ts"], (begun, event)
        assert not (is_ended and open_spans), open_spans


def _check_complete(events: list[dict[str, Any]]) -> None:
    for track in _tracks(events, "X").values():
        end_us = 0.0
        for event in sorted(track, key=lambda each: each["ts"]):
            assert event["ts"] >= end_us - 0.002, f"it overlaps the one before: {event}"
            end_us = event["ts"] + event["dur"]


def _check_names(events: list[dict[str, Any]]) -> None:
    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    used = {(event["pid"], event["tid"]) for event in events if event["ph"] in "BX"}
    assert used <= named, used - named
    groups = {event["pid"] for event in events if event["name"] == "process_name"}
    assert {event["pid"] for event in events} <= groups
