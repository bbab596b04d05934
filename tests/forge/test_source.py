from __future__ import annotations

import pickle
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("tokenizers")

from npc_sdk.forge.corpus import generate
from npc_sdk.forge.source import TURNS_ON_A_BASE, CorpusSource, tokenizer_text
from npc_sdk.forge.tokenizer import ForgeTokenizer, train_tokenizer


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> CorpusSource:
    path = tmp_path_factory.mktemp("source") / "tokenizer.json"
    train_tokenizer(tokenizer_text(1, 40), size=512).save(path)
    return CorpusSource(1, path, drill_shards=1, small_shards=2)


def test_a_shard_is_always_the_same_and_unlike_the_others(source: CorpusSource) -> None:
    again = pickle.loads(pickle.dumps(source))
    assert list(islice(source.examples(3), 5)) == list(islice(again.examples(3), 5))
    assert list(islice(source.examples(3), 5)) != list(islice(source.examples(4), 5))


def test_examples_have_something_to_learn_and_end_with_a_turn(source: CorpusSource) -> None:
    tokenizer = ForgeTokenizer.load(source.tokenizer)
    for example in islice(source.examples(5), 20):
        assert any(example.loss) and not example.loss[0]
        assert tokenizer.decode(example.tokens).endswith("<|im_end|>\n")


def test_cards_grow(source: CorpusSource) -> None:
    assert [source.stage(shard) for shard in range(8)] == [
        "drills",
        "small",
        "small",
        "large",
        "dense",
        "dense",
        "dense",
        "full",
    ]


def test_text_for_the_vocabulary_depends_on_the_seed() -> None:
    assert list(tokenizer_text(1, 3)) == list(tokenizer_text(1, 3)) != list(tokenizer_text(2, 3))


def test_a_model_that_goes_on_gets_as_much_talk_as_questions(tmp_path: Path) -> None:
    source = CorpusSource(5, tmp_path / "t.json", drill_shards=0, small_shards=1, turns=TURNS_ON_A_BASE)
    stages = [source.stage(shard) for shard in range(7)]
    assert stages[0] == "small" and stages.count("even") == 3
    kinds = Counter(each.kind for each in generate(5, stage="even", count=400))
    assert kinds["social"] > kinds["quiz"] > 0 and kinds["order"] > kinds["quiz"]
