"""The game's process: draws a scene for a while beside nobody, or beside characters, and says what came of it.

Started with one argument, the order as JSON. Says lines of JSON on standard output, and ends early when its
standard input does.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TextIO

from npc_sdk.bench.frame.neighbours import Neighbours
from npc_sdk.bench.frame.player import Nobody, Player, exact_sleep
from npc_sdk.bench.frame.scene import Scene, next_units, open_screen, undisturbed
from npc_sdk.bench.frame.times import FrameLog, figures_of, spread
from npc_sdk.errors import BackendError, NpcError

# How a variant with a host differs from one that is set up by itself.
RUNTIME: Final[dict[str, dict[str, Any]]] = {"paced": {}, "background": {}, "unpaced": {"background": False}}
TRIES: Final = 6
_FIRST_UNITS: Final = 60
_NEAR: Final = 0.03
_FAR: Final = 0.2


class Stop:
    """Whether to stop early: when nobody listens to what is said any more. Safe from any thread."""

    def __init__(self, source: TextIO) -> None:
        self._asked = threading.Event()
        threading.Thread(target=self._watch, args=(source,), name="stop", daemon=True).start()

    def __call__(self) -> bool:
        """Return whether to stop."""
        return self._asked.is_set()

    def _watch(self, source: TextIO) -> None:
        with suppress(OSError, ValueError):
            source.read()
        self._asked.set()


def main() -> None:
    """Follow the order, say what came of it, and end."""
    stop = Stop(sys.stdin)
    code = 1
    try:
        with exact_sleep():
            order = json.loads(sys.argv[1])
            result = calibrate(order, stop) if order["task"] == "calibrate" else measure(order, stop)
        _say({"event": "done", "result": result})
        code = 0
    except NpcError as error:
        _say({"event": "failed", "error": error.to_dict()})
        code = 0
    except Exception:
        # Nobody else says it: the interpreter's own end is left out below.
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):  # nobody may be there any more
            sys.stdout.flush()
            sys.stderr.flush()
        # A thread that is inside llama.cpp would outlive the interpreter's own end.
        os._exit(code)


def calibrate(order: Mapping[str, Any], stop: Callable[[], bool]) -> dict[str, Any]:
    """Find how many figures make a frame as long as it is to be, with nothing beside it.

    Args:
        order: ``seed``, ``seconds`` of one try, and ``wanted``: milliseconds by scene.
        stop: Asked whether to stop early.

    Returns:
        By scene, ``units``, what a frame with them took, and whether that is near to what it is to take.
    """
    scene = Scene(open_screen(), seed=order["seed"], units=_FIRST_UNITS)
    _settle()
    found: dict[str, Any] = {}
    for name, wanted_ms in order["wanted"].items():
        tries = []
        for _ in range(TRIES):
            units, log = scene.units, _play(scene, order["seconds"], stop)
            tries.append((abs(undisturbed(log.work_ms) / wanted_ms - 1), units, log))
            if tries[-1][0] <= _NEAR or stop():
                break
            scene.units = next_units(units, undisturbed(log.work_ms), wanted_ms)
        off, units, log = min(tries, key=lambda each: each[0])
        scene.units = units
        found[name] = {
            "units": units,
            "wanted_ms": wanted_ms,
            "work_ms": asdict(spread(log.work_ms)),
            "is_near": off <= _FAR,
        }
    return found


def measure(order: Mapping[str, Any], stop: Callable[[], bool]) -> dict[str, Any]:
    """Draw a scene beside its company, and return what frames and characters came to.

    Args:
        order: As :mod:`npc_sdk.bench.frame.run` writes it.
        stop: Asked whether to stop early; what was measured until then is returned.
    """
    scene = Scene(open_screen(), seed=order["seed"], units=order["units"])
    with tempfile.TemporaryDirectory(prefix="npc-bench-", ignore_cleanup_errors=True) as folder:
        company = _company(order, Path(folder))
        try:
            return _measure(order, scene, company, stop)
        finally:
            if not isinstance(company, Nobody):
                company.close()


def _measure(order: Mapping[str, Any], scene: Scene, company: Any, stop: Callable[[], bool]) -> dict[str, Any]:
    player = Player(scene.draw, company, is_stopped=stop)
    _settle()
    for _ in player.play(order["warm_s"]):
        _say({"event": "warm"})
    is_alone = isinstance(company, Nobody)
    if not is_alone:
        company.start_counting()
    began_s, neighbours = perf_counter(), Neighbours()
    log = FrameLog()
    for log in player.play(order["seconds"]):
        _say({"event": "second", "frames": len(log.interval_ms)})
    seconds = perf_counter() - began_s
    result = {
        **figures_of(log).to_dict(),
        "seconds": seconds,
        "is_complete": not stop(),
        "others_share": neighbours.share(),
        "log": {"interval_us": _microseconds(log.interval_ms), "work_us": _microseconds(log.work_ms)},
    }
    if not is_alone:
        result.update(company.tally.to_dict(seconds), **_about(company))
    return result


def _company(order: Mapping[str, Any], folder: Path) -> Any:
    variant = order["variant"]
    if variant == "off":
        return Nobody()
    shared = {name: order[name] for name in ("characters", "seed", "deadline_ms")}
    if variant in RUNTIME:
        from npc_sdk.bench.frame.hosted import Hosted

        settings = {**RUNTIME[variant], **order["runtime"]}
        return Hosted(order["model"], **shared, is_paced=variant == "paced", runtime=settings, folder=folder)
    from npc_sdk.bench.frame.threaded import Threaded

    return Threaded(order["model"], **shared, threads=order["threads"] if variant == "naive-fair" else None)


def _about(company: Any) -> dict[str, Any]:
    """Return what else there is to know of a run."""
    if not hasattr(company, "status"):
        return {"threads": list(company.threads)}
    figures = company.status()
    engine, stats = figures.get("engine") or {}, figures.get("stats") or {}
    if not engine:
        raise BackendError("The host has no engine any more.", "Look at its log.", code="bench_engine_gone")
    names = ("tokens_per_s", "frames", "late_frames", "quantum", "restarts", "step_ms", "is_starving")
    return {"stats": {name: stats.get(name) for name in names}}


def _play(scene: Scene, seconds: float, stop: Callable[[], bool]) -> FrameLog:
    log = FrameLog()
    for log in Player(scene.draw, Nobody(), is_stopped=stop).play(seconds):
        _say({"event": "second", "frames": len(log.interval_ms)})
    return log


def _settle() -> None:
    """Have the collector look only at what is made from now on, as a game would after its loading screen."""
    gc.collect()
    gc.freeze()


def _microseconds(times_ms: Any) -> list[int]:
    return [round(time_ms * 1000) for time_ms in times_ms]


def _say(event: Mapping[str, Any]) -> None:
    with suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
