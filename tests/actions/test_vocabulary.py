from __future__ import annotations

import itertools
import threading
from typing import Annotated, Any, get_args

import pytest

from npc_sdk.actions.vocabulary import MAX_CHARACTERS, MAX_VALUES, LiveWorld, Vocabulary, VocabularyName
from npc_sdk.errors import ActionError


def test_vocabulary_is_short_for_an_annotated_text() -> None:
    assert Vocabulary["enemies"] == Annotated[str, VocabularyName("enemies")]
    assert get_args(Vocabulary["enemies"]) == (str, VocabularyName("enemies"))


@pytest.mark.parametrize("name", ["", "two words", "1st", "x" * 65, "tick", "<b>"])
def test_a_vocabulary_needs_a_plain_name(name: str) -> None:
    with pytest.raises(ActionError) as caught:
        VocabularyName(name)
    assert caught.value.code == "bad_name"


def test_a_new_world_is_empty() -> None:
    world = LiveWorld()
    assert world.tick == 0
    assert dict(world.vocabularies) == {}


def test_an_update_replaces_what_it_names_and_keeps_the_rest() -> None:
    world = LiveWorld()
    world.update(tick=3, enemies=["a", "b", "a"], places=("gate",))
    world.update(enemies=[])
    assert world.tick == 3
    assert dict(world.vocabularies) == {"enemies": (), "places": ("gate",)}


def test_a_snapshot_does_not_change() -> None:
    world = LiveWorld()
    world.update(tick=1, enemies=["a"])
    before = world.snapshot()
    world.update(tick=2, enemies=["b"])
    assert (before.tick, before.vocabularies["enemies"]) == (1, ("a",))
    with pytest.raises(TypeError):
        before.vocabularies["enemies"] = ()  # type: ignore[index]


def test_a_snapshot_gives_labels_and_unknown_vocabularies_are_empty() -> None:
    world = LiveWorld()
    world.update(enemies=["a\nb"], places=["gate"])
    labels = world.snapshot().labels(["enemies", "goods"])
    assert {name: each.labels for name, each in labels.items()} == {"enemies": ("a b",), "goods": ()}
    assert set(world.snapshot().labels()) == {"enemies", "places"}


@pytest.mark.parametrize(
    "values", ["goblin", b"goblin", 3, None, [1], [None], ["a", b"b"], ["x" * (MAX_CHARACTERS + 1)]]
)
def test_a_bad_vocabulary_is_refused_and_nothing_changes(values: Any) -> None:
    world = LiveWorld()
    world.update(tick=1, enemies=["a"])
    with pytest.raises(ActionError, match="'enemies'") as caught:
        world.update(tick=2, places=["gate"], enemies=values)
    assert caught.value.code == "bad_vocabulary"
    assert (world.tick, dict(world.vocabularies)) == (1, {"enemies": ("a",)})


def test_an_endless_vocabulary_is_refused() -> None:
    with pytest.raises(ActionError, match=str(MAX_VALUES)):
        LiveWorld().update(enemies=map(str, itertools.count()))


@pytest.mark.parametrize("tick", ["1", 1.5, True])
def test_a_tick_is_a_whole_number(tick: Any) -> None:
    with pytest.raises(ActionError) as caught:
        LiveWorld().update(tick=tick)
    assert caught.value.code == "bad_tick"


def test_updates_from_many_threads_are_seen_whole() -> None:
    world = LiveWorld()

    def write(name: str) -> None:
        for tick in range(200):
            world.update(tick=tick, **{name: [str(tick)]})

    threads = [threading.Thread(target=write, args=(f"list_{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(world.vocabularies) == {f"list_{number}": ("199",) for number in range(4)}
