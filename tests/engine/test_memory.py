"""Slots, forks, parked states: where the next state comes from, and what is left when room is short."""

from __future__ import annotations

import numpy as np
import pytest
from fake_decoder import FakeDecoder

from npc_sdk.engine.memory import Place, SequenceMemory
from npc_sdk.engine.prefix_cache import PrefixCache
from npc_sdk.engine.request import Boundary, PrefixKind
from npc_sdk.engine.slots import Slot
from npc_sdk.engine.state import MemoryStore
from npc_sdk.errors import CapacityError

WORLD = [1, 2, 3, 4]


class Stage:
    def __init__(self, *, slots: int = 2, cells: int = 60, is_hybrid: bool = True, parked_bytes: int = 10_000) -> None:
        self.decoder = FakeDecoder(slots=slots, cells=cells, is_hybrid=is_hybrid)
        self.cache = PrefixCache(MemoryStore(), parked_bytes)
        self.memory = SequenceMemory(self.decoder, self.cache)

    def read(self, sequence: str, prompt: list[int], *, keep_at: int | None = None, worst: int = 0) -> Place:
        """Acquire a slot and read a whole prompt, as the loop would."""
        place = self.begin(sequence, prompt, worst=worst)
        cuts = sorted({place.length, len(prompt)} | ({keep_at} if keep_at and keep_at > place.length else set()))
        for start, end in zip(cuts, cuts[1:], strict=False):
            assert self.decoder.decode([(place.slot.id, prompt[start:end], start, False)]) == 0
            self.memory.grow(place.slot, prompt[start:end])
            if end == keep_at:
                self.memory.keep(place.slot, PrefixKind.WORLD)
        return place

    def begin(self, sequence: str, prompt: list[int], *, worst: int = 0) -> Place:
        worst = worst or len(prompt)
        assert self.memory.can_hold(sequence, worst)
        place = self.memory.acquire(sequence, np.array(prompt, dtype=np.int32), worst, need_logits=True)
        assert self.decoder.tokens(place.slot.id) == prompt[: place.length]
        return place

    def done(self, sequence: str, prompt: list[int], **fields: int) -> Place:
        place = self.read(sequence, prompt, **fields)
        self.memory.release(place.slot)
        return place


@pytest.fixture(params=[True, False], ids=["hybrid", "attention"])
def is_hybrid(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_sequence_continues_in_its_slot(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    first = stage.done("a", [1, 2, 3])
    second = stage.begin("a", [1, 2, 3, 4])
    assert second.slot is first.slot and (second.length, second.source) == (3, "slot")


def test_the_last_token_is_read_again_for_its_logits(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    stage.done("a", [1, 2, 3])
    assert stage.begin("a", [1, 2, 3]).length == (0 if is_hybrid else 2)


def test_a_live_state_is_forked(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    stage.done("a", WORLD)
    place = stage.begin("b", [*WORLD, 5])
    assert (place.length, place.source) == (4, "fork")
    assert stage.memory.live == 2 and stage.decoder.used == 4


def test_only_attention_forks_in_the_middle(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    stage.done("a", [*WORLD, 9, 9])
    place = stage.begin("b", [*WORLD, 5])
    assert (place.length, place.source) == ((0, "none") if is_hybrid else (4, "fork"))


def test_a_parked_world_is_restored_over_a_live_character(is_hybrid: bool) -> None:
    """The world's cells are shared then, not held twice."""
    stage = Stage(is_hybrid=is_hybrid)
    stage.done("a", [*WORLD, 9, 9], keep_at=4)
    place = stage.begin("b", [*WORLD, 5])
    assert (place.length, place.source) == (4, "memory" if is_hybrid else "fork")
    assert stage.decoder.used == 6
    stage.memory.release(place.slot)
    assert stage.begin("a", [*WORLD, 9, 9, 7]).source == "slot"


def test_taking_over_the_only_slot_parks_who_was_there(is_hybrid: bool) -> None:
    stage = Stage(slots=1, is_hybrid=is_hybrid)
    stage.done("a", [*WORLD, 9, 9], keep_at=4)
    assert stage.done("b", [*WORLD, 5]).length == 4
    place = stage.begin("a", [*WORLD, 9, 9, 7])
    assert (place.length, place.source) == (6, "memory")


def test_the_unused_longest_makes_room() -> None:
    stage = Stage(slots=2)
    stage.done("a", [1, 1])
    stage.done("b", [2, 2])
    stage.done("a", [1, 1, 1])
    stage.done("c", [3, 3])
    assert stage.begin("a", [1, 1, 1, 1]).source == "slot"
    assert stage.begin("b", [2, 2, 2]).source == "memory"


def test_a_full_context_gives_way_to_a_parked_state(is_hybrid: bool) -> None:
    """Restoring needs cells at once, not only in the end."""
    stage = Stage(slots=3, cells=30, is_hybrid=is_hybrid)
    stage.done("a", [1] * 12)
    stage.memory.park("a")
    stage.done("b", [2] * 14)
    stage.done("c", [3] * 14)
    place = stage.begin("a", [*[1] * 12, 5])
    assert (place.length, place.source) == (12, "memory")
    assert stage.decoder.no_room == 0


def test_a_running_request_is_never_disturbed(is_hybrid: bool) -> None:
    stage = Stage(slots=2, cells=30, is_hybrid=is_hybrid)
    busy = stage.read("a", [1, 2, 3], worst=20)
    assert not stage.memory.can_hold("b", 11)
    assert stage.memory.can_hold("b", 10)
    assert stage.memory.can_hold("b", 11, without=[busy.slot])
    assert not stage.memory.can_hold("a", 1), "its own request still runs"
    stage.memory.park("a")
    assert stage.memory.live == 1
    stage.read("b", [4], worst=10)
    assert not stage.memory.can_hold("c", 1)
    with pytest.raises(CapacityError):
        stage.memory.acquire("c", np.array([1], dtype=np.int32), 1, need_logits=True)


def test_a_damaged_parked_state_is_dropped_and_the_next_best_taken() -> None:
    stage = Stage()
    stage.done("a", [*WORLD, 5, 6], keep_at=4)
    stage.memory.park("a")
    longest = max(stage.cache.states(), key=lambda state: len(state.tokens))
    longest.checksum = "damaged"
    place = stage.begin("a", [*WORLD, 5, 6, 7])
    assert (place.length, place.source) == (4, "memory")
    assert len(stage.cache) == 1


def test_a_state_that_the_decoder_refuses_is_dropped(is_hybrid: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    stage.done("a", [1, 2, 3])
    stage.memory.park("a")
    monkeypatch.setattr(stage.decoder, "write_state", lambda *_, **__: False)
    place = stage.begin("a", [1, 2, 3, 4])
    assert (place.length, place.source) == (0, "none") and len(stage.cache) == 0


def test_nothing_is_kept_without_memory_for_it() -> None:
    stage = Stage(parked_bytes=0)
    stage.done("a", [1, 2])
    stage.memory.park("a")
    assert stage.memory.live == stage.memory.parked == stage.memory.parked_bytes == 0
    assert stage.begin("a", [1, 2, 3]).length == 0


def test_forgetting_leaves_worlds() -> None:
    stage = Stage()
    stage.done("a", [*WORLD, 5], keep_at=4)
    stage.memory.park("a")
    stage.memory.forget("a")
    assert stage.begin("a", [*WORLD, 5, 6]).length == 4


def test_a_spoiled_slot_is_empty() -> None:
    stage = Stage()
    place = stage.read("a", [1, 2, 3])
    stage.memory.spoil(place.slot)
    assert stage.decoder.used == 0 and stage.memory.live == 0
    assert not place.slot.is_busy


def test_worth_keeping_is_what_is_ahead_and_new() -> None:
    stage = Stage()
    prompt = np.array([*WORLD, 5, 6, 7], dtype=np.int32)
    boundaries = [
        Boundary(4, PrefixKind.WORLD),
        Boundary(5, PrefixKind.PERSONA),
        Boundary(6, PrefixKind.CONVERSATION),
        Boundary(99, PrefixKind.CONVERSATION),
    ]
    place = Place(Slot(0), 0, "none")
    assert stage.memory.worth_keeping(boundaries, place, prompt) == boundaries[:3]
    stage.done("x", WORLD, keep_at=4)
    assert stage.memory.worth_keeping(boundaries, place, prompt) == boundaries[1:3]
    assert stage.memory.worth_keeping(boundaries, Place(Slot(0), 6, "slot"), prompt) == boundaries[2:3]
    attention = Stage(is_hybrid=False).memory
    assert attention.worth_keeping(boundaries, place, prompt) == boundaries[:2]


def test_longest_prefix_looks_everywhere(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    prompt = np.array([*WORLD, 5, 6, 7], dtype=np.int32)
    assert stage.memory.longest_prefix(prompt) == 0
    stage.done("a", WORLD)
    assert stage.memory.longest_prefix(prompt) == 4
    stage.memory.park("a")
    assert stage.memory.longest_prefix(prompt) == 4
    stage.done("b", [*WORLD, 5])
    assert stage.memory.longest_prefix(prompt) == 5


def test_a_state_that_is_parked_and_pinned_outlives_what_is_parked_later(is_hybrid: bool) -> None:
    stage = Stage(slots=3, is_hybrid=is_hybrid, parked_bytes=60)
    busy = stage.read("a", [1, 2, 3, 4])
    stage.done("b", [5, 6, 7, 8])
    stage.done("c", [9, 9, 9, 9])
    stage.memory.release(busy.slot)
    pin = stage.memory.park_pinned(busy.slot)
    assert pin is not None and pin.state.tokens.tolist() == [1, 2, 3, 4] and pin.is_passing
    stage.memory.empty(keep=True)
    assert stage.memory.live == 0 and stage.decoder.used == 0
    assert "a" in {kept.sequence for kept in stage.cache.states()}
    assert stage.begin("a", [1, 2, 3, 4, 5]).length == 4
    stage.memory.unpin(pin, is_live=True)
    assert "a" not in {kept.sequence for kept in stage.cache.states()}, "its slot has it, and nobody else needs it"


def test_what_was_parked_before_stays_parked_after_its_pin(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    place = stage.read("a", [1, 2, 3], keep_at=3)
    stage.memory.release(place.slot)
    pin = stage.memory.park_pinned(place.slot)
    assert pin is not None and not pin.is_passing
    stage.memory.unpin(pin, is_live=True)
    assert stage.memory.parked == 1


def test_pinning_without_room_keeps_nothing() -> None:
    stage = Stage(parked_bytes=0)
    place = stage.read("a", [1, 2, 3])
    stage.memory.release(place.slot)
    assert stage.memory.park_pinned(place.slot) is None and stage.memory.live == 0


def test_emptying_without_keeping_parks_nothing(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    stage.done("a", [1, 2, 3])
    stage.memory.empty(keep=False)
    assert stage.memory.live == stage.memory.parked == stage.decoder.used == 0
