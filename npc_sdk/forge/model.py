"""The hybrid model of llama.cpp's architecture ``nemotron_h`` in PyTorch: Mamba-2, attention, MLP.

The mathematics is llama.cpp's: no position encoding, time steps through softplus without a clamp, the gate
before the grouped norm, squared ReLU without a gate, input and output embedding tied.
"""

from __future__ import annotations

from typing import Any

from npc_sdk.forge.extra import needs_forge_extra
from npc_sdk.forge.induction import EMBEDDING_DEVIATION, start_as_lookup, start_with_induction
from npc_sdk.forge.shape import ATTENTION, MAMBA, ModelShape

with needs_forge_extra():
    import torch
    import torch.nn.functional as functional
    from torch import Tensor, nn

CHUNK = 64
# With the embedding above, this keeps the first logits small and lets the copied token's logit stand out.
FINAL_NORM = 0.08


def chunked_scan(x: Tensor, steps: Tensor, rates: Tensor, inputs: Tensor, outputs: Tensor) -> Tensor:
    """Run the state-space recurrence in chunks, exactly, as matrix products.

    Args:
        x: Values, ``[batch, time, heads, width]``; time is a multiple of :data:`CHUNK`.
        steps: Time steps after softplus, ``[batch, time, heads]``.
        rates: Negative decay rate of each head, ``[heads]``.
        inputs: What writes to the state (B), ``[batch, time, groups, state]``.
        outputs: What reads the state (C), same shape.
    """
    batch, time, heads, width = x.shape
    groups, state = inputs.shape[2:]
    chunks, each = time // CHUNK, heads // groups
    kind = x.dtype
    steps = steps.view(batch, chunks, CHUNK, heads).permute(0, 1, 3, 2)
    total = torch.cumsum(steps * rates.view(1, 1, heads, 1), dim=-1)
    x = x.view(batch, chunks, CHUNK, heads, width).permute(0, 1, 3, 2, 4)
    inputs = inputs.view(batch, chunks, CHUNK, groups, state).permute(0, 1, 3, 2, 4)
    outputs = outputs.view(batch, chunks, CHUNK, groups, state).permute(0, 1, 3, 2, 4)

    scores = outputs @ inputs.transpose(-1, -2)
    later = torch.ones(CHUNK, CHUNK, dtype=torch.bool, device=x.device).tril()
    gap = (total[..., :, None] - total[..., None, :]).masked_fill(~later, float("-inf"))
    weights = torch.exp(gap) * steps[..., None, :]
    weights = weights.view(batch, chunks, groups, each, CHUNK, CHUNK) * scores[:, :, :, None]
    near = weights.reshape(batch, chunks, heads, CHUNK, CHUNK).to(kind) @ x

    written = x * (torch.exp(total[..., -1:] - total) * steps)[..., None].to(kind)
    written = written.view(batch, chunks, groups, each, CHUNK, width)
    states = inputs.transpose(-1, -2)[:, :, :, None] @ written
    states = states.reshape(batch, chunks, heads * state * width).float()
    carried = _carry(states.view(batch, chunks, heads, state, width), total[..., -1])
    read = outputs[:, :, :, None] @ carried.view(batch, chunks, groups, each, state, width).to(kind)
    far = read.reshape(batch, chunks, heads, CHUNK, width) * torch.exp(total)[..., None].to(kind)
    return (near + far).permute(0, 1, 3, 2, 4).reshape(batch, time, heads, width)


def _carry(states: Tensor, decays: Tensor) -> Tensor:
    """Return the state at the start of each chunk from what each chunk wrote and how much it decays."""
    chunks = states.shape[1]
    total = torch.cumsum(decays, dim=1)
    before = total - decays
    gap = before.transpose(1, 2)[..., :, None] - total.transpose(1, 2)[..., None, :]
    earlier = torch.ones(chunks, chunks, dtype=torch.bool, device=states.device).tril(-1)
    mix = torch.exp(gap.masked_fill(~earlier, float("-inf")))
    return torch.einsum("bhcz,bzhnp->bchnp", mix, states)


class RootMeanSquareNorm(nn.Module):  # type: ignore[misc]
    """Divide by the root mean square over the last axis, then scale each channel."""

    def __init__(self, width: int, epsilon: float, value: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), value))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Return the normed activations, in the type of the input."""
        wide = x.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)
        return (wide * scale * self.weight).to(x.dtype)


class MambaLayer(nn.Module):  # type: ignore[misc]
    """A Mamba-2 mixer: short convolution, selective state space, gated grouped norm."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        self.input = nn.Linear(shape.width, shape.projected, bias=False)
        self.convolution = nn.Parameter(torch.empty(shape.convolved, shape.convolution))
        self.convolution_bias = nn.Parameter(torch.zeros(shape.convolved))
        self.step_bias = nn.Parameter(torch.empty(shape.ssm_heads))
        self.rate_logarithm = nn.Parameter(torch.empty(shape.ssm_heads))
        self.skip = nn.Parameter(torch.ones(shape.ssm_heads))
        self.norm_weight = nn.Parameter(torch.ones(shape.inner))
        self.output = nn.Linear(shape.inner, shape.width, bias=False)
        self.core = self._core

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's addition to the residual stream, ``[batch, time, width]``."""
        return self.output(self.core(self.input(x)))

    def _core(self, projected: Tensor) -> Tensor:
        shape = self.shape
        batch, time = projected.shape[:2]
        gate, mixed, steps = projected.split([shape.inner, shape.convolved, shape.ssm_heads], dim=-1)
        steps = functional.softplus(steps.float() + self.step_bias)
        mixed = self._convolve(mixed)
        side = shape.groups * shape.state
        x, inputs, outputs = mixed.split([shape.inner, side, side], dim=-1)
        x = x.reshape(batch, time, shape.ssm_heads, shape.ssm_head_width)
        inputs = inputs.reshape(batch, time, shape.groups, shape.state)
        outputs = outputs.reshape(batch, time, shape.groups, shape.state)
        y = chunked_scan(x, steps, -torch.exp(self.rate_logarithm), inputs, outputs)
        y = y + x * self.skip[:, None].to(x.dtype)
        return self._gated_norm(y.reshape(batch, time, shape.inner), gate)

    def _convolve(self, x: Tensor) -> Tensor:
        size = self.shape.convolution
        time = x.shape[1]
        padded = functional.pad(x, (0, 0, size - 1, 0))
        total = self.convolution_bias.float()
        for tap in range(size):
            total = total + padded[:, tap : tap + time] * self.convolution[:, tap]
        return functional.silu(total).to(x.dtype)

    def _gated_norm(self, y: Tensor, gate: Tensor) -> Tensor:
        gated = (y.float() * functional.silu(gate.float())).unflatten(-1, (self.shape.groups, -1))
        scale = torch.rsqrt(gated.square().mean(-1, keepdim=True) + self.shape.epsilon)
        return ((gated * scale).flatten(-2) * self.norm_weight).to(y.dtype)


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return causal attention; on short rows a CPU is three times as fast with it as with the fused operation."""
    if query.device.type != "cpu":
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True, scale=1.0)
    time = query.shape[-2]
    later = torch.full((time, time), float("-inf"), dtype=query.dtype).triu(1)
    return torch.softmax(query @ key.transpose(-1, -2) + later, dim=-1) @ value


class AttentionLayer(nn.Module):  # type: ignore[misc]
    """Causal attention with shared keys and values, without position encoding."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        self.query = nn.Linear(shape.width, shape.heads * shape.head_width, bias=False)
        self.key = nn.Linear(shape.width, shape.key_value_heads * shape.head_width, bias=False)
        self.value = nn.Linear(shape.width, shape.key_value_heads * shape.head_width, bias=False)
        self.output = nn.Linear(shape.heads * shape.head_width, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's addition to the residual stream, ``[batch, time, width]``."""
        shape = self.shape
        each = shape.heads // shape.key_value_heads
        query = self.query(x).unflatten(-1, (shape.heads, shape.head_width)).transpose(1, 2)
        key = self.key(x).unflatten(-1, (shape.key_value_heads, shape.head_width)).transpose(1, 2)
        value = self.value(x).unflatten(-1, (shape.key_value_heads, shape.head_width)).transpose(1, 2)
        key, value = key.repeat_interleave(each, 1), value.repeat_interleave(each, 1)
        return self.output(_attend(query * shape.head_width**-0.5, key, value).transpose(1, 2).flatten(-2))


class FeedForwardLayer(nn.Module):  # type: ignore[misc]
    """Two matrices with a squared ReLU between them."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's addition to the residual stream, ``[batch, time, width]``."""
        return self.down(functional.relu(self.up(x)).square())


class HybridModel(nn.Module):  # type: ignore[misc]
    """A stack of Mamba-2, attention and feed-forward layers with a tied embedding."""

    def __init__(self, shape: ModelShape, *, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.empty(shape.vocabulary, shape.width))
        kinds: dict[str, Any] = {MAMBA: MambaLayer, ATTENTION: AttentionLayer}
        self.layers = nn.ModuleList(kinds.get(letter, FeedForwardLayer)(shape) for letter in shape.pattern)
        self.norms = nn.ModuleList(RootMeanSquareNorm(shape.width, shape.epsilon) for _ in shape.pattern)
        self.final_norm = RootMeanSquareNorm(shape.width, shape.epsilon, FINAL_NORM)
        initialise(self, seed)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the normed last hidden state of each token, ``[batch, time, width]``."""
        time = tokens.shape[1]
        short = -time % CHUNK
        if short:
            tokens = functional.pad(tokens, (0, short))
        x = functional.embedding(tokens, self.embedding)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            x = x + layer(norm(x))
        return self.final_norm(x)[:, :time]

    def logits(self, hidden: Tensor) -> Tensor:
        """Return the scores of every token for hidden states of any leading shape."""
        return functional.linear(hidden, self.embedding)


def initialise(model: HybridModel, seed: int) -> None:
    """Set every weight; the same seed gives the same weights.

    Layers add little to the residual stream at first, and attention starts as a lookup, see :mod:`.induction`.
    """
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        model.embedding.normal_(0.0, EMBEDDING_DEVIATION, generator=random)
        for layer in model.layers:
            _draw_matrices(layer, model.shape, random)
            if isinstance(layer, AttentionLayer):
                start_as_lookup(layer, random)
            elif isinstance(layer, MambaLayer):
                _start_with_spread_memory(layer, random)
        start_with_induction(model, random)


def _draw_matrices(layer: Any, shape: ModelShape, random: Any) -> None:
    quiet = 0.05 / (shape.width * len(shape.pattern)) ** 0.5
    for name, weight in layer.named_parameters():
        if weight.ndim == 2:
            deviation = quiet if name.startswith(("output", "down")) else shape.width**-0.5
            weight.normal_(0.0, deviation, generator=random)


def _start_with_spread_memory(layer: MambaLayer, random: Any) -> None:
    """Give the heads time constants from a few tokens to a few hundred."""
    heads = layer.shape.ssm_heads
    layer.convolution.uniform_(-0.5, 0.5, generator=random)
    layer.convolution[:, -1] += 0.5
    steps = torch.exp(torch.linspace(-6.9, -2.3, heads))
    layer.step_bias.copy_(steps + torch.log(-torch.expm1(-steps)))
    layer.rate_logarithm.copy_(torch.log(torch.linspace(1.0, 8.0, heads)))
