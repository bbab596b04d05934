from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from npc_sdk.errors import DeadlineError, StateError
from npc_sdk.runtime import Runtime
from npc_sdk.testing import FakeEngine
from npc_sdk.wire.figures import Figures, _plain


def test_figures_are_plain_and_fresh() -> None:
    published: list[dict[str, Any]] = []
    came = threading.Event()

    def publish(figures: dict[str, Any]) -> None:
        published.append(figures)
        came.set()

    with Runtime(engine=FakeEngine()) as runtime:
        figures = Figures(runtime, more=lambda: {"sessions": 3}, publish=publish, now_ms=lambda: 5.0, every_s=0.01)
        figures.start()
        assert came.wait(10)
        latest = figures.latest()
        figures.stop(10)
        figures.stop(10)
    assert (latest["sessions"], latest["age_ms"], latest["engine"]["model_name"]) == (3, 0.0, "fake")
    assert published[0]["stats"]["steps"] == 0 and latest["down"] is None and latest["talking"] == 0


def test_a_runtime_that_does_not_answer_leaves_the_last_figures() -> None:
    looked = threading.Event()

    class _Stuck:
        def status(self, *, is_brief: bool) -> Any:
            looked.set()
            raise DeadlineError("The runtime's thread does not answer.")

    figures = Figures(_Stuck(), more=dict, publish=lambda told: None, now_ms=lambda: 0.0, every_s=0.01)  # type: ignore[arg-type]
    figures.start()
    assert looked.wait(10)
    assert figures.latest() == {"age_ms": 0.0}
    figures.stop(10)


@dataclass
class _Inner:
    sizes: tuple[int, ...]
    error: StateError


def test_anything_becomes_plain() -> None:
    error = StateError("It is closed.", code="closed")
    value = {1: _Inner(sizes=(1, 2), error=error), "object": object, "none": None}
    plain = _plain(value)
    assert plain["1"]["sizes"] == [1, 2] and plain["1"]["error"]["code"] == "closed"
    assert isinstance(plain["object"], str) and plain["none"] is None
