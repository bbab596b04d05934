"""What llama.cpp itself says it allocates, to hold plans against.

llama.cpp has a function for it, which its Python binding leaves out and whose answer is a C++ map. It is read
here as the usual C++ library of Linux lays it out; elsewhere the sizes are taken from what llama.cpp logs, which
rounds them to a hundredth of a MiB.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import llama_cpp

from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.llama.backend import backend_log, no_devices
from npc_sdk.engine.llama.context import context_parameters
from npc_sdk.errors import BackendError, CapacityError, ModelError

_SYMBOL: Final = "_Z26llama_get_memory_breakdownPK13llama_context"
_NAME: Final = "ggml_backend_buft_name"
_MOST_BUFFERS: Final = 64


class _Map(ctypes.Structure):
    """A ``std::map`` of libstdc++: a comparison, the head of a red-black tree, and a count."""

    _fields_ = (
        ("comparison", ctypes.c_size_t),
        ("color", ctypes.c_size_t),
        ("root", ctypes.c_void_p),
        ("leftmost", ctypes.c_void_p),
        ("rightmost", ctypes.c_void_p),
        ("count", ctypes.c_size_t),
    )


class _Node(ctypes.Structure):
    """One entry of that map: its place in the tree, a type of buffer, and three sizes."""

    _fields_ = (
        ("color", ctypes.c_size_t),
        ("parent", ctypes.c_void_p),
        ("left", ctypes.c_void_p),
        ("right", ctypes.c_void_p),
        ("buffer_type", ctypes.c_void_p),
        ("model", ctypes.c_size_t),
        ("context", ctypes.c_size_t),
        ("compute", ctypes.c_size_t),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferBytes:
    """What lies in one type of buffer.

    Args:
        name: llama.cpp's name of the type, such as ``CPU`` or ``CUDA0``.
        model: Bytes of weights.
        context: Bytes of caches and states.
        compute: Bytes of the compute buffer.
    """

    name: str
    model: int = 0
    context: int = 0
    compute: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """What llama.cpp says a model and its context take.

    Args:
        buffers: By type of buffer.
        logged: The sizes that it logged, by kind (``KV``, ``RS``, ``output`` and so on), to a hundredth of a MiB.
        is_exact: Whether ``buffers`` are exact; otherwise they are the logged ones.
    """

    buffers: tuple[BufferBytes, ...]
    logged: Mapping[str, int]
    is_exact: bool

    @property
    def model(self) -> int:
        """Bytes of weights."""
        return sum(buffer.model for buffer in self.buffers)

    @property
    def context(self) -> int:
        """Bytes of caches and states."""
        return sum(buffer.context for buffer in self.buffers)

    @property
    def compute(self) -> int:
        """Bytes of compute buffers."""
        return sum(buffer.compute for buffer in self.buffers)


class MemoryMeter:
    """Asks llama.cpp what contexts of one model would take.

    Not thread safe. With ``allocates=False`` nothing but recurrent states is allocated, so that models can be
    asked about that do not fit here.

    Args:
        path: The model's file.
        allocates: Whether weights and caches are really allocated.

    Raises:
        ModelError: The file cannot be loaded.
        BackendError: Nothing is to be allocated, and this build of llama.cpp cannot say sizes otherwise.
    """

    def __init__(self, path: str | Path, *, allocates: bool = False) -> None:
        log = backend_log()
        if not allocates and not has_breakdown():
            raise BackendError(
                "This build of llama.cpp does not tell what it would allocate.",
                "Measure a model that can really be loaded.",
                code="no_memory_breakdown",
            )
        parameters = llama_cpp.llama_model_default_params()
        parameters.no_alloc = not allocates
        parameters.load_mode = 0  # a mapped file counts with everything that lies between its tensors
        parameters.n_gpu_layers = 0
        self._no_devices = no_devices()
        parameters.devices = ctypes.addressof(self._no_devices)
        log.clear()
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        self._logged = _by_kind(log.buffers())
        if not self._model:
            raise ModelError(f"llama.cpp cannot load {path}: {log.tail()}.", code="model_load_failed", path=str(path))

    def read(self, config: EngineConfig, *, ubatch: int | None = None, outputs: int | None = None) -> Breakdown:
        """Return what a context takes, made with the parameters that an engine would use.

        Args:
            config: How the engine is set up.
            ubatch: Tokens computed at once; the engine's own rule unless given.
            outputs: Most rows of logits; never fewer than slots, on which llama.cpp aborts.

        Raises:
            CapacityError: The context cannot be made.
        """
        parameters = context_parameters(config)
        parameters.n_outputs_max = max(outputs or 0, config.slots)
        if ubatch is not None:
            parameters.n_ubatch = ubatch
            parameters.n_batch = max(parameters.n_batch, ubatch)
        log = backend_log()
        log.clear()
        context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not context:
            raise CapacityError(f"llama.cpp cannot make this context: {log.tail()}.", code="context_does_not_fit")
        try:
            buffers = _buffers(context)
        finally:
            llama_cpp.llama_free(context)
        logged = {**self._logged, **_by_kind(log.buffers())}
        if buffers is not None:
            return Breakdown(buffers=buffers, logged=logged, is_exact=True)
        sums = BufferBytes(
            name="logged",
            model=logged.get("model", 0),
            context=logged.get("KV", 0) + logged.get("RS", 0),
            compute=logged.get("compute", 0),
        )
        return Breakdown(buffers=(sums,), logged=logged, is_exact=False)

    def close(self) -> None:
        """Free the model; safe to call twice."""
        if self._model is not None:
            llama_cpp.llama_model_free(self._model)
            self._model = None


def has_breakdown() -> bool:
    """Return whether this build of llama.cpp has the function that says exact sizes."""
    return _functions() is not None


def _by_kind(buffers: Mapping[tuple[str, str], int]) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for (_, kind), size in buffers.items():
        sizes[kind] += size
    return dict(sizes)


def _functions() -> tuple[Callable[[Any], Any], Callable[[Any], bytes]] | None:
    library = llama_cpp.llama_cpp._lib
    try:
        breakdown, name = getattr(library, _SYMBOL), getattr(library, _NAME)
    except AttributeError:
        return None
    breakdown.restype, breakdown.argtypes = _Map, (ctypes.c_void_p,)
    name.restype, name.argtypes = ctypes.c_char_p, (ctypes.c_void_p,)
    return breakdown, name


def _buffers(context: Any) -> tuple[BufferBytes, ...] | None:
    functions = _functions()
    if functions is None:
        return None
    breakdown, name = functions
    found = breakdown(ctypes.cast(context, ctypes.c_void_p))
    # A map of another C++ library would show by its count; its pointers must not be followed then.
    if not 0 < found.count <= _MOST_BUFFERS or not found.root:
        return None
    return tuple(
        BufferBytes(
            name=name(node.buffer_type).decode("utf-8", "replace"),
            model=node.model,
            context=node.context,
            compute=node.compute,
        )
        for node in _walk(found.root)
    )


def _walk(address: int | None) -> Iterator[_Node]:
    if address:
        node = _Node.from_address(address)
        yield from _walk(node.left)
        yield node
        yield from _walk(node.right)
