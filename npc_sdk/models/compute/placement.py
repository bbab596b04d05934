"""Which part of a computation a device does and which part the host, as ggml's scheduler decides it.

An operation goes where its weights or caches lie. What lies on the host is still done by the device when it
works on many rows, with the weights copied over for the moment. The rest follows its neighbours. Wherever a
side needs what the other one has, a copy is placed on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from npc_sdk.models.compute.allocator import Steps
from npc_sdk.models.compute.graph import DEVICE, HOST, Graph, Tensor

OFFLOAD_ROWS: Final = 32
"""From this many rows on a CUDA device takes an operation over from the host."""


class _Placement:
    """Assigns and splits one graph. Not thread safe; used once."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = graph.nodes
        self._leaves = graph.leaves
        self._places: dict[int, int] = {}
        self._copies: dict[tuple[int, int], Tensor] = {}
        self._steps = Steps(inputs=[leaf for leaf in graph.leaves if leaf.home is None], places=self._places)

    def run(self) -> Steps:
        self._place_known()
        # The device spreads first, downwards and then upwards, and never over what is fixed to the host.
        for is_spreading_host in (False, True):
            self._spread(self._nodes, is_spreading_host)
            self._spread(reversed(self._nodes), is_spreading_host)
        self._place_rest()
        self._split()
        return self._steps

    def _place_known(self) -> None:
        for tensor in (*self._leaves, *self._nodes):
            place = self._known(tensor)
            if place is not None:
                self._places[id(tensor)] = place

    def _known(self, tensor: Tensor) -> int | None:
        if tensor.pinned is not None:
            return tensor.pinned
        home = tensor.home if tensor.root is None else tensor.root.home
        if home is not None:
            return home
        if tensor.is_input:
            return HOST
        for source in tensor.sources:
            if source.is_weight and source.home is not None:
                return DEVICE if tensor.batch >= OFFLOAD_ROWS else source.home
        return None

    def _spread(self, nodes: Iterable[Tensor], is_spreading_host: bool) -> None:
        current: int | None = None
        for node in nodes:
            if node.is_plain_view:
                continue
            place = self._places.get(id(node))
            if place is not None:
                current = place if place == DEVICE or is_spreading_host else None
            elif current is not None:
                self._places[id(node)] = current

    def _place_rest(self) -> None:
        for node in self._nodes:
            if id(node) not in self._places:
                self._places[id(node)] = self._places.get(id(node.root), HOST)
            for source in node.sources:
                if id(source) not in self._places:
                    home = self._places.get(id(source.root)) if source.root else None
                    self._places[id(source)] = self._places[id(node)] if home is None else home

    def _split(self) -> None:
        worked = [node for node in self._nodes if not node.is_plain_view]
        current = self._places[id(worked[0])] if worked else HOST
        part: list[Tensor] = []
        brought: list[Tensor] = []
        for node in self._nodes:
            if not node.is_plain_view:
                place = self._places[id(node)]
                if place != current or (brought and self._brings_weight(node, place)):
                    self._finish(part, brought, current)
                    part, brought, current = [], [], place
                self._fetch(node, current, brought)
            part.append(node)
        self._finish(part, brought, current)

    def _brings_weight(self, node: Tensor, place: int) -> bool:
        return any(source.is_weight and self._is_foreign(source, place) for source in node.sources)

    def _is_foreign(self, source: Tensor, place: int) -> bool:
        return self._places[id(source)] != place

    def _fetch(self, node: Tensor, place: int, brought: list[Tensor]) -> None:
        """Let a node read copies of what lies on the other side."""
        for source in node.sources:
            if not self._is_foreign(source, place):
                continue
            if (id(source), place) not in self._copies:
                copy = Tensor(shape=source.shape, n_bytes=source.n_bytes, device_extra_bytes=_padding_bytes(source))
                self._places[id(copy)] = place
                self._copies[id(source), place] = copy
                brought.append(source)
        node.sources = tuple(self._copies.get((id(source), place), source) for source in node.sources)

    def _finish(self, part: list[Tensor], brought: list[Tensor], place: int) -> None:
        for source in brought:
            # The source must last until it is copied, and the copy exist from the start of the part.
            mark = Tensor(shape=source.shape, n_bytes=0, sources=(source,), root=source.root or source)
            self._places[id(mark)] = self._places[id(source)]
            self._steps.nodes += (mark, self._copies[id(source), place])
        self._steps.nodes += part


def _padding_bytes(source: Tensor) -> int:
    # What a result needs beside itself stays where it is computed; weights and caches are padded wherever they lie.
    is_stored = source.is_weight or (source.root is not None and source.root.home is not None)
    return source.device_extra_bytes if is_stored else 0


def place(graph: Graph) -> Steps:
    """Return the steps of a computation and where each is done; the graph is used up."""
    return _Placement(graph).run()


def keep_on_host(graph: Graph) -> Steps:
    """Return the steps of a computation that the host does alone."""
    inputs = [leaf for leaf in graph.leaves if leaf.home is None]
    places = {id(tensor): HOST for tensor in (*inputs, *graph.nodes)}
    return Steps(inputs=inputs, nodes=graph.nodes, places=places)
