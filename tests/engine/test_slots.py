"""Cells are counted as sets of cells would be."""

from __future__ import annotations

from itertools import count

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from npc_sdk.engine.slots import CellLedger, Slot, TokenBuffer

SLOTS = st.integers(0, 3)


class LedgerMachine(RuleBasedStateMachine):
    """Plays the ledger against lists of named cells."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = CellLedger(1000)
        self.held: dict[int, list[int]] = {slot: [] for slot in range(4)}
        self.worst: dict[int, int] = {}
        self.names = count()

    @rule(slot=SLOTS, tokens=st.integers(0, 12))
    def grow(self, slot: int, tokens: int) -> None:
        self.ledger.grow(slot, tokens)
        self.held[slot] += [next(self.names) for _ in range(tokens)]

    @rule(slot=SLOTS, length=st.integers(0, 40))
    def cut(self, slot: int, length: int) -> None:
        self.ledger.cut(slot, length)
        del self.held[slot][length:]

    @rule(source=SLOTS, empty=SLOTS, share=st.floats(0, 1))
    def share(self, source: int, empty: int, share: float) -> None:
        if source == empty or self.held[empty]:
            return
        length = int(share * len(self.held[source]))
        self.ledger.share(source, empty, length)
        self.held[empty] = self.held[source][:length]

    @rule(slot=SLOTS)
    def release(self, slot: int) -> None:
        self.ledger.release(slot)
        self.held[slot] = []
        self.worst.pop(slot, None)

    @rule(slot=SLOTS, worst=st.integers(0, 60))
    def reserve(self, slot: int, worst: int) -> None:
        self.ledger.reserve(slot, worst)
        self.worst[slot] = worst

    @rule(slot=SLOTS)
    def settle(self, slot: int) -> None:
        self.ledger.settle(slot)
        self.worst.pop(slot, None)

    @invariant()
    def counts_are_right(self) -> None:
        for slot, cells in self.held.items():
            assert self.ledger.length(slot) == len(cells)
        union = {cell for cells in self.held.values() for cell in cells}
        promised = sum(max(0, worst - len(self.held[slot])) for slot, worst in self.worst.items())
        assert self.ledger.used == len(union)
        assert self.ledger.held_by([0, 2]) == len({*self.held[0], *self.held[2]})
        assert self.ledger.promised == promised
        assert self.ledger.promised_to([1, 3]) == sum(
            max(0, self.worst[slot] - len(self.held[slot])) for slot in (1, 3) if slot in self.worst
        )
        assert self.ledger.available == 1000 - len(union) - promised


LedgerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedger = LedgerMachine.TestCase


@given(st.lists(st.one_of(st.lists(st.integers(0, 2**31 - 1), max_size=90), st.integers(0, 200))))
@settings(max_examples=60, deadline=None)
def test_a_token_buffer_is_a_list(steps: list[list[int] | int]) -> None:
    buffer, model = TokenBuffer(), []
    for step in steps:
        if isinstance(step, int):
            buffer.cut(step)
            del model[step:]
        else:
            buffer.extend(np.array(step, dtype=np.int32) if len(step) % 2 else step)
            model += step
        assert buffer.view().tolist() == model
        assert len(buffer) == len(model)


def test_slots_do_not_share_their_buffers() -> None:
    first, second = Slot(0), Slot(1)
    first.tokens.extend([1, 2])
    assert len(second.tokens) == 0
    assert first != Slot(0)
