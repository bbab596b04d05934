from __future__ import annotations

import pytest

from npc_sdk.bench import pacing
from npc_sdk.bench.scene import CallCosts, Scene, Talk
from npc_sdk.bench.simulation import FixedSleeps, Simulation, Strategy
from npc_sdk.budget.pacing import Pacer, PacingConfig
from npc_sdk.testing.simulated_gpu import Sharing, SimulatedGpu

COSTS = {costs.name: costs for costs in pacing.CARDS}


def play(
    fps: int,
    characters: int,
    strategy: Strategy,
    *,
    costs: CallCosts = pacing.CARDS[0],
    sharing: Sharing = "sliced",
    seed: int = 1,
    reports_interval: bool = False,
) -> tuple[float, float]:
    """Return the frame time that 99 of 100 frames stay under, and tokens a second."""
    scene = Scene(fps=fps, seconds=30.0)
    talk = Talk(characters, seed) if characters else None
    game = Simulation(
        scene,
        costs,
        talk,
        strategy,
        gpu=SimulatedGpu(sharing),
        seed=seed,
        reports_interval=reports_interval,
    )
    frames_ms = sorted(game.run())
    return frames_ms[int(0.99 * len(frames_ms))], talk.spoken / scene.seconds if talk is not None else 0.0


@pytest.mark.parametrize("name", sorted(COSTS))
@pytest.mark.parametrize("fps", pacing.FPS)
@pytest.mark.parametrize("characters", [1, 16])
@pytest.mark.parametrize(("sharing", "reports_interval"), [("sliced", False), ("sliced", True), ("exclusive", False)])
def test_with_pacing_frames_are_as_good_as_without_inference(
    name: str, fps: int, characters: int, sharing: Sharing, reports_interval: bool
) -> None:
    off_ms, _ = play(fps, 0, Pacer(), sharing=sharing)
    paced_ms, tokens_per_s = play(
        fps, characters, Pacer(), costs=COSTS[name], sharing=sharing, reports_interval=reports_interval
    )
    assert paced_ms <= pacing.LIMIT * off_ms
    assert tokens_per_s > 0.1


def test_without_pacing_they_are_not() -> None:
    off_ms, _ = play(60, 0, Pacer())
    unpaced_ms, fast = play(60, 8, FixedSleeps(128, 0.0))
    _, paced = play(60, 8, Pacer())
    assert unpaced_ms > 1.2 * off_ms
    assert fast > paced


def test_a_floor_buys_tokens_with_frames() -> None:
    _, without = play(144, 4, Pacer())
    late_ms, kept = play(144, 4, Pacer(PacingConfig(floor_tokens_per_s=20.0)))
    assert kept > 15 > without
    assert late_ms > 7.3


def test_the_same_seed_gives_the_same_run() -> None:
    assert play(60, 4, Pacer(), seed=7) == play(60, 4, Pacer(), seed=7)
    assert play(60, 4, Pacer(), seed=7) != play(60, 4, Pacer(), seed=8)


def test_the_benchmark_has_every_strategy_side_by_side() -> None:
    lines: list[str] = []
    result = pacing.run(quick=True, report=lines.append)
    assert len(lines) == len(pacing.CARDS) * len(pacing.FPS)
    paced = [row for row in result["rows"] if row["strategy"] == "paced"]
    assert len(paced) == 8
    assert all(row["is_met"] for row in paced)
    table = pacing.markdown(result)
    assert table.count("\n") == 2 + len(paced)
    assert table.count("met") == len(paced)
    assert pacing.table(result).row_count == len(paced)
