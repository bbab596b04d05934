"""Games that are driven by a test: with a clock of their own, and soldiers that a scripted engine speaks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demos.tactics.minds import Minds
from demos.tactics.play import Play, PlayOptions
from demos.tactics.scene import Scene
from npc_sdk import Runtime
from npc_sdk.runtime.interface import RuntimeLike
from npc_sdk.testing import FakeEngine

STEP_MS = 50.0
# So long that decisions are there by then, however busy the machine is.
TICK_MS = 20_000.0
PATIENCE_S = 60.0


class LocalMinds(Minds):
    """Soldiers in this process, who say what a test wants."""

    def __init__(self, engine: FakeEngine) -> None:
        super().__init__()
        self.engine = engine
        self.runtime: Runtime | None = None

    def open(self, deciders: int) -> RuntimeLike:
        self.runtime = Runtime(engine=self.engine, warm=False)
        self.runtime.start()
        return self.runtime

    def close(self) -> None:
        if self.runtime is not None:
            self.runtime.close()


class Stagehand:
    """Runs a game frame by frame, and waits for the soldiers in between so that no frame misses them."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.now_ms = 0.0
        self.scenes: list[tuple[float, Scene]] = []

    def load(self) -> None:
        self.play.load()
        end_s = time.monotonic() + PATIENCE_S
        while not self.play.is_loaded and time.monotonic() < end_s:
            self.play.advance(self.now_ms)
            time.sleep(0.002)
        assert self.play.is_loaded, self.play.loading
        self.scenes.append((self.now_ms, self.play.scene))

    def frame(self, step_ms: float = STEP_MS) -> Scene:
        self.now_ms += step_ms
        self.play.advance(self.now_ms)
        self.scenes.append((self.now_ms, self.play.scene))
        return self.scenes[-1][1]

    def run(self, ms: float, step_ms: float = STEP_MS) -> Scene:
        for _ in range(int(ms / step_ms)):
            self.frame(step_ms)
            self.wait(lambda: not self.play.stage.thinking)
        return self.scenes[-1][1]

    def until(self, condition: Any, what: str = "") -> Scene:
        end_s = time.monotonic() + PATIENCE_S
        while not condition() and time.monotonic() < end_s:
            self.frame(1.0)
            time.sleep(0.001)
        assert condition(), what
        return self.scenes[-1][1]

    def wait(self, condition: Any) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not condition() and time.monotonic() < end_s:
            time.sleep(0.001)
            self.play._collect()
        assert condition()


NewGame = Callable[..., Stagehand]


@pytest.fixture
def engine() -> FakeEngine:
    """An engine that always takes the first option."""
    return FakeEngine(slots=16)


@pytest.fixture
def game() -> Iterator[NewGame]:
    """Makes games that are loaded, and ends them."""
    made: list[Stagehand] = []

    def make(engine: FakeEngine | None = None, squads: str = "model:utility", **options: Any) -> Stagehand:
        blue, red = squads.split(":")
        chosen = PlayOptions(squads={"blue": blue, "red": red}, **{"tick_ms": TICK_MS, "seed": 2, **options})
        minds = None if engine is None else LocalMinds(engine)
        made.append(Stagehand(Play(chosen, minds=minds, now_ms=0.0)))
        made[-1].load()
        return made[-1]

    yield make
    for each in made:
        each.play.close()
