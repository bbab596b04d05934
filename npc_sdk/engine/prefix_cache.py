"""Which prefix of a prompt is parked already: a radix tree over token ids with typed eviction."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from npc_sdk.engine.request import PrefixKind
from npc_sdk.engine.state import ParkedState, StateStore, Tokens, Writer
from npc_sdk.errors import CapacityError


class _Node:
    """One edge of the tree and the state at its end, if one is parked there."""

    __slots__ = ("children", "edge", "parent", "state")

    def __init__(self, edge: Tokens, parent: _Node | None) -> None:
        self.edge = edge
        self.parent = parent
        self.children: dict[int, _Node] = {}
        self.state: ParkedState | None = None


def common_length(first: Tokens, second: Tokens) -> int:
    """Return how many tokens two arrays have in common at their start."""
    length = min(len(first), len(second))
    different = np.flatnonzero(first[:length] != second[:length])
    return int(different[0]) if len(different) else length


def _mark_up(node: _Node, marked: set[_Node]) -> None:
    """Add what lies below a node, down to the root; stops where that was done before."""
    above = node.parent
    while above is not None and above not in marked:
        marked.add(above)
        above = above.parent


class PrefixCache:
    """Parked states by the tokens that led to them.

    A state is of use only at its exact end: a recurrent state cannot be cut. When the memory is full, what
    others make up for goes first: conversations of a sequence that has a later one, then personas from which a
    conversation went on. Then go the other conversations, the other personas, and worlds; within each the one
    unused for longest. A pinned state stays. What goes from memory moves to the disk if there is one.

    Not thread safe; owned by the engine thread.

    Args:
        store: Where new states are kept.
        capacity_bytes: Most bytes there.
        disk: Where states go that no longer fit, or None.
        disk_bytes: Most bytes on the disk.
    """

    def __init__(
        self, store: StateStore, capacity_bytes: int, *, disk: StateStore | None = None, disk_bytes: int = 0
    ) -> None:
        self._root = _Node(np.empty(0, dtype=np.int32), None)
        self._nodes: dict[int, _Node] = {}
        self._store = store
        self._disk = disk
        self._capacity = {"memory": capacity_bytes, "disk": disk_bytes}
        self._used = {"memory": 0, "disk": 0}
        self._pinned: dict[int, ParkedState] = {}
        self._clock = 0

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def used_bytes(self) -> int:
        """Bytes of states in host memory."""
        return self._used["memory"]

    def resize(self, capacity_bytes: int, disk_bytes: int) -> None:
        """Change the most bytes that are kept, and drop what no longer fits."""
        self._capacity = {"memory": capacity_bytes, "disk": disk_bytes}
        for tier in self._capacity:
            self._make_room(tier, 0)

    def states(self) -> Iterator[ParkedState]:
        """Yield every parked state."""
        for node in self._nodes.values():
            if node.state is not None:
                yield node.state

    def find(self, tokens: Tokens, *, limit: int | None = None) -> ParkedState | None:
        """Return the longest parked state whose tokens are a prefix.

        Args:
            tokens: The prompt.
            limit: Longest state of use, in tokens; default the whole prompt.
        """
        limit = len(tokens) if limit is None else limit
        node, depth, best = self._root, 0, None
        while True:
            if node.state is not None and depth <= limit:
                best = node.state
            child = node.children.get(int(tokens[depth])) if depth < len(tokens) else None
            if child is None or depth + len(child.edge) > len(tokens):
                break
            if common_length(child.edge, tokens[depth:]) < len(child.edge):
                break
            node, depth = child, depth + len(child.edge)
        if best is not None:
            self._touch(best)
        return best

    def has(self, tokens: Tokens) -> bool:
        """Tell whether a state is parked at exactly these tokens."""
        state = self.find(tokens)
        return state is not None and len(state.tokens) == len(tokens)

    def save(self, tokens: Tokens, kind: PrefixKind, sequence: str, size: int, write: Writer) -> bool:
        """Park a state; a sequence keeps its last two conversation states.

        Returns:
            False when it does not fit, or could not be written; nothing else changes then, except that
            room was made.
        """
        if size > self._capacity["memory"] or self.has(tokens):
            return False
        if not self._make_room("memory", size):
            return False
        try:
            state = self._store.save(tokens=tokens.copy(), kind=kind, sequence=sequence, size=size, write=write)
        except CapacityError:
            return False
        if state is None:
            return False
        self.insert(state)
        if kind is PrefixKind.CONVERSATION:
            self._drop_older(sequence)
        return True

    def insert(self, state: ParkedState) -> None:
        """Take in a state that is stored already, such as one that an earlier process left."""
        node = self._reach(state.tokens)
        if node.state is not None:
            self._detach(node, drop=True)
            node = self._reach(state.tokens)
        node.state = state
        self._nodes[id(state)] = node
        self._used[state.tier] += state.size
        self._touch(state)
        self._make_room(state.tier, 0)

    def pin(self, tokens: Tokens) -> ParkedState | None:
        """Protect the state at exactly these tokens until :meth:`unpin`; None when there is none."""
        state = self.find(tokens)
        if state is None or len(state.tokens) != len(tokens):
            return None
        self._pinned[id(state)] = state
        return state

    def unpin(self, state: ParkedState) -> None:
        """Let a protected state go when room is needed; others are ignored."""
        if self._pinned.pop(id(state), None) is not None:
            self._make_room(state.tier, 0)  # the capacity may have shrunk while it was protected

    def forget(self, sequence: str) -> None:
        """Drop the conversation states of a sequence."""
        for state in list(self.states()):
            if state.sequence == sequence and state.kind is PrefixKind.CONVERSATION:
                self.drop(state)

    def _drop_older(self, sequence: str) -> None:
        """Keep a sequence's last two conversation states: where it is, and where its history ended before."""
        own = [state for state in self.states() if state.sequence == sequence]
        own = [state for state in own if state.kind is PrefixKind.CONVERSATION]
        for state in sorted(own, key=lambda state: state.last_used)[:-2]:
            if id(state) not in self._pinned:
                self.drop(state)

    def drop(self, state: ParkedState) -> None:
        """Drop one state, such as one that failed its verification."""
        node = self._nodes.get(id(state))
        if node is not None:
            self._detach(node, drop=True)

    def clear(self) -> None:
        """Drop everything."""
        for state in list(self.states()):
            self.drop(state)

    def _touch(self, state: ParkedState) -> None:
        self._clock += 1
        state.last_used = self._clock

    def _reach(self, tokens: Tokens) -> _Node:
        """Return the node at exactly these tokens, splitting an edge or adding one where needed."""
        node, depth = self._root, 0
        while depth < len(tokens):
            child = node.children.get(int(tokens[depth]))
            if child is None:
                child = _Node(tokens[depth:].copy(), node)
                node.children[int(tokens[depth])] = child
                return child
            shared = common_length(child.edge, tokens[depth:])
            if shared < len(child.edge):
                child = self._split(child, shared)
            node, depth = child, depth + shared
        return node

    def _split(self, node: _Node, length: int) -> _Node:
        upper = _Node(node.edge[:length], node.parent)
        if node.parent is not None:
            node.parent.children[int(upper.edge[0])] = upper
        node.edge = node.edge[length:]
        node.parent = upper
        upper.children[int(node.edge[0])] = node
        return upper

    def _detach(self, node: _Node, *, drop: bool) -> None:
        state = node.state
        if state is None:
            return
        node.state = None
        del self._nodes[id(state)]
        self._pinned.pop(id(state), None)
        self._used[state.tier] -= state.size
        if drop:
            state.drop()
        while node.parent is not None and node.state is None and not node.children:
            del node.parent.children[int(node.edge[0])]
            node = node.parent

    def _make_room(self, tier: str, size: int) -> bool:
        """Evict until so many bytes are free; False when what is left is protected."""
        if self._used[tier] + size <= self._capacity[tier]:
            return True
        for state in self._victims(tier):
            self._demote(state)
            if self._used[tier] + size <= self._capacity[tier]:
                return True
        return False

    def _victims(self, tier: str) -> list[ParkedState]:
        """Return what may be evicted, what is missed least first."""
        latest: dict[str, ParkedState] = {}
        continued: set[_Node] = set()
        for state in self.states():
            if state.kind is PrefixKind.CONVERSATION:
                before = latest.get(state.sequence)
                latest[state.sequence] = state if before is None or state.last_used > before.last_used else before
                _mark_up(self._nodes[id(state)], continued)

        def loss(state: ParkedState) -> tuple[int, int]:
            if state.kind is PrefixKind.CONVERSATION:
                return (0 if latest[state.sequence] is not state else 2), state.last_used
            if state.kind is PrefixKind.PERSONA:
                return (1 if self._nodes[id(state)] in continued else 3), state.last_used
            return 4, state.last_used

        free = (state for state in self.states() if state.tier == tier and id(state) not in self._pinned)
        return sorted(free, key=loss)

    def _demote(self, state: ParkedState) -> None:
        """Move a state from memory to the disk where there is one, else drop it."""
        data = state.verified() if self._disk is not None and state.tier == "memory" else None
        copy = self._copy_to_disk(state, data) if data is not None else None
        if data is not None:
            data.release()
        self.drop(state)
        if copy is not None:
            self.insert(copy)

    def _copy_to_disk(self, state: ParkedState, data: memoryview) -> ParkedState | None:
        if self._disk is None or state.size > self._capacity["disk"]:
            return None
        self._make_room("disk", state.size)

        def write(target: memoryview) -> int:
            target[:] = data
            return len(data)

        try:
            return self._disk.save(
                tokens=state.tokens, kind=state.kind, sequence=state.sequence, size=state.size, write=write
            )
        except CapacityError:
            return None
