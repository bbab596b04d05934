from __future__ import annotations

import io

from rich.console import Console

from npc_sdk.forge.progress import ConsoleProgress, SilentProgress, TrainReport

REPORT = TrainReport(
    step=7, fraction=0.5, loss=0.25, losses={"trade": 0.5, "own": 0.1}, tokens_per_second=1234.0, seconds_left=61.0
)


def test_the_bar_shows_where_the_run_stands() -> None:
    text = io.StringIO()
    with ConsoleProgress(Console(file=text, width=160, force_terminal=False)) as progress:
        progress.stage("training")
        progress.report(REPORT)
    assert "training" in text.getvalue()
    assert "step 7 loss 0.250 (trade 0.50 own 0.10) 1,234 tok/s 1:01 left" in text.getvalue()


def test_silence_is_silent() -> None:
    SilentProgress().stage("training")
    SilentProgress().report(REPORT)
