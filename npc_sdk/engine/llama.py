"""llama.cpp through its low-level binding: model, vocabulary, context and sampler, and nothing of scheduling.

The only module, with :mod:`npc_sdk.engine.quantize`, that imports ``llama_cpp``. The facts about memory
semantics (what a fork copies, when a tail can be cut) were checked against llama-cpp-python 0.3.36.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from npc_sdk.engine.decoder import Row
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.engine.request import Sampling
from npc_sdk.errors import BackendError, CapacityError, ModelError, RequestError

KV_TYPES = {
    "f32": llama_cpp.GGML_TYPE_F32,
    "f16": llama_cpp.GGML_TYPE_F16,
    "q8_0": llama_cpp.GGML_TYPE_Q8_0,
    "q4_0": llama_cpp.GGML_TYPE_Q4_0,
}
_LEAD = "\n"  # ends a word in every vocabulary, so that what follows is tokenized as in the middle of a text
PARTIAL = 1  # LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY: the recurrent part alone
_STATE_HEADER_BYTES = 8  # magic and sequence id, before a whole state as before a partial one
SHOWN_CONTROL_TOKENS = frozenset({b"<think>", b"</think>", b"<tool_call>", b"</tool_call>"})


class _Log:
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


_log: _Log | None = None


def _backend() -> _Log:
    global _log
    if _log is None:
        _log = _Log()
        llama_cpp.llama_backend_init()
    return _log


def library_version() -> str:
    """Return the version of llama-cpp-python, which pins llama.cpp."""
    return str(llama_cpp.__version__)


def backend_devices() -> str:
    """Return ``GPU`` when this build can offload layers to one, else ``CPU``."""
    return "GPU" if llama_cpp.llama_supports_gpu_offload() else "CPU"


class LlamaModel:
    """A loaded GGUF file.

    Not thread safe, except for tokenization; owned by the thread that made it.

    Args:
        path: The file.
        gpu_layers: Layers on the GPU; negative is all.
        use_mmap: Whether to map the file instead of reading it.
        vocabulary_only: Whether to skip the weights; only the tokenizer then works.
        on_progress: Called with the share that is loaded, 0 to 1.

    Raises:
        ModelError: The file cannot be loaded.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        gpu_layers: int = 0,
        use_mmap: bool = True,
        vocabulary_only: bool = False,
        on_progress: Callable[[float], None] | None = None,
    ) -> None:
        log = _backend()
        log.clear()
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers if gpu_layers >= 0 else 999
        parameters.load_mode = 1 if use_mmap else 0
        parameters.vocab_only = vocabulary_only
        progress = llama_cpp.llama_progress_callback(lambda share, _: (on_progress or (lambda _: None))(share) or True)
        parameters.progress_callback = progress
        self._pointer = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not self._pointer:
            raise ModelError(
                f"llama.cpp cannot load {path}: {log.tail() or 'no reason given'}.",
                "Check the file with 'npc models info', or download it again.",
                code="model_load_failed",
                path=str(path),
            )
        self.vocabulary = llama_cpp.llama_model_get_vocab(self._pointer)

    @property
    def pointer(self) -> Any:
        """llama.cpp's handle; raises ``BackendError`` after :meth:`close`."""
        if self._pointer is None:
            raise BackendError("The model was closed.", code="model_closed")
        return self._pointer

    @property
    def is_hybrid(self) -> bool:
        """Whether some layers keep a recurrent state, which cannot be cut at will."""
        return bool(llama_cpp.llama_model_is_hybrid(self.pointer) or llama_cpp.llama_model_is_recurrent(self.pointer))

    @property
    def layers(self) -> int:
        """Number of layers, the output layer not counted."""
        return int(llama_cpp.llama_model_n_layer(self.pointer))

    @property
    def trained_context(self) -> int:
        """Context length that the file states."""
        return int(llama_cpp.llama_model_n_ctx_train(self.pointer))

    def metadata(self, key: str) -> str | None:
        """Return a scalar metadata value as text, or None."""
        buffer = ctypes.create_string_buffer(4096)
        length = llama_cpp.llama_model_meta_val_str(self.pointer, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if length >= 0 else None

    def close(self) -> None:
        """Free the model; safe to call twice."""
        if self._pointer is not None:
            llama_cpp.llama_model_free(self._pointer)
            self._pointer = None


class LlamaTokenizer:
    """The vocabulary of a GGUF file as a :class:`npc_sdk.engine.tokenizer.Tokenizer`.

    Safe to call from any thread. It must not outlive the model.

    Args:
        model: The loaded model; ``vocabulary_only`` suffices.
        fingerprint: Names the model file.

    Raises:
        ModelError: The file has no tokenizer.
    """

    def __init__(self, model: LlamaModel, fingerprint: str) -> None:
        self._model = model
        self._vocabulary = model.vocabulary
        self._fingerprint = fingerprint
        if llama_cpp.llama_vocab_type(self._vocabulary) == llama_cpp.LLAMA_VOCAB_TYPE_NONE:
            raise ModelError(
                "The model file has no tokenizer.",
                "Use a GGUF file of a chat model; 'npc models info FILE' shows what it holds.",
                code="model_no_tokenizer",
            )
        self._size = int(llama_cpp.llama_vocab_n_tokens(self._vocabulary))
        self._pieces: list[bytes] | None = None
        self._control = frozenset(
            token for token in range(self._size) if llama_cpp.llama_vocab_is_control(self._vocabulary, token)
        )
        self._special = self._find_special()
        self._lead = self._find_lead()
        tags = [re.escape(self.piece(token).decode("utf-8", "replace")) for token in self._special - self._control]
        self._tags = re.compile("|".join(sorted(tags, key=len, reverse=True))) if tags else None
        self._end = frozenset(
            token
            for token in range(self._size)
            if llama_cpp.llama_vocab_is_eog(self._vocabulary, token)
            or (token in self._control and self.piece(token) not in SHOWN_CONTROL_TOKENS)
        )

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens."""
        return self._size

    @property
    def end_tokens(self) -> frozenset[int]:
        """Tokens that end a generation: the file's own, and every control token that is no tag of a reply."""
        return self._end

    @property
    def control_tokens(self) -> frozenset[int]:
        """Tokens that have a meaning beyond their spelling."""
        return self._control

    @property
    def add_bos(self) -> bool:
        """Whether a prompt starts with ``bos_token``."""
        return bool(llama_cpp.llama_vocab_get_add_bos(self._vocabulary))

    @property
    def bos_token(self) -> int | None:
        """The token that begins a text."""
        token = int(llama_cpp.llama_vocab_bos(self._vocabulary))
        return token if token >= 0 else None

    @property
    def chat_template(self) -> str | None:
        """Jinja2 source of the chat template in the file."""
        template = llama_cpp.llama_model_chat_template(self._model.pointer, None)
        return template.decode("utf-8", "replace") if template else None

    @property
    def fingerprint(self) -> str:
        """Names the model file."""
        return self._fingerprint

    @property
    def pointer(self) -> Any:
        """llama.cpp's handle of the vocabulary."""
        return self._vocabulary

    @property
    def tokenize_address(self) -> int:
        """Address of llama.cpp's C function that tokenizes, for libraries that call it themselves."""
        function = llama_cpp.llama_cpp._lib.llama_tokenize
        return int(ctypes.cast(function, ctypes.c_void_p).value or 0)

    def special_tokens(self) -> frozenset[int]:
        """Return control tokens and user-defined tags; a grammar reaches them by id, never by spelling."""
        return self._special

    def _find_special(self) -> frozenset[int]:
        user_defined = llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
        tags = (
            token
            for token, piece in enumerate(self.pieces())
            if piece.startswith(b"<")
            and piece.endswith(b">")
            and len(piece) > 2
            and llama_cpp.llama_vocab_get_attr(self._vocabulary, token) & user_defined
        )
        return self._control | frozenset(tags)

    def encode(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of a text; see :class:`npc_sdk.engine.tokenizer.Tokenizer`."""
        if special or self._tags is None:
            return self._tokenize(text, special)
        # llama.cpp finds user-defined tags in plain text too; broken after their first character they stay text.
        cuts = [0, *(match.start() + 1 for match in self._tags.finditer(text)), len(text)]
        return [token for cut, end in pairwise(cuts) for token in self._tokenize(text[cut:end], False)]

    def _tokenize(self, text: str, special: bool) -> list[int]:
        if not text:
            return []
        if self._lead is None:
            return self._call_tokenizer(text, special)
        return self._call_tokenizer(_LEAD + text, special)[len(self._lead) :]

    def _find_lead(self) -> list[int] | None:
        """Return the tokens of a text to put in front, for vocabularies that would add a blank of their own."""
        first = self._call_tokenizer("a", False)
        adds_blank = bool(first) and self.piece(first[0]).startswith(b" ")
        return self._call_tokenizer(_LEAD, False) if adds_blank else None

    def _call_tokenizer(self, text: str, special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        buffer = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocabulary, data, len(data), buffer, room, False, special)
        if count < 0:
            raise RequestError("The text cannot be tokenized.", "Shorten it.", code="tokenize_failed")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; control tokens are spelled out."""
        if self._pieces is not None and 0 <= token < self._size:
            return self._pieces[token]
        return self._read_piece(token)

    def pieces(self) -> list[bytes]:
        """Return the bytes of every token; read once."""
        if self._pieces is None:
            self._pieces = [self._read_piece(token) for token in range(self._size)]
        return self._pieces

    def token_id(self, text: str) -> int | None:
        """Return the token whose spelling is the whole text, or None."""
        tokens = self.encode(text, special=True)
        return tokens[0] if len(tokens) == 1 else None

    def _read_piece(self, token: int) -> bytes:
        if not 0 <= token < self._size:
            raise RequestError(f"There is no token {token}.", code="unknown_token", token=token)
        buffer = ctypes.create_string_buffer(256)
        length = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, len(buffer), 0, True)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, len(buffer), 0, True)
        return buffer.raw[:length]


class LlamaContext:
    """One llama.cpp context with many sequences that share their cells.

    Not thread safe; owned by the engine thread. Only :meth:`abort` may be called from elsewhere.

    Args:
        model: The loaded model.
        config: Slots, cells, quantum, threads and cache type.

    Raises:
        CapacityError: The context does not fit the memory.
    """

    def __init__(self, model: LlamaModel, config: EngineConfig) -> None:
        self._model = model
        log = _backend()
        log.clear()
        self._pointer = llama_cpp.llama_init_from_model(model.pointer, _context_parameters(config))
        if not self._pointer:
            raise CapacityError(
                f"llama.cpp cannot make a context of {config.cells} cells and {config.slots} slots: "
                f"{log.tail() or 'no reason given'}.",
                "Lower cells or slots, or free memory.",
                code="context_does_not_fit",
                cells=config.cells,
                slots=config.slots,
            )
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
        self.can_split_state = self.is_hybrid and self._probe_split_state()

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


def _context_parameters(config: EngineConfig) -> Any:
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = config.cells
    parameters.n_ubatch = max(config.quantum, config.slots)
    parameters.n_batch = max(parameters.n_ubatch, config.slots * 16)  # room for forced tokens of every slot
    parameters.n_seq_max = config.slots
    parameters.n_outputs_max = config.slots
    parameters.kv_unified = True
    parameters.n_threads = parameters.n_threads_batch = config.threads
    parameters.type_k = parameters.type_v = KV_TYPES[config.kv_type]
    parameters.flash_attn_type = 1 if config.flash_attention else 0
    parameters.no_perf = True
    return parameters


class Sampler:
    """llama.cpp's sampler chain for one request; draws in C, one call for each token.

    Not thread safe; owned by the engine thread.
    """

    def __init__(self, context: LlamaContext, sampling: Sampling) -> None:
        self._context = context
        parameters = llama_cpp.llama_sampler_chain_default_params()
        parameters.no_perf = True
        self._chain = llama_cpp.llama_sampler_chain_init(parameters)
        self._has_penalty = sampling.repeat_penalty != 1.0
        for part in _sampler_parts(sampling, context.vocabulary_size):
            llama_cpp.llama_sampler_chain_add(self._chain, part)

    def draw(self, row: int) -> int:
        """Draw the next token from the logits of one output row of the last batch, and remember it."""
        index = self._context.output_index(row)
        return int(llama_cpp.llama_sampler_sample(self._chain, self._context.pointer, index))

    def accept(self, token: int) -> None:
        """Remember a token that was not drawn here."""
        if self._has_penalty:
            llama_cpp.llama_sampler_accept(self._chain, token)

    def close(self) -> None:
        """Free the chain; safe to call twice."""
        if self._chain is not None:
            llama_cpp.llama_sampler_free(self._chain)
            self._chain = None


def _sampler_parts(sampling: Sampling, vocabulary_size: int) -> list[Any]:
    parts = []
    if sampling.repeat_penalty != 1.0:
        parts.append(llama_cpp.llama_sampler_init_penalties(vocabulary_size, 64, sampling.repeat_penalty, 0.0, 0.0))
    if sampling.temperature <= 0:
        return [*parts, llama_cpp.llama_sampler_init_greedy()]
    if sampling.top_k > 0:
        parts.append(llama_cpp.llama_sampler_init_top_k(sampling.top_k))
    if sampling.top_p < 1:
        parts.append(llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        parts.append(llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1))
    parts.append(llama_cpp.llama_sampler_init_temp(sampling.temperature))
    parts.append(llama_cpp.llama_sampler_init_dist(sampling.seed & 0xFFFFFFFF))
    return parts
