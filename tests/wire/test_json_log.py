from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from npc_sdk.errors import StateError
from npc_sdk.wire.json_log import JsonFormatter, set_up_logging


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """Leaves logging as it was."""
    before = logging.getLogger()
    handlers, level = list(before.handlers), before.level
    yield
    before.handlers[:], before.level = handlers, level


def _record(message: str, *arguments: object, exc_info: Any = None) -> logging.LogRecord:
    return logging.LogRecord("npc_sdk.test", logging.ERROR, "file.py", 1, message, arguments, exc_info)


def test_each_record_is_one_line() -> None:
    line = JsonFormatter().format(_record("Two\nlines of %s.", "text"))
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == ("error", "npc_sdk.test", "Two\nlines of text.")
    assert told["at"].endswith("Z")


def test_an_error_is_told_in_its_parts() -> None:
    error = StateError("It is closed.", "Open it.", code="closed")
    assert json.loads(JsonFormatter().format(_record("%s", error)))["error"] == error.to_dict()


def test_where_it_happened_is_told() -> None:
    try:
        raise ValueError("bad")
    except ValueError as error:
        caught = (ValueError, error, error.__traceback__)
    told = json.loads(JsonFormatter().format(_record("Oh.", exc_info=caught)))
    assert "ValueError: bad" in told["traceback"]


@pytest.mark.parametrize("as_json", [True, False])
def test_logging_is_set_up_once(as_json: bool) -> None:
    stream = io.StringIO()
    for _ in range(2):
        set_up_logging(as_json=as_json, stream=stream)
    logging.getLogger("npc_sdk.x").info("Hello.")
    logging.getLogger("npc_sdk.x").debug("Not this.")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 and "Hello." in lines[0]
    assert lines[0].startswith("{") == as_json
