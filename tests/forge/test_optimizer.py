from __future__ import annotations

from copy import deepcopy

import pytest

torch = pytest.importorskip("torch")

from npc_sdk.forge.model import HybridModel  # noqa: E402
from npc_sdk.forge.optimizer import MuonWithAdam, OptimizerSettings, orthogonalised  # noqa: E402
from npc_sdk.forge.shape import ModelShape  # noqa: E402

SMALL = ModelShape(
    pattern="M*-", width=64, inner=128, ssm_heads=4, groups=2, state=16, head_width=16, feed_forward=64, vocabulary=96
)


@pytest.mark.parametrize("size", [(32, 32), (16, 64), (64, 16)])
def test_singular_values_come_near_one(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(size), 6))
    assert 0.5 < float(values.min()) and float(values.max()) < 1.4


def _gradients(model: HybridModel) -> None:
    hidden = model(torch.arange(64)[None] % 96)
    model.logits(hidden).square().mean().backward()


def test_a_step_changes_every_weight_and_clears_the_gradients() -> None:
    model = HybridModel(SMALL)
    before = {name: value.clone() for name, value in model.named_parameters()}
    optimizer = MuonWithAdam(model, OptimizerSettings())
    _gradients(model)
    assert optimizer.step(1.0) > 0
    for name, value in model.named_parameters():
        assert value.grad is None
        assert not torch.equal(value, before[name]), name


def test_a_restored_optimizer_goes_on_equally() -> None:
    models = [HybridModel(SMALL), HybridModel(SMALL)]
    optimizers = [MuonWithAdam(model, OptimizerSettings()) for model in models]
    _gradients(models[0])
    optimizers[0].step(1.0)
    models[1].load_state_dict(models[0].state_dict())
    optimizers[1].load_state(deepcopy(optimizers[0].state()))
    for model, optimizer in zip(models, optimizers, strict=True):
        _gradients(model)
        optimizer.step(0.5)
    for one, two in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(one, two)
