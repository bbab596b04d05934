"""First weights with which a model copies from its prompt before it has learned anything.

Copying takes two steps: know which token stood before each token, and attend to the token whose forerunner is the
present one. Training finds this by itself, but late, and until then nothing that depends on it can be learned. The
first Mamba layer's short convolution can hand on the token before, and an attention layer can look for it, so both
are set up that way. Everything stays free to change.
"""

from __future__ import annotations

from typing import Any

from npc_sdk.forge.extra import needs_forge_extra
from npc_sdk.forge.shape import ATTENTION, MAMBA, ModelShape

with needs_forge_extra():
    import torch
    import torch.nn.functional as functional
    from torch import Tensor

# Attention score of a token whose forerunner fits; others have about a tenth of it.
_SHARPNESS = 10.0
# Channel 0 of the embedding: the same for all tokens, so that a gate can be open for all of them.
_CONSTANT = 1.0
_GATE = 4.0
_HANDED_ON = 0.2
_COPIED = 0.5
# How much of a token the gathering heads write to their state, and how much of the state is gone with each token.
_WRITTEN, _FADED = 0.5, 0.3
# Deviation of the other channels of the embedding.
EMBEDDING_DEVIATION = 0.4


def start_as_lookup(layer: Any, random: Any) -> None:
    """Let an attention layer's queries equal its keys, and its values go through: a token finds its like."""
    shape = layer.shape
    each, size, width = shape.heads // shape.key_value_heads, shape.head_width, shape.width
    for group in range(shape.key_value_heads):
        here = slice(group * size, (group + 1) * size)
        for matrix in (layer.key, layer.value):
            square = torch.empty(width, size).normal_(generator=random)
            matrix.weight[here] = torch.linalg.qr(square)[0].T
        for head in range(group * each, (group + 1) * each):
            rows = slice(head * size, (head + 1) * size)
            layer.query.weight[rows] = layer.key.weight[here] + 0.3 * layer.query.weight[rows]
            layer.output.weight[:, rows] += 0.1 * layer.value.weight[here].T / each


def start_with_induction(model: Any, random: Any) -> None:
    """Let the first Mamba layer hand on what came before, and heads of each attention layer look for its like.

    Does nothing to a shape that has no room for it.
    """
    if not _has_room(model.shape):
        return
    plan = _Plan(model.shape)
    model.embedding[:, 0] = _CONSTANT
    model.embedding[:, plan.tokens.stop :] *= 0.25
    wide = plan.tokens.stop - plan.tokens.start
    forerunner, bag = _orthogonal(wide, plan.size, random), _orthogonal(wide, plan.size // 2, random)
    height = float(model.embedding.square().mean().sqrt())
    first = model.layers[model.shape.pattern.index(MAMBA)]
    _hand_on(first, plan, forerunner, height, into=plan.before, channels=0, tap=-2)
    _hand_on(first, plan, bag, height, into=plan.bag_before, channels=2 * plan.size, tap=-2)
    _hand_on(first, plan, bag, height, into=plan.bag, channels=3 * plan.size, tap=-1)
    _gather(first, height)
    for layer in _attention_layers(model):
        _look_for_forerunner(layer, plan, forerunner, _orthogonal(wide, plan.size, random))
        _look_for_surroundings(layer, plan, bag, _orthogonal(wide, plan.size, random))
    _sharpen(model, random)


class _Plan:
    """Which channels of the residual stream hold what at first."""

    def __init__(self, shape: ModelShape) -> None:
        size = shape.head_width
        end = shape.width
        self.size = size
        self.before = slice(end - size, end)
        self.bag_before = slice(end - size - size // 2, end - size)
        self.bag = slice(end - 2 * size, end - size - size // 2)
        self.tokens = slice(1, end - 2 * size)


def _has_room(shape: ModelShape) -> bool:
    attends = ATTENTION in shape.pattern
    in_order = attends and MAMBA in shape.pattern[: shape.pattern.index(ATTENTION)]
    return in_order and shape.width >= 4 * shape.head_width and _has_heads(shape)


def _has_heads(shape: ModelShape) -> bool:
    enough = shape.ssm_heads // shape.groups >= 4 and shape.key_value_heads >= 2
    return enough and shape.ssm_head_width == shape.head_width


def _attention_layers(model: Any) -> list[Any]:
    return [layer for letter, layer in zip(model.shape.pattern, model.layers, strict=True) if letter == ATTENTION]


def _orthogonal(wide: int, size: int, random: Any) -> Tensor:
    square: Tensor = torch.linalg.qr(torch.empty(wide, size).normal_(generator=random))[0].T
    return square


def _hand_on(layer: Any, plan: _Plan, view: Tensor, height: float, *, into: slice, channels: int, tap: int) -> None:
    """Write a view of a token into channels of the residual stream.

    SiLU bends what passes the convolution; of a value and its negative, each through its own channel, the difference
    is straight again.

    Args:
        layer: The first Mamba layer.
        plan: Where tokens are.
        view: What to see of a token.
        height: Root mean square of the embedding.
        into: Where to write to.
        channels: First of the inner channels to use.
        tap: Which token of the convolution: -1 is the present one, -2 the one before.
    """
    shape, size = layer.shape, len(view)
    project, deviation = layer.input.weight, EMBEDDING_DEVIATION / height
    for first, sign in ((channels, 1.0), (channels + size, -1.0)):
        gate, value = slice(first, first + size), slice(shape.inner + first, shape.inner + first + size)
        project[gate], project[value] = 0.0, 0.0
        project[gate, 0] = _GATE * height / _CONSTANT
        project[value, plan.tokens] = sign * view / deviation
        layer.convolution[gate] = 0.0
        layer.convolution[gate, tap] = 1.0
    out, rows = layer.output.weight, torch.arange(into.start, into.stop)
    out[into] = 0.0
    out[:, channels : channels + 2 * size] = 0.0
    out[rows, channels + torch.arange(size)] = _HANDED_ON
    out[rows, channels + size + torch.arange(size)] = -_HANDED_ON


def _gather(layer: Any, height: float) -> None:
    """Let the third and fourth head sum up the last few tokens, and keep the first two from it."""
    shape = layer.shape
    for side in (0, shape.groups * shape.state):
        rows = slice(2 * shape.inner + side, 2 * shape.inner + side + shape.state)
        taps = slice(shape.inner + side, shape.inner + side + shape.state)
        layer.input.weight[rows] = 0.0
        layer.input.weight[rows, 0] = height / _CONSTANT
        layer.convolution[taps] = 0.0
        layer.convolution[taps, -1] = 2.0 * (_WRITTEN * shape.state) ** -0.5
    layer.input.weight[-shape.ssm_heads :][:4] = 0.0
    steps = torch.tensor([0.001, 0.001, _WRITTEN, _WRITTEN])
    layer.step_bias[:4] = steps + torch.log(-torch.expm1(-steps))
    layer.rate_logarithm[2:4] = torch.log(torch.tensor(_FADED / _WRITTEN))
    layer.skip[2:4] = 0.0


def _look_for_forerunner(layer: Any, plan: _Plan, view: Tensor, copied: Tensor) -> None:
    """Let the first group of heads attend where the token before is the present one."""
    size = plan.size
    layer.key.weight[:size] = 0.0
    layer.key.weight[:size, plan.before] = torch.eye(size)
    layer.value.weight[:size] = 0.0
    layer.value.weight[:size, plan.tokens] = copied
    each = layer.shape.heads // layer.shape.key_value_heads
    for head in range(each):
        rows = slice(head * size, (head + 1) * size)
        layer.query.weight[rows] = 0.0
        layer.query.weight[rows, plan.tokens] = view
        layer.output.weight[:, rows] = 0.0
        layer.output.weight[plan.tokens, rows] = _COPIED * copied.T / each


def _look_for_surroundings(layer: Any, plan: _Plan, bag: Tensor, copied: Tensor) -> None:
    """Let the first head of the second group attend where the last few tokens were like the present ones.

    The other heads of the group go on looking for the present token, with the other half of the keys.
    """
    size, half = plan.size, plan.size // 2
    each = layer.shape.heads // layer.shape.key_value_heads
    keys, head = slice(size, 2 * size), each * size
    layer.key.weight[keys] = 0.0
    layer.key.weight[size : size + half, plan.bag_before] = torch.eye(half)
    layer.key.weight[size + half : 2 * size, plan.tokens] = bag
    layer.value.weight[keys] = 0.0
    layer.value.weight[keys, plan.tokens] = copied
    for number in range(each):
        rows = slice(head + number * size, head + (number + 1) * size)
        layer.query.weight[rows] = 0.0
        layer.output.weight[:, rows] = 0.0
        layer.output.weight[plan.tokens, rows] = (_COPIED if number == 0 else 0.2 * _COPIED) * copied.T
        if number:
            layer.query.weight[rows][half:, plan.tokens] = bag
        else:
            layer.query.weight[rows][:half, plan.bag] = torch.eye(half)


def _sharpen(model: Any, random: Any) -> None:
    """Scale the queries so that what fits has the wanted score in a random text that is repeated."""
    shape, size = model.shape, model.shape.head_width
    each = shape.heads // shape.key_value_heads
    text = torch.randint(0, shape.vocabulary, (2, 64), generator=random)
    tokens = torch.cat((text, text), dim=1)
    x = functional.embedding(tokens, model.embedding)
    for letter, norm, layer in zip(shape.pattern, model.norms, model.layers, strict=True):
        normed = norm(x)
        if letter == ATTENTION:
            for head in range(shape.heads):
                rows, keys = (
                    slice(head * size, (head + 1) * size),
                    slice(head // each * size, (head // each + 1) * size),
                )
                back = 64 if head > each else 63
                query = normed[:, 64:] @ layer.query.weight[rows].T
                key = normed[:, 64 - back : 128 - back] @ layer.key.weight[keys].T
                score = float((query * key).sum(-1).mean()) / size**0.5
                layer.query.weight[rows] *= _SHARPNESS / max(score, 1e-3)
        x = x + layer(normed)
