from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

pygame = pytest.importorskip("pygame")

from demos.window.display import UNSEEN_DRIVER, open_display  # noqa: E402
from npc_sdk.errors import NpcError  # noqa: E402


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    pygame.display.quit()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there always is a display")
def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NpcError) as caught:
        open_display(is_unseen=False)
    assert caught.value.code == "no_display"
    assert "--headless" in caught.value.next_step and "DISPLAY" in caught.value.cause
    assert not pygame.display.get_init()


def test_a_display_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "nonsense")
    with pytest.raises(NpcError) as caught:
        open_display(is_unseen=False)
    assert caught.value.code == "no_display"
    assert os.environ["SDL_VIDEODRIVER"] == "nonsense"


def test_drawing_just_for_pictures_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "nonsense")
    open_display(is_unseen=True)
    assert pygame.display.get_driver() == UNSEEN_DRIVER
    assert os.environ["SDL_VIDEODRIVER"] == "nonsense"


def test_a_driver_that_was_wished_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    open_display(is_unseen=False)
    assert pygame.display.get_driver() == "dummy"
