from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from npc_sdk.forge.model import HybridModel
from npc_sdk.forge.shape import ModelShape

SHAPE = ModelShape(pattern="M*-M*-", vocabulary=512)


def _rank_of_the_copy(model: HybridModel) -> float:
    """Return how many other tokens are likelier than the one that a repeated text goes on with; the middle one."""
    random = torch.Generator().manual_seed(1)
    text = torch.randperm(512, generator=random)[:96]
    tokens = torch.cat((text, text))[None]
    with torch.no_grad():
        scores = model.logits(model(tokens))[0, 96:-1]
    right = scores.gather(1, tokens[0, 97:, None])
    return float((scores > right).sum(1).float().median())


def test_a_new_model_can_copy_before_it_has_learned_anything() -> None:
    assert _rank_of_the_copy(HybridModel(SHAPE, seed=1)) <= 5


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other = HybridModel(SHAPE, seed=4), HybridModel(SHAPE, seed=4)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("options", [{"pattern": "*M-"}, {"pattern": "M-"}, {"pattern": "M*", "head_width": 128}])
def test_shapes_without_room_for_it_start_plainly(options: dict[str, object]) -> None:
    model = HybridModel(ModelShape(vocabulary=512, **options), seed=1)  # type: ignore[arg-type]
    assert not torch.equal(model.embedding[:, 0], torch.ones(512))
    assert torch.isfinite(model(torch.arange(64)[None])).all()
