from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.cli.prompt_report import print_reports
from npc_sdk.prompt import PromptReport, PromptWarning, SegmentReport


def test_segments_shares_and_warnings_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    segment = SegmentReport(kind="persona", tokens=30, share=0.3, head="You are [b]Ann[/b]\x1b")
    warning = PromptWarning(code="volatile_value", text="The persona says 'HP: 3'.")
    print_reports(
        {Path("a.toml"): PromptReport(segments=(segment,), tokens=30, context_tokens=100, warnings=(warning,))}
    )
    text = capsys.readouterr().out
    for part in ("persona", "30%", "[b]Ann[/b]", "warning: The persona says 'HP: 3'. (volatile_value)"):
        assert part in text
    assert "\x1b" not in text


def test_without_a_context_there_is_no_share(capsys: pytest.CaptureFixture[str]) -> None:
    segment = SegmentReport(kind="persona", tokens=30, share=None, head="x")
    print_reports({Path("a.toml"): PromptReport(segments=(segment,), tokens=30, context_tokens=None, warnings=())})
    assert "%" not in capsys.readouterr().out
