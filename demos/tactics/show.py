"""The skirmish in a window: joins the running game, its picture and the overlay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import pygame

from npc_sdk.errors import BackendError

from ..drawing.gauges import Gauges
from ..drawing.loading import LoadingScreen
from ..drawing.notice import Notice
from ..drawing.overlay import Overlay
from ..start import Request
from ..window.show import Show
from .battle import MOST_TICKS
from .loading import Loading
from .minds import Minds
from .picture import Picture
from .play import Play, PlayOptions
from .recording import Replay
from .scene import Point, Scene

TITLE: Final = "A skirmish"
# The banner can be read before a film ends.
VERDICT_MS: Final = 3500.0
NOTICE_MS: Final = 4000.0


class Game(Protocol):
    """What the show needs of a game: one that is played, or one that is shown again."""

    @property
    def loading(self) -> Loading: ...
    @property
    def is_loaded(self) -> bool: ...
    def load(self) -> None: ...
    def advance(self, now_ms: float) -> None: ...
    def frame(self, target_ms: float, work_ms: float) -> None: ...
    @property
    def scene(self) -> Scene: ...
    @property
    def gauges(self) -> Gauges: ...
    def click(self, at: Point | None, button: int = 1) -> None: ...
    def choose(self, index: int) -> None: ...
    def type(self, text: str) -> None: ...
    def erase(self) -> None: ...
    def submit(self) -> None: ...
    def deselect(self) -> None: ...
    def toggle_pause(self) -> None: ...
    def toggle_reserve(self) -> None: ...
    def toggle_pacing(self) -> None: ...
    def kill_engine(self) -> None: ...
    def restart(self) -> None: ...
    def report(self) -> Mapping[str, Any]: ...
    def close(self) -> None: ...


class BattleShow(Show):
    """A battle to be seen, and its keys. Not thread safe.

    Args:
        game: What runs, or runs again.
        is_overlay_shown: Whether the figures are shown from the beginning.
        ends_with_battle: Whether the show is over with the battle, as nobody is there to close a window.
    """

    def __init__(self, game: Game, *, is_overlay_shown: bool = False, ends_with_battle: bool = False) -> None:
        self._game = game
        self._ends_with_battle = ends_with_battle
        self._now_ms = 0.0
        self._composed = ""
        self._own_notice: Notice | None = None
        self._own_notice_ms = 0.0
        self._is_overlay_shown = is_overlay_shown
        self._picture, self._overlay, self._waiting = Picture(), Overlay(), LoadingScreen()
        self._keys: Mapping[str, Callable[[], None]] = {
            "f1": self._toggle_overlay,
            "p": game.toggle_pacing,
            "v": game.toggle_reserve,
            "k": game.kill_engine,
            "r": game.restart,
            "space": game.toggle_pause,
            # Space is a letter while one types.
            "pause": game.toggle_pause,
        }
        game.load()

    def advance(self, now_ms: float) -> None:
        """Let the game go on; an error while it loads ends the show."""
        self._now_ms = now_ms
        self._game.advance(now_ms)
        if self._game.loading.error and not self._game.is_loaded:
            raise BackendError(self._game.loading.error, "npc doctor looks at this machine.", code="demo_failed")

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the moment, or how loading goes."""
        if not self._game.is_loaded:
            loading = self._game.loading
            self._waiting.draw(surface, TITLE, loading.text, loading.share, now_ms=self._now_ms)
            return
        self._picture.draw(surface, self._scene())
        if self._is_overlay_shown:
            self._overlay.draw(surface, self._game.gauges)

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Tell the game, and so the model, how long the frame took."""
        self._game.frame(target_ms, work_ms)

    def on_key(self, key: str) -> bool:
        """Take a key."""
        if not self._game.is_loaded:
            return False
        talk = self._game.scene.talk
        if talk is not None and key in ("escape", "enter", "backspace"):
            self._composed = ""
            {"escape": self._game.deselect, "enter": self._game.submit, "backspace": self._game.erase}[key]()
            return True
        if talk is not None and key.isdecimal() and 0 < int(key) <= len(talk.choices):
            self._game.choose(int(key) - 1)
            return True
        if key not in self._keys:
            return False
        self._keys[key]()
        return True

    def on_text(self, text: str) -> None:
        """Take typed text."""
        self._composed = ""
        self._game.type(text)

    def on_compose(self, text: str) -> None:
        """Take the unfinished text of an input method."""
        self._composed = text

    def on_notice(self, text: str) -> None:
        """Show a line of the window's own among the news of the battle."""
        self._own_notice = Notice(text=text, kind="good")
        self._own_notice_ms = self._now_ms

    def on_click(self, at: tuple[int, int], button: int, size: tuple[int, int]) -> None:
        """Take a click: on a choice of the panel, on a soldier of the list, on a place of the field, or beside all."""
        if not self._game.is_loaded:
            return
        scene = self._game.scene
        choice = self._picture.choice_at(size, at, scene)
        if choice is not None:
            self._game.choose(choice)
        else:
            self._game.click(self._picture.listed_at(size, at, scene) or self._picture.cell_at(size, at), button)

    def report(self) -> Mapping[str, Any]:
        """Return how the battle went, to be shown again."""
        return self._game.report()

    def close(self) -> None:
        """End the game, and the host with it."""
        self._game.close()

    @property
    def is_typing(self) -> bool:
        """Whether there is somebody to talk to; a soldier that is led by clicks is not talked to."""
        talk = self._game.scene.talk if self._game.is_loaded else None
        return talk is not None and not talk.choices

    @property
    def is_loaded(self) -> bool:
        """Whether the battle has begun."""
        return self._game.is_loaded

    @property
    def is_over(self) -> bool:
        """Whether the battle is over and nobody is there to watch another one."""
        if not self._ends_with_battle or not self._game.is_loaded:
            return False
        if isinstance(self._game, Replay) and self._game.is_over:
            return True
        scene = self._game.scene
        return scene.verdict is not None and scene.verdict_ms >= VERDICT_MS

    def _scene(self) -> Scene:
        scene = self._game.scene
        if self._own_notice is not None and self._now_ms - self._own_notice_ms < NOTICE_MS:
            own = replace(self._own_notice, age_ms=self._now_ms - self._own_notice_ms)
            scene = replace(scene, notices=(*scene.notices, own))
        if scene.talk is not None and self._composed:
            scene = replace(scene, talk=replace(scene.talk, typed=scene.talk.typed + self._composed))
        return scene

    def _toggle_overlay(self) -> None:
        self._is_overlay_shown = not self._is_overlay_shown


def open_show(request: Request, report: Mapping[str, Any] | None) -> BattleShow:
    """Return the skirmish that the command line asks for.

    Args:
        request: What the command line asks for.
        report: A report to be shown again; None plays.
    """
    ends = request.is_headless or (report is not None and request.film is not None)
    if report is not None:
        return BattleShow(Replay(report), ends_with_battle=ends)
    blue, _, red = request.squads.partition(":")
    options = PlayOptions(squads={"blue": blue, "red": red}, seed=request.seed, limit=request.ticks or MOST_TICKS)
    minds = Minds(request.model) if options.needs_model else None
    return BattleShow(Play(options, minds=minds), ends_with_battle=ends)
