"""Where the state of every sequence is: in a slot, forked from a live one, parked, or gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from npc_sdk.engine.decoder import Decoder
from npc_sdk.engine.prefix_cache import PrefixCache, common_length
from npc_sdk.engine.request import Boundary, PrefixKind
from npc_sdk.engine.slots import CellLedger, Slot
from npc_sdk.engine.state import ParkedState, Tokens
from npc_sdk.errors import CapacityError


@dataclass(frozen=True, slots=True)
class Place:
    """A slot that is ready for a prompt.

    Attributes:
        slot: The slot.
        length: Prompt tokens that need not be read.
        source: ``slot``, ``fork``, ``memory``, ``disk`` or ``none``.
    """

    slot: Slot
    length: int
    source: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A parked state that must not be evicted.

    Attributes:
        state: The state.
        is_passing: Whether it was parked only to bring a request from one slot to another.
    """

    state: ParkedState
    is_passing: bool


@dataclass(frozen=True, slots=True)
class _Option:
    length: int
    source: str
    slot: Slot | None = None
    state: ParkedState | None = None


class SequenceMemory:
    """Slots, their cells and the parked states, kept in step with what llama.cpp holds.

    A recurrent state is right only at its exact end, so a hybrid model continues from a whole live
    sequence or from a parked state; an attention-only model also from the common start of any live one.

    Not thread safe; owned by the engine thread.

    Args:
        decoder: Holds the sequences.
        cache: Parked states.
    """

    def __init__(self, decoder: Decoder, cache: PrefixCache) -> None:
        self._decoder = decoder
        self._cache = cache
        self._slots = [Slot(index) for index in range(decoder.slots)]
        self._ledger = CellLedger(decoder.cells)
        self._clock = 0

    @property
    def live(self) -> int:
        """Slots that hold a sequence."""
        return sum(slot.sequence is not None for slot in self._slots)

    @property
    def parked(self) -> int:
        """Number of parked states."""
        return len(self._cache)

    @property
    def parked_bytes(self) -> int:
        """Bytes of the states in host memory."""
        return self._cache.used_bytes

    def can_hold(self, sequence: str, worst_cells: int, *, without: Collection[Slot] = ()) -> bool:
        """Tell whether a slot and enough cells can be had without disturbing a running request.

        Args:
            sequence: Who asks.
            worst_cells: Cells to reserve.
            without: Busy slots that would be given up for it.
        """
        busy = [slot.id for slot in self._slots if slot.is_busy and slot not in without]
        own = self._own(sequence)
        if len(busy) == len(self._slots) or (own is not None and own.id in busy):
            return False
        return self._ledger.held_by(busy) + self._ledger.promised_to(busy) + worst_cells <= self._ledger.cells

    def longest_prefix(self, prompt: Tokens) -> int:
        """Return how many tokens of a prompt need not be read, wherever their state is."""
        state = self._cache.find(prompt)
        live = max((self._usable(slot, prompt, len(prompt)) for slot in self._slots), default=0)
        return max(live, len(state.tokens) if state is not None else 0)

    def acquire(self, sequence: str, prompt: Tokens, worst_cells: int, *, need_logits: bool) -> Place:
        """Prepare a slot with the longest prefix of a prompt; :meth:`can_hold` was asked before.

        Args:
            sequence: Who asks.
            prompt: All tokens of the prompt.
            worst_cells: Cells to reserve.
            need_logits: Whether the last prompt token must be read even if its state is known.

        Raises:
            CapacityError: There is no slot.
        """
        limit = len(prompt) - (1 if need_logits else 0)
        target = self._own(sequence)
        while True:
            option = self._best(prompt, limit, target)
            if target is None:
                target = self._free_slot(keep=option.slot)
            if self._bring(target, option, sequence):
                break
            if option.state is not None:
                self._cache.drop(option.state)
        target.sequence = sequence
        target.is_busy = True
        self._touch(target)
        self._ledger.reserve(target.id, worst_cells)
        self._make_room()
        return Place(target, option.length, option.source if option.length else "none")

    def worth_keeping(self, boundaries: Sequence[Boundary], place: Place, prompt: Tokens) -> list[Boundary]:
        """Return the boundaries at which the state must be kept while the rest of a prompt is read."""
        return [
            boundary
            for boundary in boundaries
            if place.length <= boundary.length <= len(prompt)
            and (self._decoder.is_hybrid or boundary.kind is not PrefixKind.CONVERSATION)
            and not self._cache.has(prompt[: boundary.length])
        ]

    def keep(self, slot: Slot, kind: PrefixKind) -> None:
        """Park a copy of a slot's state; without room nothing is kept, and the tokens are read again one day."""
        tokens = slot.tokens.view()
        if not len(tokens) or slot.sequence is None or self._cache.has(tokens):
            return
        size = self._decoder.state_bytes(slot.id)
        self._cache.save(
            tokens, kind, slot.sequence, size, lambda target: self._decoder.read_state_into(slot.id, target)
        )

    def grow(self, slot: Slot, tokens: Tokens | list[int]) -> None:
        """Note tokens that llama.cpp has taken in."""
        slot.tokens.extend(tokens)
        self._ledger.grow(slot.id, len(tokens))

    def release(self, slot: Slot) -> None:
        """Let a slot be idle; its state stays until the room is needed."""
        slot.is_busy = False
        self._ledger.settle(slot.id)
        self._touch(slot)

    def spoil(self, slot: Slot) -> None:
        """Empty a slot whose state is not to be trusted."""
        self._empty(slot)

    def park(self, sequence: str) -> None:
        """Move an idle sequence out of its slot."""
        slot = self._own(sequence)
        if slot is not None and not slot.is_busy:
            self._evict(slot)

    def park_pinned(self, slot: Slot) -> Pin | None:
        """Move an idle slot's state out and protect it until :meth:`unpin`; None when there was no room for it."""
        tokens = slot.tokens.view().copy()
        is_known = len(tokens) > 0 and self._cache.has(tokens)
        self.keep(slot, PrefixKind.CONVERSATION)
        self._empty(slot)
        state = self._cache.pin(tokens) if len(tokens) else None
        return None if state is None else Pin(state, not is_known)

    def unpin(self, pin: Pin, *, is_live: bool) -> None:
        """End the protection of a state.

        Args:
            pin: What :meth:`park_pinned` returned.
            is_live: Whether a slot holds the state again: a copy made only for the way there is dropped.
        """
        if is_live and pin.is_passing:
            self._cache.drop(pin.state)
        else:
            self._cache.unpin(pin.state)

    def empty(self, *, keep: bool) -> None:
        """Empty every slot, parking what is there if ``keep``; nothing runs. The last used are parked last."""
        for slot in self._idle():
            if keep:
                self._evict(slot)
            else:
                self._empty(slot)

    def forget(self, sequence: str) -> None:
        """Drop all state of a sequence."""
        slot = self._own(sequence)
        if slot is not None:
            self._empty(slot)
        self._cache.forget(sequence)

    # Finding

    def _own(self, sequence: str) -> Slot | None:
        return next((slot for slot in self._slots if slot.sequence == sequence), None)

    def _usable(self, slot: Slot, prompt: Tokens, limit: int) -> int:
        """Return how many tokens a live slot can give a prompt."""
        tokens = slot.tokens.view()
        if slot.sequence is None or not len(tokens):
            return 0
        if self._decoder.is_hybrid and len(tokens) > limit:
            return 0
        common = common_length(tokens, prompt[:limit])
        return common if common == len(tokens) or not self._decoder.is_hybrid else 0

    def _best(self, prompt: Tokens, limit: int, own: Slot | None) -> _Option:
        options = [_Option(0, "none")]
        state = self._cache.find(prompt, limit=limit)
        if state is not None:
            options.append(_Option(len(state.tokens), state.tier, state=state))
        for slot in self._slots:
            length = self._usable(slot, prompt, limit)
            if length:
                options.append(_Option(length, "slot" if slot is own else "fork", slot=slot))
        order = {"slot": 3, "fork": 2, "memory": 1}
        return max(options, key=lambda option: (option.length, order.get(option.source, 0)))

    def _free_slot(self, *, keep: Slot | None) -> Slot:
        empty = next((slot for slot in self._slots if slot.sequence is None), None)
        if empty is not None:
            return empty
        idle = [slot for slot in self._slots if not slot.is_busy]
        if not idle:
            raise CapacityError("Every slot is busy.", "Raise slots, or wait.", code="no_slot")
        others = [slot for slot in idle if slot is not keep] or idle
        return min(others, key=lambda slot: slot.last_used)

    # Moving

    def _bring(self, target: Slot, option: _Option, sequence: str) -> bool:
        """Make a slot hold exactly the tokens of an option; False when a parked state proved bad."""
        if option.slot is target:
            self._leave(target, sequence)
            self._cut(target, option.length)
            return True
        if option.slot is not None:
            self._clear(target, sequence)
            self._fork(option.slot, target, option.length)
            return True
        if option.state is None:
            self._clear(target, sequence)
            return True
        data = option.state.verified()
        if data is None:
            return False
        try:
            return self._restore(target, option.state, data, sequence)
        finally:
            data.release()

    def _clear(self, target: Slot, sequence: str) -> None:
        """Empty a slot, parking what another sequence left there."""
        self._leave(target, sequence)
        self._empty(target)

    def _leave(self, target: Slot, sequence: str) -> None:
        """Park what another sequence holds in a slot."""
        if target.sequence not in (None, sequence):
            self.keep(target, PrefixKind.CONVERSATION)

    def _cut(self, slot: Slot, length: int) -> None:
        if length < len(slot.tokens):
            self._decoder.remove(slot.id, length)
            slot.tokens.cut(length)
            self._ledger.cut(slot.id, length)

    def _fork(self, source: Slot, target: Slot, length: int) -> None:
        is_whole = length == len(source.tokens)
        self._decoder.fork(source.id, target.id, -1 if is_whole else length)
        self._take_over(source, target, length)

    def _take_over(self, source: Slot, target: Slot, length: int) -> None:
        target.tokens.cut(0)
        target.tokens.extend(source.tokens.view()[:length])
        self._ledger.share(source.id, target.id, length)

    def _restore(self, target: Slot, state: ParkedState, data: memoryview, sequence: str) -> bool:
        """Bring back a parked state, over cells that somebody live still holds where that is possible."""
        length = len(state.tokens)
        if self._decoder.can_split_state:
            donor = self._donor(state.tokens, target)
            if donor is not None:
                return self._restore_over(donor, target, data, length, sequence)
        self._clear(target, sequence)
        self._free_cells(length, target)
        if not self._decoder.write_state(target.id, data) or self._decoder.length(target.id) != length:
            self._empty(target)
            return False
        target.tokens.cut(0)
        self.grow(target, state.tokens)
        return True

    def _restore_over(self, donor: Slot, target: Slot, data: memoryview, length: int, sequence: str) -> bool:
        """Reuse the attention cells of a live sequence and restore only the recurrent part."""
        if donor is target:
            self._leave(target, sequence)
        else:
            self._clear(target, sequence)
            self._decoder.fork(donor.id, target.id)
            self._take_over(donor, target, len(donor.tokens))
        is_done = self._decoder.write_recurrent(target.id, data)
        is_done = is_done and self._decoder.remove(target.id, length) and self._decoder.length(target.id) == length
        if not is_done:
            self._empty(target)
            return False
        target.tokens.cut(length)
        self._ledger.cut(target.id, length)
        return True

    def _donor(self, tokens: Tokens, target: Slot) -> Slot | None:
        """Return a live slot that begins with these tokens and went on, the target itself first."""
        for slot in sorted(self._slots, key=lambda slot: slot is not target):
            held = slot.tokens.view()
            if slot.sequence is not None and len(held) > len(tokens):
                if np.array_equal(held[: len(tokens)], tokens):
                    return slot
        return None

    # Making room

    def _evict(self, slot: Slot) -> None:
        self.keep(slot, PrefixKind.CONVERSATION)
        self._empty(slot)

    def _empty(self, slot: Slot) -> None:
        if len(slot.tokens) or slot.sequence is not None:
            self._decoder.remove(slot.id)
        slot.tokens.cut(0)
        slot.sequence = None
        slot.is_busy = False
        self._ledger.release(slot.id)

    def _make_room(self) -> None:
        """Evict idle slots until every promise can be kept."""
        for slot in self._idle():
            if self._ledger.available >= 0:
                return
            self._evict(slot)

    def _free_cells(self, cells: int, target: Slot) -> None:
        """Evict idle slots until so many cells are empty."""
        for slot in self._idle():
            if self._ledger.cells - self._ledger.used >= cells:
                return
            if slot is not target:
                self._evict(slot)

    def _idle(self) -> list[Slot]:
        idle = [slot for slot in self._slots if not slot.is_busy and slot.sequence is not None]
        return sorted(idle, key=lambda slot: slot.last_used)

    def _touch(self, slot: Slot) -> None:
        self._clock += 1
        slot.last_used = self._clock
