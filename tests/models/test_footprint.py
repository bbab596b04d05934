"""Sizes worked out from headers are those that llama.cpp reports."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.errors import ModelError
from npc_sdk.models import footprint as module
from npc_sdk.models import preset
from npc_sdk.models.footprint import (
    KV_TYPES,
    FootprintReader,
    ModelBytes,
    Sizes,
    attention_bytes,
    batch_tokens,
    context_shape,
    padded_cells,
    recurrent_bytes,
    ubatch_tokens,
)
from npc_sdk.models.header import Header
from npc_sdk.models.shape_header import shape_header

MIB = 1 << 20

# What llama.cpp reported with a stand-in for a CUDA device, which follows CUDA's alignment, padding and rules of
# taking over: model, layers on it, quantum, slots, cells, cache, fused; weights, caches and compute buffer on both.
REPORTED = [
    ("tiny", 9, 64, 2, 4096, "f16", True, (2375296, 2536448, 1147136), (1048576, 0, 591168)),
    ("tiny", 9, 16, 4, 2048, "q8_0", True, (2375296, 1437696, 694784), (1048576, 0, 115072)),
    ("tiny", 9, 128, 3, 1000, "f32", False, (2375296, 1707520, 1873792), (1048576, 0, 728192)),
    ("tiny", 7, 64, 2, 4096, "f16", True, (1999104, 2390016, 1277056), (1424480, 146432, 1209664)),
    ("tiny", 7, 16, 4, 2048, "q8_0", True, (1999104, 1144832, 692096), (1424480, 292864, 586368)),
    ("tiny", 7, 128, 3, 1000, "f32", False, (1999104, 1487872, 2062592), (1424480, 219648, 1912480)),
    ("tiny", 4, 64, 2, 4096, "f16", True, (1524096, 1195008, 1703936), (1899200, 1341440, 1209664)),
    ("tiny", 4, 16, 4, 2048, "q8_0", True, (1524096, 572416, 902272), (1899200, 864256, 586368)),
    ("tiny", 4, 128, 3, 1000, "f32", False, (1524096, 743936, 2373120), (1899200, 963584, 1912480)),
    ("tiny", 1, 64, 2, 4096, "f16", True, (1049088, 0, 1703936), (2373920, 2536448, 1209664)),
    ("tiny-attention", 4, 64, 2, 4096, "f16", True, (1936896, 3145728, 820608), (1048576, 0, 591392)),
    ("tiny-attention", 4, 16, 4, 2048, "q8_0", True, (1936896, 838656, 655872), (1048576, 0, 115104)),
    ("tiny-attention", 4, 128, 3, 1000, "f32", False, (1936896, 1572864, 1917312), (1048576, 0, 728704)),
    ("tiny-attention", 2, 64, 2, 4096, "f16", True, (1345024, 1048576, 1671424), (1640448, 2097152, 591392)),
    ("tiny-attention", 2, 16, 4, 2048, "q8_0", True, (1345024, 279552, 655872), (1640448, 557056, 172448)),
    ("tiny-attention", 2, 128, 3, 1000, "f32", False, (1345024, 524288, 2407040), (1640448, 1048576, 728704)),
    ("tiny-attention", 1, 16, 4, 2048, "q8_0", True, (1049088, 0, 67584), (1936384, 835584, 172448)),
]


def _header(name: str = "tiny") -> Header:
    return shape_header(preset(name))


def _parts(found: ModelBytes) -> tuple[int, int, int]:
    return found.weights, found.attention + found.recurrent, found.compute


@pytest.mark.parametrize("case", REPORTED, ids=lambda case: "-".join(str(part) for part in case[:7]))
def test_both_sides_of_a_split_model(case: tuple[str, int, int, int, int, str, bool, object, object]) -> None:
    name, layers, quantum, slots, cells, kv_type, is_fused, on_device, on_host = case
    sizes = Sizes(
        gpu_layers=layers, slots=slots, cells=cells, quantum=quantum, kv_type=kv_type, flash_attention=is_fused
    )
    device, host = FootprintReader(_header(name)).read(sizes)
    assert (_parts(device), _parts(host)) == (on_device, on_host)


def test_the_4b_is_as_measured() -> None:
    header = _header("nemotron-3-nano-4b")
    assert attention_bytes(header, 4096, "f16") == 16_384 * 4096
    assert recurrent_bytes(header) == 85_026_816
    device, host = FootprintReader(header).read(Sizes(gpu_layers=-1, slots=2, cells=4000, quantum=128))
    assert device.weights // MIB == 2428 and host.weights == 282_591_232
    assert device.attention == 64 * MIB and device.recurrent == 2 * 85_026_816
    assert host.output == 2 * 131_072 * 4


def test_quantized_caches_are_smaller() -> None:
    header = _header("tiny-attention")
    sizes = {kv_type: attention_bytes(header, 256, kv_type) for kv_type in KV_TYPES}
    assert sizes["f32"] == 2 * sizes["f16"]
    assert sizes["q8_0"] == sizes["f16"] * 34 // 64 and sizes["q4_0"] == sizes["f16"] * 18 // 64


def test_attention_alone_has_no_recurrent_state() -> None:
    assert recurrent_bytes(_header("tiny-attention")) == 0


@pytest.mark.parametrize(("cells", "padded"), [(1, 256), (256, 256), (257, 512), (4096, 4096)])
def test_cells_are_padded(cells: int, padded: int) -> None:
    assert padded_cells(cells) == padded


@pytest.mark.parametrize(
    ("quantum", "slots", "uses_device", "ubatch", "batch"),
    [(128, 4, True, 128, 128), (128, 4, False, 64, 128), (16, 4, False, 16, 64), (32, 100, False, 100, 1600)],
)
def test_batches(quantum: int, slots: int, uses_device: bool, ubatch: int, batch: int) -> None:
    assert ubatch_tokens(quantum, slots, uses_device=uses_device) == ubatch
    assert batch_tokens(quantum, slots, uses_device=uses_device) == batch


def test_a_context_is_no_larger_than_its_cells() -> None:
    context = context_shape(Sizes(gpu_layers=0, slots=2, cells=50, quantum=64), uses_device=False)
    assert (context.ubatch, context.cells, context.outputs) == (50, 256, 2)


def test_layers_are_counted_with_the_output() -> None:
    reader = FootprintReader(_header())
    assert reader.layers == 9
    assert [reader.device_layers(count) for count in (-1, 0, 5, 99)] == [9, 0, 5, 9]
    sizes = Sizes(gpu_layers=-1, slots=1, cells=256, quantum=32)
    assert sum(reader.layer_bytes()) == reader.read(sizes)[0].weights
    assert reader.is_exact


def test_more_layers_on_the_device_leave_fewer_on_the_host() -> None:
    reader = FootprintReader(_header("mid"))
    stored = [
        reader.stored_bytes(Sizes(gpu_layers=count, slots=2, cells=1024, quantum=32)) for count in range(reader.layers)
    ]
    assert [device for device, _ in stored] == sorted(device for device, _ in stored)
    assert [host for _, host in stored] == sorted((host for _, host in stored), reverse=True)


def test_a_tied_embedding_is_there_twice_when_the_device_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.platform, "machine", lambda: "x86_64")
    reader = FootprintReader(_header("mid"))
    embedding = next(tensor.n_bytes for tensor in reader.header.tensors if tensor.name == "token_embd.weight")
    (_, alone), (device, host) = (
        reader.read(Sizes(gpu_layers=count, slots=1, cells=256, quantum=32)) for count in (0, 1)
    )
    assert device.weights > embedding and host.weights + device.weights - alone.weights == pytest.approx(
        embedding, abs=4096
    )
    monkeypatch.setattr(module.platform, "machine", lambda: "aarch64")
    on_arm = FootprintReader(_header("mid")).read(Sizes(gpu_layers=0, slots=1, cells=256, quantum=32))[1]
    assert on_arm.weights == alone.weights + embedding  # reordered for the CPU, and read in its old order as well


def test_figures_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = FootprintReader(_header())
    sizes = Sizes(gpu_layers=0, slots=1, cells=256, quantum=32)
    first = reader.read(sizes)
    monkeypatch.setattr(module, "compute_bytes", None)
    assert reader.read(replace(sizes, kv_type="f16")) == first


def test_metadata_that_is_missing_counts_as_nothing() -> None:
    header = replace(_header(), metadata={"general.architecture": "nemotron_h", "nemotron_h.block_count": 8})
    assert attention_bytes(header, 256, "f16") == 0 and recurrent_bytes(header) == 0


@settings(max_examples=60)
@given(data=st.data(), name=st.sampled_from(["tiny", "tiny-attention"]))
def test_no_header_is_too_strange(data: st.DataObject, name: str) -> None:
    """Whatever a file says and leaves out, there is an answer or an error that names the file."""
    header = _header(name)
    architecture = data.draw(st.sampled_from(["llama", "nemotron_h", "jamba", "rwkv7", "qwen35", ""]))
    strange = st.sampled_from([0, 1, 7, 2.5, "x"])
    metadata = {
        key.replace(header.architecture, architecture): data.draw(st.one_of(st.just(value), strange))
        for key, value in header.metadata.items()
        if data.draw(st.integers(0, 5))
    }
    tensors = tuple(tensor for tensor in header.tensors if data.draw(st.integers(0, 9)))
    changed = replace(header, metadata={**metadata, "general.architecture": architecture}, tensors=tensors)
    layers = data.draw(st.integers(-1, 9))
    try:
        device, host = FootprintReader(changed).read(Sizes(gpu_layers=layers, slots=2, cells=300, quantum=40))
    except ModelError as error:
        assert str(header.path) in str(error)
        return
    assert device.total >= 0 and host.total > 0
