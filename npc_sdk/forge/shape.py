"""The sizes of a hybrid model, and what follows from them; needs no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from npc_sdk.errors import RequestError

MAMBA, ATTENTION, FEED_FORWARD = "M", "*", "-"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelShape:
    """Sizes of a ``nemotron_h`` model.

    Every width that a matrix is quantized along should be a multiple of 256, the block of llama.cpp's K quants.

    Attributes:
        pattern: One letter a layer: ``M`` Mamba-2, ``*`` attention, ``-`` feed-forward.
        width: Size of the residual stream.
        inner: Size of a Mamba-2 layer's inside, shared by its heads.
        context: Tokens that the model is meant to read; it has no position encoding.
    """

    pattern: str = "M-M*-M*-"
    width: int = 256
    inner: int = 512
    ssm_heads: int = 8
    groups: int = 2
    state: int = 64
    convolution: int = 4
    heads: int = 4
    key_value_heads: int = 2
    head_width: int = 64
    feed_forward: int = 768
    vocabulary: int = 4096
    context: int = 2048
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if not self.pattern or set(self.pattern) - {MAMBA, ATTENTION, FEED_FORWARD}:
            raise RequestError(f"The layer pattern {self.pattern!r} has a letter other than M, * and -.")
        divisions = {
            "inner by ssm_heads": (self.inner, self.ssm_heads),
            "inner by groups": (self.inner, self.groups),
            "ssm_heads by groups": (self.ssm_heads, self.groups),
            "heads by key_value_heads": (self.heads, self.key_value_heads),
        }
        for name, (whole, part) in divisions.items():
            if part < 1 or whole % part:
                raise RequestError(f"A model shape must divide {name}, but {whole} / {part} leaves a rest.")

    @property
    def ssm_head_width(self) -> int:
        """Channels of one Mamba-2 head."""
        return self.inner // self.ssm_heads

    @property
    def convolved(self) -> int:
        """Channels that pass the short convolution: x, B and C."""
        return self.inner + 2 * self.groups * self.state

    @property
    def projected(self) -> int:
        """Rows of a Mamba-2 layer's input matrix: z, x, B, C and the time steps."""
        return self.inner + self.convolved + self.ssm_heads

    def to_dict(self) -> dict[str, Any]:
        """Return the shape as plain data."""
        return asdict(self)
