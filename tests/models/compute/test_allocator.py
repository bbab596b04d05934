from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.models.compute.allocator import buffer_bytes
from npc_sdk.models.compute.graph import DEVICE, HOST, Graph, Tensor
from npc_sdk.models.compute.placement import keep_on_host


def _chain(*sizes: int, reuses_source: bool = False) -> Graph:
    graph = Graph()
    current = graph.input(sizes[0], element_bytes=4)
    for size in sizes[1:]:
        current = graph.compute((size,), current, reuses_source=reuses_source)
    graph.expand(current)
    return graph


def _host_bytes(graph: Graph) -> int:
    sizes = buffer_bytes(keep_on_host(graph))
    assert sizes[DEVICE] == 0
    return sizes[HOST]


def test_a_chain_needs_its_two_largest_neighbours() -> None:
    assert _host_bytes(_chain(8, 800, 80, 8)) == 32 + (800 + 80) * 4


def test_what_is_read_for_the_last_time_is_overwritten_where_that_is_allowed() -> None:
    assert _host_bytes(_chain(80, 80, 80, 80, reuses_source=True)) == 320
    assert _host_bytes(_chain(80, 80, 80, 80)) == 640


def test_another_shape_is_not_overwritten() -> None:
    assert _host_bytes(_chain(80, 40, reuses_source=True)) == 480


def test_outputs_stay() -> None:
    graph = Graph()
    first = graph.compute((80,), graph.input(8, element_bytes=4))
    first.is_output = True
    last = graph.compute((80,), graph.compute((80,), first, reuses_source=True), reuses_source=True)
    graph.expand(last)
    assert _host_bytes(graph) == 640 + 32


def test_a_view_keeps_its_memory() -> None:
    graph = Graph()
    whole = graph.compute((80,), graph.input(8, element_bytes=4))
    part = graph.view(whole, 40)
    graph.expand(part)
    other = graph.compute((80,), graph.input(8, element_bytes=4))
    graph.expand(other)
    graph.expand(graph.compute((8,), part, other))
    assert _host_bytes(graph) == 2 * 320 + 2 * 32


def test_weights_and_caches_lie_elsewhere() -> None:
    graph = Graph()
    graph.expand(graph.compute((8,), graph.weight(1 << 30, HOST), graph.cache(1 << 30, HOST)))
    assert _host_bytes(graph) == 32


def test_sizes_are_padded() -> None:
    graph = Graph()
    graph.expand(graph.compute((1,), graph.input(1, element_bytes=4)))
    assert _host_bytes(graph) == 64


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 7), st.booleans()), min_size=1, max_size=40))
def test_a_buffer_lies_between_the_largest_result_and_all_of_them(steps: list[tuple[int, int, bool]]) -> None:
    graph = Graph()
    made: list[Tensor] = [graph.input(8, element_bytes=4)]
    for size, back, reuses in steps:
        made.append(graph.compute((size,), made[-1 - back % len(made)], made[-1], reuses_source=reuses))
    for tensor in made:
        graph.expand(tensor)
    total = _host_bytes(graph)
    padded = [-(-tensor.n_bytes // 32) * 32 for tensor in made]
    assert max(padded) <= total <= sum(padded)
