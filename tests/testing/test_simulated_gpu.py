from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.errors import StateError
from npc_sdk.testing.simulated_gpu import SimulatedGpu


def run(gpu: SimulatedGpu, until_ms: float) -> list[tuple[str, float]]:
    """Let time pass and return whose work ended when."""
    ended = []
    while gpu.now_ms < until_ms:
        ended += [(name, gpu.now_ms) for name in gpu.advance(until_ms)]
    return ended


def test_alone_work_takes_its_time() -> None:
    gpu = SimulatedGpu()
    gpu.start("game", 10)
    assert run(gpu, 20) == [("game", 10)]
    assert gpu.now_ms == 20
    assert gpu.busy_ms == {"game": 10}


def test_two_share_the_device_in_slices() -> None:
    gpu = SimulatedGpu()
    gpu.start("game", 10)
    gpu.start("model", 4)
    assert run(gpu, 30) == [("model", 8), ("game", 14)]


def test_exclusive_work_runs_in_the_order_of_arrival() -> None:
    gpu = SimulatedGpu("exclusive")
    gpu.start("model", 6)
    gpu.start("game", 10)
    assert run(gpu, 30) == [("model", 6), ("game", 16)]


def test_work_that_comes_later_slows_what_runs() -> None:
    gpu = SimulatedGpu()
    gpu.start("game", 10)
    gpu.advance(5)
    gpu.start("model", 10)
    assert gpu.next_end_ms() == 15
    assert run(gpu, 30) == [("game", 15), ("model", 20)]


def test_one_piece_of_work_for_each_program() -> None:
    gpu = SimulatedGpu()
    gpu.start("game", 1)
    with pytest.raises(StateError) as caught:
        gpu.start("game", 1)
    assert caught.value.code == "device_busy"
    assert gpu.is_running("game")
    assert not gpu.is_running("model")


def test_an_idle_device_lets_time_pass() -> None:
    gpu = SimulatedGpu()
    assert gpu.next_end_ms() is None
    assert gpu.advance(7) == []
    assert gpu.now_ms == 7


@given(st.sampled_from(("sliced", "exclusive")), st.lists(st.floats(0.1, 50), min_size=1, max_size=5))
def test_no_work_is_lost_and_none_is_done_twice(sharing: str, works_ms: list[float]) -> None:
    gpu = SimulatedGpu(sharing)  # type: ignore[arg-type]
    for number, work_ms in enumerate(works_ms):
        gpu.start(str(number), work_ms)
    ended = run(gpu, 1000)
    assert sorted(name for name, _ in ended) == sorted(map(str, range(len(works_ms))))
    assert ended[-1][1] == pytest.approx(sum(works_ms))
    for number, work_ms in enumerate(works_ms):
        assert gpu.busy_ms[str(number)] == pytest.approx(work_ms)
