from __future__ import annotations

import ctypes
import dataclasses
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
import llama_cpp
import numpy as np
import pytest

from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.models import build, chat_template, preset, read_header

PROMPT = "<|im_start|>user\nWho goes there?<|im_end|>\n<|im_start|>assistant\n<think></think>"


@llama_cpp.llama_log_callback
def _silent(level: int, text: bytes, user_data: Any) -> None:
    del level, text, user_data


@contextmanager
def loaded(path: Path) -> Iterator[tuple[Any, Any]]:
    llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
    assert model
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_threads, params.n_threads_batch = 256, 64, 1, 1
    context = llama_cpp.llama_init_from_model(model, params)
    assert context
    try:
        yield model, context
    finally:
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(model)


def tokenize(model: Any, text: str) -> list[int]:
    data = text.encode()
    tokens = (llama_cpp.llama_token * 512)()
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    return list(tokens[: llama_cpp.llama_tokenize(vocabulary, data, len(data), tokens, 512, False, True)])


def decode(model: Any, context: Any, tokens: list[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
    array = (llama_cpp.llama_token * len(tokens))(*tokens)
    assert llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) == 0
    size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), shape=(size,)).copy()


def check_decodes(path: Path, vocabulary: int = 4096) -> list[int]:
    with loaded(path) as (model, context):
        logits = decode(model, context, tokenize(model, PROMPT))
        said = []
        for _ in range(16):
            assert logits.shape == (vocabulary,)
            assert np.isfinite(logits).all()
            assert 1.5 < logits.std() < 6.0
            said.append(int(logits.argmax()))
            logits = decode(model, context, said[-1:])
        assert len(set(said)) > 8
        return said


def test_hybrid_decodes(tiny_hybrid_path: Path) -> None:
    check_decodes(tiny_hybrid_path)
    with loaded(tiny_hybrid_path) as (model, _):
        assert llama_cpp.llama_model_is_hybrid(model)


def test_attention_decodes(tiny_attention_path: Path) -> None:
    check_decodes(tiny_attention_path)
    with loaded(tiny_attention_path) as (model, _):
        assert not llama_cpp.llama_model_is_hybrid(model)


@pytest.mark.parametrize("quantization", ["f32", "q8_0", "q4_k_m"])
@pytest.mark.parametrize("name", ["tiny", "tiny-attention"])
def test_other_formats_decode(name: str, quantization: Any, tmp_path: Path) -> None:
    path = build(tmp_path / "model.gguf", name, quantization=quantization)
    assert read_header(path).quantization == quantization.upper()
    check_decodes(path)


def test_k_formats_and_a_tied_output_decode(tmp_path: Path) -> None:
    shape = dataclasses.replace(
        preset("tiny"), hidden=256, feed_forward=512, tied=True, mamba_heads=8, pattern="M-*M-", quantization="q4_k_m"
    )
    path = build(tmp_path / "model.gguf", shape)
    assert {"Q4_K", "Q6_K", "F32"} <= {tensor.kind.name for tensor in read_header(path).tensors}
    check_decodes(path)


def test_words_and_markers_are_single_tokens(tiny_hybrid_path: Path, tiny_attention_path: Path) -> None:
    for path in (tiny_hybrid_path, tiny_attention_path):
        with loaded(path) as (model, _):
            assert tokenize(model, "<|im_start|><think></think><tool_call><|im_end|>") == [10, 12, 13, 14, 11]
            assert len(tokenize(model, " the goblin at the gate")) == 5
            vocabulary = llama_cpp.llama_model_get_vocab(model)
            assert llama_cpp.llama_vocab_is_eog(vocabulary, 11)


def test_control_tokens_are_hardly_ever_said(tiny_hybrid_path: Path) -> None:
    with loaded(tiny_hybrid_path) as (model, context):
        logits = decode(model, context, tokenize(model, PROMPT))
        assert np.abs(logits[:32]).max() < 2.0 < logits.max() / 2


def test_a_seed_is_a_file(tmp_path: Path) -> None:
    one, same, other = (build(tmp_path / f"{n}.gguf", "tiny", seed=s).read_bytes() for n, s in enumerate((5, 5, 6)))
    assert one == same != other


def test_progress_and_nothing_left_behind(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    build(tmp_path / "deep" / "model.gguf", "tiny", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 3_000_000
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model.gguf"]


def test_a_failed_build_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"before")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(path, "tiny", progress=stop)
    assert path.read_bytes() == b"before"
    assert [*tmp_path.iterdir()] == [path]


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(CapacityError) as caught:
        build(tmp_path / "model.gguf", "tiny")
    assert caught.value.code == "disk_full"


def test_unknown_format_and_missing_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestError, match="q4_k_m"):
        build(tmp_path / "model.gguf", "tiny", quantization="q3_k")  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(RequestError) as caught:
        build(tmp_path / "model.gguf", "tiny")
    assert caught.value.code == "missing_extra"
    assert "npc-sdk[bench]" in caught.value.next_step


class TestChatTemplate:
    def render(self, *messages: dict[str, Any], **variables: Any) -> str:
        return (
            jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
            .from_string(chat_template())
            .render(messages=list(messages), **variables)
        )

    def test_a_conversation(self) -> None:
        text = self.render(
            {"role": "system", "content": "You are Mira."},
            {"role": "user", "content": "Hello."},
            {"role": "assistant", "content": "Well met."},
            {"role": "user", "content": "Who are you?"},
            add_generation_prompt=True,
            enable_thinking=False,
        )
        assert text == (
            "<|im_start|>system\nYou are Mira.<|im_end|>\n<|im_start|>user\nHello.<|im_end|>\n"
            "<|im_start|>assistant\n<think></think>Well met.<|im_end|>\n<|im_start|>user\nWho are you?<|im_end|>\n"
            "<|im_start|>assistant\n<think></think>"
        )

    def test_thinking(self) -> None:
        user = {"role": "user", "content": "Hello."}
        said = {"role": "assistant", "content": "Well met.", "reasoning_content": "A guest."}
        assert self.render(user, add_generation_prompt=True).endswith("<|im_start|>assistant\n<think>\n")
        assert "<think>\nA guest.\n</think>\nWell met.<|im_end|>" in self.render(user, said)
        assert "assistant\n<think></think>Well met.<|im_end|>" in self.render(user, said, user)

    def test_no_system_message(self) -> None:
        assert self.render({"role": "user", "content": "Hi"}).startswith("<|im_start|>system\n<|im_end|>\n")

    @pytest.mark.parametrize(("speech", "lead"), [("Take this!", "Take this!\n"), ("", "")])
    def test_calls_and_results(self, speech: str, lead: str) -> None:
        call = {"function": {"name": "attack", "arguments": {"target": "goblin", "power": 3}}}
        text = self.render(
            {"role": "user", "content": "Go"},
            {"role": "assistant", "content": speech, "tool_calls": [call]},
            {"role": "tool", "content": "hit"},
        )
        assert text.endswith(
            f"<|im_start|>assistant\n<think></think>{lead}<tool_call>\n<function=attack>\n<parameter=target>\ngoblin\n"
            "</parameter>\n<parameter=power>\n3\n</parameter>\n</function>\n</tool_call><|im_end|>\n"
            "<|im_start|>user\n<tool_response>\nhit\n</tool_response><|im_end|>\n"
        )

    def test_tools(self) -> None:
        tool = {
            "type": "function",
            "function": {
                "name": "attack",
                "description": "Strike.",
                "parameters": {
                    "type": "object",
                    "properties": {"style": {"type": "string", "enum": ["quick", "heavy"]}},
                    "required": ["style"],
                },
            },
        }
        text = self.render({"role": "system", "content": "You are Mira."}, tools=[tool])
        assert text.startswith("<|im_start|>system\nYou are Mira.\n\n# Tools\n\n")
        assert (
            "<tools>\n<function>\n<name>attack</name>\n<description>Strike.</description>\n<parameters>\n<parameter>\n"
            '<name>style</name>\n<type>string</type>\n<enum>["quick", "heavy"]</enum>\n</parameter>\n'
            '<required>["style"]</required>\n</parameters>\n</function>\n</tools>'
        ) in text


@pytest.mark.parametrize("name", ["tiny", "tiny-attention"])
def test_a_hollow_file_is_as_long_and_says_the_same(name: str, tmp_path: Path) -> None:
    whole, hollow = build(tmp_path / "whole.gguf", name), build(tmp_path / "hollow.gguf", name, is_hollow=True)
    assert whole.stat().st_size == hollow.stat().st_size
    one, other = read_header(whole), read_header(hollow)
    assert (one.metadata, one.tensors) == (other.metadata, other.tensors)
    if hasattr(os.stat_result, "st_blocks"):
        assert hollow.stat().st_blocks < whole.stat().st_blocks
