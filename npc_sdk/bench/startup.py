"""Figure 8: how soon the package is imported and a character speaks."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

from npc_sdk.bench.harness import Row, Setup, middle

_LIMIT_S = 60


def measure_startup(setup: Setup) -> list[Row]:
    """Import the package, and start ``npc chat --once`` until its first words."""
    repeats = 3 if setup.quick else 9
    bare = middle([_run([sys.executable, "-c", "pass"]) for _ in range(repeats)])
    imported = middle([_run([sys.executable, "-c", "import npc_sdk"]) for _ in range(repeats)])
    words = middle([_first_words() for _ in range(3 if setup.quick else 5)])
    setup.report(f"figure 8: import {imported - bare:.0f} ms, first words {words:.2f} s")
    return [
        Row(figure=8, case="import npc_sdk", name="ms beyond a bare interpreter", value=imported - bare, limit=150),
        Row(figure=8, case="npc chat --once", name="first words (s)", value=words, limit=3),
    ]


def _run(command: list[str]) -> float:
    started = perf_counter()
    subprocess.run(command, check=True, timeout=_LIMIT_S, stdout=subprocess.DEVNULL)
    return (perf_counter() - started) * 1000


def _first_words() -> float:
    started = perf_counter()
    command = [sys.executable, "-m", "npc_sdk.cli", "chat", "--once", "Who goes there?"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as child:
        if child.stdout is not None:
            child.stdout.read(1)
        elapsed = perf_counter() - started
        child.communicate(timeout=_LIMIT_S)
    return elapsed
