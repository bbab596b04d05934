"""One context of llama.cpp with many sequences: batches, forks, states.

The facts about memory (what a fork copies, when a tail can be cut) were checked against llama-cpp-python 0.3.36.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from npc_sdk.engine.config import EngineConfig, thread_count
from npc_sdk.engine.decoder import Row
from npc_sdk.engine.llama.backend import backend_devices, backend_log, device_bytes
from npc_sdk.engine.llama.model import LlamaModel
from npc_sdk.engine.llama.sampler import Sampler
from npc_sdk.engine.request import Sampling
from npc_sdk.errors import BackendError, CapacityError
from npc_sdk.models.footprint import batch_tokens, ubatch_tokens

KV_TYPES = {
    "f32": llama_cpp.GGML_TYPE_F32,
    "f16": llama_cpp.GGML_TYPE_F16,
    "q8_0": llama_cpp.GGML_TYPE_Q8_0,
    "q4_0": llama_cpp.GGML_TYPE_Q4_0,
}
PARTIAL = 1  # LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY: the recurrent part alone
_STATE_HEADER_BYTES = 8  # magic and sequence id, before a whole state as before a partial one


class LlamaContext:
    """One llama.cpp context with many sequences that share their cells.

    Not thread safe; owned by the engine thread. Only :meth:`abort` may be called from elsewhere.

    Args:
        model: The loaded model.
        config: Slots, cells, quantum, threads and cache type.
        can_split_state: What an earlier context of the same model found out; None finds it out.

    Attributes:
        context_bytes: What llama.cpp allocated for it.
        device_bytes: The part of it on GPUs.

    Raises:
        CapacityError: The context does not fit the memory.
    """

    def __init__(self, model: LlamaModel, config: EngineConfig, *, can_split_state: bool | None = None) -> None:
        self._model = model
        log = backend_log()
        log.clear()
        self._pointer = llama_cpp.llama_init_from_model(model.pointer, context_parameters(config))
        if not self._pointer:
            raise CapacityError(
                f"llama.cpp cannot make a context of {config.cells} cells and {config.slots} slots: "
                f"{log.tail() or 'no reason given'}.",
                "Lower cells or slots, or free memory.",
                code="context_does_not_fit",
                cells=config.cells,
                slots=config.slots,
            )
        self.context_bytes, self.device_bytes = sum(log.buffers().values()), device_bytes(log.buffers())
        self._memory = llama_cpp.llama_get_memory(self._pointer)
        self.slots = int(llama_cpp.llama_n_seq_max(self._pointer))
        self.cells = int(llama_cpp.llama_n_ctx(self._pointer))
        self.batch_tokens = int(llama_cpp.llama_n_batch(self._pointer))
        self.vocabulary_size = int(llama_cpp.llama_vocab_n_tokens(model.vocabulary))
        self.is_hybrid = model.is_hybrid
        self._output_indices: list[int] = []
        self._make_batch()
        self._logits: NDArray[np.float32] | None = None
        self._logits_address = 0
        self._abort_flag = ctypes.create_string_buffer(2)
        self._install_abort()
        if can_split_state is None:
            can_split_state = self.is_hybrid and self._probe_split_state()
        self.can_split_state = can_split_state

    def _make_batch(self) -> None:
        self._batch = llama_cpp.llama_batch_init(self.batch_tokens, 0, 1)
        size = self.batch_tokens
        view = np.ctypeslib.as_array
        self._tokens = view(self._batch.token, (size,))
        self._positions = view(self._batch.pos, (size,))
        self._counts = view(self._batch.n_seq_id, (size,))
        self._wanted = view(self._batch.logits, (size,))
        # llama_batch_init makes one little array for each token; numpy writes through one contiguous block instead.
        self._owners = np.zeros(size, dtype=np.int32)
        base = self._owners.ctypes.data
        self._original_owners = [ctypes.cast(self._batch.seq_id[i], ctypes.c_void_p).value or 0 for i in range(size)]
        for index in range(size):
            self._batch.seq_id[index] = ctypes.cast(base + 4 * index, ctypes.POINTER(ctypes.c_int32))
        self._counts[:] = 1

    def _install_abort(self) -> None:
        # ggml asks the callback before every node of the graph. A Python function there would need the GIL
        # each time; C's strlen on a two-byte buffer answers "is the first byte set?" at no cost.
        library = ctypes.CDLL("msvcrt") if sys.platform == "win32" else ctypes.CDLL(None)
        address = ctypes.cast(library.strlen, ctypes.c_void_p).value or 0
        self._abort_callback = ctypes.cast(address, llama_cpp.ggml_abort_callback)
        flag = ctypes.cast(self._abort_flag, ctypes.c_void_p)
        llama_cpp.llama_set_abort_callback(self._pointer, self._abort_callback, flag)

    def _probe_split_state(self) -> bool:
        """Tell whether a full state ends with the recurrent part, as llama.cpp writes it today."""
        if self.decode([(0, [0], 0, False)]) != 0:
            return False
        full, partial = self.read_state(0), self.read_state(0, partial=True)
        self.remove(0)
        has_header = full[:_STATE_HEADER_BYTES] == partial[:_STATE_HEADER_BYTES]
        return has_header and len(full) > len(partial) and full.endswith(partial[_STATE_HEADER_BYTES:])

    def abort(self) -> None:
        """Stop the running :meth:`decode` soon, on a CPU; safe from any thread."""
        self._abort_flag[0] = b"\x01"

    def clear_abort(self) -> None:
        """Let the next :meth:`decode` run."""
        self._abort_flag[0] = b"\x00"

    def decode(self, rows: Sequence[Row]) -> int:
        """Run one batch and wait for it.

        Args:
            rows: For each sequence its id, tokens, first position, and whether logits of the last are wanted.

        Returns:
            llama.cpp's code: 0 done, 1 no room, 2 aborted, negative for an error.
        """
        count = 0
        self._output_indices.clear()
        for sequence, tokens, position, is_wanted in rows:
            end = count + len(tokens)
            self._tokens[count:end] = tokens
            self._positions[count:end] = np.arange(position, position + len(tokens), dtype=np.int32)
            self._owners[count:end] = sequence
            self._wanted[count:end] = 0
            self._wanted[end - 1] = is_wanted
            if is_wanted:
                self._output_indices.append(end - 1)
            count = end
        self._batch.n_tokens = count
        code = int(llama_cpp.llama_decode(self._pointer, self._batch))
        if code == 0:
            llama_cpp.llama_synchronize(self._pointer)
        return code

    def logits(self, rows: int) -> NDArray[np.float32]:
        """Return the wanted logits of the last batch, shape (rows, vocabulary), in the order of its rows.

        The array is llama.cpp's own memory: valid until the next call, and writable.
        """
        pointer = llama_cpp.llama_get_logits(self._pointer)
        address = ctypes.cast(pointer, ctypes.c_void_p).value
        if not address:
            raise BackendError("llama.cpp returned no logits.", code="no_logits")
        if self._logits is None or address != self._logits_address or len(self._logits) < rows:
            shape = (max(rows, self.slots), self.vocabulary_size)
            self._logits = np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(ctypes.c_float)), shape)
            self._logits_address = address
        return self._logits[:rows]

    def output_index(self, row: int) -> int:
        """Return the place in the last batch whose logits are the given output row."""
        return self._output_indices[row]

    def fork(self, source: int, target: int, length: int = -1) -> None:
        """Let one sequence continue from another; cells are shared, nothing is copied.

        Args:
            source: Where the state is.
            target: An empty sequence.
            length: Tokens to take over; for a hybrid only the whole (-1) is right, unless the recurrent
                part is set afterwards.
        """
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0 if length >= 0 else -1, length)

    def remove(self, sequence: int, start: int = -1) -> bool:
        """Drop a sequence, or its tokens from ``start``; False when llama.cpp cannot."""
        return bool(llama_cpp.llama_memory_seq_rm(self._memory, sequence, start, -1))

    def length(self, sequence: int) -> int:
        """Return the number of tokens in a sequence."""
        return int(llama_cpp.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def state_bytes(self, sequence: int, *, partial: bool = False) -> int:
        """Return the size of a sequence's state."""
        flags = PARTIAL if partial else 0
        return int(llama_cpp.llama_state_seq_get_size_ext(self._pointer, sequence, flags))

    def recurrent_bytes(self) -> int:
        """Return the bytes of one sequence's recurrent state; the context must be empty."""
        if not self.is_hybrid:
            return 0
        self.decode([(0, [0], 0, False)])
        size = self.state_bytes(0, partial=True)
        self.remove(0)
        return size

    def read_state_into(self, sequence: int, target: memoryview) -> int:
        """Write a sequence's state into a buffer and return the bytes written, 0 on failure."""
        array = (ctypes.c_uint8 * len(target)).from_buffer(target)
        return int(llama_cpp.llama_state_seq_get_data_ext(self._pointer, array, len(target), sequence, 0))

    def read_state(self, sequence: int, *, partial: bool = False) -> bytes:
        """Return a sequence's state, or only its recurrent part."""
        size = self.state_bytes(sequence, partial=partial)
        array = (ctypes.c_uint8 * size)()
        flags = PARTIAL if partial else 0
        written = int(llama_cpp.llama_state_seq_get_data_ext(self._pointer, array, size, sequence, flags))
        return bytes(memoryview(array)[:written])

    def write_state(self, sequence: int, data: memoryview | bytes, *, partial: bool = False) -> bool:
        """Restore a state that :meth:`read_state` gave; False leaves the sequence empty.

        The data must have been verified: llama.cpp trusts it.
        """
        size = len(data)
        address = np.frombuffer(data, dtype=np.uint8).ctypes.data
        array = (ctypes.c_uint8 * size).from_address(address)
        flags = PARTIAL if partial else 0
        done = int(llama_cpp.llama_state_seq_set_data_ext(self._pointer, array, size, sequence, flags))
        if done != size:
            self.remove(sequence)
        return done == size

    def write_recurrent(self, sequence: int, data: memoryview) -> bool:
        """Restore only the recurrent part of a whole state; right only where ``can_split_state`` holds."""
        tail = self.state_bytes(sequence, partial=True) - _STATE_HEADER_BYTES
        parts = (data[:_STATE_HEADER_BYTES], data[len(data) - tail :])
        return self.write_state(sequence, b"".join(parts), partial=True)

    def sampler(self, sampling: Sampling) -> Sampler:
        """Return a fresh sampler for one request."""
        return Sampler(self, sampling)

    def set_threads(self, threads: int) -> None:
        """Change the number of CPU threads."""
        llama_cpp.llama_set_n_threads(self._pointer, threads, threads)

    @property
    def pointer(self) -> Any:
        """llama.cpp's handle."""
        return self._pointer

    def close(self) -> None:
        """Free the context; safe to call twice."""
        if self._pointer is None:
            return
        for index, address in enumerate(self._original_owners):
            self._batch.seq_id[index] = ctypes.cast(address, ctypes.POINTER(ctypes.c_int32))
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._pointer)
        self._pointer = None
        self._logits = None


def needs_new_context(before: EngineConfig, after: EngineConfig) -> bool:
    """Tell whether a running context cannot take on other settings."""
    names = ("n_ctx", "n_ubatch", "n_batch", "n_seq_max", "type_k", "flash_attn_type")
    one, other = context_parameters(before), context_parameters(after)
    return any(getattr(one, name) != getattr(other, name) for name in names)


def context_parameters(config: EngineConfig) -> Any:
    """Return llama.cpp's parameters of a context.

    Args:
        config: How the engine is set up.
    """
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = config.cells
    uses_device = config.gpu_layers != 0 and backend_devices() != "CPU"
    parameters.n_ubatch = ubatch_tokens(config.quantum, config.slots, uses_device=uses_device)
    parameters.n_batch = batch_tokens(config.quantum, config.slots, uses_device=uses_device)
    parameters.n_seq_max = config.slots
    parameters.n_outputs_max = config.slots
    parameters.kv_unified = True
    parameters.n_threads = parameters.n_threads_batch = thread_count(config)
    parameters.type_k = parameters.type_v = KV_TYPES[config.kv_type]
    parameters.flash_attn_type = 1 if config.flash_attention else 0
    parameters.no_perf = True
    return parameters
