"""What a developer would write first: llama-cpp-python's high-level class, one character after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

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


class NaiveChat:
    """One ``llama_cpp.Llama`` with its chat interface, everything else at its default.

    Not thread safe.

    Args:
        path: The model.
        cells: Context size.
        threads: CPU threads for speaking and reading; None leaves llama-cpp-python's defaults.
        seed: Start of its random numbers.

    Attributes:
        threads: CPU threads for speaking, and for reading.
    """

    def __init__(self, path: str, *, cells: int, threads: int | None, seed: int) -> None:
        self._llama = llama_cpp.Llama(
            path, n_ctx=cells, n_threads=threads, n_threads_batch=threads, seed=seed, verbose=False
        )
        self.threads: tuple[int, int] = (self._llama.n_threads, self._llama.n_threads_batch)

    def answer(self, messages: Sequence[dict[str, str]], *, tokens: int) -> Iterator[str]:
        """Yield an answer as it is made.

        Args:
            messages: The conversation: ``role`` and ``content`` of each.
            tokens: Most tokens of it.
        """
        parts: Any = self._llama.create_chat_completion(list(messages), max_tokens=tokens, stream=True)
        for part in parts:
            text = part["choices"][0]["delta"].get("content")
            if text is not None:
                yield text

    def close(self) -> None:
        """Free the model."""
        self._llama.close()
