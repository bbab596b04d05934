from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from npc_sdk.bench.frame.scene import SIZE, Scene, next_units, open_screen, undisturbed
from npc_sdk.errors import RequestError


@pytest.fixture
def pygame(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    library = pytest.importorskip("pygame", reason="the library that draws is not installed")
    for name in ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER"):
        monkeypatch.setenv(name, os.environ.get(name, "dummy"))
    yield library
    library.display.quit()


def drawn(pygame: ModuleType, seed: int, units: int, number: int) -> bytes:
    surface = open_screen()
    Scene(surface, seed=seed, units=units).draw(number)
    return bytes(pygame.image.tobytes(surface, "RGB"))


def test_the_same_seed_and_frame_give_the_same_picture(pygame: ModuleType) -> None:
    first = drawn(pygame, 1, 40, 7)
    assert first == drawn(pygame, 1, 40, 7)
    assert len(first) == SIZE[0] * SIZE[1] * 3
    assert first != drawn(pygame, 1, 40, 8) and first != drawn(pygame, 2, 40, 7)


def test_more_figures_can_be_added_and_taken_away(pygame: ModuleType) -> None:
    scene = Scene(open_screen(), seed=1, units=10)
    scene.units = 30
    assert scene.units == 30
    scene.units = 1
    scene.draw(0)
    assert scene.units == 1


@pytest.mark.parametrize(("took_ms", "units"), [(2.0, 150), (3.0, 100), (0.0, 800), (1000.0, 12)])
def test_the_next_try_goes_the_right_way_and_not_too_far(took_ms: float, units: int) -> None:
    assert next_units(100, took_ms, 3.0) == units
    assert next_units(1, 1000.0, 3.0) == 1


def test_what_comes_between_frames_is_no_work() -> None:
    assert undisturbed([3.0] * 6 + [9.0] * 4) == 3.0
    assert undisturbed([]) == 0.0


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    modules: dict[str, Any] = {"pygame": None}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(RequestError) as caught:
        open_screen()
    assert caught.value.code == "missing_extra" and "npc-sdk[bench]" in caught.value.next_step
