"""The protocol that every engine follows: in a child process, in a thread, or scripted for tests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from npc_sdk.engine.request import Event, Request
from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import RequestError

KV_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""Bytes of one number in the attention cache, by its type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """How an engine is set up; it cannot change while the engine runs, except ``quantum``.

    Args:
        model_path: The GGUF file.
        slots: Characters whose state is live in the context at once (llama.cpp's ``n_seq_max``).
        cells: Tokens that all live characters together can hold (llama.cpp's ``n_ctx``).
        quantum: Most prompt tokens read in one call of llama.cpp; bounds the time of a step.
        gpu_layers: Layers on the GPU; negative puts all there, 0 none.
        threads: CPU threads for llama.cpp; 0 chooses half of the cores, at least one.
        kv_type: Type of the attention cache.
        flash_attention: Whether to use fused attention.
        parked_bytes: Host memory for parked states.
        parked_folder: Folder of the parked states that survive a crash of the engine process;
            None keeps them in the engine's own memory.
        disk_folder: Folder for parked states that no longer fit ``parked_bytes``; None is off.
        disk_bytes: Most bytes in ``disk_folder``.
        use_mmap: Whether the weights are mapped from the file instead of read.
    """

    model_path: str
    slots: int = 4
    cells: int = 8192
    quantum: int = 128
    gpu_layers: int = -1
    threads: int = 0
    kv_type: str = "f16"
    flash_attention: bool = True
    parked_bytes: int = 1 << 30
    parked_folder: str | None = None
    disk_folder: str | None = None
    disk_bytes: int = 4 << 30
    use_mmap: bool = True

    def __post_init__(self) -> None:
        for name, least in (("slots", 1), ("cells", 1), ("quantum", 1), ("threads", 0)):
            if getattr(self, name) < least:
                raise _refusal(name, getattr(self, name), f"a number of at least {least}")
        if self.kv_type not in KV_BYTES:
            raise _refusal("kv_type", self.kv_type, f"one of {', '.join(KV_BYTES)}")


def _refusal(name: str, value: object, wanted: str) -> RequestError:
    return RequestError(f"{name} is {value!r}.", f"Give {wanted}.", code="bad_engine_config", field=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What an engine turned out to be, once it runs.

    Args:
        model_name: ``general.name`` of the file.
        fingerprint: Names the model file.
        slots: Live sequences.
        cells: Tokens in the context, padded by llama.cpp.
        max_sequence_tokens: Most tokens that one sequence can hold.
        is_hybrid: Whether states can be cut only at kept boundaries.
        gpu_layers: Layers on a GPU.
        backend: Which devices compute, in words.
        state_bytes: Bytes of the recurrent state of one sequence (0 for attention-only models).
        process_id: The process that runs llama.cpp.
        load_ms: Time to load the model and make the context.
    """

    model_name: str
    fingerprint: str
    slots: int
    cells: int
    max_sequence_tokens: int
    is_hybrid: bool
    gpu_layers: int = 0
    backend: str = "CPU"
    state_bytes: int = 0
    process_id: int = 0
    load_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """Counters since the start; read at any time.

    Args:
        steps: Calls of llama.cpp.
        decode_tokens: Tokens decoded for speaking sequences.
        read_tokens: Prompt tokens read.
        live: Sequences in slots.
        waiting: Requests without a slot.
        parked: Parked states in host memory.
        parked_bytes: Their bytes.
        restarts: How often the engine process was started again.
        step_ms: Mean time of a step, exponentially smoothed.
        own_ms: Part of ``step_ms`` that was spent outside llama.cpp.
    """

    steps: int = 0
    decode_tokens: int = 0
    read_tokens: int = 0
    live: int = 0
    waiting: int = 0
    parked: int = 0
    parked_bytes: int = 0
    restarts: int = 0
    step_ms: float = 0.0
    own_ms: float = 0.0


class Engine(Protocol):
    """Runs requests and reports events; every method may be called from any thread.

    Events of one request arrive in order and end with exactly one ``Ended`` or ``Failed``.
    """

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's vocabulary, usable before :meth:`start`."""
        ...

    @property
    def info(self) -> EngineInfo:
        """What the engine turned out to be; raises ``StateError`` before :meth:`start`."""
        ...

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        """Load the model and begin to work.

        Args:
            on_event: Called from one thread of the engine's own; must return quickly.
            timeout_s: Most time to wait until the engine works.

        Raises:
            ModelError: The file cannot be used.
            CapacityError: There is not enough memory.
            BackendError: The engine ended, or was not ready in time.
        """
        ...

    def submit(self, request: Request) -> None:
        """Queue a request; a request that cannot run fails through an event."""
        ...

    def cancel(self, request_id: int) -> None:
        """End a request soon with reason ``cancelled``; unknown ids are ignored."""
        ...

    def park(self, sequence: str) -> None:
        """Move an idle sequence out of its slot into host memory; unknown ones are ignored."""
        ...

    def forget(self, sequence: str) -> None:
        """Drop all state of a sequence, live and parked."""
        ...

    def set_quantum(self, quantum: int) -> None:
        """Change the most prompt tokens read in one call."""
        ...

    def stats(self) -> EngineStats:
        """Return the counters as last reported."""
        ...

    def close(self, *, timeout_s: float = 10.0) -> None:
        """Stop, free the model and end every live request with ``cancelled``; safe to call twice."""
        ...


def guarded(on_event: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a callback that logs an exception of the listener instead of ending the engine's thread with it."""

    def call(event: Event) -> None:
        try:
            on_event(event)
        except Exception:  # the border to the listener's code
            logging.getLogger(__name__).exception("The listener of engine events failed on %s.", type(event).__name__)

    return call
