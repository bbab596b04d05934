from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from npc_sdk.errors import ModelError
from npc_sdk.models import build, fingerprint, read_header


def test_it_names_the_content_not_the_place(tiny_hybrid_path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other.gguf"
    shutil.copyfile(tiny_hybrid_path, copy)
    assert fingerprint(copy) == fingerprint(tiny_hybrid_path)
    assert len(fingerprint(copy)) == 32


def test_seeds_and_shapes_differ(tiny_hybrid_path: Path, tiny_attention_path: Path, tmp_path: Path) -> None:
    other = build(tmp_path / "other.gguf", "tiny", seed=1)
    assert len({fingerprint(path) for path in (tiny_hybrid_path, tiny_attention_path, other)}) == 3


@pytest.mark.parametrize("place", ["header", "data", "end"])
def test_one_changed_byte(place: str, tiny_hybrid_path: Path, tmp_path: Path) -> None:
    header = read_header(tiny_hybrid_path)
    at = {"header": 200, "data": header.data_offset, "end": header.file_bytes - 1}[place]
    data = bytearray(tiny_hybrid_path.read_bytes())
    data[at] ^= 1
    changed = tmp_path / "changed.gguf"
    changed.write_bytes(data)
    assert fingerprint(changed) != fingerprint(tiny_hybrid_path)


def test_large_files_are_sampled_to_the_last_byte(tmp_path: Path) -> None:
    path = build(tmp_path / "f32.gguf", "tiny", quantization="f32")
    assert read_header(path).file_bytes > 2**22
    before = fingerprint(path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert fingerprint(path) != before


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        fingerprint(tmp_path / "none.gguf")
    assert caught.value.code == "model_missing"
