"""The model file that is evaluated: its facts, and what it cannot do."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from npc_sdk.actions import dialect_for
from npc_sdk.errors import ModelError
from npc_sdk.models import read_header

_CHUNK_BYTES = 1 << 20
_PRESET_KEY = "npc_sdk.preset"


def model_facts(path: Path) -> dict[str, Any]:
    """Return what identifies a model file.

    Raises:
        ModelError: It is no GGUF file, or a broken one.
    """
    header = read_header(path)
    return {
        "name": header.name,
        "file": path.name,
        "bytes": header.file_bytes,
        "sha256": _sha256(path),
        "architecture": header.architecture,
    }


def why_not_talking(path: Path) -> str:
    """Return why no character can speak with a model file, or "" when nothing speaks against it."""
    try:
        read_header(path).require_usable()
    except ModelError as error:
        return error.cause
    return ""


def is_of_this_corpus(path: Path) -> bool:
    """Return whether the forge made a model file."""
    return read_header(path).text(_PRESET_KEY) is not None


def template_notes(path: Path) -> tuple[str, ...]:
    """Return what a model's chat template lacks."""
    template = read_header(path).chat_template
    if template is None:
        return ("The file has no chat template; ChatML is used, and the action format is spelled out in the prompt.",)
    if "tools" not in template:
        name = dialect_for(template).name
        return (f"The chat template knows no actions; their format ({name}) is spelled out in the prompt.",)
    return ()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
