from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from npc_sdk.errors import StateError
from npc_sdk.runtime.budget import BudgetFinding
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.runtime.loop import Loop
from npc_sdk.testing import FakeEngine


@pytest.fixture
def loop() -> Iterator[Loop]:
    running = Loop(FakeEngine(), SystemClock())
    running.start()
    yield running
    running.stop()


def test_work_is_done_on_one_thread(loop: Loop) -> None:
    threads = {loop.call(threading.get_ident) for _ in range(3)}
    assert len(threads) == 1 and threading.get_ident() not in threads
    assert loop.call(lambda: loop.call(lambda: 5)) == 5


def test_an_error_comes_back(loop: Loop) -> None:
    with pytest.raises(ZeroDivisionError):
        loop.call(lambda: 1 // 0)


def test_broken_work_does_not_end_the_thread(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    loop.post(lambda: [][0])
    assert loop.call(lambda: 5) == 5
    assert "failed" in caplog.text


def test_ids_are_never_used_twice(loop: Loop) -> None:
    assert len({loop.next_id() for _ in range(5)}) == 5


def test_nothing_is_taken_after_the_end(loop: Loop) -> None:
    loop.stop()
    assert not loop.post(lambda: None)
    with pytest.raises(StateError) as raised:
        loop.call(lambda: None)
    assert raised.value.code == "closed"
    loop.settle()
    loop.stop()


class Stubborn:
    """A task whose every step goes wrong, also its failing."""

    is_over = False

    def next_ms(self) -> float:
        return 0.0

    def start(self, now_ms: float) -> list[Any]:
        return []

    def _break(self, *_: Any) -> list[Any]:
        raise ZeroDivisionError

    engine = tick = cancel = fail = deliver = _break


def test_a_task_that_cannot_even_fail_is_let_go(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    loop.call(lambda: loop.begin(Stubborn()))  # type: ignore[arg-type]
    assert loop.call(lambda: 5) == 5
    assert loop.next_ms() is None
    assert "could not even fail" in caplog.text


class Look:
    """A timer that counts how often it looked."""

    def __init__(self, every_ms: float, failing: bool = False) -> None:
        self.due_ms: float | None = 0.0
        self.every_ms = every_ms
        self.looks: list[float] = []
        self.failing = failing

    def next_ms(self) -> float | None:
        return self.due_ms

    def tick(self, now_ms: float) -> None:
        self.looks.append(now_ms)
        self.due_ms = now_ms + self.every_ms
        if self.failing:
            raise ValueError("broken")


@pytest.mark.parametrize("failing", [False, True])
def test_a_timer_looks_around_again_and_again(failing: bool) -> None:
    engine = FakeEngine()
    running, look = Loop(engine, engine.clock), Look(200.0, failing)
    running.start()
    running.call(lambda: setattr(running, "timer", look))
    engine.clock.advance(1000)
    running.stop()
    assert look.looks == [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]


def test_news_reach_the_game_and_its_mistakes_stay_there(caplog: pytest.LogCaptureFixture) -> None:
    news: list[Any] = []

    def listen(item: Any) -> None:
        news.append(item)
        raise ValueError("broken")

    engine = FakeEngine()
    running = Loop(engine, engine.clock, listen)
    running.start()
    finding = BudgetFinding(code="test", cause="Nothing.")
    running.call(lambda: running.tell(finding))
    running.stop()
    assert news == [finding]
    assert "handler" in caplog.text
