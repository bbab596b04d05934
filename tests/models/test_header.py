from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npc_sdk.errors import ModelError
from npc_sdk.models import MetadataArray, read_header
from npc_sdk.models.header import Header


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key: str, kind: int, payload: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + payload


def gguf(*entries: bytes, tensors: tuple[bytes, ...] = (), version: int = 3, data: bytes = b"") -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries)) + b"".join(entries) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + data


def tensor(name: str, dimensions: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, kind, offset)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(data)
    return path


def code_of(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_everything(path)
    assert caught.value.cause and caught.value.next_step
    return caught.value.code


def read_everything(path: Path) -> Header:
    header = read_header(path, arrays=("tokenizer.ggml.tokens", "tokenizer.ggml.token_type"))
    for name in ("architecture", "name", "context_length", "embedding_length", "vocabulary_size", "quantization"):
        getattr(header, name)
    assert header.block_count == len(header.layer_kinds)
    assert header.parameter_count >= 0
    header.require_usable()
    return header


class TestRealFiles:
    def test_hybrid(self, tiny_hybrid_path: Path) -> None:
        header = read_header(tiny_hybrid_path)
        assert header.version == 3
        assert header.architecture == "nemotron_h"
        assert header.name == "tiny (synthetic, random weights)"
        assert header.is_synthetic
        assert (header.block_count, header.context_length, header.embedding_length) == (8, 8192, 128)
        assert header.vocabulary_size == 4096
        assert header.has_tokenizer
        assert header.chat_template is not None and "<|im_start|>" in header.chat_template
        assert header.quantization == "F16"
        letters = {"mamba": "M", "attention": "*", "mlp": "-"}
        assert "".join(letters[kind] for kind in header.layer_kinds) == "M-M*-M*-"
        assert header.per_layer("attention.head_count_kv") == (0, 0, 0, 1, 0, 0, 1, 0)
        assert header.per_layer("attention.head_count") == (2,) * 8
        assert header.file_bytes == tiny_hybrid_path.stat().st_size

    def test_attention_only(self, tiny_attention_path: Path) -> None:
        header = read_header(tiny_attention_path)
        assert header.architecture == "llama"
        assert header.layer_kinds == ("attention",) * 3
        header.require_usable()

    def test_tensors_fill_the_file(self, tiny_hybrid_path: Path) -> None:
        header = read_header(tiny_hybrid_path)
        assert header.tensors[0].offset == header.data_offset
        assert header.data_offset % header.alignment == 0
        last = header.tensors[-1]
        assert 0 <= header.file_bytes - (last.offset + last.n_bytes) < header.alignment
        embedding = header.tensors[0]
        assert (embedding.name, embedding.dimensions, embedding.kind.name) == ("token_embd.weight", (128, 4096), "F16")
        assert embedding.n_bytes == 2 * 128 * 4096

    def test_long_lists_are_read_when_asked_for(self, tiny_hybrid_path: Path) -> None:
        key = "tokenizer.ggml.tokens"
        short = read_header(tiny_hybrid_path).metadata[key]
        assert short == MetadataArray(length=4096, values=None)
        long = read_header(tiny_hybrid_path, arrays=[key]).metadata[key]
        assert isinstance(long, MetadataArray) and long.values is not None
        assert long.values[11] == "<|im_end|>"


class TestValues:
    def test_every_kind(self, tmp_path: Path) -> None:
        numbers = "BbHhIif?"
        entries = [entry(f"n{kind}", kind, struct.pack("<" + letter, 1)) for kind, letter in enumerate(numbers)]
        entries.append(entry("text", 8, text("fünf")))
        entries.append(entry("list", 9, struct.pack("<IQ3h", 3, 3, -1, 0, 1)))
        entries.append(entry("words", 9, struct.pack("<IQ", 8, 2) + text("a") + text("b")))
        entries += [entry("n10", 10, struct.pack("<Q", 2**63)), entry("n11", 11, struct.pack("<q", -5))]
        entries.append(entry("n12", 12, struct.pack("<d", 0.5)))
        header = read_header(write(tmp_path, gguf(*entries)))
        assert [header.metadata[f"n{kind}"] for kind in range(8)] == [1, 1, 1, 1, 1, 1, 1.0, True]
        assert header.metadata["n10"] == 2**63
        assert header.metadata["n11"] == -5
        assert header.metadata["n12"] == 0.5
        assert header.text("text") == "fünf"
        assert header.metadata["list"] == MetadataArray(length=3, values=(-1, 0, 1))
        assert header.metadata["words"] == MetadataArray(length=2, values=None)
        assert header.text("n10") is None and header.integer("text", 7) == 7

    def test_long_number_list_is_skipped(self, tmp_path: Path) -> None:
        data = gguf(entry("long", 9, struct.pack("<IQ", 0, 5000) + bytes(5000)), entry("after", 4, bytes(4)))
        path = write(tmp_path, data)
        assert read_header(path).metadata == {"long": MetadataArray(length=5000, values=None), "after": 0}
        long = read_header(path, arrays=["long"]).metadata["long"]
        assert long == MetadataArray(length=5000, values=(0,) * 5000)

    def test_quantization_without_a_label_is_the_commonest(self, tmp_path: Path) -> None:
        tensors = (tensor("a", (32,)), tensor("b", (256, 4), kind=12, offset=128))
        header = read_header(write(tmp_path, gguf(tensors=tensors, data=bytes(1024))))
        assert header.quantization == "Q4_K"
        assert header.parameter_count == 32 + 1024

    def test_layer_list_of_wrong_length(self, tmp_path: Path) -> None:
        entries = (
            entry("general.architecture", 8, text("nemotron_h")),
            entry("nemotron_h.block_count", 4, struct.pack("<I", 2)),
            entry("nemotron_h.feed_forward_length", 9, struct.pack("<IQI", 4, 1, 8)),
        )
        path = write(
            tmp_path, gguf(*entries, tensors=(tensor("a", (8,)), tensor("b", (8,), offset=32)), data=bytes(64))
        )
        with pytest.raises(ModelError, match="feed_forward_length") as caught:
            _ = read_header(path).layer_kinds
        assert caught.value.code == "model_malformed"


class TestBadFiles:
    def test_missing(self, tmp_path: Path) -> None:
        assert code_of(tmp_path / "none.gguf") == "model_missing"

    def test_folder(self, tmp_path: Path) -> None:
        assert code_of(tmp_path) == "model_unreadable"

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "model_truncated"),
            (b"GG", "model_truncated"),
            (b"GGUF\x03\0\0\0", "model_truncated"),
            (b"PK\x03\x04 something else", "model_not_gguf"),
            (b"version https://git-lfs.github.com/spec/v1", "model_not_gguf"),
            (b"GGUF\0\0\0\x03" + bytes(16), "model_byte_order"),
            (b"GGUF\x01\0\0\0" + bytes(16), "model_version"),
            (b"GGUF\x09\0\0\0" + bytes(16), "model_version"),
            (gguf(), "model_unknown_architecture"),
            (gguf(entry("general.architecture", 8, text("clip"))), "model_unknown_architecture"),
            (gguf(entry("general.architecture", 8, text("llama"))), "model_no_tokenizer"),
        ],
    )
    def test_foreign(self, tmp_path: Path, data: bytes, code: str) -> None:
        assert code_of(write(tmp_path, data)) == code

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "model_malformed"),
            (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "model_malformed"),
            (b"GGUF" + struct.pack("<IQQ", 3, 60_000, 0), "model_truncated"),
            (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62), "model_truncated"),
            (gguf(entry("k", 13, bytes(8))), "model_malformed"),
            (gguf(entry("k", 9, struct.pack("<IQ", 9, 1))), "model_malformed"),
            (gguf(entry("k", 9, struct.pack("<IQ", 8, 2**61))), "model_truncated"),
            (gguf(entry("k", 9, struct.pack("<IQ", 10, 2**61))), "model_truncated"),
            (gguf(entry("k", 9, struct.pack("<IQQ", 8, 1, 2**63))), "model_truncated"),
            (gguf(entry("k", 4, bytes(4)), entry("k", 4, bytes(4))), "model_malformed"),
            (gguf(entry("general.alignment", 4, struct.pack("<I", 33))), "model_malformed"),
            (gguf(tensors=(tensor("t", (8,) * 5),), data=bytes(4096)), "model_malformed"),
            (gguf(tensors=(tensor("t", (2**40,) * 4),)), "model_truncated"),
            (gguf(tensors=(tensor("t", (0,)),)), "model_malformed"),
            (gguf(tensors=(tensor("t", (8,), kind=999),), data=bytes(32)), "model_malformed"),
            (gguf(tensors=(tensor("t", (33,), kind=8),), data=bytes(64)), "model_malformed"),
            (gguf(tensors=(tensor("t", (8,), offset=1),), data=bytes(64)), "model_malformed"),
            (gguf(tensors=(tensor("t", (8,)),), data=bytes(31)), "model_truncated"),
            (gguf(tensors=(tensor("t", (8,)), tensor("t", (8,))), data=bytes(64)), "model_malformed"),
        ],
    )
    def test_hostile(self, tmp_path: Path, data: bytes, code: str) -> None:
        with pytest.raises(ModelError) as caught:
            read_header(write(tmp_path, data))
        assert caught.value.code == code

    def test_untrue_number_of_layers(self, tmp_path: Path) -> None:
        entries = (
            entry("general.architecture", 8, text("llama")),
            entry("llama.block_count", 4, struct.pack("<I", 2**32 - 1)),
        )
        assert code_of(write(tmp_path, gguf(*entries))) == "model_malformed"

    def test_a_huge_sparse_file_of_empty_strings_is_refused_quickly(self, tmp_path: Path) -> None:
        path = write(tmp_path, gguf(entry("k", 9, struct.pack("<IQ", 8, 2**27))))
        with open(path, "ab") as file:
            file.truncate(2**31)
        started = time.perf_counter()
        with pytest.raises(ModelError) as caught:
            read_header(path)
        assert caught.value.code == "model_malformed"
        assert time.perf_counter() - started < 2.0


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_gives_a_model_error_or_a_header(data: st.DataObject, tiny_hybrid_path: Path, tmp_path: Path) -> None:
    whole = tiny_hybrid_path.read_bytes()
    interesting = st.integers(0, 2000) | st.integers(0, len(whole) - 1)
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4))):
        damaged[data.draw(interesting)] = data.draw(st.integers(0, 255))
    end = data.draw(st.none() | interesting)
    path = write(tmp_path, bytes(damaged[:end]))
    try:
        read_everything(path)
    except ModelError as error:
        assert error.code.startswith("model_")


@settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(end=st.floats(0, 1, exclude_max=True))
def test_every_truncation_is_noticed(end: float, tiny_attention_path: Path, tmp_path: Path) -> None:
    header = read_header(tiny_attention_path)
    last = header.tensors[-1]
    whole = tiny_attention_path.read_bytes()[: last.offset + last.n_bytes]
    path = write(tmp_path, whole[: int(end * len(whole))])
    assert code_of(path) == "model_truncated"
