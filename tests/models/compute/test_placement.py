from __future__ import annotations

from npc_sdk.models.compute.allocator import buffer_bytes
from npc_sdk.models.compute.graph import DEVICE, HOST, Graph, Tensor
from npc_sdk.models.compute.placement import OFFLOAD_ROWS, place


def _product(home: int, rows: int) -> tuple[Graph, Tensor]:
    graph = Graph()
    source = graph.input(64, rows, element_bytes=4)
    result = graph.multiply(graph.weight(4096, home), source, 16)
    graph.expand(result)
    return graph, result


def test_an_operation_goes_where_its_weights_lie() -> None:
    for home in (DEVICE, HOST):
        graph, result = _product(home, 4)
        assert place(graph).places[id(result)] == home


def test_what_the_device_reads_is_copied_to_it() -> None:
    graph, _ = _product(DEVICE, 4)
    sizes = buffer_bytes(place(graph))
    assert sizes[HOST] == 64 * 4 * 4
    assert sizes[DEVICE] == 64 * 4 * 4 + 16 * 4 * 4


def test_many_rows_are_done_on_the_device_with_a_copy_of_the_weights() -> None:
    graph, result = _product(HOST, OFFLOAD_ROWS)
    steps = place(graph)
    assert steps.places[id(result)] == DEVICE
    assert buffer_bytes(steps)[DEVICE] >= 4096 + 16 * OFFLOAD_ROWS * 4


def test_what_is_pinned_stays() -> None:
    graph, result = _product(DEVICE, 4)
    result.pinned = HOST
    assert place(graph).places[id(result)] == HOST


def test_the_rest_follows_its_neighbours() -> None:
    graph, result = _product(DEVICE, 4)
    after = graph.compute(result.shape, result, reuses_source=True)
    graph.expand(after)
    assert place(graph).places[id(after)] == DEVICE


def test_writing_into_a_cache_happens_where_the_cache_is() -> None:
    graph, result = _product(DEVICE, 4)
    written = graph.write(graph.cache(1024, HOST), result)
    graph.expand(written)
    steps = place(graph)
    assert steps.places[id(written)] == HOST
    assert buffer_bytes(steps)[HOST] == 64 * 4 * 4  # the input is no longer needed when the result comes over
