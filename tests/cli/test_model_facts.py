from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from npc_sdk.cli.model_facts import facts_of, print_facts
from npc_sdk.models import CATALOG, read_header


def test_every_byte_of_weights_is_counted_once(tiny_hybrid_path: Path) -> None:
    header = read_header(tiny_hybrid_path)
    layers = facts_of(header, None)["layers"]
    assert sum(layer["bytes"] for layer in layers) == sum(tensor.n_bytes for tensor in header.tensors)
    assert {layer["kind"]: layer["count"] for layer in layers} == {"shared": 0, "mamba": 3, "mlp": 3, "attention": 2}


def test_a_catalog_entry_brings_its_licence(tiny_hybrid_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = CATALOG["nemotron-3-nano-4b"]
    facts = facts_of(read_header(tiny_hybrid_path), entry)
    print_facts(facts)
    text = " ".join(capsys.readouterr().out.split())
    assert entry.licence in text and entry.licence_notice in text


def test_a_model_that_cannot_be_run_says_why(tiny_hybrid_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = read_header(tiny_hybrid_path)
    metadata = {**header.metadata, "general.architecture": "clip\x1b"}
    facts = facts_of(replace(header, metadata=metadata), None)
    assert not facts["is_usable"]
    print_facts(facts)
    text = capsys.readouterr().out
    assert "Characters cannot speak with it" in text and "\x1b" not in text
