"""How many bytes a computation needs at once, found by placing its tensors as ggml does.

ggml gives every result the smallest free gap that holds it, lets some operations overwrite a source that
nobody else reads, and frees a tensor after its last reader. Following the same rules gives the size of its
buffers to the byte, fragmentation included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from npc_sdk.models.compute.graph import DEVICE, HOST, Tensor

ALIGNMENT: Final = {DEVICE: 128, HOST: 32}
"""Bytes that tensors start at multiples of: CUDA's buffers, and ggml's on the host."""

_ENDLESS: Final = 1 << 62


class _Room:
    """One buffer that grows as tensors are placed in it. Not thread safe."""

    def __init__(self, alignment: int) -> None:
        self._alignment = alignment
        self._gaps = [[0, _ENDLESS]]  # offset and size, by offset; the last one serves when no other does
        self.peak = 0

    def padded(self, size: int) -> int:
        return -(-size // self._alignment) * self._alignment

    def place(self, size: int) -> int:
        size = self.padded(size)
        last = len(self._gaps) - 1
        fitting = (index for index in range(last) if self._gaps[index][1] >= size)
        best = min(fitting, key=lambda index: (self._gaps[index][1], -index), default=last)
        gap = self._gaps[best]
        offset = gap[0]
        gap[0] += size
        gap[1] -= size
        if gap[1] == 0:
            del self._gaps[best]
        self.peak = max(self.peak, offset + size)
        return offset

    def free(self, offset: int, size: int) -> None:
        size = self.padded(size)
        gaps = self._gaps
        for index, gap in enumerate(gaps):
            if gap[0] + gap[1] == offset:
                gap[1] += size
                if index + 1 < len(gaps) and gap[0] + gap[1] == gaps[index + 1][0]:
                    gap[1] += gaps.pop(index + 1)[1]
                return
            if offset + size == gap[0]:
                gap[0] = offset
                gap[1] += size
                if index and gaps[index - 1][0] + gaps[index - 1][1] == offset:
                    gaps[index - 1][1] += gaps.pop(index)[1]
                return
        gaps.insert(sum(gap[0] < offset for gap in gaps), [offset, size])


@dataclass(slots=True)
class _Place:
    room: int = HOST
    offset: int = 0
    readers: int = 0
    views: int = 0
    is_own: bool = False


@dataclass(slots=True)
class Steps:
    """What is computed, in order, and where.

    Attributes:
        inputs: What is placed before anything is computed.
        nodes: Results, in the order of computation.
        places: DEVICE or HOST of every tensor, by identity.
    """

    inputs: list[Tensor] = field(default_factory=list)
    nodes: list[Tensor] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)


class _Allocator:
    """Places the tensors of one computation. Not thread safe; used once."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._rooms = {room: _Room(alignment) for room, alignment in ALIGNMENT.items()}
        self._places: dict[int, _Place] = {}

    def run(self) -> dict[int, int]:
        for tensor in self._steps.inputs:
            self._allocate(tensor)
        self._count()
        for node in self._steps.nodes:
            for source in node.sources:
                self._allocate(source)
            self._allocate(node)
            for source in node.sources:
                self._release(source)
        return {room: self._rooms[room].peak for room in self._rooms}

    def _count(self) -> None:
        for node in self._steps.nodes:
            if node.root is not None and node.is_computed:
                self._place(node.root).views += 1
            for source in node.sources:
                self._place(source).readers += 1

    def _place(self, tensor: Tensor) -> _Place:
        return self._places.setdefault(id(tensor), _Place())

    def _bytes(self, tensor: Tensor, room: int) -> int:
        return tensor.n_bytes + (tensor.device_extra_bytes if room == DEVICE else 0)

    def _allocate(self, tensor: Tensor) -> None:
        place = self._place(tensor)
        if place.is_own or tensor.home is not None or tensor.root is not None:
            return
        place.is_own = True
        if tensor.reuses_source and self._reuse(tensor, place):
            return
        place.room = self._steps.places[id(tensor)]
        place.offset = self._rooms[place.room].place(self._bytes(tensor, place.room))

    def _reuse(self, tensor: Tensor, place: _Place) -> bool:
        for source in tensor.sources:
            old = self._place(source)
            if not old.is_own or source.is_output or source.shape != tensor.shape or source.n_bytes != tensor.n_bytes:
                continue
            if old.readers == 1 and old.views == 0:
                place.room, place.offset = old.room, old.offset
                old.is_own = False
                return True
        return False

    def _release(self, source: Tensor) -> None:
        place = self._place(source)
        place.readers -= 1
        if place.readers or place.views:
            return
        if source.root is None:
            self._free(source, place)
            return
        root = self._place(source.root)
        root.views -= 1
        if root.views == 0 and root.readers == 0:
            self._free(source.root, root)

    def _free(self, tensor: Tensor, place: _Place) -> None:
        if place.is_own and not tensor.is_output:
            place.is_own = False
            self._rooms[place.room].free(place.offset, self._bytes(tensor, place.room))


def buffer_bytes(steps: Steps) -> dict[int, int]:
    """Return the bytes of the buffers that hold a computation, by DEVICE and HOST."""
    return _Allocator(steps).run()
