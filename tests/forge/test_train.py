from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from npc_sdk.errors import RequestError  # noqa: E402
from npc_sdk.forge.examples import Example  # noqa: E402
from npc_sdk.forge.optimizer import OptimizerSettings  # noqa: E402
from npc_sdk.forge.producer import ShardPlan  # noqa: E402
from npc_sdk.forge.progress import TrainReport  # noqa: E402
from npc_sdk.forge.schedule import Schedule  # noqa: E402
from npc_sdk.forge.shape import ModelShape  # noqa: E402
from npc_sdk.forge.train import CHECKPOINT, TrainSettings, load_weights, train  # noqa: E402

SHAPE = ModelShape(
    pattern="M*-", width=64, inner=128, ssm_heads=4, groups=2, state=16, head_width=16, feed_forward=64, vocabulary=64
)
SETTINGS = TrainSettings(
    minutes=0.5,
    shape=SHAPE,
    shards=ShardPlan(examples=12, longest=128),
    optimizer=OptimizerSettings(matrix_rate=0.008, embedding_rate=0.004, vector_rate=0.0015),
    schedule=Schedule(level_until=0.3),
    batch_tokens=256,
    threads=1,
    report_steps=1,
)


@dataclass(frozen=True)
class Repeating:
    """Examples that say the same few tokens over and over."""

    def examples(self, shard: int) -> Iterator[Example]:
        while True:
            for first in range(4):
                yield Example([first + 1, 9, 5, first + 1] * 8, [False, True, True, False] * 8, f"kind{first % 2}")


@dataclass
class Heard:
    """Keeps reports; may interrupt."""

    reports: list[TrainReport]
    stop_after: int = 10**9

    def stage(self, text: str) -> None:
        raise AssertionError(text)

    def report(self, report: TrainReport) -> None:
        self.reports.append(report)
        if len(self.reports) >= self.stop_after:
            raise KeyboardInterrupt


def _second_a_step() -> Callable[[], float]:
    """A clock by which every step takes one second."""
    now = iter(range(10**6))
    return lambda: float(next(now))


def test_the_loss_falls_and_is_told_by_kind(tmp_path: Path) -> None:
    heard = Heard([])
    train(SETTINGS, Repeating(), tmp_path, progress=heard, clock=_second_a_step())
    assert len(heard.reports) == 30
    assert heard.reports[-1].loss < heard.reports[0].loss / 2
    assert {kind for report in heard.reports for kind in report.losses} == {"kind0", "kind1"}
    assert heard.reports[-1].fraction == 1.0 and heard.reports[-1].seconds_left == 0.0


def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = train(SETTINGS, Repeating(), tmp_path / "whole", clock=_second_a_step())
    with pytest.raises(KeyboardInterrupt):
        train(SETTINGS, Repeating(), tmp_path / "parts", progress=Heard([], stop_after=11), clock=_second_a_step())
    first, position = load_weights(tmp_path / "parts", SETTINGS)
    assert position.step == 11
    parts = train(SETTINGS, Repeating(), tmp_path / "parts", clock=_second_a_step())
    for one, two, early in zip(whole.parameters(), parts.parameters(), first.parameters(), strict=True):
        assert torch.equal(one, two)
        assert not torch.equal(one, early)


def test_a_signal_ends_the_step_at_hand(tmp_path: Path) -> None:
    class Signals(Heard):
        def report(self, report: TrainReport) -> None:
            super().report(report)
            if len(self.reports) == 3:
                signal.raise_signal(signal.SIGTERM)

    heard = Signals([])
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        train(SETTINGS, Repeating(), tmp_path, progress=heard, clock=_second_a_step())
    assert load_weights(tmp_path, SETTINGS)[1].step == len(heard.reports) == 3
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_finished_run_is_not_trained_further(tmp_path: Path) -> None:
    first = train(SETTINGS, Repeating(), tmp_path, clock=_second_a_step())
    heard = Heard([])
    again = train(SETTINGS, Repeating(), tmp_path, progress=heard, clock=_second_a_step())
    assert heard.reports == []
    assert all(torch.equal(one, two) for one, two in zip(first.parameters(), again.parameters(), strict=True))


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    train(replace(SETTINGS, minutes=0.05), Repeating(), tmp_path, clock=_second_a_step())
    with pytest.raises(RequestError) as caught:
        train(replace(SETTINGS, seed=5), Repeating(), tmp_path, clock=_second_a_step())
    assert caught.value.code == "other_run"


def test_without_a_checkpoint_there_are_no_weights(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        load_weights(tmp_path, SETTINGS)
    assert caught.value.code == "no_checkpoint"


def test_the_checkpoint_lies_where_it_is_looked_for(tmp_path: Path) -> None:
    train(replace(SETTINGS, minutes=0.05), Repeating(), tmp_path, clock=_second_a_step())
    assert (tmp_path / CHECKPOINT).exists()


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    settings = replace(SETTINGS, minutes=0.1)
    one = train(settings, Repeating(), tmp_path / "one", clock=_second_a_step())
    two = train(replace(settings, threads=2, batch_tokens=512), Repeating(), tmp_path / "two", clock=_second_a_step())
    assert load_weights(tmp_path / "two", settings)[1].step == 6
    assert all(torch.isfinite(value).all() for value in two.parameters())
    assert not torch.equal(one.embedding, two.embedding)
