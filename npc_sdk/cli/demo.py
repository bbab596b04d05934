"""``npc demo``: games that show the SDK, in a window."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from npc_sdk.cli.console import output, plain
from npc_sdk.cli.demo_package import demo_module

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


def demo(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[tactics|tavern]", help="A skirmish that plays by itself, or a talk.", autocompletion=_demos
        ),
    ] = "tactics",
    squads: Annotated[
        str,
        typer.Option(
            metavar="BLUE:RED", help=f"Who plays each side, two of: {', '.join(PLAYERS)}.", autocompletion=_squads
        ),
    ] = "model:utility",
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, metavar="N", help="Number of the first battle.")] = 1,
    ticks: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, metavar="N", help="Most ticks of a battle.", show_default="60"),
    ] = None,
    say: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE",
            help="What the player says in the tavern without a window; may be given again.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="A name from `npc models list`, or a GGUF file.")
    ] = "starter",
    size: Annotated[
        str, typer.Option(metavar="WIDTHxHEIGHT", help="Size of the window.", autocompletion=_sizes)
    ] = "1280x720",
    full_screen: Annotated[bool, typer.Option("--full-screen", help="Take the whole screen.")] = False,
    headless: Annotated[
        bool, typer.Option("--headless", help="No window: one battle as fast as it goes; with pictures, as it plays.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write how the battle went, for --replay.", show_default=False)
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Show the battle of a report, without a model.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take a picture (PNG) after --after seconds, and end.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR/", help="Film it: .mp4 (needs ffmpeg), .gif, .webp, or a folder of PNG files."),
    ] = None,
    after: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=86_400.0,
            metavar="SECONDS",
            help="When to take the picture or end the film, and leave; unsaid, 5 for a picture, and a film goes on.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Open a game whose characters think on this machine: a skirmish, or three people at a table.

    In the window: click a soldier and type; F1 shows figures, P turns pacing off and on, V takes video memory and gives
    it back, K kills the engine, R begins another battle, Space pauses, F12 takes a picture, Esc leaves.
    """
    if name not in DEMOS:
        raise typer.BadParameter(f"{name!r} is no demo; there are: {', '.join(DEMOS)}.", param_hint="[tactics|tavern]")
    begin = demo_module("start")
    begin.start(
        begin.Request(
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
        ),
        tell=lambda line: output().out(plain(line)),
    )


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
