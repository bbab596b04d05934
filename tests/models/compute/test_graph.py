from __future__ import annotations

from npc_sdk.models.compute.graph import F16, HOST, I32, Graph


def test_a_result_brings_what_it_needs_before_itself() -> None:
    graph = Graph()
    left, right = graph.input(4, element_bytes=I32), graph.weight(64, HOST)
    product = graph.compute((8, 4), right, left)
    total = graph.compute((8, 4), product, product)
    graph.expand(total)
    assert graph.nodes == [product, total]
    assert graph.leaves == [right, left]
    graph.expand(product)
    assert graph.nodes == [product, total]


def test_sizes_follow_from_shapes() -> None:
    graph = Graph()
    mask = graph.input(256, 16, element_bytes=F16)
    assert mask.n_bytes == 256 * 16 * 2 and mask.is_input
    product = graph.multiply(graph.weight(1, HOST), graph.compute((32, 2, 5)), 128)
    assert product.shape == (128, 10) and product.n_bytes == 128 * 10 * 4 and product.batch == 10


def test_views_look_at_the_memory_they_come_from() -> None:
    graph = Graph()
    whole = graph.compute((10, 6))
    part = graph.view(graph.view(whole, 60), 5, 6)
    assert part.root is whole and part.n_bytes == 120 and part.is_plain_view
    assert graph.view(whole, 5, 6, span_bytes=220).n_bytes == 220
    written = graph.write(part, whole)
    assert written.root is whole and not written.is_plain_view


def test_deep_graphs_need_no_deep_stack() -> None:
    graph = Graph()
    current = graph.compute((1,))
    for _ in range(5000):
        current = graph.compute((1,), current)
    graph.expand(current)
    assert len(graph.nodes) == 5001
