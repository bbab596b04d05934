"""Ready-made recipes for a model of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field

from npc_sdk.errors import RequestError
from npc_sdk.forge.producer import ShardPlan
from npc_sdk.forge.shape import ModelShape


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A recipe.

    Attributes:
        shape: Sizes of the model; its vocabulary size is the tokenizer's.
        shards: How the corpus is cut.
        batch_tokens: Tokens of a step.
        tokenizer_conversations: Conversations from which the vocabulary is learned.
        minutes: Training time when none is asked for.
        recipes: Number formats that are written besides F32.
        shipped: The one that is meant to be used.
    """

    name: str
    shape: ModelShape = field(default_factory=ModelShape)
    shards: ShardPlan = field(default_factory=ShardPlan)
    batch_tokens: int = 3072
    tokenizer_conversations: int = 12_000
    minutes: float = 85.0
    recipes: tuple[str, ...] = ("Q8_0", "Q4_K_M", "selective")
    shipped: str = "Q8_0"


_PRESETS = (
    Preset(name="starter", shape=ModelShape(pattern="M*-M*-M*-")),
    Preset(
        name="smoke",
        shape=ModelShape(pattern="M*-", inner=256, ssm_heads=4, state=32, vocabulary=512, feed_forward=256),
        shards=ShardPlan(examples=16, longest=1024, ahead=1),
        batch_tokens=1024,
        tokenizer_conversations=60,
        minutes=0.05,
        recipes=("Q8_0",),
    ),
)


def preset(name: str) -> Preset:
    """Return a recipe by name.

    Raises:
        RequestError: With code ``unknown_preset``.
    """
    for found in _PRESETS:
        if found.name == name:
            return found
    known = ", ".join(found.name for found in _PRESETS)
    raise RequestError(f"There is no preset named {name!r}.", f"Use one of: {known}.", code="unknown_preset")


def preset_names() -> tuple[str, ...]:
    """Return the names of all recipes."""
    return tuple(found.name for found in _PRESETS)
