"""What a model file's header says, as plain data and as a table."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from npc_sdk.cli.console import byte_size, output, plain

if TYPE_CHECKING:
    from npc_sdk.models import CatalogEntry, Header

_BLOCK = re.compile(r"blk\.(\d{1,6})\.")


def facts_of(header: Header, entry: CatalogEntry | None) -> dict[str, Any]:
    """Return the facts of a model file as plain data.

    Args:
        header: What was read.
        entry: Its catalog entry, if it has one.

    Raises:
        ModelError: The header contradicts itself.
    """
    problem = _problem(header)
    return {
        "name": header.name,
        "path": str(header.path),
        "bytes": header.file_bytes,
        "is_usable": problem is None,
        "problem": problem,
        "is_synthetic": header.is_synthetic,
        "architecture": header.architecture,
        "parameters": header.parameter_count,
        "quantization": header.quantization,
        "context_tokens": header.context_length,
        "embedding_length": header.embedding_length,
        "vocabulary_tokens": header.vocabulary_size,
        "tokenizer": header.text("tokenizer.ggml.model"),
        "pre_tokenizer": header.text("tokenizer.ggml.pre"),
        "has_chat_template": header.chat_template is not None,
        "dialect": _dialect(header),
        "layers": _layers(header),
        "licence": entry.licence if entry else header.text("general.license"),
        "licence_notice": entry.licence_notice if entry else "",
    }


def _problem(header: Header) -> str | None:
    from npc_sdk.errors import ModelError

    try:
        header.require_usable()
    except ModelError as error:
        return error.cause
    return None


def _dialect(header: Header) -> str:
    from npc_sdk.actions import dialect_for

    return dialect_for(header.chat_template).name


def _layers(header: Header) -> list[dict[str, Any]]:
    kinds = header.layer_kinds
    sizes: Counter[str] = Counter()
    for tensor in header.tensors:
        block = _BLOCK.match(tensor.name)
        is_layer = block is not None and int(block[1]) < len(kinds)
        sizes[kinds[int(block[1])] if is_layer and block else "shared"] += tensor.n_bytes
    counts = Counter[str](kinds)
    return [{"kind": kind, "count": counts.get(kind, 0), "bytes": size} for kind, size in sizes.items()]


def print_facts(facts: dict[str, Any]) -> None:
    """Print facts for people."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, text in _rows(facts):
        table.add_row(name, Text(plain(text)))
    console = output()
    console.print(table)
    if facts["is_synthetic"]:
        console.print("[bold yellow]Random weights: this model is for measuring and cannot talk.[/]")
    if facts["problem"]:
        console.print(Text(f"Characters cannot speak with it: {plain(facts['problem'])}", style="bold red"))


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    layers = [
        f"{layer['count']} {layer['kind']} ({byte_size(layer['bytes'])})" for layer in facts["layers"] if layer["count"]
    ]
    shared = sum(layer["bytes"] for layer in facts["layers"] if not layer["count"])
    template = "yes" if facts["has_chat_template"] else "none; ChatML is used"
    return [
        ("name", facts["name"]),
        ("file", facts["path"]),
        ("size", f"{byte_size(facts['bytes'])} ({facts['bytes']:,} bytes)"),
        ("architecture", facts["architecture"] or "unknown"),
        ("weights", f"{facts['parameters']:,} in {facts['quantization'] or 'an unknown format'}"),
        ("layers", ", ".join(layers) or "none"),
        ("embeddings and output", byte_size(shared)),
        ("context", f"{facts['context_tokens']:,} tokens" if facts["context_tokens"] else "unknown"),
        ("vocabulary", f"{facts['vocabulary_tokens']:,} tokens"),
        ("tokenizer", "/".join(part for part in (facts["tokenizer"], facts["pre_tokenizer"]) if part) or "none"),
        ("chat template", template),
        ("action dialect", facts["dialect"]),
        ("licence", facts["licence"] or "not stated in the file"),
        *([("notice", facts["licence_notice"])] if facts["licence_notice"] else []),
    ]
