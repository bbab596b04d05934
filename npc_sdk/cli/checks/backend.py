"""Looks at the installed llama.cpp: whether it can be loaded, and whether it can use the GPU."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from npc_sdk.cli.checks.finding import Finding

LLAMA_VERSION: Final = "0.3.36"
ANSWER_LIMIT_S = 60.0

_PROBE_MODULE = "npc_sdk.engine.llama.features"
_WINDOWS_FAULT = 0xC0000000
_SWITCHES = {"nvml": "CUDA", "unified": "CUDA", "configured": "VULKAN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a process that loads llama.cpp ended.

    Args:
        exit_code: Its exit code; None when it was ended because it took too long.
        output: Its standard output.
        errors: Its standard error.
    """

    exit_code: int | None
    output: str = ""
    errors: str = ""


def ask_backend() -> Answer:
    """Load llama.cpp in a process of its own, because a library for another CPU ends the process that loads it."""
    command = [sys.executable, "-m", _PROBE_MODULE]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=ANSWER_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Answer(exit_code=None)
    except OSError as error:
        return Answer(exit_code=1, errors=str(error))
    return Answer(exit_code=done.returncode, output=done.stdout, errors=done.stderr)


def features_of(answer: Answer) -> dict[str, Any] | Finding:
    """Return what llama.cpp said about itself, or why it said nothing."""
    if answer.exit_code == 0:
        try:
            features: dict[str, Any] = json.loads(answer.output.strip().splitlines()[-1])
        except (ValueError, IndexError):
            return _broken("it says nothing about itself")
        return features
    if answer.exit_code is None:
        found = f"llama-cpp-python does not answer within {ANSWER_LIMIT_S:.0f} s."
        return Finding(code="backend_silent", found=found, mend="Try again; then install it anew.")
    last = (answer.errors.strip().splitlines() or ["it ended without a word"])[-1]
    if answer.exit_code < 0 or answer.exit_code >= _WINDOWS_FAULT:
        return Finding(
            code="backend_crashes",
            found=f"llama-cpp-python ends the process that loads it: {_fault(answer.exit_code)}.",
            mend="It was probably built for another CPU. Build it on this machine:",
            command=install_line("NATIVE"),
        )
    if "No module named 'llama_cpp'" in last:
        return Finding(
            code="backend_missing",
            found="llama-cpp-python is not installed.",
            mend="Install it:",
            command=f"python -m pip install llama-cpp-python=={LLAMA_VERSION}",
        )
    return _broken(last)


def check_backend(features: dict[str, Any], *, probe_name: str, device_name: str) -> list[Finding]:
    """Return what there is to say about a llama.cpp that can be loaded.

    Args:
        features: What it said about itself.
        probe_name: How the device is looked at; ``host`` when the model runs on the CPU.
        device_name: The device.
    """
    version, backends = str(features["version"]), [str(name) for name in features["backends"]]
    found = [
        Finding(
            code="backend_found",
            found=f"llama-cpp-python {version}, built for {', '.join(backends) or 'nothing'}.",
            details=features,
        )
    ]
    if version != LLAMA_VERSION:
        found.append(
            Finding(
                code="backend_other_version",
                found=f"This package is for llama-cpp-python {LLAMA_VERSION}, and {version} is installed.",
                mend="Install the one that it is for:",
                command=install_line(_switch(probe_name, backends)),
            )
        )
    return [*found, *_gpu(features, backends, probe_name, device_name)]


def _gpu(features: dict[str, Any], backends: list[str], probe_name: str, device_name: str) -> list[Finding]:
    if features["sees_gpu"]:
        return [Finding(code="gpu_used", found="llama.cpp sees a GPU and can put layers on it.")]
    if probe_name == "host":
        return []
    if all(name == "CPU" for name in backends):
        return [
            Finding(
                code="gpu_unused",
                found=f"{device_name} is there, and the installed llama-cpp-python was built for the CPU only: "
                "characters will think many times slower than they could.",
                mend="Build it for the GPU; that takes minutes, a C++ compiler and the CUDA toolkit (nvcc):"
                if _switch(probe_name, backends) == "CUDA"
                else "Build it for the GPU; that takes minutes, a C++ compiler and the Vulkan SDK:",
                command=install_line(_switch(probe_name, backends)),
            )
        ]
    return [
        Finding(
            code="gpu_not_seen",
            found=f"llama-cpp-python was built for {', '.join(backends)}, and does not see {device_name}.",
            mend="Update the driver; look whether CUDA_VISIBLE_DEVICES hides the device; or build it again for this "
            "machine:",
            command=install_line(_switch(probe_name, backends)),
        )
    ]


def install_line(switch: str) -> str:
    """Return the line that builds llama-cpp-python with a switch of ggml's, for the shell of this system."""
    arguments = f'"-DGGML_{switch}=on"'
    install = f"python -m pip install --force-reinstall --no-deps --no-cache-dir llama-cpp-python=={LLAMA_VERSION}"
    if sys.platform == "win32":
        return f"$env:CMAKE_ARGS = {arguments}; {install}"
    return f"CMAKE_ARGS={arguments} {install}"


def _switch(probe_name: str, backends: list[str]) -> str:
    built = [name for name in backends if name in ("CUDA", "HIP", "VULKAN", "METAL", "SYCL")]
    if built:
        return built[0]
    if sys.platform == "darwin":
        return "METAL"
    return _SWITCHES.get(probe_name, "NATIVE")


def _fault(exit_code: int) -> str:
    if exit_code >= _WINDOWS_FAULT:
        return f"fault {exit_code:#x}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


def _broken(why: str) -> Finding:
    return Finding(
        code="backend_broken",
        found=f"llama-cpp-python cannot be loaded: {why}.",
        mend="Install it anew:",
        command=install_line("NATIVE"),
        details={"cause": why},
    )
