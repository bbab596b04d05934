from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pynvml
import pytest
from fake_driver import FakeDriver

from npc_sdk.bench.gpu import run as module
from npc_sdk.bench.gpu.report import markdown
from npc_sdk.bench.gpu.rig import Rig, SkippedError
from npc_sdk.bench.gpu.run import FIGURES, Figure, chosen_figures, is_missed, run
from npc_sdk.errors import BackendError, RequestError

Rows = Generator[dict[str, Any], None, None]
OVERHEAD = {"overhead_bytes": 5 << 20, "is_measured": True, "loaded_bytes": 4 << 20, "drift_bytes": 0}


def overhead(_rig: Rig) -> Rows:
    yield OVERHEAD


def failing(error: BaseException) -> Any:
    def measure(_rig: Rig) -> Rows:
        _rig.note("one thing")
        yield dict(OVERHEAD)
        raise error

    return measure


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """Figures that measure nothing; tests put others in their place."""
    made = dict.fromkeys(FIGURES, Figure(lambda rig: (row for row in ()), 1))
    made["overhead"] = Figure(overhead, 1)
    monkeypatch.setattr(module, "FIGURES", made)
    monkeypatch.setattr("npc_sdk.bench.gpu.report._COLUMNS", dict.fromkeys(FIGURES, (("a", lambda row: "b"),)))
    return made


def kept(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "gpu.json").read_text())
    return value


def test_all_figures_on_a_simulated_card(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine runs on the CPU, so that the page is whole and its figures mean nothing."""
    monkeypatch.setattr("npc_sdk.bench.gpu.speed.CHARACTERS", (1, 2))
    monkeypatch.setattr("npc_sdk.bench.gpu.parking.TOKENS", (64,))
    names = [name for name in FIGURES if name != "frames"]
    result = run(rig, names, out=tmp_path / "new" / "folder")
    assert result["is_complete"] and not is_missed(result)
    assert all(entry["state"] == "done" and entry["rows"] for entry in result["figures"].values())
    assert kept(tmp_path / "new" / "folder") == json.loads(json.dumps(result))
    page = (tmp_path / "new" / "folder" / "gpu.md").read_text()
    assert page == markdown(result)
    assert page.count("###") == len(names) and "met" in page and "NVIDIA GeForce RTX 4070" in page
    assert "GPU-1111" not in page + json.dumps(result), "whose card it is is nobody's business"


def test_figures_by_name() -> None:
    assert chosen_figures(None) == list(FIGURES)
    assert chosen_figures(["frames", "plans"]) == ["overhead", "plans", "frames"]
    with pytest.raises(RequestError) as caught:
        chosen_figures(["plan"])
    assert caught.value.code == "unknown_figure" and "plans" in caught.value.next_step


def test_a_figure_that_fails_ends_nothing_else(rig: Rig, figures: dict[str, Figure], tmp_path: Path) -> None:
    figures["plans"] = Figure(failing(BackendError("It broke.", code="broken")), 1)
    figures["frames"] = Figure(failing(SkippedError("No EGL.", code="no_egl")), 1)
    result = run(rig, out=tmp_path)
    states = {name: entry["state"] for name, entry in result["figures"].items()}
    assert states == {**dict.fromkeys(FIGURES, "done"), "plans": "failed", "frames": "skipped"}
    assert len(result["figures"]["plans"]["rows"]) == 1 and result["figures"]["plans"]["notes"] == ["one thing"]
    assert result["figures"]["speed"]["notes"] == []
    assert is_missed(result) and not result["is_complete"]
    page = (tmp_path / "gpu.md").read_text()
    assert "Failed: It broke." in page and "Skipped: No EGL." in page and "- One thing." in page


def test_a_skipped_figure_is_no_failure(rig: Rig, figures: dict[str, Figure]) -> None:
    figures["frames"] = Figure(failing(SkippedError("No EGL.", code="no_egl")), 1)
    result = run(rig)
    assert result["is_complete"] and not is_missed(result)


def test_a_card_that_is_lost(rig: Rig, driver: FakeDriver, figures: dict[str, Figure], tmp_path: Path) -> None:
    def lose(_rig: Rig) -> Rows:
        yield dict(OVERHEAD)
        driver.cards[0].faults["nvmlDeviceGetMemoryInfo_v2"] = pynvml.NVML_ERROR_GPU_IS_LOST
        rig.card.free_bytes()

    figures["plans"] = Figure(lose, 1)
    result = run(rig, out=tmp_path)
    assert result["figures"]["plans"]["state"] == "failed" and result["figures"]["plans"]["code"] == "device_lost"
    assert len(result["figures"]["plans"]["rows"]) == 1
    for name in ("speed", "parking", "reserve", "frames"):
        assert result["figures"][name]["state"] == "skipped"
    assert is_missed(kept(tmp_path))


def test_ctrl_c_keeps_what_was_measured(rig: Rig, figures: dict[str, Figure], tmp_path: Path) -> None:
    figures["speed"] = Figure(failing(KeyboardInterrupt()), 1)
    with pytest.raises(KeyboardInterrupt):
        run(rig, out=tmp_path)
    result = kept(tmp_path)
    assert [entry["state"] for entry in result["figures"].values()][:4] == ["done", "done", "interrupted", "waiting"]
    assert len(result["figures"]["speed"]["rows"]) == 1 and not result["is_complete"]
    page = (tmp_path / "gpu.md").read_text()
    assert "Interrupted." in page and "**Not complete.**" in page


def test_a_row_that_misses_its_limit(rig: Rig, figures: dict[str, Figure]) -> None:
    def measure(_rig: Rig) -> Rows:
        yield {"is_met": True}
        yield {"is_met": False}

    figures["plans"] = Figure(measure, 1)
    assert is_missed(run(rig, ["plans"]))


def test_a_folder_that_cannot_be_written_to(rig: Rig, figures: dict[str, Figure], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError) as caught:
        run(rig, out=tmp_path / "file")
    assert caught.value.code == "file_unwritable"


def test_time_is_dealt_out(rig: Rig, figures: dict[str, Figure]) -> None:
    ends: list[float] = []

    def measure(rig: Rig) -> Rows:
        ends.append(rig.ends_s)
        yield dict(OVERHEAD)

    for name in figures:
        figures[name] = Figure(measure, FIGURES[name].weight)
    run(rig)
    assert ends == sorted(ends) and ends[-1] - ends[0] < module.QUICK_LIMIT_S < 6 * 60 < module.LIMIT_S < 25 * 60
