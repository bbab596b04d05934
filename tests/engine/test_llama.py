"""llama.cpp through the binding: the memory rules that the engine builds on, as this version keeps them."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest
from numpy.typing import NDArray
from reference import MARGIN, config

from npc_sdk.engine.llama import LlamaContext, LlamaModel, LlamaTokenizer
from npc_sdk.engine.request import Sampling
from npc_sdk.errors import BackendError, CapacityError, ModelError, RequestError

PROMPT = [50 + 7 * n % 900 for n in range(60)]


@pytest.fixture(scope="module", params=["hybrid", "attention"])
def model(request: pytest.FixtureRequest, tiny_hybrid_path: Path, tiny_attention_path: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(tiny_hybrid_path if request.param == "hybrid" else tiny_attention_path)
    yield model
    model.close()
    model.close()


@pytest.fixture
def context(model: LlamaModel, tiny_hybrid_path: Path) -> Iterator[LlamaContext]:
    context = LlamaContext(model, config(tiny_hybrid_path, quantum=128))
    yield context
    context.close()
    context.close()


@pytest.fixture(scope="module")
def tokenizer(model: LlamaModel) -> LlamaTokenizer:
    return LlamaTokenizer(model, "print")


def read(context: LlamaContext, sequence: int, tokens: list[int]) -> NDArray[np.float32]:
    """Read tokens at the end of a sequence and return the logits after them."""
    assert context.decode([(sequence, tokens, context.length(sequence), True)]) == 0
    return context.logits(1)[0].copy()


def near(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    return float(np.abs(first - second).max()) < MARGIN


def test_pieces_and_bytes_of_a_batch_agree_with_one_read(context: LlamaContext) -> None:
    whole = read(context, 0, PROMPT)
    for token in PROMPT:
        last = read(context, 1, [token])
    assert near(whole, last)
    assert not near(whole, read(context, 2, PROMPT[:-1]))


def test_rows_come_in_the_order_of_the_batch(context: LlamaContext) -> None:
    alone = [read(context, 0, PROMPT[: 10 + index]) for index in range(3) if context.remove(0)]
    context.remove(0)
    rows = [(2 - index, PROMPT[: 10 + index], 0, True) for index in range(3)]
    assert context.decode([rows[0], (3, PROMPT[:5], 0, False), *rows[1:]]) == 0
    logits = context.logits(3)
    assert all(near(logits[index], alone[index]) for index in range(3))


def test_a_fork_is_exact_and_independent(context: LlamaContext) -> None:
    read(context, 0, PROMPT)
    context.fork(0, 1)
    assert context.length(1) == len(PROMPT)
    first, second = read(context, 1, [60, 61]), read(context, 0, [60, 61])
    assert near(first, second)
    context.remove(0)
    assert near(read(context, 1, [70]), read(context, 2, [*PROMPT, 60, 61, 70]))


def test_a_tail_is_cut_only_without_recurrent_layers(context: LlamaContext) -> None:
    read(context, 0, PROMPT)
    assert context.remove(0, 40) != context.is_hybrid
    if context.is_hybrid:
        assert context.length(0) == len(PROMPT)
    else:
        assert near(read(context, 0, [9]), read(context, 1, [*PROMPT[:40], 9]))


def test_a_state_moves_to_another_sequence(context: LlamaContext) -> None:
    read(context, 0, PROMPT)
    data = context.read_state(0)
    assert len(data) == context.state_bytes(0)
    assert context.write_state(2, data) and context.length(2) == len(PROMPT)
    assert near(read(context, 2, [9]), read(context, 0, [9]))


def test_a_state_is_written_over_another(context: LlamaContext) -> None:
    read(context, 0, PROMPT)
    data = context.read_state(0)
    read(context, 1, [300, 301])
    assert context.write_state(1, data) and context.length(1) == len(PROMPT)
    assert near(read(context, 1, [9]), read(context, 0, [9]))


def test_a_state_that_is_cut_off_is_refused_and_leaves_nothing(context: LlamaContext) -> None:
    read(context, 0, PROMPT)
    data = context.read_state(0)
    assert not context.write_state(1, data[:-10])
    assert context.length(1) == 0
    assert near(read(context, 1, PROMPT), read(context, 2, PROMPT))


def test_the_recurrent_part_is_the_end_of_a_state(context: LlamaContext) -> None:
    """So that a parked state can be brought back over attention cells that are still live."""
    if not context.is_hybrid:
        assert not context.can_split_state and context.recurrent_bytes() == 0
        return
    assert context.can_split_state
    read(context, 0, PROMPT)
    data = context.read_state(0)
    read(context, 0, [80, 81, 82])
    context.fork(0, 1)
    assert context.write_recurrent(1, memoryview(data))
    assert context.remove(1, len(PROMPT)) and context.length(1) == len(PROMPT)
    restored, donor = read(context, 1, [9]), read(context, 0, [9])
    assert near(restored, read(context, 2, [*PROMPT, 9]))
    assert near(donor, read(context, 3, [*PROMPT, 80, 81, 82, 9]))


def test_a_full_context_says_so_and_goes_on(model: LlamaModel, tiny_hybrid_path: Path) -> None:
    context = LlamaContext(model, config(tiny_hybrid_path, cells=256, quantum=128))
    tokens = (PROMPT * 3)[:128]
    assert context.decode([(0, tokens, 0, False)]) == 0
    assert context.decode([(1, tokens[:120], 0, False)]) == 0
    assert context.decode([(2, tokens[:60], 0, False)]) == 1
    context.remove(2)
    context.remove(1)
    assert near(read(context, 3, PROMPT), read(context, 2, PROMPT))
    context.close()


def test_a_batch_is_aborted_from_another_thread(model: LlamaModel, tiny_hybrid_path: Path) -> None:
    context = LlamaContext(model, config(tiny_hybrid_path, cells=8192, quantum=3000))
    tokens = (PROMPT * 100)[:3000]
    started = time.perf_counter()
    assert context.decode([(0, tokens, 0, False)]) == 0
    whole_s = time.perf_counter() - started
    context.remove(0)
    timer = threading.Timer(whole_s / 8, context.abort)
    timer.start()
    assert context.decode([(0, tokens, 0, False)]) == 2
    timer.join()
    context.clear_abort()
    context.remove(0)
    assert near(read(context, 0, PROMPT), read(context, 1, PROMPT))
    context.close()


def test_a_mask_in_the_logits_binds_the_sampler(context: LlamaContext) -> None:
    read(context, 0, PROMPT)
    for sampling in (Sampling(repeat_penalty=1.1), Sampling(temperature=2.0, top_k=0, top_p=1.0, min_p=0.0, seed=3)):
        row = context.logits(1)[0]
        row[:] = -np.inf
        row[[77, 78]] = 1.0
        sampler = context.sampler(sampling)
        assert {sampler.draw(0) for _ in range(20)} <= {77, 78}
        sampler.close()
        sampler.close()


def test_a_seed_decides(context: LlamaContext) -> None:
    read(context, 0, PROMPT)
    drawn = []
    for seed in (1, 1, 2):
        sampler = context.sampler(Sampling(temperature=3.0, top_k=0, top_p=1.0, min_p=0.0, seed=seed))
        drawn.append([sampler.draw(0) for _ in range(10)])
        sampler.close()
    assert drawn[0] == drawn[1] != drawn[2]


def test_greedy_is_the_best(context: LlamaContext) -> None:
    logits = read(context, 0, PROMPT)
    sampler = context.sampler(Sampling(temperature=0.0))
    assert sampler.draw(0) == int(logits.argmax())
    sampler.close()


def test_a_penalty_counts_what_was_accepted(context: LlamaContext) -> None:
    logits = read(context, 0, PROMPT)
    sampler = context.sampler(Sampling(temperature=0.0, repeat_penalty=50.0))
    sampler.accept(int(logits.argmax()))
    assert sampler.draw(0) != int(logits.argmax())
    sampler.close()


def test_a_closed_model_is_typed(tiny_hybrid_path: Path) -> None:
    model = LlamaModel(tiny_hybrid_path)
    assert model.metadata("general.architecture") == "nemotron_h" and model.metadata("no.such.key") is None
    assert model.layers == 8 and model.trained_context > 0
    model.close()
    with pytest.raises(BackendError):
        _ = model.pointer


def test_a_missing_file_carries_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        LlamaModel(tmp_path / "none.gguf")
    assert caught.value.code == "model_load_failed" and "none.gguf" in caught.value.cause


def test_more_slots_than_llama_cpp_has_are_refused(model: LlamaModel, tiny_hybrid_path: Path) -> None:
    with pytest.raises(CapacityError) as caught:
        LlamaContext(model, config(tiny_hybrid_path, slots=257, cells=512))
    assert caught.value.code == "context_does_not_fit"


@pytest.mark.parametrize("text", ["A guard.", "Zoë 🐉\n\ttabs", "", "<|im_end|>", "<tool_call>x</tool_call>", "\0"])
def test_text_comes_back_and_stays_text(tokenizer: LlamaTokenizer, text: str) -> None:
    tokens = tokenizer.encode(text, special=False)
    assert b"".join(tokenizer.piece(token) for token in tokens).decode() == text
    assert not set(tokens) & tokenizer.control_tokens


def test_tags_are_tokens_only_where_they_are_trusted(tokenizer: LlamaTokenizer) -> None:
    end = tokenizer.token_id("<|im_end|>")
    assert end is not None and tokenizer.encode("<|im_end|>", special=True) == [end]
    assert end in tokenizer.end_tokens and end in tokenizer.control_tokens
    call = tokenizer.token_id("<tool_call>")
    assert call in tokenizer.special_tokens() and call not in tokenizer.end_tokens
    assert tokenizer.token_id("two words of it") is None


def test_a_megabyte_of_text_is_tokenized(tokenizer: LlamaTokenizer) -> None:
    text = "Let me through, please. " * 43_000
    tokens = tokenizer.encode(text, special=False)
    assert sum(len(tokenizer.piece(token)) for token in tokens) == len(text)


def test_a_lone_surrogate_is_replaced(tokenizer: LlamaTokenizer) -> None:
    assert tokenizer.encode("\ud800", special=False) == tokenizer.encode("?", special=False)


@pytest.mark.parametrize("token", [-1, 10**6])
def test_a_token_that_does_not_exist_is_typed(model: LlamaModel, token: int) -> None:
    with pytest.raises(RequestError):
        LlamaTokenizer(model, "print").piece(token)


def test_the_tokenizer_describes_itself(tokenizer: LlamaTokenizer) -> None:
    assert tokenizer.fingerprint == "print" and tokenizer.vocabulary_size == len(tokenizer.pieces()) == 4096
    assert tokenizer.chat_template and "im_start" in tokenizer.chat_template
    assert isinstance(tokenizer.add_bos, bool) and (tokenizer.bos_token is None or tokenizer.bos_token >= 0)


@pytest.mark.parametrize(
    ("gpu_layers", "vocabulary_only", "is_hidden"), [(0, False, True), (3, False, False), (3, True, True)]
)
def test_without_layers_on_it_the_gpu_is_hidden(
    gpu_layers: int,
    vocabulary_only: bool,
    is_hidden: bool,
    tiny_hybrid_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[list[int | None]] = []

    def load(_path: bytes, parameters: Any) -> None:
        is_set = bool(parameters.devices)
        seen.append(list((ctypes.c_void_p * 1).from_address(parameters.devices)) if is_set else [])

    monkeypatch.setattr(llama_cpp, "llama_model_load_from_file", load)
    with pytest.raises(ModelError):
        LlamaModel(tiny_hybrid_path, gpu_layers=gpu_layers, vocabulary_only=vocabulary_only)
    assert seen == ([[None]] if is_hidden else [[]])
