"""What a developer would write first: llama-cpp-python's high-level class, one character after the other."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import llama_cpp


class NaiveModel:
    """One ``llama_cpp.Llama`` that is asked in turn.

    Args:
        path: The model.
        cells: Context size.
        threads: CPU threads.
    """

    def __init__(self, path: str, *, cells: int, threads: int) -> None:
        self._llama = llama_cpp.Llama(
            path, n_ctx=cells, n_threads=threads, n_threads_batch=threads, n_batch=512, flash_attn=True, verbose=False
        )

    def first_token_ms(self, prompt: Sequence[int]) -> float:
        """Return the time until the first token of a reply."""
        started = perf_counter()
        next(iter(self._llama.generate(list(prompt), temp=0.0)))
        return (perf_counter() - started) * 1000

    def close(self) -> None:
        """Free the model."""
        self._llama.close()
