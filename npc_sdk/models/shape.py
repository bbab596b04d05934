"""The dimensions of a model, and presets of them for synthetic files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final, Literal

from npc_sdk.errors import RequestError

Architecture = Literal["nemotron_h", "llama", "qwen3"]
Quantization = Literal["f32", "f16", "q8_0", "q4_k_m"]

_SMALL_VOCABULARY: Final = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Dimensions of a language model.

    Attributes:
        name: What the model calls itself.
        architecture: ``nemotron_h`` (a hybrid), ``llama`` or ``qwen3`` (attention and feed-forward in each layer).
        pattern: One letter a layer: ``M`` Mamba-2, ``*`` attention, ``-`` feed-forward. The others
            have only ``*``, each with its own feed-forward part.
        hidden: Width of the residual stream.
        feed_forward: Inner width of feed-forward layers.
        heads: Query heads of attention layers.
        kv_heads: Key and value heads.
        head_size: Width of one attention head.
        mamba_heads: Heads of Mamba-2 layers; 0 when there are none.
        mamba_head_size: Width of one of those.
        state_size: Numbers of state for each channel.
        groups: Groups that share B and C.
        convolution: Taps of the causal convolution.
        vocabulary: Number of tokens.
        context: The context length that the file declares.
        tied: Whether the output uses the token embedding.
        pre_tokenizer: Name of the splitting rule, as llama.cpp knows it.
        quantization: The format that :func:`npc_sdk.models.build` uses unless told otherwise.
    """

    name: str
    architecture: Architecture
    pattern: str
    hidden: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_size: int
    mamba_heads: int = 0
    mamba_head_size: int = 0
    state_size: int = 0
    groups: int = 1
    convolution: int = 4
    vocabulary: int
    context: int = 8192
    tied: bool = False
    pre_tokenizer: Literal["pixtral", "qwen2"] = "pixtral"
    quantization: Quantization = "q4_k_m"

    def __post_init__(self) -> None:
        allowed = "M*-" if self.architecture == "nemotron_h" else "*"
        if not self.pattern or set(self.pattern) - set(allowed):
            raise _bad_shape(f"pattern {self.pattern!r} of a {self.architecture} may only hold {allowed!r}")
        for field in ("hidden", "feed_forward", "heads", "kv_heads", "head_size", "groups", "convolution", "context"):
            if getattr(self, field) < 1:
                raise _bad_shape(f"{field} must be at least 1")
        if self.hidden % 32 or self.heads % self.kv_heads:
            raise _bad_shape("hidden must be a multiple of 32, and heads one of kv_heads")
        if "M" in self.pattern and (not self.inner or not self.state_size or self.inner % self.groups):
            raise _bad_shape("Mamba layers need heads, head size, state size and groups that divide them")
        if self.vocabulary < self.special_tokens + 512:
            raise _bad_shape(f"vocabulary must be at least {self.special_tokens + 512}")

    @property
    def inner(self) -> int:
        """Channels of a Mamba-2 layer."""
        return self.mamba_heads * self.mamba_head_size

    @property
    def special_tokens(self) -> int:
        """How many tokens at the start of the vocabulary are not text."""
        return 32 if self.vocabulary < _SMALL_VOCABULARY else 1000


def _bad_shape(cause: str) -> RequestError:
    return RequestError(f"This shape cannot be built: {cause}.", "Change the shape.", code="bad_shape")


_NEMOTRON_4B: Final = Shape(
    name="nemotron-3-nano-4b",
    architecture="nemotron_h",
    pattern="M-M-M-MM-M-M*-M-M*-M-M-M*-M-M-MM*-MMM-M-M-",
    hidden=3136,
    feed_forward=12544,
    heads=40,
    kv_heads=8,
    head_size=128,
    mamba_heads=96,
    mamba_head_size=80,
    state_size=128,
    groups=8,
    vocabulary=131_072,
    context=1_048_576,
)

_MID: Final = Shape(
    name="mid",
    architecture="nemotron_h",
    pattern="M-M-M*-M-M*-M-",
    hidden=512,
    feed_forward=2048,
    heads=8,
    kv_heads=2,
    head_size=64,
    mamba_heads=16,
    mamba_head_size=64,
    state_size=128,
    groups=2,
    vocabulary=131_072,
    context=32_768,
    tied=True,
)

_TINY: Final = Shape(
    name="tiny",
    architecture="nemotron_h",
    pattern="M-M*-M*-",
    hidden=128,
    feed_forward=256,
    heads=2,
    kv_heads=1,
    head_size=64,
    mamba_heads=4,
    mamba_head_size=32,
    state_size=128,
    groups=2,
    vocabulary=4096,
    quantization="f16",
)

_TINY_ATTENTION: Final = Shape(
    name="tiny-attention",
    architecture="llama",
    pattern="***",
    hidden=128,
    feed_forward=256,
    heads=2,
    kv_heads=1,
    head_size=64,
    vocabulary=4096,
    pre_tokenizer="qwen2",
    quantization="f16",
)

_QWEN3_4B: Final = Shape(
    name="qwen3-4b",
    architecture="qwen3",
    pattern="*" * 36,
    hidden=2560,
    feed_forward=9728,
    heads=32,
    kv_heads=8,
    head_size=128,
    vocabulary=151_936,
    context=40_960,
    tied=True,
    pre_tokenizer="qwen2",
)

_QWEN3_2B: Final = replace(
    _QWEN3_4B, name="qwen3-1.7b", pattern="*" * 28, hidden=2048, feed_forward=6144, heads=16, quantization="q8_0"
)

_QWEN3_1B: Final = replace(_QWEN3_2B, name="qwen3-0.6b", hidden=1024, feed_forward=3072)

PRESETS: Final[Mapping[str, Shape]] = {
    shape.name: shape for shape in (_NEMOTRON_4B, _MID, _TINY, _TINY_ATTENTION, _QWEN3_4B, _QWEN3_2B, _QWEN3_1B)
}


def preset(name: str) -> Shape:
    """Return a preset by name.

    Raises:
        RequestError: There is no such preset (code ``unknown_shape``).
    """
    if name in PRESETS:
        return PRESETS[name]
    near = get_close_matches(name, PRESETS, n=3, cutoff=0.4)
    raise RequestError(
        f"There is no shape named {name!r}.",
        f"Use one of: {', '.join(near or PRESETS)}.",
        code="unknown_shape",
        name=name,
        near=near,
    )
