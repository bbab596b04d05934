"""What the installed llama.cpp was built with.

``python -m npc_sdk.engine.llama.features`` prints it as JSON, so that a library that cannot be loaded takes a
process of its own down and not the one that asks.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import llama_cpp

_LIBRARY = re.compile(r"(?:lib)?ggml-([a-z0-9]+)(?:\.|-)")
_NO_BACKENDS = frozenset({"base", "blas"})


def features() -> dict[str, Any]:
    """Return the version, the backends that were compiled in, what they make use of, and whether a GPU is seen."""
    switches = _switches(llama_cpp.llama_print_system_info().decode("utf-8", "replace"))
    return {
        "version": str(llama_cpp.__version__),
        "backends": sorted({*switches, *_libraries(Path(llama_cpp.__file__).parent / "lib")}),
        "switches": switches,
        "sees_gpu": bool(llama_cpp.llama_supports_gpu_offload()),
    }


def _switches(text: str) -> dict[str, list[str]]:
    """Return what each backend says that it makes use of: ``CPU : AVX2 = 1 | FMA = 1 |``."""
    found: dict[str, list[str]] = {}
    backend = "CPU"
    for part in text.split("|"):
        name, _, rest = part.rpartition(" : ")
        backend = name.strip() or backend
        switch, _, value = rest.partition("=")
        if switch.strip():
            found.setdefault(backend, [])
            if value.strip() not in ("", "0"):
                found[backend].append(switch.strip())
    return found


def _libraries(folder: Path) -> set[str]:
    # Not every backend says something about itself, but each is a library of its own.
    names = (_LIBRARY.match(path.name) for path in folder.glob("*ggml-*"))
    return {name[1].upper() for name in names if name and name[1] not in _NO_BACKENDS}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(features()) + "\n")
