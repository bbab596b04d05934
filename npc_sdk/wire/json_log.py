"""Logs as lines of JSON, for programs that read them."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TextIO

from npc_sdk.errors import NpcError


class JsonFormatter(logging.Formatter):
    """Makes one JSON object of a record, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "at": f"{at}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
        }
        error = next((value for value in _arguments(record) if isinstance(value, NpcError)), None)
        if error is not None:
            line["error"] = error.to_dict()
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up_logging(*, as_json: bool, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Have this process log to a stream, in place of what was set up before.

    Args:
        as_json: Whether in lines of JSON.
        level: The least that is logged.
        stream: Where; None is standard error.
    """
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if as_json else text)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _arguments(record: logging.LogRecord) -> tuple[object, ...]:
    if isinstance(record.args, tuple):
        return record.args
    return (record.args,) if record.args else ()
