"""The model card of a training run, and the figures in pages that tell of a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from npc_sdk.errors import RequestError
from npc_sdk.forge.evaluation.result import Evaluation
from npc_sdk.forge.storage import replacing

CARD_FILE = "MODEL_CARD.md"
EVALUATION_FILE = "evaluation.json"

_WEAK = 0.9
_EXAMPLES = 3


def save_evaluation(folder: Path, evaluation: Evaluation) -> Path:
    """Keep an evaluation beside the model files of a run.

    Raises:
        CapacityError: The disk is full (``disk_full``).
    """
    path = folder / EVALUATION_FILE
    with replacing(path) as partial:
        partial.write_text(json.dumps(evaluation.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load_evaluation(folder: Path) -> Evaluation | None:
    """Return the evaluation that was kept in a folder, or None when there is none.

    Raises:
        RequestError: It cannot be read (``bad_evaluation``).
    """
    path = folder / EVALUATION_FILE
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(
            f"{path} cannot be read: {error}.", "Evaluate the model again.", code="bad_evaluation"
        ) from error
    return Evaluation.from_dict(data)


def write_model_card(
    folder: Path, evaluation: Evaluation, training: Mapping[str, Any] | None = None, *, recovery: str = ""
) -> Path:
    """Write the card of a model: what it is, how it was made, what it reaches and what it cannot do.

    Args:
        folder: Where the card goes.
        evaluation: Of the file that is meant to be used.
        training: What ``run.json`` of a training run holds; None leaves the recipe out.
        recovery: Table of the other number formats, from :func:`npc_sdk.forge.evaluate.compare`; may be empty.

    Returns:
        The card.

    Raises:
        CapacityError: The disk is full (``disk_full``).
    """
    parts = [
        f"# {evaluation.model.get('name', 'A character model')}",
        _file_text(evaluation),
        *(["## Recipe", _recipe_text(training)] if training else []),
        "## Figures",
        figures_text(evaluation),
        *(["## Number formats", recovery.strip()] if recovery else []),
        "## What it cannot do",
        _weak_text(evaluation),
    ]
    path = folder / CARD_FILE
    with replacing(path) as partial:
        partial.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def figures_text(evaluation: Evaluation) -> str:
    """Return the figures with the settings that they were made with."""
    chosen = evaluation.settings
    how = (
        f"{chosen.get('count')} questions of each promised figure, held-out words and phrasings, seed "
        f"{chosen.get('seed')}, sampling {chosen.get('sampling')}, through the runtime on llama.cpp."
    )
    return f"{how}\n\n{evaluation.markdown().strip()}"


def fill_page(page: Path, part: str, text: str) -> None:
    """Replace what stands between ``<!-- begin PART -->`` and ``<!-- end PART -->`` in a page.

    Args:
        page: A Markdown file.
        part: Name of the part.
        text: What is to stand there.

    Raises:
        RequestError: The page has no such part (``no_such_part``).
        CapacityError: The disk is full (``disk_full``).
    """
    begin, end = f"<!-- begin {part} -->", f"<!-- end {part} -->"
    old = page.read_text(encoding="utf-8")
    head, found, rest = old.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise RequestError(
            f"{page} has no part {part!r}.", f"Write {begin} and {end} where it goes.", code="no_such_part"
        )
    with replacing(page) as partial:
        partial.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}", encoding="utf-8")


def _file_text(evaluation: Evaluation) -> str:
    model = evaluation.model
    rows = [
        ("file", model.get("file")),
        ("architecture", model.get("architecture")),
        ("size", None if model.get("bytes") is None else f"{model['bytes']:,} bytes"),
        ("SHA-256", model.get("sha256")),
    ]
    return "\n".join(f"- {name}: {value}" for name, value in rows if value)


def _recipe_text(training: Mapping[str, Any]) -> str:
    recipe = training.get("preset", {})
    shape = recipe.get("shape", {}) if isinstance(recipe, Mapping) else {}
    position = training.get("position", {})
    rows = [
        ("preset", recipe.get("name") if isinstance(recipe, Mapping) else recipe),
        ("seed", training.get("seed")),
        ("went on from the model with SHA-256", training.get("base", {}).get("sha256")),
        ("training time", f"{training['minutes']:g} minutes" if "minutes" in training else None),
        *((name.replace("_", " "), value) for name, value in position.items()),
        *((f"shape: {name.replace('_', ' ')}", value) for name, value in shape.items()),
    ]
    lines = [f"- {name}: {value}" for name, value in rows if value is not None]
    return "\n".join(["The text was made by the corpus generator from the seed; nothing comes from elsewhere.", *lines])


def _weak_text(evaluation: Evaluation) -> str:
    weak = [each for each in evaluation.figures if each.share is not None and each.share < _WEAK]
    lines = [f"- {each.kind.name.removeprefix('- ')}: right in {100 * (each.share or 0):.0f} %." for each in weak]
    lines.append("- It knows no world but the card, the world file and the conversation.")
    examples = _example_lines(evaluation)
    return "\n".join([*lines, *(["", "Some answers that were wrong:", "", *examples] if examples else [])])


def _example_lines(evaluation: Evaluation) -> list[str]:
    goals = {figure.kind.key for figure in evaluation.figures if figure.kind.goal is not None}
    lines: list[str] = []
    for key in sorted(goals):
        found = [miss for miss in evaluation.misses if miss.key == key and miss.answer]
        lines += [f"- {_quoted(miss.line)} {_quoted(miss.answer)} ({miss.problem})" for miss in found[:_EXAMPLES]]
    return lines


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return f"`{flat}`" if "`" not in flat else f"`` {flat} ``"
