from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from npc_sdk.forge.model import CHUNK, HybridModel, chunked_scan  # noqa: E402
from npc_sdk.forge.shape import ModelShape  # noqa: E402

SMALL = ModelShape(
    pattern="M*-", width=64, inner=128, ssm_heads=4, groups=2, state=16, head_width=16, feed_forward=64, vocabulary=96
)


def _recurrence(x, steps, rates, inputs, outputs):  # type: ignore[no-untyped-def]
    """The scan as it is defined: one token after the other."""
    batch, time, heads, width = x.shape
    each = heads // inputs.shape[2]
    state = torch.zeros(batch, heads, inputs.shape[3], width)
    found = []
    for now in range(time):
        writes = inputs[:, now].repeat_interleave(each, 1)
        reads = outputs[:, now].repeat_interleave(each, 1)
        kept = torch.exp(steps[:, now] * rates)[..., None, None]
        state = state * kept + writes[..., None] * (x[:, now] * steps[:, now][..., None])[:, :, None]
        found.append((reads[..., None] * state).sum(2))
    return torch.stack(found, 1)


@pytest.mark.parametrize("chunks", [1, 3])
def test_the_chunked_scan_is_the_recurrence(chunks: int) -> None:
    torch.manual_seed(0)
    time, heads = chunks * CHUNK, 4
    values = (
        torch.randn(2, time, heads, 8),
        torch.rand(2, time, heads) * 0.5,
        -torch.rand(heads) - 0.1,
        torch.randn(2, time, 2, 5),
        torch.randn(2, time, 2, 5),
    )
    assert torch.allclose(chunked_scan(*values), _recurrence(*values), atol=1e-4)


def test_later_tokens_do_not_change_earlier_ones() -> None:
    model = HybridModel(SMALL, seed=1)
    tokens = torch.randint(0, SMALL.vocabulary, (1, 2 * CHUNK + 9))
    changed = tokens.clone()
    changed[:, 100:] = (changed[:, 100:] + 1) % SMALL.vocabulary
    with torch.no_grad():
        first, second = model(tokens), model(changed)
    assert torch.allclose(first[:, :100], second[:, :100], atol=1e-5)
    assert not torch.allclose(first[:, 100:], second[:, 100:], atol=1e-3)


def test_rows_of_a_batch_do_not_see_each_other() -> None:
    model = HybridModel(SMALL, seed=1)
    tokens = torch.randint(0, SMALL.vocabulary, (3, CHUNK))
    with torch.no_grad():
        assert torch.allclose(model(tokens)[1:2], model(tokens[1:2]), atol=1e-5)


def test_the_seed_decides_the_weights() -> None:
    same, again, other = (HybridModel(SMALL, seed=seed) for seed in (1, 1, 2))
    for one, two in zip(same.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, two)
    assert not torch.equal(same.embedding, other.embedding)


def test_first_guesses_are_near_uniform() -> None:
    model = HybridModel(ModelShape(), seed=0)
    tokens = torch.randint(0, 4096, (2, CHUNK))
    with torch.no_grad():
        logits = model.logits(model(tokens))
    assert 0.05 < float(logits.std()) < 3.0
