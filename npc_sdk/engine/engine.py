"""The protocol that every engine follows: in a child process, in a thread, or scripted for tests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.config import KV_BYTES, EngineConfig
from npc_sdk.engine.request import Event, Request
from npc_sdk.engine.tokenizer import Tokenizer

__all__ = ["KV_BYTES", "Engine", "EngineConfig", "EngineInfo", "EngineStats", "guarded"]


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
        context_bytes: Bytes of the context as llama.cpp reports them: caches, recurrent states and buffers.
        device_bytes: Bytes on GPUs as llama.cpp reports them, the weights and the context together.
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
    context_bytes: int = 0
    device_bytes: int = 0


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
        context_bytes: Bytes of the context; 0 while it is suspended.
        quantum: Most prompt tokens that the pacing allows in one call now.
        tokens_per_s: Tokens a second, as the pacing measures them.
        busy_tokens_per_s: The same for each second inside llama.cpp, which pacing does not change.
        is_starving: Whether the pacing cannot give the model what it was promised at least.
        frames: Frames that the game told of.
        late_frames: Frames of those that were late because of the model.
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
    context_bytes: int = 0
    quantum: int = 0
    tokens_per_s: float = 0.0
    busy_tokens_per_s: float = 0.0
    is_starving: bool = False
    frames: int = 0
    late_frames: int = 0


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

    def reconfigure(self, config: EngineConfig) -> None:
        """Change sizes, layers or the model while requests are in flight; returns at once.

        What is live is parked, the change is made, and requests go on where they were, token for token. The
        outcome is a ``Reconfigured`` event; a change that failed left everything as it was. A later call wins
        over one that has not begun. Folders of ``config`` are ignored: where states are parked never changes.
        Before :meth:`start` it only replaces the configuration. Requests that no longer fit fail with
        ``prompt_too_long``; those of another model's tokens fail with ``model_changed``.

        Args:
            config: The whole new configuration.
        """
        ...

    def suspend(self) -> None:
        """Park everything and give all memory back; the outcome is a ``Suspended`` event.

        Requests wait, and so do those that come; their deadlines run and :meth:`cancel` works. The next
        :meth:`reconfigure` brings the engine back.

        Raises:
            StateError: The engine was not started.
        """
        ...

    def frame(self, hint: FrameHint) -> None:
        """Tell how the game's frames are doing, so that the engine paces itself; ignored while it is not running."""
        ...

    def pace(self, config: PacingConfig) -> None:
        """Change how the engine paces itself; it holds after a restart too."""
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
