"""Which GPUs the installed llama.cpp was built for, seen from its files, without loading it."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

_GPU_LIBRARY = re.compile(r"(?:lib)?ggml-(cuda|vulkan|hip|sycl|metal|opencl|musa|cann)\b")


def gpu_backends(folder: Path | None = None) -> frozenset[str]:
    """Return the names of the GPU backends that are there, such as ``cuda``.

    Args:
        folder: Where the libraries lie; those of the installed llama-cpp-python by default.
    """
    folder = _library_folder() if folder is None else folder
    if folder is None or not folder.is_dir():
        return frozenset()
    names = (_GPU_LIBRARY.match(path.name) for path in folder.iterdir())
    return frozenset(name[1] for name in names if name)


def _library_folder() -> Path | None:
    spec = find_spec("llama_cpp")
    return Path(spec.origin).parent / "lib" if spec is not None and spec.origin else None
