"""What is in the folder of a training run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from npc_sdk.cli.console import byte_size, output, plain
from npc_sdk.errors import RequestError


def read_run(folder: Path) -> dict[str, Any]:
    """Return the facts of a run and its model files.

    Raises:
        RequestError: The folder holds no finished run (``no_run``), or its facts cannot be read (``bad_run``).
    """
    from npc_sdk.forge.pipeline import CHECKSUMS, RUN_FILE

    path = folder / RUN_FILE
    if not path.is_file():
        raise RequestError(
            f"{folder} holds no finished run.", "Name the folder given to npc forge train --out.", code="no_run"
        )
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        pairs = [line.split(maxsplit=1) for line in _lines(folder / CHECKSUMS)]
        sums = {name: digest for digest, name in pairs}
        facts = {"preset": run["preset"]["name"], **{name: run[name] for name in ("seed", "minutes", "position")}}
    except (ValueError, KeyError, TypeError) as error:
        raise RequestError(f"{path} cannot be read: {error!r}.", "Train again.", code="bad_run") from error
    models = [_model(path, sums) for path in sorted(folder.glob("*.gguf"))]
    return {"folder": str(folder), **facts, "models": models, "evaluation": _evaluation(folder)}


def write_card(folder: Path) -> Path:
    """Write the model card of a run from what was kept in its folder.

    Raises:
        RequestError: The run was not evaluated yet (``not_evaluated``), or its files cannot be read.
    """
    from npc_sdk.forge.pipeline import RUN_FILE
    from npc_sdk.forge.report import load_evaluation, write_model_card

    evaluation = load_evaluation(folder)
    if evaluation is None:
        raise RequestError(
            f"{folder} holds no figures.", "Run npc forge evaluate MODEL --into DIR first.", code="not_evaluated"
        )
    return write_model_card(folder, evaluation, json.loads((folder / RUN_FILE).read_text(encoding="utf-8")))


def _evaluation(folder: Path) -> dict[str, Any] | None:
    from npc_sdk.forge.report import load_evaluation

    found = load_evaluation(folder)
    return None if found is None else found.to_dict()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _model(path: Path, sums: dict[str, str]) -> dict[str, Any]:
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": sums.get(path.name)}


def print_run(run: dict[str, Any]) -> None:
    """Print the facts for people."""
    from rich.table import Table

    console = output()
    position = ", ".join(f"{name} {value}" for name, value in run["position"].items())
    console.print(f"preset {run['preset']}, seed {run['seed']}, {run['minutes']:g} minutes; {position}", markup=False)
    table = Table("Model", "Size", "SHA-256", box=None, pad_edge=False)
    for model in run["models"]:
        table.add_row(plain(model["file"]), byte_size(model["bytes"]), model["sha256"] or "")
    console.print(table)
    _print_evaluation(run["evaluation"])


def _print_evaluation(data: dict[str, Any] | None) -> None:
    from npc_sdk.forge.evaluate import Evaluation
    from npc_sdk.forge.evaluate import table as figures_table

    if data is None:
        output().print("Not evaluated yet: npc forge evaluate MODEL --into DIR", markup=False)
        return
    output().print(figures_table(Evaluation.from_dict(data)))
