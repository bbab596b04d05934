"""The number formats that a forged model is shipped in."""

from __future__ import annotations

from pathlib import Path

from npc_sdk.errors import RequestError
from npc_sdk.forge.shape import ATTENTION, MAMBA, ModelShape

RECIPES = ("Q8_0", "Q4_K_M", "selective")
_KEPT = "Q8_0"
_REST = "Q4_K_M"


def selective_overrides(shape: ModelShape) -> dict[str, str]:
    """Return which tensors the selective recipe keeps at higher precision.

    Attention layers and the Mamba layers right before them suffer most from coarse numbers; everything else may
    be small. The embedding, which is also the output, is kept as well.

    Args:
        shape: Says which layers those are.
    """
    kept: set[int] = set()
    last_mamba: int | None = None
    for index, letter in enumerate(shape.pattern):
        if letter == MAMBA:
            last_mamba = index
        elif letter == ATTENTION:
            kept.add(index)
            if last_mamba is not None:
                kept.add(last_mamba)
    layers = {rf"blk\.{index}\.(attn_[qkv]|attn_output|ssm_in|ssm_out)\.weight": _KEPT for index in sorted(kept)}
    return {**layers, r"token_embd\.weight": _KEPT}


def quantize(source: Path, target: Path, recipe: str, shape: ModelShape) -> Path:
    """Write a model file in another number format.

    Args:
        source: The F32 or F16 file.
        target: Where to write.
        recipe: One of :data:`RECIPES`.
        shape: The shape of the model.

    Raises:
        RequestError: For an unknown recipe, with code ``bad_number_format``.
        BackendError: When llama.cpp refuses, with code ``quantize_failed``.
    """
    from npc_sdk.engine.quantize import quantize_file

    if recipe not in RECIPES:
        raise RequestError(
            f"There is no recipe named {recipe!r}.", f"Use one of: {', '.join(RECIPES)}.", code="bad_number_format"
        )
    if recipe == "selective":
        return quantize_file(source, target, _REST, selective_overrides(shape))
    return quantize_file(source, target, recipe)
