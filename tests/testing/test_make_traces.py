"""The shipped traces are what their generator makes, and tell the stories that it says they tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.testing import make_traces
from npc_sdk.testing.make_traces import CARD_BYTES, FOLDER, STORIES, make_trace

GIB = 1 << 30


def used_gib(name: str) -> list[tuple[float, float]]:
    samples = make_trace(name).samples
    return [(sample.at_ms / 1000.0, sample.used_by_others_bytes / GIB) for sample in samples]


def test_the_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    make_traces.main([str(tmp_path)])
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shipped = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert made == shipped, "run python -m npc_sdk.testing.make_traces"


@pytest.mark.parametrize("name", STORIES)
def test_every_trace_is_told_in_the_module(name: str) -> None:
    assert make_traces.__doc__ is not None and f"\n{name}\n" in make_traces.__doc__


def test_calm_is_calm() -> None:
    assert all(3.4 < used < 3.6 for _, used in used_gib("calm"))


def test_a_level_of_3_gb_is_loaded_in_2_s_until_nothing_is_left() -> None:
    used = dict(used_gib("level_load"))
    assert (used[7.0] - used[4.9]) * GIB == pytest.approx(3e9, rel=0.02)
    assert used[7.0] == CARD_BYTES / GIB
    assert used[20.0] == pytest.approx(used[1.0], abs=0.05)
    frames = {sample.at_ms: sample.frame_ms or 0.0 for sample in make_trace("level_load").samples}
    assert frames[6000.0] > 1.8 * frames[1000.0]


def test_a_sawtooth_falls_eight_times() -> None:
    used = [one for _, one in used_gib("sawtooth")]
    assert sum(before - after > 1.5 for before, after in zip(used, used[1:], strict=False)) == 7
    assert max(used) - min(used) == pytest.approx(2.0, abs=0.1)


def test_a_leak_rises_slowly_and_ends_at_once() -> None:
    used = [one for _, one in used_gib("slow_leak")]
    steps = [after - before for before, after in zip(used, used[1:], strict=False)]
    assert max(steps) < 0.1
    assert sum(step < -3.0 for step in steps) == 1
