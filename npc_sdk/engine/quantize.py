"""Writes a model file in another number format, with llama.cpp's own quantizer."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import llama_cpp

from npc_sdk.engine.llama.backend import backend_log
from npc_sdk.errors import BackendError, RequestError

FILE_TYPES: Final[dict[str, int]] = {
    "F32": llama_cpp.LLAMA_FTYPE_ALL_F32,
    "F16": llama_cpp.LLAMA_FTYPE_MOSTLY_F16,
    "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
    "Q6_K": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
    "Q5_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "Q4_K_M": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M,
}
# The numbers of ggml's tensor types; the binding has no names for them.
TENSOR_TYPES: Final[dict[str, int]] = {"F32": 0, "F16": 1, "Q8_0": 8, "Q4_K": 12, "Q5_K": 13, "Q6_K": 14}


def quantize_file(
    source: Path, target: Path, type_name: str, overrides: Mapping[str, str] | None = None, *, threads: int = 0
) -> Path:
    """Write a quantized copy of a model file.

    Args:
        source: A GGUF file in F32 or F16.
        target: Where to write; replaced in one step.
        type_name: One of :data:`FILE_TYPES`.
        overrides: Patterns of tensor names and their own type, one of :data:`TENSOR_TYPES`; the first that fits.
        threads: Threads to use; 0 for all.

    Raises:
        RequestError: With code ``bad_number_format`` for an unknown format.
        BackendError: With code ``quantize_failed`` when llama.cpp refuses.

    Thread-safety: safe from any thread, for different targets; not while a model is loaded, which reads the same log.
    """
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = _known(FILE_TYPES, type_name)
    parameters.nthread = threads
    entry = llama_cpp.llama_model_tensor_override
    chosen = [entry(pattern.encode(), _known(TENSOR_TYPES, name)) for pattern, name in (overrides or {}).items()]
    # llama.cpp reads until an entry without a pattern; the array must outlive the call.
    table = (entry * (len(chosen) + 1))(*chosen, entry(None, 0))
    if chosen:
        parameters.tt_overrides = table
    partial = target.with_name(target.name + ".partial")
    log = backend_log()
    log.clear()
    try:
        status = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(partial), ctypes.byref(parameters))
        if status != 0:
            raise _failure(target, type_name, log.tail() or "no reason given", int(status))
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _failure(target: Path, type_name: str, reason: str, status: int) -> BackendError:
    return BackendError(
        f"llama.cpp could not write {str(target)!r} as {type_name}: {reason}.",
        "Check that the source is a model file in F32 or F16 and that the disk has room.",
        code="quantize_failed",
        status=status,
    )


def _known(table: Mapping[str, int], name: str) -> int:
    try:
        return table[name]
    except KeyError:
        raise RequestError(
            f"There is no number format named {name!r}.",
            f"Use one of: {', '.join(table)}.",
            code="bad_number_format",
        ) from None
