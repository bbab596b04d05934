from __future__ import annotations

import json
from pathlib import Path

import pytest

from npc_sdk.budget.overhead import ASSUMED_BYTES, backend_overhead, remember_overhead


def test_it_is_assumed_until_it_is_measured(tmp_path: Path) -> None:
    assert backend_overhead("GPU-1", folder=tmp_path).n_bytes == ASSUMED_BYTES["cuda"] == 550_000_000
    assert backend_overhead("GPU-1", backend="vulkan", folder=tmp_path).n_bytes == ASSUMED_BYTES["other"]
    path = remember_overhead("GPU-1", 123, folder=tmp_path / "new")
    assert path.is_file() and [*path.parent.iterdir()] == [path]
    remember_overhead("GPU-2", 7, folder=tmp_path / "new")
    measured = backend_overhead("GPU-1", folder=tmp_path / "new")
    assert (measured.n_bytes, measured.source) == (123, "measured")
    assert backend_overhead("GPU-1", backend="vulkan", folder=tmp_path / "new").source == "assumed"


@pytest.mark.parametrize("content", ["", "[]", "{", json.dumps({"cuda:GPU-1": "much"}), '{"cuda:GPU-1": -4}', "\x00"])
def test_a_spoilt_file_counts_as_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "overhead.json").write_text(content, encoding="utf-8")
    assert backend_overhead("GPU-1", folder=tmp_path).source == "assumed"
    remember_overhead("GPU-1", 9, folder=tmp_path)
    assert backend_overhead("GPU-1", folder=tmp_path).n_bytes == 9
