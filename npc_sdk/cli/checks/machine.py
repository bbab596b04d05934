"""Looks at the processor, the port and the folders."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil

from npc_sdk._version import __version__
from npc_sdk.cli.checks.backend import install_line
from npc_sdk.cli.checks.finding import Finding
from npc_sdk.cli.memory_size import memory_size

LOOPBACK = "127.0.0.1"
LOW_DISK_BYTES = 4 << 30
_CPU_FILE = Path("/proc/cpuinfo")
_SWITCH_OF_FLAG = {
    "avx": "AVX",
    "avx2": "AVX2",
    "fma": "FMA",
    "f16c": "F16C",
    "avx512f": "AVX512",
    "asimddp": "DOTPROD",
    "i8mm": "MATMUL_INT8",
}
"""What Linux calls a feature of the CPU, and what llama.cpp calls it."""


def check_program() -> Finding:
    """Return the versions of everything."""
    python = platform.python_version()
    system = f"{platform.system()} {platform.release()} ({platform.machine()})"
    details = {"version": __version__, "python": python, "system": system, "executable": sys.executable}
    return Finding(code="program_found", found=f"npc-sdk {__version__}, Python {python}, {system}.", details=details)


def check_processor(switches: list[str] | None, *, threads: int, flags: frozenset[str] | None = None) -> list[Finding]:
    """Return what there is to say about the CPU.

    Args:
        switches: What llama.cpp makes use of; None when it cannot be asked.
        threads: How many threads the model gets.
        flags: What the CPU has; what the system says by default.
    """
    logical = os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    used = f", llama.cpp uses {', '.join(switches)}" if switches else ""
    found = Finding(
        code="processor_found",
        found=f"{physical} cores, {logical} threads, {threads} of them for the model{used}.",
        details={"cores": physical, "threads": logical, "model_threads": threads, "switches": switches or []},
    )
    if switches is None:
        return [found]
    has = cpu_flags() if flags is None else flags
    unused = [name for flag, name in _SWITCH_OF_FLAG.items() if flag in has and name not in switches]
    if not unused:
        return [found]
    words = f"This CPU has {', '.join(unused)}, and llama.cpp was built without."
    command = install_line("NATIVE")
    return [found, Finding(code="processor_unused", found=words, mend="Build it on this machine:", command=command)]


def cpu_flags(path: Path = _CPU_FILE) -> frozenset[str]:
    """Return what the system says that the CPU has; empty where it does not say."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    named = (line.partition(":")[2] for line in lines if line.lower().startswith(("flags", "features")))
    return frozenset(next(named, "").split())


def check_port(port: int) -> Finding:
    """Return whether a host can listen on this machine.

    Args:
        port: The port; 0 takes a free one.
    """
    name = f"port {port}" if port else "a free port"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.bind((LOOPBACK, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            found, mend = (
                f"Something listens on {LOOPBACK}, {name} already.",
                "Choose another port, or 0 for a free one.",
            )
            return Finding(code="port_taken", found=found, mend=mend, details={"port": port})
        found = f"The system does not let a host listen on {LOOPBACK}, {name}: {error.strerror or error}."
        mend = "Choose a port above 1023, or look at the firewall."
        return Finding(code="port_blocked", found=found, mend=mend, details={"port": port})
    return Finding(code="port_free", found=f"A host can listen on {LOOPBACK}, {name}.", details={"port": port})


def check_folder(name: str, folder: Path, *, is_for_models: bool = False) -> list[Finding]:
    """Return whether a folder can be written to; a folder that is not there is not made.

    Args:
        name: What it is for.
        folder: The folder.
        is_for_models: Whether it must have room for a model.
    """
    details: dict[str, Any] = {"folder": str(folder)}
    place = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            free_bytes = shutil.disk_usage(place).free
    except OSError as error:
        found = f"The {name} folder {folder} cannot be used: {error.strerror or error}."
        mend = "Give yourself the right to write there, or name another."
        return [Finding(code="folder_unusable", found=found, mend=mend, details=details)]
    room = f"{memory_size(free_bytes)} of disk free"
    state = "can be written to" if place == folder else "can be made"
    details["free_bytes"] = free_bytes
    fine = Finding(code="folder_found", found=f"The {name} folder {folder} {state}, {room}.", details=details)
    if not is_for_models or free_bytes >= LOW_DISK_BYTES:
        return [fine]
    low = f"{room} in {folder}; a model of 4 billion weights takes 2.7 GiB."
    return [fine, Finding(code="disk_low", found=low, mend="Free some room, or set NPC_MODELS_DIR.", details=details)]
