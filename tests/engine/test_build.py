from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.engine.build import gpu_backends


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), set()),
        (("libggml-base.so", "libggml-cpu.so.0", "libllama.so"), set()),
        (("libggml-cuda.so", "libggml-cuda.so.0", "libggml-cpu.so"), {"cuda"}),
        (("ggml-vulkan.dll", "ggml-hip.dll"), {"vulkan", "hip"}),
        (("libggml-metal.dylib",), {"metal"}),
    ],
)
def test_backends_are_seen_from_their_files(tmp_path: Path, names: tuple[str, ...], expected: set[str]) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert gpu_backends(tmp_path) == expected


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert gpu_backends(tmp_path / "missing") == frozenset()


def test_the_installed_library_can_be_looked_at() -> None:
    assert isinstance(gpu_backends(), frozenset)
