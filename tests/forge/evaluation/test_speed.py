from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.errors import ModelError
from npc_sdk.forge.evaluation.speed import measure_speed


def test_speed_is_measured(tiny_hybrid_path: Path) -> None:
    measures = {measure.key: measure for measure in measure_speed(tiny_hybrid_path)}
    assert list(measures) == ["speed.decode", "speed.read", "speed.load"]
    assert all(measure.value and measure.value > 0 and measure.note for measure in measures.values())
    assert not measures["speed.load"].is_at_least


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF")
    with pytest.raises(ModelError):
        measure_speed(path)
