"""From nothing to model files: corpus, tokenizer, training, export, quantization, checksums."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npc_sdk.forge.preset import Preset, preset
from npc_sdk.forge.progress import ForgeProgress, SilentProgress
from npc_sdk.forge.schedule import Schedule
from npc_sdk.forge.storage import replacing

if TYPE_CHECKING:
    from npc_sdk.forge.base_model import BaseModel

CHECKSUMS = "SHA256SUMS"
RUN_FILE = "run.json"
TOKENIZER_FILE = "tokenizer.json"
DESCRIPTION = (
    "A very small character model, trained from scratch on generated conversations. It speaks templated English, "
    "quotes its card and calls actions; it is no replacement for a large model."
)
# A model that is trained already would first forget at the full rates.
_HEIGHT_ON_A_BASE = 0.5


def train_all(
    *,
    preset_name: str = "starter",
    minutes: float | None = None,
    out: Path,
    seed: int = 1,
    threads: int = 0,
    base: str | Path | None = None,
    progress: ForgeProgress | None = None,
) -> Path:
    """Make a model, going on where an earlier, interrupted call with the same folder stopped.

    Args:
        preset_name: One of :func:`npc_sdk.forge.preset.preset_names`.
        minutes: Training time; the preset's own by default.
        out: Folder of everything that is made.
        seed: The same seed and time give a model of the same quality, not the same bytes.
        threads: CPU processes that share the work; 0 for one a core.
        base: Name or GGUF file of a forged model whose weights and vocabulary to go on from; None begins from
            nothing.
        progress: Hears about it.

    Returns:
        The model file that is meant to be used.

    Raises:
        RequestError: With code ``missing_extra``, ``unknown_preset``, ``other_run`` or ``empty_corpus``.
        ModelError: The base cannot be found, or with code ``not_forged`` when this kit has not made it.
        CapacityError: With code ``disk_full``.
    """
    from npc_sdk.forge.source import TURNS_ON_A_BASE, CorpusSource
    from npc_sdk.forge.train import train

    recipe = preset(preset_name)
    progress = progress or SilentProgress()
    found = None if base is None else _base_model(base)
    if found is not None:
        recipe = replace(recipe, shape=found.shape)
    out.mkdir(parents=True, exist_ok=True)
    prepare(recipe, out, seed, progress, found)
    settings = train_settings(recipe, seed=seed, minutes=minutes, threads=threads, base=found)
    progress.stage(f"training for {settings.minutes:g} minutes")
    source = CorpusSource(seed, out / TOKENIZER_FILE)
    if found is not None:  # it can already copy, and needs no exercises in it
        source = replace(source, drill_shards=0, small_shards=1, turns=TURNS_ON_A_BASE)
    train(settings, source, out, progress=progress)
    return finish(recipe, out, seed=seed, minutes=minutes, threads=threads, base=found, progress=progress)


def _base_model(base: str | Path) -> BaseModel:
    from npc_sdk.forge.base_model import read_base_model
    from npc_sdk.models import resolve_model

    return read_base_model(resolve_model(base).path)


def prepare(recipe: Preset, out: Path, seed: int, progress: ForgeProgress, base: BaseModel | None = None) -> None:
    """Learn the vocabulary or take over that of the base, when the folder has none.

    Raises:
        RequestError: With code ``empty_corpus``.
    """
    from npc_sdk.forge.source import tokenizer_text
    from npc_sdk.forge.tokenizer import train_tokenizer

    path = out / TOKENIZER_FILE
    if path.exists():
        return
    if base is not None:
        tokenizer = base.tokenizer
    else:
        progress.stage(f"learning a vocabulary of {recipe.shape.vocabulary} tokens")
        tokenizer = train_tokenizer(tokenizer_text(seed, recipe.tokenizer_conversations), size=recipe.shape.vocabulary)
    with replacing(path) as partial:
        tokenizer.save(partial)


def train_settings(
    recipe: Preset, *, seed: int, minutes: float | None, threads: int, base: BaseModel | None = None
) -> Any:
    """Return the training settings of a preset."""
    from npc_sdk.forge.train import TrainSettings

    return TrainSettings(
        minutes=recipe.minutes if minutes is None else minutes,
        seed=seed,
        shape=recipe.shape,
        shards=recipe.shards,
        batch_tokens=recipe.batch_tokens,
        threads=threads,
        base=base,
        schedule=Schedule() if base is None else Schedule(height=_HEIGHT_ON_A_BASE),
    )


def finish(
    recipe: Preset,
    out: Path,
    *,
    seed: int = 1,
    minutes: float | None = None,
    threads: int = 0,
    base: BaseModel | None = None,
    progress: ForgeProgress | None = None,
) -> Path:
    """Write the model files of a folder's last checkpoint; also of one that is still being trained.

    Raises:
        RequestError: With code ``no_checkpoint``.
        BackendError: With code ``quantize_failed``.
    """
    from npc_sdk.forge.export import export
    from npc_sdk.forge.quantize import quantize
    from npc_sdk.forge.tokenizer import ForgeTokenizer
    from npc_sdk.forge.train import load_weights

    progress = progress or SilentProgress()
    settings = train_settings(recipe, seed=seed, minutes=minutes, threads=threads, base=base)
    model, position = load_weights(out, settings)
    progress.stage("writing model files")
    weights = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    whole = export(
        out / f"npc-{recipe.name}-F32.gguf",
        weights,
        recipe.shape,
        ForgeTokenizer.load(out / TOKENIZER_FILE),
        name=f"NPC {recipe.name}",
        description=DESCRIPTION,
        metadata={"preset": recipe.name, "seed": seed, "tokens_trained": position.tokens},
    )
    files = [whole]
    for name in recipe.recipes:
        files.append(quantize(whole, out / f"npc-{recipe.name}-{name}.gguf", name, recipe.shape))
    _write_checksums(out, files)
    _write_run(out, recipe, seed, settings.minutes, asdict(position), "" if base is None else base.digest)
    return out / f"npc-{recipe.name}-{recipe.shipped}.gguf"


def _write_checksums(out: Path, files: list[Path]) -> None:
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    with replacing(out / CHECKSUMS) as partial:
        partial.write_text("".join(lines), encoding="utf-8")


def _write_run(out: Path, recipe: Preset, seed: int, minutes: float, position: dict[str, Any], base: str) -> None:
    facts = {"preset": asdict(recipe), "seed": seed, "minutes": minutes, "position": position}
    if base:
        facts["base"] = {"sha256": base}
    with replacing(out / RUN_FILE) as partial:
        partial.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
