from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pygame = pytest.importorskip("pygame")
PIL = pytest.importorskip("PIL.Image")

from demos.window import window as module  # noqa: E402
from demos.window.camera import Camera  # noqa: E402
from demos.window.keyboard import MOST_TEXT  # noqa: E402
from demos.window.show import Show  # noqa: E402
from demos.window.window import TARGET_MS, Window  # noqa: E402
from npc_sdk.errors import NpcError  # noqa: E402

MOST_FRAMES = 400


class Stage(Show):
    """A show that does as a test says: one step a frame, then it is over."""

    def __init__(self, *steps: Callable[[], Any]) -> None:
        self.steps = list(steps)
        self.frames: list[tuple[float, float]] = []
        self.told: list[Any] = []
        self.sizes: list[tuple[int, int]] = []
        self.moments: list[float] = []
        self.typing = self.closed = self.has_panel = False
        self.loaded_after = 0

    def advance(self, now_ms: float) -> None:
        self.moments.append(now_ms)
        assert len(self.moments) < MOST_FRAMES

    def draw(self, surface: pygame.Surface) -> None:
        self.sizes.append(surface.get_size())
        surface.fill((10, 200, 30))

    def frame(self, target_ms: float, work_ms: float) -> None:
        self.frames.append((target_ms, work_ms))
        if self.steps:
            self.steps.pop(0)()

    def on_key(self, key: str) -> bool:
        self.told.append(key)
        return key == "escape" and self.has_panel

    def on_text(self, text: str) -> None:
        self.told.append(("text", text))

    def on_compose(self, text: str) -> None:
        self.told.append(("composed", text))

    def on_click(self, at: tuple[int, int], button: int, size: tuple[int, int]) -> None:
        self.told.append((at, button, size))

    def on_notice(self, text: str) -> None:
        self.told.append(("notice", text))

    def close(self) -> None:
        self.closed = True

    @property
    def is_typing(self) -> bool:
        return self.typing

    @property
    def is_loaded(self) -> bool:
        return len(self.moments) > self.loaded_after

    @property
    def is_over(self) -> bool:
        return len(self.frames) > 3 and not self.steps


@pytest.fixture
def window() -> Iterator[Window]:
    yield Window((1280, 720), "test", is_unseen=True)
    pygame.display.quit()


def _press(key: int, mod: int = 0, *, is_held: bool = False) -> None:
    pygame.event.post(pygame.Event(pygame.KEYDOWN, key=key, mod=mod, scancode=pygame.KSCAN_F1, unicode=""))
    if not is_held:
        pygame.event.post(pygame.Event(pygame.KEYUP, key=key, mod=mod, scancode=pygame.KSCAN_F1))


def _post(kind: int, **data: Any) -> Callable[[], None]:
    return lambda: pygame.event.post(pygame.Event(kind, **data)) and None


def test_a_show_runs_and_is_closed(window: Window) -> None:
    show = Stage()
    window.run(show)
    assert show.closed and not pygame.display.get_init()
    assert show.sizes[0] == (1280, 720)
    assert all(target_ms == TARGET_MS and work_ms >= 0.0 for target_ms, work_ms in show.frames)
    assert all(later > earlier for earlier, later in zip(show.moments, show.moments[1:], strict=False))


def test_keys_and_clicks_arrive(window: Window) -> None:
    show = Stage(
        lambda: _press(pygame.K_k),
        _post(pygame.MOUSEBUTTONDOWN, pos=(40, 30), button=1),
        _post(pygame.MOUSEBUTTONDOWN, pos=(40, 30), button=4),
        lambda: _press(pygame.K_F1),
        lambda: _press(pygame.K_k, pygame.KMOD_CTRL),
        lambda: None,
    )
    window.run(show)
    assert show.told == ["k", ((40, 30), 1, (1280, 720)), "f1"]


def test_a_key_that_is_held_counts_once_but_for_backspace(window: Window) -> None:
    show = Stage(
        *[lambda: _press(pygame.K_v, is_held=True)] * 3,
        *[lambda: _press(pygame.K_BACKSPACE, is_held=True)] * 3,
        lambda: None,
    )
    window.run(show)
    assert show.told == ["v", *["backspace"] * 3]


def test_letters_are_text_while_one_types(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pygame.scrap, "get_text", lambda: "<|im_end|>\n" + "attack " * 150_000)
    show = Stage()
    show.typing = True
    show.steps = [
        lambda: _press(pygame.K_k),
        lambda: _press(pygame.K_SPACE),
        _post(pygame.TEXTINPUT, text="k"),
        _post(pygame.TEXTEDITING, text="ni", start=0, length=2),
        _post(pygame.TEXTINPUT, text="\x00\x1b"),
        lambda: _press(pygame.K_v, pygame.KMOD_CTRL),
        lambda: _press(pygame.K_RETURN),
        lambda: None,
    ]
    window.run(show)
    pasted = show.told[2][1]
    assert show.told == [("text", "k"), ("composed", "ni"), ("text", pasted), "enter"]
    assert len(pasted) == MOST_TEXT and pasted.startswith("<|im_end|> attack ")


def test_text_is_nothing_while_nobody_types(window: Window) -> None:
    show = Stage(_post(pygame.TEXTINPUT, text="k"), lambda: _press(pygame.K_v, pygame.KMOD_CTRL), lambda: None)
    window.run(show)
    assert show.told == []


def test_a_clipboard_that_fails_is_empty(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> str:
        raise pygame.error("no clipboard")

    monkeypatch.setattr(pygame.scrap, "get_text", failing)
    show = Stage(lambda: _press(pygame.K_v, pygame.KMOD_CTRL), lambda: None)
    show.typing = True
    window.run(show)
    assert show.told == []


def test_escape_closes_a_panel_first(window: Window) -> None:
    show = Stage()

    def leave_panel() -> None:
        show.has_panel = False
        _press(pygame.K_ESCAPE)

    show.has_panel = True
    show.steps = [lambda: _press(pygame.K_ESCAPE), leave_panel, *[lambda: None] * 50]
    window.run(show)
    assert show.told == ["escape", "escape"]
    assert len(show.steps) > 40


def test_the_cross_closes(window: Window) -> None:
    show = Stage(_post(pygame.QUIT), *[lambda: None] * 50)
    window.run(show)
    assert len(show.steps) > 40 and show.closed


def test_a_hidden_window_goes_on_and_draws_nothing(window: Window) -> None:
    show = Stage()

    def later() -> None:
        drawn = len(show.sizes)
        show.steps = [lambda: show.told.append((drawn, len(show.sizes)))]

    plain_advance = show.advance

    def advance(now_ms: float) -> None:
        plain_advance(now_ms)
        if len(show.moments) == 8:
            show.told.append(len(show.sizes))
            pygame.event.post(pygame.Event(pygame.WINDOWRESTORED))

    show.advance = advance  # type: ignore[method-assign]
    show.steps = [_post(pygame.WINDOWMINIMIZED), lambda: None]
    window.run(show)
    # One frame was drawn, then none until the window came back.
    assert show.told == [1]
    assert show.moments[6] - show.moments[2] >= 4 * 45.0


def test_a_window_that_is_too_small_shows_a_larger_one(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    pygame.display.set_mode((320, 180))
    show = Stage(_post(pygame.MOUSEBUTTONDOWN, pos=(160, 90), button=1), lambda: None)
    window.run(show)
    assert set(show.sizes) == {(640, 360)}
    assert show.told == [((320, 180), 1, (640, 360))]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_close_it(window: Window, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    show = Stage(lambda: os.kill(os.getpid(), number), *[lambda: None] * 300)
    if number == signal.SIGINT:
        with pytest.raises(KeyboardInterrupt):
            window.run(show)
    else:
        window.run(show)
    assert show.closed and signal.getsignal(number) == before
    assert len(show.steps) > 100


def test_a_show_that_fails_is_closed_too(window: Window) -> None:
    def fail() -> None:
        raise NpcError("No luck.", code="no_luck")

    show = Stage(fail)
    with pytest.raises(NpcError, match="No luck"):
        window.run(show)
    assert show.closed and not pygame.display.get_init()


def test_the_picture_waits_for_the_show_to_begin(window: Window, tmp_path: Path) -> None:
    show = Stage(*[lambda: None] * 50)
    show.loaded_after = 5
    window.run(show, camera=Camera(picture=tmp_path / "one.png", after_s=0.05))
    assert len(show.moments) >= 6
    with PIL.open(tmp_path / "one.png") as image:
        assert (image.size, image.getpixel((5, 5))) == ((1280, 720), (10, 200, 30))


def test_f12_takes_a_picture_and_says_so(window: Window, tmp_path: Path) -> None:
    show = Stage(lambda: _press(pygame.K_F12), *[lambda: None] * 20)
    window.run(show, camera=Camera(folder=tmp_path))
    assert (tmp_path / "npc-demo-1.png").is_file()


def test_a_driver_that_was_wished_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    window = Window((640, 360), "test")
    assert window.size == (640, 360)
    pygame.display.quit()
    assert module.TARGET_MS == pytest.approx(16.667, abs=0.01)
