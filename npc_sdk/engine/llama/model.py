"""A loaded GGUF file."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp

from npc_sdk.engine.llama.backend import backend_log, device_bytes, no_devices
from npc_sdk.errors import BackendError, ModelError


class LlamaModel:
    """A loaded GGUF file.

    Not thread safe, except for tokenization; owned by the thread that made it.

    Args:
        path: The file.
        gpu_layers: Layers on the GPU; negative is all, and with 0 the GPU is not touched at all.
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
        log = backend_log()
        log.clear()
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers if gpu_layers >= 0 else 999
        parameters.load_mode = 1 if use_mmap else 0
        parameters.vocab_only = vocabulary_only
        self._no_devices = no_devices()
        if gpu_layers == 0 or vocabulary_only:
            parameters.devices = ctypes.addressof(self._no_devices)
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
        self.device_bytes = device_bytes(log.buffers())
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
