"""The tree finds what a dictionary of all prefixes would find, and forgets in the right order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from npc_sdk.engine.prefix_cache import PrefixCache, common_length
from npc_sdk.engine.request import PrefixKind
from npc_sdk.engine.state import FolderStore, MemoryStore, ParkedState

WORLD, PERSONA, CONVERSATION = PrefixKind
PROMPTS = st.lists(st.integers(0, 2), min_size=1, max_size=7).map(tuple)


def array(tokens: tuple[int, ...]) -> np.ndarray:
    return np.array(tokens, dtype=np.int32)


def save(
    cache: PrefixCache, tokens: tuple[int, ...], kind: PrefixKind = CONVERSATION, sequence: str = "a", size: int = 10
) -> bool:
    def write(target: memoryview) -> int:
        target[:] = bytes(len(target))
        return len(target)

    return cache.save(array(tokens), kind, sequence, size, write)


def held(cache: PrefixCache, tier: str = "memory") -> set[tuple[int, ...]]:
    return {tuple(state.tokens.tolist()) for state in cache.states() if state.tier == tier}


@given(PROMPTS, PROMPTS)
def test_common_length(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    expected = 0
    while expected < min(len(first), len(second)) and first[expected] == second[expected]:
        expected += 1
    assert common_length(array(first), array(second)) == expected


class CacheMachine(RuleBasedStateMachine):
    """Plays the cache against a dictionary with clocks."""

    @initialize(capacity=st.integers(0, 80))
    def begin(self, capacity: int) -> None:
        self.capacity = capacity
        self.cache = PrefixCache(MemoryStore(), capacity)
        self.model: dict[tuple[int, ...], tuple[PrefixKind, str, int]] = {}
        self.used: dict[tuple[int, ...], int] = {}
        self.pinned: dict[tuple[int, ...], ParkedState] = {}
        self.clock = 0

    def touch(self, tokens: tuple[int, ...]) -> None:
        self.clock += 1
        self.used[tokens] = self.clock

    def longest(self, tokens: tuple[int, ...], limit: int) -> tuple[int, ...] | None:
        fitting = [key for key in self.model if tokens[: len(key)] == key and len(key) <= limit]
        return max(fitting, key=len, default=None)

    @rule(tokens=PROMPTS, limit=st.none() | st.integers(0, 8))
    def find(self, tokens: tuple[int, ...], limit: int | None) -> None:
        expected = self.longest(tokens, len(tokens) if limit is None else limit)
        state = self.cache.find(array(tokens), limit=limit)
        assert (None if state is None else tuple(state.tokens.tolist())) == expected
        if expected is not None:
            self.touch(expected)

    @rule(
        tokens=PROMPTS,
        kind=st.sampled_from(PrefixKind),
        sequence=st.sampled_from("abc"),
        size=st.integers(1, 30),
    )
    def save(self, tokens: tuple[int, ...], kind: PrefixKind, sequence: str, size: int) -> None:
        expected = size <= self.capacity
        if expected:
            near = self.longest(tokens, len(tokens))
            if near is not None:
                self.touch(near)
            expected = near != tokens
        if expected:
            expected = self.make_room(size)
        if expected:
            self.model[tokens] = (kind, sequence, size)
            self.touch(tokens)
            if kind is CONVERSATION:
                own = [key for key, entry in self.model.items() if entry[:2] == (CONVERSATION, sequence)]
                for key in sorted(own, key=lambda key: self.used[key])[:-2]:
                    if key not in self.pinned:
                        del self.model[key]
        assert save(self.cache, tokens, kind, sequence, size) == expected

    def make_room(self, size: int) -> bool:
        """Drop what is missed least first, until there is room."""
        for key in sorted(self.model.keys() - self.pinned.keys(), key=self.loss(dict(self.model))):
            if sum(entry[2] for entry in self.model.values()) + size <= self.capacity:
                return True
            del self.model[key]
        return sum(entry[2] for entry in self.model.values()) + size <= self.capacity

    def loss(self, model: dict[tuple[int, ...], tuple[PrefixKind, str, int]]) -> Callable[..., tuple[int, int]]:
        conversations = {key: entry[1] for key, entry in model.items() if entry[0] is CONVERSATION}

        def loss(key: tuple[int, ...]) -> tuple[int, int]:
            kind, sequence, _ = model[key]
            if kind is CONVERSATION:
                is_latest = all(
                    self.used[key] >= self.used[other] for other, owner in conversations.items() if owner == sequence
                )
                return (2 if is_latest else 0), self.used[key]
            if kind is PERSONA:
                is_continued = any(other[: len(key)] == key for other in conversations)
                return (1 if is_continued else 3), self.used[key]
            return 4, self.used[key]

        return loss

    @rule(tokens=PROMPTS)
    def pin(self, tokens: tuple[int, ...]) -> None:
        near = self.longest(tokens, len(tokens))
        if near is not None:
            self.touch(near)
        state = self.cache.pin(array(tokens))
        assert (state is not None) == (near == tokens)
        if state is not None:
            self.pinned[tokens] = state

    @rule(pick=st.integers(0, 9))
    def unpin(self, pick: int) -> None:
        if self.pinned:
            state = self.pinned.pop(list(self.pinned)[pick % len(self.pinned)])
            self.make_room(0)
            self.cache.unpin(state)

    @rule(capacity=st.integers(0, 80))
    def resize(self, capacity: int) -> None:
        self.capacity = capacity
        self.make_room(0)
        self.cache.resize(capacity, 0)

    @rule(sequence=st.sampled_from("abc"))
    def forget(self, sequence: str) -> None:
        self.cache.forget(sequence)
        self.model = {key: entry for key, entry in self.model.items() if entry[:2] != (CONVERSATION, sequence)}
        self.pinned = {key: state for key, state in self.pinned.items() if key in self.model}

    @rule(tokens=PROMPTS)
    def drop(self, tokens: tuple[int, ...]) -> None:
        for state in list(self.cache.states()):
            if tuple(state.tokens.tolist()) == tokens:
                self.cache.drop(state)
                self.cache.drop(state)
                del self.model[tokens]
                self.pinned.pop(tokens, None)

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "cache"):
            return
        assert held(self.cache) == set(self.model)
        assert len(self.cache) == len(self.model)
        assert self.cache.used_bytes == sum(entry[2] for entry in self.model.values())
        assert self.cache.used_bytes <= self.capacity or set(self.model) <= set(self.pinned)


CacheMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestCache = CacheMachine.TestCase


def test_a_whole_edge_is_not_needed_to_share_a_world() -> None:
    cache = PrefixCache(MemoryStore(), 100)
    save(cache, (1, 2, 3, 4, 5), WORLD)
    save(cache, (1, 2, 3), PERSONA)
    found = cache.find(array((1, 2, 3, 9)))
    assert found is not None and found.tokens.tolist() == [1, 2, 3]


def test_conversations_go_before_personas_and_personas_before_worlds() -> None:
    cache = PrefixCache(MemoryStore(), 40)
    save(cache, (1,), WORLD)
    save(cache, (2,), CONVERSATION, "a")
    save(cache, (3,), PERSONA)
    save(cache, (4,), CONVERSATION, "b")
    cache.find(array((2,)))
    for tokens, gone in (((5,), (4,)), ((6,), (2,)), ((7,), (5,))):
        save(cache, tokens, CONVERSATION if tokens == (5,) else PERSONA, "c")
        assert gone not in held(cache)
    assert held(cache) == {(1,), (3,), (6,), (7,)}


def test_what_others_make_up_for_goes_first() -> None:
    cache = PrefixCache(MemoryStore(), 70)
    save(cache, (1,), WORLD)
    save(cache, (1, 2), PERSONA)
    save(cache, (1, 3), PERSONA)
    save(cache, (1, 2, 4), CONVERSATION, "a")
    save(cache, (1, 2, 4, 5), CONVERSATION, "a")
    save(cache, (9,), CONVERSATION, "b")
    save(cache, (8,), WORLD)
    order = [(1, 2, 4), (1, 2), (1, 2, 4, 5), (9,), (1, 3), (1,), (8,)]
    for count in range(1, len(order) + 1):
        cache.resize(70 - 10 * count, 0)
        assert held(cache) == set(order[count:])


def test_a_pinned_state_stays_and_nothing_is_saved_for_it() -> None:
    cache = PrefixCache(MemoryStore(), 20)
    save(cache, (1,), CONVERSATION, "a")
    pinned = cache.pin(array((1,)))
    assert pinned is not None and cache.pin(array((2,))) is None
    save(cache, (2,), WORLD)
    assert save(cache, (3,), CONVERSATION, "a") and held(cache) == {(1,), (3,)}
    other = cache.pin(array((3,)))
    assert not save(cache, (4,), WORLD) and held(cache) == {(1,), (3,)}
    cache.resize(0, 0)
    assert held(cache) == {(1,), (3,)}
    assert other is not None
    cache.unpin(pinned)
    assert held(cache) == {(3,)}
    cache.unpin(other)
    assert held(cache) == set()


def test_a_sequence_keeps_its_last_two_states() -> None:
    cache = PrefixCache(MemoryStore(), 1000)
    for end in range(1, 6):
        save(cache, tuple(range(end)), CONVERSATION, "a")
    save(cache, (9, 9), CONVERSATION, "b")
    assert held(cache) == {(0, 1, 2, 3), (0, 1, 2, 3, 4), (9, 9)}


def test_what_no_longer_fits_goes_to_the_disk_and_comes_back_from_there(tmp_path: Path) -> None:
    cache = PrefixCache(MemoryStore(), 20, disk=FolderStore(tmp_path, "model", tier="disk"), disk_bytes=30)
    for token in range(6):
        save(cache, (token,), PERSONA)
    assert held(cache) == {(4,), (5,)}
    assert held(cache, "disk") == {(1,), (2,), (3,)}
    assert cache.used_bytes == 20
    assert len(list(tmp_path.iterdir())) == 3
    found = cache.find(array((2, 7)))
    assert found is not None and found.tier == "disk" and found.verified() is not None


def test_a_full_disk_loses_the_state_and_nothing_else(tmp_path: Path) -> None:
    disk = FolderStore(tmp_path / "disk", "model", tier="disk")
    cache = PrefixCache(MemoryStore(), 20, disk=disk, disk_bytes=100)
    save(cache, (1,))
    save(cache, (2,), PERSONA)
    (tmp_path / "disk").rmdir()
    assert save(cache, (3,), PERSONA)
    assert held(cache) == {(2,), (3,)}
    assert held(cache, "disk") == set()


def test_a_damaged_state_does_not_go_to_the_disk(tmp_path: Path) -> None:
    cache = PrefixCache(MemoryStore(), 10, disk=FolderStore(tmp_path, "model", tier="disk"), disk_bytes=100)
    save(cache, (1,))
    state = next(cache.states())
    state.checksum = "0" * 32
    save(cache, (2,))
    assert held(cache) == {(2,)} and held(cache, "disk") == set()


def test_states_that_an_earlier_process_left_respect_the_capacity(tmp_path: Path) -> None:
    before = PrefixCache(FolderStore(tmp_path, "model", tier="memory"), 1000)
    for token in range(5):
        save(before, (token,), PERSONA)
    store = FolderStore(tmp_path, "model", tier="memory")
    after = PrefixCache(store, 25)
    for state in store.found():
        after.insert(state)
    assert after.used_bytes == 20 and len(list(tmp_path.iterdir())) == 2


def test_the_same_tokens_are_held_once(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "model", tier="memory")
    first, second = PrefixCache(store, 100), PrefixCache(store, 100)
    save(first, (1, 2))
    save(second, (1, 2))
    cache = PrefixCache(store, 100)
    for state in store.found():
        cache.insert(state)
    assert len(cache) == 1 and cache.used_bytes == 10
    assert len(list(tmp_path.iterdir())) == 1


def test_a_store_without_room_loses_the_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cache = PrefixCache(FolderStore(tmp_path / "x", "model", tier="memory"), 100)
    (tmp_path / "x").rmdir()
    assert not save(cache, (1,))
    assert len(cache) == 0 and cache.used_bytes == 0


def test_clear_frees_everything() -> None:
    cache = PrefixCache(MemoryStore(), 100)
    save(cache, (1, 2), WORLD)
    save(cache, (1, 3), PERSONA)
    states: list[ParkedState] = list(cache.states())
    cache.clear()
    assert len(cache) == 0 and cache.used_bytes == 0
    assert all(state.verified() is None for state in states)
    assert cache.find(array((1, 2))) is None
