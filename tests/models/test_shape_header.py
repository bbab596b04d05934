from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.models import PRESETS, build, preset, read_header
from npc_sdk.models.footprint import FootprintReader, Sizes
from npc_sdk.models.shape_header import shape_header


@pytest.mark.parametrize("name", ["tiny", "tiny-attention"])
def test_it_says_of_sizes_what_the_file_says(name: str, tmp_path: Path) -> None:
    header = read_header(build(tmp_path / "model.gguf", name, is_hollow=True))
    made = shape_header(preset(name))
    assert {tensor.name: (tensor.dimensions, tensor.kind, tensor.n_bytes) for tensor in made.tensors} == {
        tensor.name: (tensor.dimensions, tensor.kind, tensor.n_bytes) for tensor in header.tensors
    }
    assert (made.architecture, made.vocabulary_size) == (header.architecture, header.vocabulary_size)
    assert {key: header.metadata[key] for key in made.metadata if key.startswith(header.architecture)} == {
        key: value for key, value in made.metadata.items() if key.startswith(header.architecture)
    }
    sizes = Sizes(gpu_layers=-1, slots=3, cells=1000, quantum=64)
    assert FootprintReader(made).read(sizes) == FootprintReader(header).read(sizes)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_one(name: str) -> None:
    assert shape_header(preset(name)).file_bytes > 1_000_000


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("nemotron-3-nano-4b", 2_837_072_864),
        ("qwen3-4b", 2_497_280_256),
        ("qwen3-1.7b", 1_834_426_016),
        ("qwen3-0.6b", 639_446_688),
    ],
)
def test_published_files_are_as_large_but_for_their_tokenizer(name: str, published: int) -> None:
    assert 0.985 < shape_header(preset(name)).file_bytes / published < 1.01


def test_the_path_is_what_plans_will_name(tmp_path: Path) -> None:
    assert shape_header(preset("tiny"), path=tmp_path / "x.gguf").path == tmp_path / "x.gguf"
    assert shape_header(preset("tiny")).path == Path("tiny.gguf")
