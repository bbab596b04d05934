"""Muon for the matrices inside the layers, AdamW for the embedding and everything one-dimensional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from npc_sdk.forge.extra import needs_forge_extra
from npc_sdk.forge.model import HybridModel
from npc_sdk.forge.numbers import fastest_type

with needs_forge_extra():
    import torch
    from torch import Tensor

# Coefficients of a quintic whose repeated use brings all singular values near one.
_QUINTIC = (3.4445, -4.7750, 2.0315)


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimizerSettings:
    """Learning rates at full height; the schedule scales all of them.

    A step has some hundred tokens that are learned, so its gradient is mostly noise. The rates may be high only for
    the first million tokens; kept there, they hide nearly all that is learned afterwards.

    Attributes:
        matrix_rate: Muon's. Larger ones, without decay, let the residual stream grow until nothing is learned.
        matrix_decay: Weight decay of the matrices, times the rate.
        iterations: Steps of the orthogonalisation.
    """

    matrix_rate: float = 0.006
    matrix_decay: float = 0.2
    momentum: float = 0.95
    iterations: int = 5
    embedding_rate: float = 0.002
    vector_rate: float = 0.001
    betas: tuple[float, float] = (0.9, 0.98)
    largest_gradient: float = 1.0


class MuonWithAdam:
    """Updates a model. Not thread-safe; owned by the training loop."""

    def __init__(self, model: HybridModel, settings: OptimizerSettings) -> None:
        self._settings = settings
        self._matrices = [p for name, p in model.layers.named_parameters() if _is_matrix(name, p)]
        self._embedding = model.embedding
        taken = {id(p) for p in self._matrices} | {id(model.embedding)}
        self._vectors = [p for p in model.parameters() if id(p) not in taken]
        self._momenta = [torch.zeros_like(p) for p in self._matrices]
        groups = [
            {"params": [model.embedding], "height": settings.embedding_rate},
            {"params": self._vectors, "height": settings.vector_rate},
        ]
        self._adam = torch.optim.AdamW(groups, lr=settings.vector_rate, betas=settings.betas, weight_decay=0.0)

    def step(self, scale: float) -> float:
        """Apply the gradients and clear them; returns their norm over what Adam updates.

        Args:
            scale: Factor on every learning rate, 0 to 1.
        """
        with torch.no_grad():
            norm = self._step_adam(scale)
            self._step_muon(scale)
        self.clear()
        return norm

    def _step_adam(self, scale: float) -> float:
        norm = torch.nn.utils.clip_grad_norm_([self._embedding, *self._vectors], self._settings.largest_gradient)
        for group in self._adam.param_groups:
            group["lr"] = group["height"] * scale
        self._adam.step()
        return float(norm)

    def _step_muon(self, scale: float) -> None:
        settings = self._settings
        rate = settings.matrix_rate * scale
        for matrix, momentum in zip(self._matrices, self._momenta, strict=True):
            momentum.lerp_(matrix.grad, 1 - settings.momentum)
            ahead = matrix.grad.lerp(momentum, settings.momentum)
            height = rate * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
            matrix.mul_(1 - rate * settings.matrix_decay)
            matrix.add_(orthogonalised(ahead, settings.iterations), alpha=-height)

    def clear(self) -> None:
        """Drop the gradients without applying them."""
        for parameter in (*self._matrices, self._embedding, *self._vectors):
            parameter.grad = None

    def state(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return {"momenta": self._momenta, "adam": self._adam.state_dict()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state` returned."""
        for mine, stored in zip(self._momenta, state["momenta"], strict=True):
            mine.copy_(stored)
        self._adam.load_state_dict(state["adam"])


def orthogonalised(gradient: Tensor, iterations: int) -> Tensor:
    """Return the matrix with its singular values brought near one (Newton-Schulz, as exact as bfloat16)."""
    first, third, fifth = _QUINTIC
    x = gradient.to(fastest_type(gradient.device.type))
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = (x / (x.norm() + 1e-7)).contiguous()
    for _ in range(iterations):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=third, alpha=fifth), x, beta=first)
    return (x.T if tall else x).to(gradient.dtype)


def _is_matrix(name: str, parameter: Tensor) -> bool:
    return parameter.ndim == 2 and not name.endswith("convolution")
