"""An evening at the table without a model, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from demos.tavern.minds import Answer, Minds
from demos.tavern.scene import Line
from demos.tavern.table import Table
from npc_sdk import HistoryLine, Runtime
from npc_sdk.testing import FakeEngine

STEP_MS = 50.0
MOST_STEPS = 6000


class Evening:
    """A table, and what a test does with it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.now_ms = 0.0
        table.begin()
        assert table.minds.wait_loaded(60.0)

    def until(self, is_reached: Callable[[], bool]) -> None:
        """Go on until something is so."""
        for _ in range(MOST_STEPS):
            self.step()
            if is_reached():
                return
        raise AssertionError("That did not happen.")

    def step(self) -> None:
        """Go on by a moment, after everything that was asked has been answered."""
        floor = self.table.floor
        if floor.asked is not None and self.table.minds.client is None:
            floor.asked.tick.result()
        spoken = None if floor.speech is None else floor.speech.spoken
        if isinstance(spoken, Answer) and self.table.minds.client is None:
            spoken.turn.result(10.0)
        self.table.minds.poll(2.0 if floor.is_waiting else 0.0)
        self.now_ms += STEP_MS
        self.table.advance(self.now_ms)

    def quiet(self) -> None:
        """Go on until nobody speaks or is about to."""
        self.until(lambda: self.table.floor.is_quiet)

    def say(self, text: str) -> None:
        """Say something, and go on until the table is quiet."""
        self.table.say(text)
        self.quiet()

    def says(self, key: str, letters: int) -> None:
        """Go on until somebody has said so many letters."""
        floor = self.table.floor
        self.until(
            lambda: floor.speech is not None and floor.speech.speaker == key and len(floor.speech.shown) >= letters
        )

    @property
    def lines(self) -> list[Line]:
        """What was said."""
        return self.table.floor.lines

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was said, by whom, as it is written down."""
        return [(line.speaker, line.text) for line in self.lines]

    def history(self, key: str) -> tuple[HistoryLine, ...]:
        """What a guest remembers of its own conversation."""
        return self.table.minds.npcs[key].history

    @property
    def notices(self) -> list[str]:
        """What the player is told."""
        return [notice.text for notice in self.table.scene.notices]


@pytest.fixture
def engine() -> FakeEngine:
    """An engine that takes the first option and says one sentence."""
    return FakeEngine()


def opened(engine: FakeEngine) -> Callable[[], Runtime]:
    """Return what opens a runtime in this process."""

    def open_runtime() -> Runtime:
        runtime = Runtime(engine=engine, warm=False)
        runtime.start()
        return runtime

    return open_runtime


@pytest.fixture
def minds(engine: FakeEngine) -> Minds:
    """Three guests who think as scripted."""
    return Minds(open_runtime=opened(engine), clock=engine.clock)


@pytest.fixture
def evening(minds: Minds) -> Iterator[Evening]:
    """An evening that has begun, Anna's greeting said."""
    table = Table(minds)
    try:
        made = Evening(table)
        made.step()
        made.quiet()
        yield made
    finally:
        table.close()
