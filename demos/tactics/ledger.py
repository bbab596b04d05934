"""The file in which a tournament writes each battle when it is over, so that a run that is cut can go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from npc_sdk.errors import RequestError

from .tournament import Match, Outcome, Settings

NAME: Final = "battles.jsonl"
# A run may be continued with more battles or other pairings; all else would put together what is not alike.
_MAY_DIFFER: Final = ("battles", "pairings")


class Ledger:
    """The battles of one tournament, in a file of a folder. Not thread safe.

    Args:
        folder: Where; it is made.
        settings: What is fought.
        is_resumed: Whether to go on with what is there.
        about: What else must be the same to go on, such as the size of the model.

    Raises:
        RequestError: There are battles already and they are not to be continued (``file_exists``), or they were
            fought with other settings (``other_settings``), or the file is none of these (``bad_ledger``).
    """

    def __init__(
        self, folder: Path, settings: Settings, *, is_resumed: bool = False, about: Mapping[str, Any] | None = None
    ) -> None:
        self._path = folder / NAME
        self._header = {
            "tactics": 1,
            **{name: value for name, value in settings.to_dict().items() if name not in _MAY_DIFFER},
            **(about or {}),
        }
        self._outcomes: dict[Match, Outcome] = {}
        folder.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            if not is_resumed:
                raise RequestError(
                    f"{self._path} holds battles already.",
                    "Go on with --resume, or name another folder with --out.",
                    code="file_exists",
                    path=str(self._path),
                )
            self._read()
        self._write()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What is written so far."""
        return tuple(self._outcomes.values())

    def has(self, match: Match) -> bool:
        """Whether a battle is written."""
        return match in self._outcomes

    def add(self, outcome: Outcome) -> None:
        """Write a battle."""
        self._outcomes[outcome.match] = outcome
        with self._path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(_line(outcome.to_dict()))

    def _read(self) -> None:
        lines = self._path.read_bytes().split(b"\n")
        try:
            found = json.loads(lines[0])
            # What follows the last line break was being written when the run was cut.
            listed = [Outcome.of_dict(json.loads(line)) for line in lines[1:-1]]
        except (ValueError, KeyError, TypeError) as error:
            raise RequestError(
                f"{self._path} is no list of battles.", "Name another folder with --out.", code="bad_ledger"
            ) from error
        if found != self._header:
            raise RequestError(
                f"The battles in {self._path} were fought with other settings.",
                "Continue with the settings of then, or name another folder with --out.",
                code="other_settings",
                found=found,
                wanted=self._header,
            )
        self._outcomes = {outcome.match: outcome for outcome in listed}

    def _write(self) -> None:
        text = _line(self._header) + "".join(_line(outcome.to_dict()) for outcome in self._outcomes.values())
        partial = self._path.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(self._path)


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"
