"""Options that several commands share: the same words, limits and help."""

from __future__ import annotations

from typing import Annotated

import typer

MODEL_HELP = "A name from `npc models list`, or a GGUF file."

ModelOption = Annotated[str, typer.Option(metavar="NAME|FILE", help=MODEL_HELP)]

BattleSeedOption = Annotated[int, typer.Option(min=0, max=2**31 - 1, metavar="N", help="Number of the first battle.")]

FiguresFileOption = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Also write the figures as JSON; - prints only that.")
]
