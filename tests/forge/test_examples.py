from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.forge.examples import Example, Shard, padded

_EXAMPLE = st.lists(st.tuples(st.integers(1, 60000), st.integers(0, 255)), min_size=2, max_size=300).map(
    lambda pairs: Example([token for token, _ in pairs], [learned for _, learned in pairs], f"kind{len(pairs) % 3}")
)


@given(st.lists(_EXAMPLE, min_size=1, max_size=8))
def test_every_example_comes_in_exactly_one_batch_unchanged(examples: list[Example]) -> None:
    shard = Shard.of(examples)
    seen: list[int] = []
    for numbers in shard.batches(1024, seed=1):
        batch = shard.batch(numbers)
        assert batch.tokens.shape[1] % 64 == 0
        assert batch.tokens.size <= max(1024, 2 * batch.tokens.shape[1])
        for row, number in enumerate(numbers):
            example = examples[number]
            size = len(example.tokens) - 1
            assert batch.tokens[row, :size].tolist() == list(example.tokens[:-1])
            assert batch.targets[row, :size].tolist() == list(example.tokens[1:])
            assert batch.loss[row].tolist() == [*example.loss[1:], *[0] * (batch.loss.shape[1] - size)]
            assert shard.kind_names[batch.kinds[row]] == example.kind
        seen.extend(numbers)
    assert sorted(seen) == list(range(len(examples)))


def test_a_shard_survives_its_file(tmp_path: Path) -> None:
    shard = Shard.of([Example([1, 2, 3], [0, 1, 8], "a"), Example([4, 65535], [1, 0], "b")])
    shard.save(tmp_path / "shard.npz")
    read = Shard.load(tmp_path / "shard.npz")
    assert read.kind_names == ("a", "b")
    for name in ("tokens", "loss", "starts", "kinds"):
        assert np.array_equal(getattr(read, name), getattr(shard, name))


def test_batches_depend_on_the_seed_alone() -> None:
    shard = Shard.of([Example(list(range(1, 4 + n)), [1] * (3 + n), "a") for n in range(40)])
    assert shard.batches(512, seed=1) == shard.batches(512, seed=1)
    assert shard.batches(512, seed=1) != shard.batches(512, seed=2)


def test_lengths_are_rounded_up_to_few_values() -> None:
    assert padded(np.asarray([1, 128, 129, 700, 1025])).tolist() == [64, 128, 192, 704, 1152]
