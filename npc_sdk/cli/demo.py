"""``npc demo``: games that show the SDK, in a window."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from npc_sdk.cli.console import output, plain
from npc_sdk.cli.demo_package import demo_module
from npc_sdk.cli.options import BattleSeedOption, ModelOption
from npc_sdk.errors import RequestError

DEMOS = ("tactics", "tavern")
PLAYERS = ("model", "mixed", "utility", "random", "still", "player")
SIZES = ("1280x720", "1920x1080", "960x540")
LEAST_SIZE, MOST_SIZE = (320, 180), (7680, 4320)


def _squads(incomplete: str) -> list[str]:
    blue, colon, _red = incomplete.partition(":")
    pairs = [f"{blue}:{red}" for red in PLAYERS] if colon else [f"{player}:utility" for player in PLAYERS]
    return [pair for pair in pairs if pair.startswith(incomplete)]


def _demos(incomplete: str) -> list[str]:
    return [name for name in DEMOS if name.startswith(incomplete)]


def _sizes(incomplete: str) -> list[str]:
    return [size for size in SIZES if size.startswith(incomplete)]


NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="[tactics|tavern]", help="A skirmish that plays by itself, or a talk.", autocompletion=_demos
    ),
]
SquadsOption = Annotated[
    str,
    typer.Option(
        metavar="BLUE:RED", help=f"Who plays each side, two of: {', '.join(PLAYERS)}.", autocompletion=_squads
    ),
]
TicksOption = Annotated[
    int | None,
    typer.Option(min=1, max=10_000, metavar="N", help="Most ticks of a battle.", show_default="60"),
]
SayOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LINE",
        help="What the player says in the tavern without a window; may be given again.",
        show_default=False,
    ),
]
WindowSizeOption = Annotated[
    str, typer.Option(metavar="WIDTHxHEIGHT", help="Size of the window.", autocompletion=_sizes)
]
FullScreenOption = Annotated[bool, typer.Option("--full-screen", help="Take the whole screen.")]
HeadlessOption = Annotated[
    bool, typer.Option("--headless", help="No window: one battle as fast as it goes; with pictures, as it plays.")
]
ReportOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write how the battle went, for --replay.", show_default=False)
]
ReplayOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Show the battle of a report, without a model.")
]
ScreenshotOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take a picture (PNG) after --after seconds, and end.")
]
FilmOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE|DIR/", help="Film it: .mp4 (needs ffmpeg), .gif, .webp, or a folder of PNG files."),
]
AfterOption = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=86_400.0,
        metavar="SECONDS",
        help="When to take the picture or end the film, and leave; unsaid, 5 for a picture, and a film goes on.",
        show_default=False,
    ),
]


def demo(
    context: typer.Context,
    name: NameArgument = "tactics",
    squads: SquadsOption = "model:utility",
    seed: BattleSeedOption = 1,
    ticks: TicksOption = None,
    say: SayOption = None,
    model: ModelOption = "starter",
    size: WindowSizeOption = "1280x720",
    full_screen: FullScreenOption = False,
    headless: HeadlessOption = False,
    report: ReportOption = None,
    replay: ReplayOption = None,
    screenshot: ScreenshotOption = None,
    record: FilmOption = None,
    after: AfterOption = None,
) -> None:
    """Open a game whose characters think on this machine: a skirmish, or three people at a table.

    In the window: click a soldier and type; F1 shows figures, P turns pacing off and on, V takes video memory and gives
    it back, K kills the engine, R begins another battle, Space pauses, F12 takes a picture, Esc leaves.
    """
    _check_name(name)
    request = demo_module("start").Request(
        name=name,
        squads=_checked_squads(squads),
        seed=seed,
        ticks=ticks,
        say=tuple(say or ()),
        model=model,
        size=_size(size),
        is_full_screen=full_screen,
        is_headless=headless,
        report=report,
        replay=replay,
        screenshot=screenshot,
        film=record,
        after_s=after,
    )
    _begin(request, has_squads=_is_given(context, "squads"))


def _begin(request: Any, *, has_squads: bool) -> None:
    """Begin what was asked for.

    Raises:
        RequestError: An option would do nothing beside the others (``bad_options``).
    """
    if request.name == "tavern" and has_squads:
        raise _useless("--squads says who fights, and nobody fights in the tavern.", "Leave it out, or run: npc demo")
    if request.is_full_screen and request.is_headless:
        raise _useless("--full-screen takes a screen, and --headless uses none.", "Leave one of them out.")
    if request.after_s is not None and not request.is_drawn:
        raise _useless(
            "--after ends a window, a picture or a film, and there is none: without a window, it ends by itself.",
            "Leave out --after, or add --screenshot or --record.",
        )
    demo_module("start").start(request, tell=lambda line: output().out(plain(line)))


def _useless(cause: str, next_step: str) -> RequestError:
    return RequestError(cause, next_step, code="bad_options")


def _is_given(context: typer.Context, option: str) -> bool:
    """Whether the command line names an option, even with the value that it has anyway."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def _check_name(name: str) -> None:
    if name not in DEMOS:
        raise typer.BadParameter(f"{name!r} is no demo; there are: {', '.join(DEMOS)}.", param_hint="[tactics|tavern]")


def _checked_squads(text: str) -> str:
    blue, colon, red = text.partition(":")
    if not colon or blue not in PLAYERS or red not in PLAYERS:
        raise typer.BadParameter(
            f"{text!r} names no two of {', '.join(PLAYERS)}; write it as model:utility.", param_hint="--squads"
        )
    return text


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,5})[xX×]([0-9]{1,5})", text.strip(), re.ASCII)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no size; write it as 1280x720.", param_hint="--size")
    size = int(found[1]), int(found[2])
    if not all(low <= part <= high for low, part, high in zip(LEAST_SIZE, size, MOST_SIZE, strict=True)):
        raise typer.BadParameter(
            f"{text} is outside {LEAST_SIZE[0]}x{LEAST_SIZE[1]} to {MOST_SIZE[0]}x{MOST_SIZE[1]}.", param_hint="--size"
        )
    return size
