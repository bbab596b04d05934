"""Courses whose runs are made up, and one that is really run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.bench.frame import run as module
from npc_sdk.bench.frame.cell import Course
from npc_sdk.bench.frame.run import run
from npc_sdk.errors import BackendError, RequestError

MakeCell = Callable[..., dict[str, Any]]

CALIBRATED = {"light": {"units": 50, "wanted_ms": 3.0, "work_ms": {"p50": 3.0}, "is_near": True}}
SMALL: dict[str, Any] = {"scenes": ("light",), "models": ("starter",), "characters": (8,), "variants": ("paced",)}


class Games:
    """Stands for the game's processes."""

    def __init__(self, make_cell: MakeCell) -> None:
        self._make_cell = make_cell
        self.orders: list[dict[str, Any]] = []
        self.errors: dict[str, BaseException] = {}
        self.others: dict[str, list[float]] = {}

    def play(self, order: dict[str, Any], *, limit_s: float, on_event: Any) -> dict[str, Any]:
        self.orders.append(order)
        on_event({"event": "second"})
        if order["task"] == "calibrate":
            return CALIBRATED
        if order["variant"] in self.errors:
            raise self.errors[order["variant"]]
        made = self._make_cell(variant=order["variant"])
        if self.others.get(order["variant"]):
            made["others_share"] = self.others[order["variant"]].pop(0)
        return {name: made[name] for name in made if name not in ("scene", "model", "characters", "variant", "state")}


@pytest.fixture
def games(make_cell: MakeCell, monkeypatch: pytest.MonkeyPatch) -> Games:
    pytest.importorskip("pygame", reason="the library that draws is not installed")
    made = Games(make_cell)
    monkeypatch.setattr(module, "play", made.play)
    return made


def test_a_course_is_run_to_its_end(games: Games) -> None:
    lines: list[str] = []
    shares: list[float] = []
    kept: list[int] = []
    course = Course(**SMALL, report=lines.append, tick=lambda words, share: shares.append(share))
    result = run(course, keep=lambda result: kept.append(len(result["cells"])))
    assert [order.get("variant") for order in games.orders] == [None, "off", "paced", "off"]
    assert games.orders[2]["units"] == 50 and games.orders[2]["model"].endswith(".gguf")
    assert kept == [1, 2, 3, 3] and result["is_complete"] and len(result["checks"]) == 3
    assert shares == sorted(shares) and shares[-1] <= 1.0
    assert any("8 characters, paced: p50 16.7" in line for line in lines)


def test_a_run_that_fails_does_not_end_the_course(games: Games) -> None:
    games.errors["paced"] = BackendError("It is gone.", code="gone")
    lines: list[str] = []
    result = run(Course(**SMALL, report=lines.append))
    assert [cell["state"] for cell in result["cells"]] == ["done", "failed", "done"]
    assert result["cells"][1]["code"] == "gone" and "failed: It is gone." in "".join(lines)


@pytest.mark.parametrize(
    ("others", "tries", "kept"),
    [((0.02,), 1, 0.02), ((0.5, 0.01), 2, 0.01), ((0.5, 0.2, 0.4), 3, 0.2)],
    ids=["quiet", "quiet the second time", "never quiet"],
)
def test_a_run_is_made_again_while_others_have_the_machine(
    games: Games, others: tuple[float, ...], tries: int, kept: float
) -> None:
    games.others["paced"] = list(others)
    lines: list[str] = []
    paced = run(Course(**SMALL, tries=3, report=lines.append))["cells"][1]
    assert paced["tries"] == tries and paced["others_share"] == kept
    assert sum("of the machine" in line for line in lines) == sum(share > 0.03 for share in others)
    assert ("no more tries" in "".join(lines)) == (tries == 3)


@pytest.mark.parametrize("has_measured", [True, False])
def test_ctrl_c_keeps_what_was_measured(games: Games, make_cell: MakeCell, has_measured: bool) -> None:
    interrupt = KeyboardInterrupt()
    interrupt.result = make_cell(variant="paced", is_complete=False) if has_measured else None  # type: ignore[attr-defined]
    games.errors["paced"] = interrupt
    kept: list[dict[str, Any]] = []
    with pytest.raises(KeyboardInterrupt):
        run(Course(**SMALL), keep=kept.append)
    assert len(kept[-1]["cells"]) == 1 + has_measured and not kept[-1]["is_complete"]


def test_without_pygame_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(RequestError) as caught:
        run(Course(**SMALL))
    assert caught.value.code == "missing_extra"


def test_a_model_that_has_to_be_built(games: Games, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(RequestError) as caught:
        run(Course(models=("4b-shaped",), folder=tmp_path))
    assert caught.value.code == "missing_extra" and not games.orders


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_second_of_every_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real processes, for a second each: whatever the machine does meanwhile, everybody is heard of."""
    pytest.importorskip("pygame", reason="the library that draws is not installed")
    monkeypatch.setattr(module, "TRY_S", 0.3)
    chosen = {**SMALL, "characters": (2,), "variants": ("paced", "unpaced", "naive")}
    result = run(Course(**chosen, seconds=1.0, warm_s=1.0))
    cells = result["cells"]
    assert [cell["variant"] for cell in cells] == ["off", "paced", "unpaced", "naive", "off"]
    for cell in cells:
        assert cell["state"] == "done", cell
        assert cell["frames"] > 0 and len(cell["log"]["interval_us"]) == cell["frames"]
        assert 0 < cell["work_ms"]["p50"] <= cell["work_ms"]["longest"]
    paced, unpaced, naive = cells[1:4]
    assert paced["stats"]["frames"] > 0 and unpaced["stats"]["frames"] == 0, "only one of them is told of frames"
    assert naive["threads"][0] >= 1
