from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from npc_sdk.errors import BackendError  # noqa: E402
from npc_sdk.forge.examples import Example, Shard  # noqa: E402
from npc_sdk.forge.gradient import Gradient, ParallelGradient  # noqa: E402
from npc_sdk.forge.model import HybridModel  # noqa: E402
from npc_sdk.forge.shape import ModelShape  # noqa: E402

SHAPE = ModelShape(
    pattern="M*-", width=64, inner=128, ssm_heads=4, groups=2, state=16, head_width=16, feed_forward=64, vocabulary=64
)
SHARD = Shard.of([Example(list(range(n, n + 20)), [False, True] * 10, f"kind{n}") for n in range(1, 5)])
BATCHES = [SHARD.batch([0, 1]), SHARD.batch([2, 3])]


def test_two_processes_find_the_gradient_of_one() -> None:
    one, two = HybridModel(SHAPE, seed=1), HybridModel(SHAPE, seed=1)
    alone = Gradient(one)
    losses = [alone.add(batch, 40) for batch in BATCHES]
    parallel = ParallelGradient(two, processes=2)
    try:
        found = parallel.add(BATCHES)
        for first, second in zip(one.parameters(), two.parameters(), strict=True):
            assert torch.allclose(first.grad, second.grad, atol=1e-3)
        with torch.no_grad():
            two.embedding.mul_(0.5)
        assert parallel.add(BATCHES)[1] != found[1]
    finally:
        parallel.close()
    for mine, theirs in zip(losses, found, strict=True):
        assert mine.keys() == theirs.keys()
        for kind in mine:
            assert mine[kind] == pytest.approx(theirs[kind], rel=0.02)


def test_losses_are_told_by_kind_with_their_counts() -> None:
    losses = Gradient(HybridModel(SHAPE)).add(BATCHES[0], 20)
    assert {SHARD.kind_names[kind]: count for kind, (_, count) in losses.items()} == {"kind1": 10, "kind2": 10}


def test_a_process_that_ended_is_told() -> None:
    parallel = ParallelGradient(HybridModel(SHAPE), processes=2)
    parallel.add(BATCHES)
    for _, _, process in parallel._others:
        process.kill()
        process.join()
    with pytest.raises(BackendError) as caught:
        parallel.add(BATCHES)
    parallel.close()
    assert caught.value.code == "worker_failed"
