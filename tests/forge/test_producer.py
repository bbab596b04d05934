from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from npc_sdk.errors import BackendError, RequestError
from npc_sdk.forge.examples import Example
from npc_sdk.forge.producer import Producer, ShardPlan, make_shard, shard_path


@dataclass(frozen=True)
class Counting:
    """Examples whose tokens name their shard."""

    length: int = 4
    learned: bool = True
    fails: bool = False

    def examples(self, shard: int) -> Iterator[Example]:
        if self.fails:
            raise ValueError("no words left")
        while True:
            yield Example([shard + 1] * self.length, [self.learned] * self.length, "count")


def test_a_shard_holds_what_fits() -> None:
    shard = make_shard(Counting(), ShardPlan(examples=5, longest=8), 3)
    assert len(shard.kinds) == 5
    assert set(shard.tokens.tolist()) == {4}


@pytest.mark.parametrize("source", [Counting(length=50), Counting(learned=False), Counting(length=1)])
def test_a_corpus_without_examples_is_an_error(source: Counting) -> None:
    with pytest.raises(RequestError) as caught:
        make_shard(source, ShardPlan(examples=5, longest=8), 0)
    assert caught.value.code == "empty_corpus"


def test_shards_are_made_ahead_and_old_ones_removed(tmp_path: Path) -> None:
    producer = Producer(tmp_path, Counting(), ShardPlan(examples=2, ahead=1), first=4)
    try:
        for number in (4, 5, 6):
            assert producer.take(number).tokens[0] == number + 1
        assert not shard_path(tmp_path, 4).exists()
    finally:
        producer.close()


def test_a_failed_process_is_told_with_its_reason(tmp_path: Path) -> None:
    producer = Producer(tmp_path, Counting(fails=True), ShardPlan(examples=2), first=0)
    try:
        with pytest.raises(BackendError) as caught:
            producer.take(0)
        assert caught.value.code == "corpus_failed"
        assert "no words left" in (tmp_path / "error.txt").read_text()
    finally:
        producer.close()
