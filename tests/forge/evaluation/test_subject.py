from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from npc_sdk.errors import ModelError
from npc_sdk.forge.evaluation.subject import is_of_this_corpus, model_facts, template_notes, why_not_talking


def write(path: Path, architecture: str, **texts: str) -> Path:
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(path, architecture)
    for key, text in texts.items():
        writer.add_string(key.replace("__", "."), text)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_file_is_identified(tiny_hybrid_path: Path) -> None:
    facts = model_facts(tiny_hybrid_path)
    assert facts["architecture"] == "nemotron_h" and facts["file"] == "tiny.gguf"
    assert facts["sha256"] == hashlib.sha256(tiny_hybrid_path.read_bytes()).hexdigest()
    assert why_not_talking(tiny_hybrid_path) == "" and template_notes(tiny_hybrid_path) == ()


def test_what_a_file_lacks_is_told(tmp_path: Path) -> None:
    assert "bert" in why_not_talking(write(tmp_path / "bert.gguf", "bert"))
    assert "tokenizer" in why_not_talking(write(tmp_path / "bare.gguf", "llama"))
    assert "no chat template" in template_notes(write(tmp_path / "plain.gguf", "llama"))[0]
    plain = write(tmp_path / "template.gguf", "llama", tokenizer__chat_template="{{ messages }}")
    assert "knows no actions" in template_notes(plain)[0]


def test_a_model_of_the_forge_says_so(tmp_path: Path) -> None:
    assert is_of_this_corpus(write(tmp_path / "own.gguf", "nemotron_h", npc_sdk__preset="starter"))
    assert not is_of_this_corpus(write(tmp_path / "other.gguf", "llama"))


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_text("no")
    with pytest.raises(ModelError):
        model_facts(path)
