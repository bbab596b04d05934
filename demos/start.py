"""Begins a demo as the command line asks for it. Imports no pygame before it is known to be there."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from npc_sdk.errors import BackendError, RequestError
from npc_sdk.models import resolve_model
from npc_sdk.models.extra import load_extra

from .files import check_target, read_report, write_json
from .tactics.player_names import has_model, is_person

if TYPE_CHECKING:
    from .window.camera import Camera
    from .window.show import Show

_TITLES: Final = {"tactics": "npc demo: a skirmish", "tavern": "npc demo: a table at the tavern"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for.

    Args:
        name: ``tactics`` or ``tavern``.
        squads: Who plays each side, such as ``model:utility``.
        seed: Number of the first battle.
        ticks: Most ticks of a battle, or steps of an evening without a window; None leaves it to the demo.
        say: What the player says in the tavern when there is no window; nothing takes a script.
        model: A name from the catalog or a GGUF file.
        size: Of the window, in pixels.
        is_full_screen: Whether the window takes the whole screen.
        is_headless: Whether there is no window.
        report: Where the report goes.
        replay: A report to be shown.
        screenshot: Where one picture goes; the demo ends when it is taken.
        film: Where the film goes.
        after_s: When the picture is taken or the film ends.
    """

    name: str = "tactics"
    squads: str = "model:utility"
    seed: int = 1
    ticks: int | None = None
    say: tuple[str, ...] = ()
    model: str = "starter"
    size: tuple[int, int] = (1280, 720)
    is_full_screen: bool = False
    is_headless: bool = False
    report: Path | None = None
    replay: Path | None = None
    screenshot: Path | None = None
    film: Path | None = None
    after_s: float | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether anything is drawn: there is a window, or pictures are asked for."""
        return not self.is_headless or self.screenshot is not None or self.film is not None


def start(request: Request, *, tell: Callable[[str], None] = print) -> None:
    """Run a demo until its viewer leaves, or what was asked for is done.

    Args:
        request: What the command line asks for.
        tell: Gets a line for each file that was written, and what came of a battle without a window.

    Raises:
        NpcError: What was asked for cannot be done; said before the battle begins where that is possible.
        KeyboardInterrupt: Ctrl-C was pressed; all is closed by then.
    """
    report = _checked(request)
    if not request.is_drawn:
        _run_unseen(request, tell)
        return
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    pygame = load_extra("pygame", "demo")
    if not getattr(pygame, "IS_CE", False):
        raise RequestError(
            "The library pygame is there, and pygame-ce is needed.",
            'Replace it: pip uninstall pygame, then pip install ".[demo]".',
            code="missing_extra",
        )
    load_extra("PIL.Image", "demo")
    _run_window(request, report, tell)


def _checked(request: Request) -> Mapping[str, Any] | None:
    """Look at the files before anything begins; returns the report that is to be shown."""
    if request.name == "tavern" and request.replay is not None:
        raise RequestError("--replay shows battles, and the tavern has none.", "Leave it out.", code="bad_options")
    if request.say and (request.name != "tavern" or request.is_drawn):
        raise RequestError(
            "--say speaks for a player who is not there: in the tavern, without a window.",
            "Use it as: npc demo tavern --headless --say LINE",
            code="bad_options",
        )
    if request.replay is not None and not request.is_drawn:
        raise RequestError(
            "--replay shows a battle, and --headless shows nothing.",
            "Leave out --headless, or add --screenshot or --record.",
            code="bad_options",
        )
    names = request.squads.split(":")
    if any(map(is_person, names)) and not request.is_drawn:
        raise RequestError(
            "A player needs a window to click in.", "Leave out --headless, or the player.", code="bad_options"
        )
    for path in (request.report, request.screenshot):
        if path is not None:
            check_target(path)
    if request.film is not None and request.film.suffix and not request.film.is_dir():
        check_target(request.film)
    if request.replay is not None:
        return read_report(request.replay)
    if request.name == "tavern" or any(map(has_model, names)):
        resolve_model(request.model)
    return None


def _run_unseen(request: Request, tell: Callable[[str], None]) -> None:
    report = _evening(request, tell) if request.name == "tavern" else _battle(request, tell)
    if request.report is not None:
        write_json(request.report, report)
        tell(f"Report: {request.report}")


def _evening(request: Request, tell: Callable[[str], None]) -> Mapping[str, Any]:
    from .tavern import headless

    ticks = headless.DEFAULT_TICKS if request.ticks is None else request.ticks
    report = headless.run(request.say or headless.SCRIPT, model=request.model, ticks=ticks, seed=request.seed)
    tell(headless.transcript(report))
    if report["trouble"]:
        raise BackendError(report["trouble"], "npc doctor looks at this machine.", code="demo_failed")
    return report


def _battle(request: Request, tell: Callable[[str], None]) -> Mapping[str, Any]:
    from .tactics import headless

    words = ["--headless", "--squads", request.squads, "--seed", str(request.seed), "--model", request.model]
    words += [] if request.ticks is None else ["--ticks", str(request.ticks)]
    pairing, options = headless.parsed(words)
    report = headless.run(pairing, options)
    tell(headless.summary(report))
    return report


def _run_window(request: Request, report: Mapping[str, Any] | None, tell: Callable[[str], None]) -> None:
    from .window.window import Window

    window = Window(
        request.size,
        _TITLES[request.name],
        is_full_screen=request.is_full_screen,
        is_unseen=request.is_headless,
    )
    try:
        camera = _camera(request, window.size)
        try:
            show = _show(request, report)
        except BaseException:
            camera.abandon()
            raise
    except BaseException:
        window.close()
        raise
    try:
        window.run(show, camera=camera)
    finally:
        if request.report is not None and show.is_loaded:
            write_json(request.report, show.report())
            tell(f"Report: {request.report}")
    for path in (request.screenshot, request.film):
        if path is not None:
            tell(f"Written: {path}")


def _camera(request: Request, size: tuple[int, int]) -> Camera:
    from .window.camera import Camera
    from .window.film import Film
    from .window.reels import open_reel

    film = None if request.film is None else Film(open_reel(request.film, size))
    return Camera(picture=request.screenshot, film=film, after_s=request.after_s)


def _show(request: Request, report: Mapping[str, Any] | None) -> Show:
    module = importlib.import_module(f".{request.name}.show", __package__)
    made: Show = module.open_show(request, report)
    return made
