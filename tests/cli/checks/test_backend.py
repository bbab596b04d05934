from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.cli.checks import backend
from npc_sdk.cli.checks.backend import LLAMA_VERSION, Answer, ask_backend, check_backend, features_of, install_line
from npc_sdk.cli.checks.finding import Finding

CPU = {"version": LLAMA_VERSION, "backends": ["CPU"], "switches": {"CPU": ["AVX2"]}, "sees_gpu": False}
CUDA = {**CPU, "backends": ["CPU", "CUDA"]}


def codes(features: dict[str, Any], probe_name: str = "nvml") -> list[str]:
    return [one.code for one in check_backend(features, probe_name=probe_name, device_name="A card")]


def refusal(answer: Answer) -> Finding:
    found = features_of(answer)
    assert isinstance(found, Finding)
    return found


def test_the_installed_one_answers() -> None:
    features = features_of(ask_backend())
    assert isinstance(features, dict)
    assert "CPU" in features["backends"] and features["switches"]["CPU"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", features["version"])


def test_a_gpu_that_is_not_used_is_an_error_with_the_exact_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    [_, found] = check_backend(CPU, probe_name="nvml", device_name="A card")
    assert (found.code, found.severity) == ("gpu_unused", "error")
    assert "A card" in found.found and "CUDA toolkit" in found.mend
    assert found.command == (
        'CMAKE_ARGS="-DGGML_CUDA=on" python -m pip install --force-reinstall --no-deps --no-cache-dir '
        f"llama-cpp-python=={LLAMA_VERSION}"
    )


def test_a_gpu_that_is_used_is_well() -> None:
    assert codes({**CUDA, "sees_gpu": True}) == ["backend_found", "gpu_used"]


def test_a_build_for_the_gpu_that_does_not_see_it() -> None:
    assert codes(CUDA) == ["backend_found", "gpu_not_seen"]


def test_without_a_gpu_there_is_nothing_to_use() -> None:
    assert codes(CPU, "host") == ["backend_found"]


def test_a_card_of_another_maker_gets_vulkan() -> None:
    [_, found] = check_backend(CPU, probe_name="configured", device_name="A card")
    assert "-DGGML_VULKAN=on" in found.command and "Vulkan SDK" in found.mend


def test_another_version_is_told() -> None:
    assert codes({**CUDA, "version": "0.3.1", "sees_gpu": True}) == [
        "backend_found",
        "backend_other_version",
        "gpu_used",
    ]


def test_windows_and_macs_have_lines_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert install_line("CUDA").startswith('$env:CMAKE_ARGS = "-DGGML_CUDA=on"; python -m pip install')
    monkeypatch.setattr(sys, "platform", "darwin")
    [_, found] = check_backend(CPU, probe_name="unified", device_name="Apple silicon")
    assert "-DGGML_METAL=on" in found.command


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Answer(exit_code=-4), "backend_crashes", "SIGILL"),
        (Answer(exit_code=-250), "backend_crashes", "signal 250"),
        (Answer(exit_code=0xC000001D), "backend_crashes", "0xc000001d"),
        (Answer(exit_code=1, errors="x\nModuleNotFoundError: No module named 'llama_cpp'\n"), "backend_missing", ""),
        (Answer(exit_code=1, errors="OSError: libcudart.so.12: cannot open"), "backend_broken", "libcudart"),
        (Answer(exit_code=1), "backend_broken", "without a word"),
        (Answer(exit_code=0, output="nonsense"), "backend_broken", "says nothing"),
        (Answer(exit_code=0), "backend_broken", "says nothing"),
        (Answer(exit_code=None), "backend_silent", "60 s"),
    ],
)
def test_a_backend_that_does_not_answer(answer: Answer, code: str, words: str) -> None:
    found = refusal(answer)
    assert found.code == code and words in found.found and found.mend


def test_what_a_library_prints_beside_its_answer_does_not_matter() -> None:
    assert features_of(Answer(exit_code=0, output='ggml_cuda_init: found 1 device\n{"version": "1"}\n')) == {
        "version": "1"
    }


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(backend.subprocess, "run", hang)
    assert ask_backend() == Answer(exit_code=None)


def test_a_process_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("too many processes")

    monkeypatch.setattr(backend.subprocess, "run", refuse)
    assert refusal(ask_backend()).code == "backend_broken"


def test_the_version_is_the_one_that_is_required() -> None:
    project = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"llama-cpp-python>={LLAMA_VERSION}' in project
