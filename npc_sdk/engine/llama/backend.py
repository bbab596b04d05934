"""llama.cpp's library as a whole: its version, its devices, and what it logs."""

from __future__ import annotations

import ctypes
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

import llama_cpp

_BUFFER = re.compile(r"(\S+) +(output|KV|RS|compute|model) buffer size = *([\d.]+) MiB")
_PROBLEMS = (3, 4)  # llama.cpp's levels of warnings and errors


class Log:
    """Keeps llama.cpp's last messages: an error can carry its cause, and what was allocated can be told."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=40)
        self._buffers: dict[tuple[str, str], int] = {}
        self._callback = llama_cpp.llama_log_callback(self._append)
        self._listen()

    def _listen(self) -> None:
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _append(self, level: int, text: bytes, _data: Any) -> None:
        if level in _PROBLEMS:
            self._lines.append(text.decode("utf-8", "replace").strip())
        elif b" buffer size =" in text:
            self._note_buffer(text.decode("utf-8", "replace"))

    def _note_buffer(self, line: str) -> None:
        found = _BUFFER.search(line)
        if found is None:
            return
        device, kind, size = found.groups()
        # Graphs are planned several times, and the last plan counts; of the others there may be several.
        before = 0 if kind == "compute" else self._buffers.get((device, kind), 0)
        self._buffers[device, kind] = before + round(float(size) * (1 << 20))

    def clear(self) -> None:
        """Forget what was logged, and listen again, should other code of this process have taken the log over."""
        self._listen()
        self._lines.clear()
        self._buffers = {}

    def buffers(self) -> Mapping[tuple[str, str], int]:
        """Return the bytes that llama.cpp reported since :meth:`clear`, by device and kind, to about 10 KB each."""
        return self._buffers

    def tail(self) -> str:
        return " ".join(line for line in self._lines if line)[-400:]


_log: Log | None = None


def backend_log() -> Log:
    global _log
    if _log is None:
        _log = Log()
        llama_cpp.llama_backend_init()
    return _log


def device_bytes(buffers: Mapping[tuple[str, str], int]) -> int:
    """Return the bytes of buffers that do not lie in the host's memory."""
    return sum(size for (device, _), size in buffers.items() if not (device.startswith("CPU") or "Host" in device))


def library_version() -> str:
    """Return the version of llama-cpp-python, which pins llama.cpp."""
    return str(llama_cpp.__version__)


def no_devices() -> Any:
    """Return a list of no devices: llama.cpp would make a context on each GPU, also where no layer goes to one."""
    return (ctypes.c_void_p * 1)(None)


def backend_devices() -> str:
    """Return ``GPU`` when this build can offload layers to one, else ``CPU``."""
    return "GPU" if llama_cpp.llama_supports_gpu_offload() else "CPU"
