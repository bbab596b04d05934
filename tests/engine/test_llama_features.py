from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from npc_sdk.engine.llama import features


def test_what_each_backend_says_is_kept_apart() -> None:
    text = "CUDA : ARCHS = 500,610 | USE_GRAPHS = 1 | CPU : SSE3 = 1 | AVX512 = 0 | LLAMAFILE = 1 | "
    assert features._switches(text) == {"CUDA": ["ARCHS", "USE_GRAPHS"], "CPU": ["SSE3", "LLAMAFILE"]}
    assert features._switches("") == {}


def test_libraries_tell_of_backends_that_say_nothing(tmp_path: Path) -> None:
    for name in ("libggml-base.so", "libggml-vulkan.so", "libggml-cpu-haswell.so", "ggml-cuda.dll", "libggml.so"):
        (tmp_path / name).touch()
    assert features._libraries(tmp_path) == {"VULKAN", "CPU", "CUDA"}
    assert features._libraries(tmp_path / "none") == set()


def test_it_answers_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "npc_sdk.engine.llama.features"],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert set(json.loads(done.stdout)) == {"version", "backends", "switches", "sees_gpu"}
