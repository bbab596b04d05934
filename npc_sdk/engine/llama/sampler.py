"""llama.cpp's sampler chain."""

from __future__ import annotations

from typing import Any, Protocol

import llama_cpp

from npc_sdk.engine.request import Sampling


class Outputs(Protocol):
    """The last batch of a context."""

    vocabulary_size: int

    @property
    def pointer(self) -> Any: ...
    def output_index(self, row: int) -> int: ...


class Sampler:
    """llama.cpp's sampler chain for one request; draws in C, one call for each token.

    Not thread safe; owned by the engine thread.
    """

    def __init__(self, context: Outputs, sampling: Sampling) -> None:
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

    def move_to(self, context: Outputs) -> None:
        """Draw from another context of the same model from now on; what was drawn before is remembered."""
        self._context = context

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
