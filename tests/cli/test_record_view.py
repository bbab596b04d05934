from __future__ import annotations

import pytest

from npc_sdk.cli.record_view import print_record


def test_empty_fields_are_left_out_and_lists_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    print_record(
        {
            "name": "Ann [red]",
            "voice": "",
            "knows": ["one", "two"],
            "examples": [{"player": "Hi", "npc": "Ho"}],
            "limits": {"sentences": 2, "tokens": 9},
        }
    )
    text = capsys.readouterr().out
    assert "voice" not in text
    for part in ("Ann [red]", "- one", "- two", "- Hi / Ho", "sentences 2, tokens 9"):
        assert part in text
