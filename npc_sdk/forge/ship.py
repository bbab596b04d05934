"""Puts a trained model where the package carries it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import npc_sdk.models
from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.forge.preset import preset
from npc_sdk.forge.storage import replacing

MAX_BYTES: Final = 12 * 1024 * 1024
_LICENCE: Final = "Apache-2.0"


def ship(folder: Path, *, target: Path | None = None, recipe: str | None = None) -> Path:
    """Copy a run's model into the package, with the facts that the package checks before it uses the file.

    Args:
        folder: Folder of a finished training run.
        target: Where to; the ``starter`` folder of this package by default.
        recipe: Number format to ship; the preset's own by default.

    Returns:
        The copied file.

    Raises:
        RequestError: The folder holds no finished run (``no_run``).
        CapacityError: The file is larger than the package may carry (``model_too_large``).
    """
    run = _read_run(folder)
    found = preset(str(run["preset"]["name"]))
    source = folder / f"npc-{found.name}-{recipe or found.shipped}.gguf"
    if not source.is_file():
        raise RequestError(f"There is no {source}.", "Train to the end first.", code="no_run", path=str(source))
    data = source.read_bytes()
    if len(data) > MAX_BYTES:
        raise CapacityError(
            f"{source.name} has {len(data)} bytes; the package carries at most {MAX_BYTES}.",
            "Ship a smaller number format.",
            code="model_too_large",
        )
    target = target or Path(npc_sdk.models.__file__).parent / "starter"
    target.mkdir(parents=True, exist_ok=True)
    facts = {
        "file": source.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": _LICENCE,
        "run": run,
    }
    with replacing(target / "starter.gguf") as partial:
        partial.write_bytes(data)
    with replacing(target / "starter.json") as partial:
        partial.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return target / "starter.gguf"


def _read_run(folder: Path) -> dict[str, Any]:
    try:
        run: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        run["preset"]["name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RequestError(
            f"{folder} holds no finished training run.", "Run 'npc forge train' first.", code="no_run", path=str(folder)
        ) from error
    return run
