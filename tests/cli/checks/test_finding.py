from __future__ import annotations

import re
from pathlib import Path

import pytest

from npc_sdk.cli.checks.finding import KINDS, Finding

PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"


def test_a_finding_knows_how_bad_it_is() -> None:
    found = Finding(code="gpu_unused", found="x", details={"a": 1})
    assert (found.area, found.severity) == ("backend", "error")
    assert found.to_dict() == {
        "area": "backend",
        "severity": "error",
        "code": "gpu_unused",
        "found": "x",
        "mend": "",
        "command": "",
        "details": {"a": 1},
    }


@pytest.mark.parametrize("code", KINDS)
def test_codes_are_names(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", code)


def test_the_page_names_every_code_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(code, kind.severity, kind.meaning) for code, kind in KINDS.items()]
