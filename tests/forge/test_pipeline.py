from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

for _package in ("torch", "tokenizers", "gguf", "llama_cpp"):
    pytest.importorskip(_package)

from npc_sdk.errors import RequestError  # noqa: E402
from npc_sdk.forge.pipeline import CHECKSUMS, train_all  # noqa: E402


class Stages:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def stage(self, text: str) -> None:
        self.texts.append(text)

    def report(self, report: object) -> None:
        pass


def test_a_model_is_made_from_nothing_and_made_again_without_work(tmp_path: Path) -> None:
    stages = Stages()
    shipped = train_all(preset_name="smoke", minutes=0.02, out=tmp_path, seed=1, threads=1, progress=stages)
    assert [text.split()[0] for text in stages.texts] == ["learning", "training", "writing"]
    assert shipped.name == "npc-smoke-Q8_0.gguf" and shipped.exists()
    for line in (tmp_path / CHECKSUMS).read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    before = shipped.read_bytes()
    assert train_all(preset_name="smoke", minutes=0.02, out=tmp_path, seed=1, threads=1).read_bytes() == before


def test_an_unknown_preset_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RequestError):
        train_all(preset_name="none", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
