"""What is drawn beside the model; on a machine without a card Mesa draws."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fake_driver import FakeDriver

from npc_sdk.bench.gpu.frames import FrameTimes, frame_times, measure_frames, open_screen, scenes
from npc_sdk.bench.gpu.render import DRAWS, Screen, _context, draw_frames, serve
from npc_sdk.bench.gpu.render_process import RenderProcess, render_command
from npc_sdk.bench.gpu.rig import Rig, SkippedError
from npc_sdk.errors import BackendError, NpcError

SMALL = render_command(0, (48, 32))
SAYS = "import sys; print(sys.argv[1], flush=True); sys.stdin.read()"


@pytest.fixture(scope="module")
def screen() -> Screen:
    pytest.importorskip("moderngl", reason="the library that draws is not installed")
    try:
        return Screen(0, 48, 32)
    except NpcError as error:
        pytest.skip(f"no EGL here: {error.cause}")


@pytest.fixture
def process(screen: Screen) -> Iterator[RenderProcess]:
    with RenderProcess(SMALL) as started:
        yield started


def saying(answer: object) -> list[str]:
    return [sys.executable, "-c", SAYS, json.dumps(answer)]


def test_frames_are_drawn_and_timed(screen: Screen) -> None:
    assert set(screen.about()) == {"vendor", "renderer", "version"}
    screen.loops = 1
    light = min(screen.draw(number) for number in range(5))
    screen.loops = 400
    heavy = min(screen.draw(number) for number in range(5))
    assert 0 < light < heavy, "the work of a frame is waited for"


def test_the_work_of_a_frame_is_chosen(screen: Screen) -> None:
    took_ms = screen.calibrate(15.0)
    assert screen.loops > 1 and 3 < took_ms < 75, "a busy machine is slow, but not that slow"
    screen.calibrate(0.001)
    assert screen.loops == 1, "no less than that can be drawn"


def test_there_is_no_such_device() -> None:
    pytest.importorskip("moderngl", reason="the library that draws is not installed")
    with pytest.raises(BackendError) as caught:
        Screen(99, 8, 8)
    assert caught.value.code == "no_egl" and DRAWS > 1


def test_libraries_of_another_name() -> None:
    class Library:
        def __init__(self, *known: str) -> None:
            self.known = known

        def create_context(self, *, libgl: str = "libGL.so", **_: Any) -> str:
            if libgl not in self.known:
                raise Exception(f"{libgl} is not there")  # as the real one does
            return libgl

    assert _context(Library("libOpenGL.so.0"), 0) == "libOpenGL.so.0", "a server has only this one"
    assert _context(Library("libGL.so", "libOpenGL.so.0"), 0) == "libGL.so"
    with pytest.raises(BackendError, match=r"libGL\.so is not there"):
        _context(Library(), 0)


@pytest.mark.parametrize(("fps", "most"), [(50, 12), (0, 200)])
def test_frames_a_second(fps: float, most: int) -> None:
    told: list[float] = []

    def draw(number: int) -> float:
        time.sleep(0.001)
        return float(number)

    count = draw_frames(draw, told.append, fps=fps, seconds=0.2)
    assert told == [float(number) for number in range(count)] and 1 <= count <= most


def test_orders_and_answers(screen: Screen) -> None:
    orders = io.StringIO('{"work_ms": 0.001}\n{"fps": 100, "seconds": 0.05}\n')
    answers = io.StringIO()
    serve(screen, orders, answers)
    about, calibrated, *frames, drawn = answers.getvalue().splitlines()
    assert json.loads(about)["renderer"] and json.loads(calibrated)["loops"] == 1
    assert json.loads(drawn)["frames"] == len(frames) > 0
    assert all(float(line.removeprefix("f ")) > 0 for line in frames)


def test_a_process_of_its_own(process: RenderProcess) -> None:
    assert process.calibrate(1.0) > 0
    told: list[float] = []
    frames = process.draw(fps=100, seconds=0.2, meanwhile=lambda: None, on_frame=told.append)
    assert [frame_ms for _, frame_ms in frames] == told and told
    process.close()
    with pytest.raises(BackendError) as caught:
        process.calibrate(1.0)
    assert caught.value.code == "render_ended"


def test_a_process_that_cannot_draw() -> None:
    with pytest.raises(BackendError) as caught:
        RenderProcess(saying({"refused": BackendError("No.", code="no_egl").to_dict()}))
    assert caught.value.code == "no_egl"
    with pytest.raises(BackendError) as caught:
        RenderProcess([sys.executable, "-c", "pass"])
    assert caught.value.code == "render_ended"
    with pytest.raises(BackendError) as caught:
        RenderProcess([sys.executable, "-c", "print('what')"])
    assert caught.value.code == "render_ended"


def test_what_frame_times_come_to() -> None:
    times = frame_times([1.0] * 989 + [20.0] * 9 + [50.0, 90.0], 60)
    assert times == FrameTimes(frames=1000, p50_ms=1.0, p99_ms=20.0, p999_ms=90.0, over_budget=11)
    assert frame_times([], 60).frames == 0


def test_scenes() -> None:
    assert {(scene.fps, scene.work_ms) for scene in scenes(False)} == {(60, 3.0), (60, 10.0), (144, 3.0)}
    assert scenes(False)[0].quanta == (16, 32, 64, 128, 256, 512)


def test_frames_beside_a_model(screen: Screen, rig: Rig) -> None:
    rig.is_any_renderer, rig.render_command = True, SMALL
    rows = list(measure_frames(rig))
    assert [(row["inference"], row["quantum"]) for row in rows] == [
        *[("off", 0), ("unpaced", 32), ("paced", 32), ("unpaced", 128)],
        *[("paced", 128), ("unpaced", 512), ("paced", 512)],
        *[("off", 0), ("unpaced", 128), ("paced", 128)] * 2,
    ]
    for row in rows:
        assert row["frames"] > 3 and row["p50_ms"] <= row["p99_ms"] <= row["p999_ms"] and row["p99_ratio"] > 0
        assert row["tokens_per_s"] == 0 or row["inference"] != "off"
    assert any(row["tokens_per_s"] > 0 for row in rows if row["inference"] == "unpaced")


def test_frames_that_there_is_no_time_for(screen: Screen, rig: Rig) -> None:
    rig.is_any_renderer, rig.render_command, rig.ends_s = True, SMALL, 0.0
    assert list(measure_frames(rig)) == []
    assert len(rig.notes) == 3 and "lack of time" in rig.notes[0]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (saying({"vendor": "Mesa", "renderer": "llvmpipe", "version": "4.5"}), "no_egl_on_card"),
        (saying({"vendor": "NVIDIA Corporation", "renderer": "another card", "version": "4.6"}), "no_egl_on_card"),
        (saying({"refused": BackendError("No EGL.", code="no_egl").to_dict()}), "no_egl"),
        (saying({"refused": NpcError("Not installed.", code="missing_extra").to_dict()}), "missing_extra"),
    ],
)
def test_nothing_can_be_drawn_on_the_card(command: list[str], code: str, rig: Rig) -> None:
    rig.render_command = command
    with pytest.raises(SkippedError) as caught:
        open_screen(rig)
    assert caught.value.code == code


def test_the_card_itself_draws(rig: Rig, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.render_command = saying({"vendor": "NVIDIA Corporation", "renderer": "NVIDIA", "version": "4.6"})
    start = RenderProcess.__init__

    def take(self: RenderProcess, command: list[str]) -> None:
        start(self, command)
        driver.cards[0].free -= 50 << 20

    monkeypatch.setattr(RenderProcess, "__init__", take)
    with open_screen(rig) as screen:
        assert screen.about["renderer"] == "NVIDIA"
