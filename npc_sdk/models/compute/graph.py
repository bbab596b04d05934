"""The shape of a computation: which tensors there are, what each is made from, and in which order.

Only what decides about memory is kept. The order of nodes follows ggml: a graph is grown by expanding one
result after the other, and each brings what it needs before itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Final

DEVICE: Final = 0
HOST: Final = 1
F32: Final = 4
F16: Final = 2
I32: Final = 4
I64: Final = 8


@dataclass(slots=True, eq=False, kw_only=True)
class Tensor:
    """One tensor of a computation.

    Attributes:
        shape: Sizes, the innermost first.
        n_bytes: Bytes of its numbers.
        sources: What it is computed from.
        root: The tensor whose memory it looks at, for views.
        is_computed: Whether it is the result of an operation; False for inputs, weights and caches.
        is_plain_view: Whether the operation only looks differently at memory and does no work.
        reuses_source: Whether the result may overwrite one of its sources.
        home: Where a weight or cache lies, DEVICE or HOST; None for what the allocator places.
        is_weight: Whether it is a weight of the model.
        is_input: Whether the caller writes it before each run.
        is_output: Whether it must survive until the end.
        batch: Rows that the operation works on together; decides whether a device takes it over from the host.
        device_extra_bytes: What the operation needs beside its result on a device.
        pinned: Where it is computed whatever its neighbours do, DEVICE or HOST; None leaves it open.
    """

    shape: tuple[int, ...]
    n_bytes: int
    sources: tuple[Tensor, ...] = ()
    root: Tensor | None = None
    is_computed: bool = False
    is_plain_view: bool = False
    reuses_source: bool = False
    home: int | None = None
    is_weight: bool = False
    is_input: bool = False
    is_output: bool = False
    batch: int = 0
    device_extra_bytes: int = 0
    pinned: int | None = None


class Graph:
    """A computation that is being written down.

    Not thread safe; owned by whoever builds it.
    """

    def __init__(self) -> None:
        self.nodes: list[Tensor] = []
        self.leaves: list[Tensor] = []
        self._seen: set[int] = set()

    def input(self, *shape: int, element_bytes: int) -> Tensor:
        """Return a tensor that the caller writes before each run."""
        return Tensor(shape=shape, n_bytes=prod(shape) * element_bytes, is_input=True)

    def weight(self, n_bytes: int, home: int, *, device_extra_bytes: int = 0) -> Tensor:
        """Return a weight of the model, which lies in a buffer of its own."""
        return Tensor(
            shape=(n_bytes,), n_bytes=n_bytes, home=home, is_weight=True, device_extra_bytes=device_extra_bytes
        )

    def cache(self, n_bytes: int, home: int) -> Tensor:
        """Return a cache or state, which lies in a buffer of its own."""
        return Tensor(shape=(n_bytes,), n_bytes=n_bytes, home=home)

    def compute(
        self,
        shape: tuple[int, ...],
        *sources: Tensor,
        reuses_source: bool = False,
        element_bytes: int = F32,
        batch: int | None = None,
        device_extra_bytes: int = 0,
    ) -> Tensor:
        """Return the result of an operation.

        Args:
            shape: Its sizes, the innermost first.
            *sources: What it is computed from, in ggml's order.
            reuses_source: Whether ggml lets the operation overwrite a source.
            element_bytes: Bytes of one number.
            batch: Rows worked on together; all rows unless given.
            device_extra_bytes: What the operation needs beside its result on a device.
        """
        return Tensor(
            shape=shape,
            n_bytes=prod(shape) * element_bytes,
            sources=sources,
            is_computed=True,
            reuses_source=reuses_source,
            batch=prod(shape[1:]) if batch is None else batch,
            device_extra_bytes=device_extra_bytes,
        )

    def multiply(self, weight: Tensor, source: Tensor, rows: int) -> Tensor:
        """Return the product of a matrix with ``rows`` rows and every column of a tensor."""
        columns = prod(source.shape[1:])
        return self.compute((rows, columns), weight, source, batch=columns)

    def view(self, source: Tensor, *shape: int, span_bytes: int | None = None) -> Tensor:
        """Return a tensor that looks at memory of another one, whole or in part.

        Args:
            source: The other tensor.
            *shape: Its own sizes, the innermost first.
            span_bytes: From its first to its last number, where what lies between is not all its own.
        """
        view = self._view((source,), source, shape, is_plain_view=True)
        view.n_bytes = view.n_bytes if span_bytes is None else span_bytes
        return view

    def write(self, target: Tensor, *sources: Tensor) -> Tensor:
        """Return the operation that writes sources into memory of another tensor."""
        return self._view(sources, target, target.shape, is_plain_view=False)

    def _view(
        self, sources: tuple[Tensor, ...], target: Tensor, shape: tuple[int, ...], *, is_plain_view: bool
    ) -> Tensor:
        elements = max(prod(target.shape), 1)
        return Tensor(
            shape=shape,
            n_bytes=target.n_bytes * prod(shape) // elements,
            sources=sources,
            root=target.root or target,
            is_computed=True,
            is_plain_view=is_plain_view,
        )

    def expand(self, tensor: Tensor) -> None:
        """Add a tensor, and before it everything it is computed from that is not there yet."""
        stack: list[tuple[Tensor, int]] = []
        self._enter(stack, tensor)
        while stack:
            current, index = stack.pop()
            if index < len(current.sources):
                stack.append((current, index + 1))
                self._enter(stack, current.sources[index])
            else:
                (self.nodes if current.is_computed else self.leaves).append(current)

    def _enter(self, stack: list[tuple[Tensor, int]], tensor: Tensor) -> None:
        if id(tensor) not in self._seen:
            self._seen.add(id(tensor))
            stack.append((tensor, 0))
