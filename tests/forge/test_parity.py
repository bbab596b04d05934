"""PyTorch and llama.cpp must compute the same."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
llama_cpp = pytest.importorskip("llama_cpp")

_KEEP = llama_cpp.llama_log_callback(lambda *_: None)


@pytest.fixture(scope="module")
def loaded(small_model: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    model, tokenizer, path = small_model
    llama_cpp.llama_backend_init()
    llama_cpp.llama_log_set(_KEEP, ctypes.c_void_p(0))
    parameters = llama_cpp.llama_model_default_params()
    parameters.n_gpu_layers = 0
    other = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx, settings.n_threads, settings.n_threads_batch = 256, 1, 1
    settings.type_k = settings.type_v = settings.flash_attn_type = 0
    context = llama_cpp.llama_init_from_model(other, settings)
    yield model, tokenizer, other, context
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(other)


def _llama_logits(context: Any, tokens: list[int], size: int) -> np.ndarray[Any, Any]:
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for index, token in enumerate(tokens):
        batch.token[index], batch.pos[index] = token, index
        batch.n_seq_id[index], batch.seq_id[index][0], batch.logits[index] = 1, 0, 1
    assert llama_cpp.llama_decode(context, batch) == 0
    rows = [llama_cpp.llama_get_logits_ith(context, index) for index in range(len(tokens))]
    found = np.stack([np.ctypeslib.as_array(row, (size,)).copy() for row in rows])
    llama_cpp.llama_batch_free(batch)
    return found


@pytest.mark.parametrize("length", [1, 64, 150])
def test_logits_are_equal(loaded: Any, length: int) -> None:
    model, tokenizer, _, context = loaded
    tokens = torch.randint(0, tokenizer.vocabulary_size, (length,), generator=torch.Generator().manual_seed(length))
    with torch.no_grad():
        expected = model.logits(model(tokens[None]))[0].numpy()
    found = _llama_logits(context, tokens.tolist(), tokenizer.vocabulary_size)
    assert np.abs(found - expected).max() < 1e-3
    assert (found.argmax(1) == expected.argmax(1)).all()


@pytest.mark.parametrize(
    "text",
    [
        "Hello  world \n\n  it's Vorka's 123 ünï\t\tb ",
        "<|im_start|>user\nDon't \r\n go. I'LL!<|im_end|>\n",
        "東京 \U0001f600 e\u0301 <tool_call> <think></think>",
        "",
        " ",
    ],
)
@pytest.mark.parametrize("special", [False, True])
def test_texts_have_the_same_tokens(loaded: Any, text: str, special: bool) -> None:
    _, tokenizer, other, _ = loaded
    data = text.encode()
    room = (llama_cpp.llama_token * (len(data) + 8))()
    vocabulary = llama_cpp.llama_model_get_vocab(other)
    count = llama_cpp.llama_tokenize(vocabulary, data, len(data), room, len(data) + 8, False, special)
    assert list(room[:count]) == tokenizer.encode(text, special=special)
