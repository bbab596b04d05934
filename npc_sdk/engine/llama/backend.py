"""llama.cpp's library as a whole: its version, its devices, and what it logs."""

from __future__ import annotations

import ctypes
from collections import deque
from typing import Any

import llama_cpp


class Log:
    """Keeps llama.cpp's last messages, so that an error can carry its cause instead of printing it."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=40)
        self._callback = llama_cpp.llama_log_callback(self._append)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _append(self, level: int, text: bytes, _data: Any) -> None:
        if level in (3, 4):  # warnings and errors
            self._lines.append(text.decode("utf-8", "replace").strip())

    def clear(self) -> None:
        self._lines.clear()

    def tail(self) -> str:
        return " ".join(line for line in self._lines if line)[-400:]


_log: Log | None = None


def backend_log() -> Log:
    global _log
    if _log is None:
        _log = Log()
        llama_cpp.llama_backend_init()
    return _log


def library_version() -> str:
    """Return the version of llama-cpp-python, which pins llama.cpp."""
    return str(llama_cpp.__version__)


def backend_devices() -> str:
    """Return ``GPU`` when this build can offload layers to one, else ``CPU``."""
    return "GPU" if llama_cpp.llama_supports_gpu_offload() else "CPU"
