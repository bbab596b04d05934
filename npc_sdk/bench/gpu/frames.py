"""Figure ``frames``: how long frames take beside a model that is idle, unpaced, and paced."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter, sleep
from typing import Any, Final

from npc_sdk.bench.gpu.card import settled_bytes
from npc_sdk.bench.gpu.render_process import RenderProcess, render_command
from npc_sdk.bench.gpu.rig import Rig, SkippedError
from npc_sdk.bench.gpu.session import Session, running
from npc_sdk.bench.gpu.talk import CELLS, Talk
from npc_sdk.budget.frame import checked_hint
from npc_sdk.errors import NpcError
from npc_sdk.models.footprint import Sizes

CHARACTERS: Final = 4
QUANTA: Final = (16, 32, 64, 128, 256, 512)
SOME_QUANTA: Final = (16, 128, 512)
QUICK_QUANTA: Final = (32, 128, 512)

_DEVICES: Final = 8
_SECONDS: Final = 25.0
_QUICK_SECONDS: Final = 8.0
_WARM_S: Final = 3.0
_QUICK_WARM_S: Final = 2.0
_TOUCHED_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is drawn.

    Args:
        fps: What the game aims at.
        work_ms: About what a frame takes with nothing beside it.
        is_throttled: Whether the game waits between frames.
        quanta: Prompt tokens of one call, for which it is measured.
    """

    fps: int
    work_ms: float
    is_throttled: bool
    quanta: tuple[int, ...]


def scenes(quick: bool) -> list[Scene]:
    """Return what is drawn and measured."""
    if quick:
        return [
            Scene(fps=60, work_ms=3.0, is_throttled=True, quanta=QUICK_QUANTA),
            Scene(fps=60, work_ms=10.0, is_throttled=True, quanta=(128,)),
            Scene(fps=144, work_ms=3.0, is_throttled=False, quanta=(128,)),
        ]
    return [
        Scene(fps=60, work_ms=3.0, is_throttled=True, quanta=QUANTA),
        Scene(fps=60, work_ms=10.0, is_throttled=True, quanta=SOME_QUANTA),
        Scene(fps=144, work_ms=3.0, is_throttled=False, quanta=SOME_QUANTA),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTimes:
    """Frame times of one run.

    Args:
        frames: How many there were.
        p50_ms: Half of them took no longer.
        p99_ms: 99 of 100 took no longer.
        p999_ms: 999 of 1000 took no longer.
        over_budget: How many took longer than the game aims at.
    """

    frames: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    over_budget: int


def frame_times(frames_ms: Sequence[float], fps: float) -> FrameTimes:
    """Return what frame times come to.

    Args:
        frames_ms: One time for each frame.
        fps: What the game aims at.
    """
    ordered = sorted(frames_ms)
    if not ordered:
        return FrameTimes(frames=0, p50_ms=0.0, p99_ms=0.0, p999_ms=0.0, over_budget=0)

    def quantile(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    over = sum(frame_ms > 1000 / fps for frame_ms in ordered)
    return FrameTimes(
        frames=len(ordered),
        p50_ms=quantile(0.5),
        p99_ms=quantile(0.99),
        p999_ms=quantile(0.999),
        over_budget=over,
    )


def measure_frames(rig: Rig) -> Generator[dict[str, Any], None, None]:
    """Draw scenes beside an engine that is idle, that runs unpaced, and that runs paced, and yield each run.

    Raises:
        SkippedError: Nothing can be drawn on this card.
        NpcError: The engine or the drawing failed.
    """
    with open_screen(rig) as screen:
        sizes = rig.fitted(Sizes(gpu_layers=-1, slots=CHARACTERS, cells=CHARACTERS * CELLS, quantum=max(QUANTA)))
        with running(rig, rig.config(sizes)) as session:
            warming = Talk(session, CHARACTERS)
            warming.run(_WARM_S)
            warming.stop()
            for scene in scenes(rig.quick):
                yield from _measure_scene(rig, screen, session, scene)


def _measure_scene(
    rig: Rig, screen: RenderProcess, session: Session, scene: Scene
) -> Generator[dict[str, Any], None, None]:
    talk = Talk(session, CHARACTERS)
    calibrated_ms = screen.calibrate(scene.work_ms)
    needed_s = (_QUICK_SECONDS + _QUICK_WARM_S if rig.quick else _SECONDS + _WARM_S) + 1
    words = f"{scene.fps} fps, {scene.work_ms:g} ms"
    off_p99_ms = 0.0
    for inference, quantum in [("off", 0), *((way, q) for q in scene.quanta for way in ("unpaced", "paced"))]:
        if not rig.has_time(needed_s, f"{words}: {inference} with a quantum of {quantum} and what follows"):
            break
        if quantum:
            session.pace(is_on=inference == "paced", quantum=quantum)
        times, tokens_per_s = _run(rig, screen, session, talk if quantum else None, scene)
        off_p99_ms = off_p99_ms or times.p99_ms
        rig.report(
            f"{words}, {inference} {quantum or ''}: p50 {times.p50_ms:.1f}, p99 {times.p99_ms:.1f} ms, "
            f"{tokens_per_s:.0f} tokens/s"
        )
        yield {
            **asdict(scene),
            "calibrated_ms": calibrated_ms,
            "inference": inference,
            "quantum": quantum,
            "characters": CHARACTERS if quantum else 0,
            **asdict(times),
            "p99_ratio": times.p99_ms / off_p99_ms if off_p99_ms else 0.0,
            "tokens_per_s": tokens_per_s,
            "renderer": screen.about["renderer"],
        }
    talk.stop()


def _run(
    rig: Rig, screen: RenderProcess, session: Session, talk: Talk | None, scene: Scene
) -> tuple[FrameTimes, float]:
    """Return the frame times of one run and the tokens spoken in a second, both after a while of warming up."""
    seconds, warm_s = (_QUICK_SECONDS, _QUICK_WARM_S) if rig.quick else (_SECONDS, _WARM_S)
    began_s, spoken = [0.0], [0]
    target_ms = 1000 / scene.fps

    def on_frame(frame_ms: float) -> None:
        hint = checked_hint(target_ms, frame_ms, "explore").hint
        if hint is not None:
            session.engine.frame(hint)

    def meanwhile() -> None:
        _talk(talk, warm_s)
        began_s[0] = perf_counter()
        before = talk.spoken if talk is not None else 0
        _talk(talk, seconds)
        spoken[0] = talk.spoken - before if talk is not None else 0

    frames = screen.draw(
        fps=scene.fps if scene.is_throttled else 0,
        seconds=warm_s + seconds,
        meanwhile=meanwhile,
        on_frame=on_frame,
    )
    kept = [frame_ms for at_s, frame_ms in frames if at_s >= began_s[0]]
    return frame_times(kept, scene.fps), spoken[0] / seconds


def _talk(talk: Talk | None, seconds: float) -> None:
    if talk is not None:
        talk.run(seconds)
    else:
        sleep(seconds)


def open_screen(rig: Rig) -> RenderProcess:
    """Return a process that draws on the rig's card.

    Raises:
        SkippedError: None can be had: no EGL, no drawing library, or drawing on something else.
    """
    causes: list[NpcError] = []
    seen: list[str] = []
    for device in range(_DEVICES):
        before = settled_bytes(rig.card)
        try:
            screen = RenderProcess(rig.render_command or render_command(device))
        except NpcError as error:
            causes.append(error)
            if error.code == "missing_extra":
                break
            continue
        is_here = before - settled_bytes(rig.card) >= _TOUCHED_BYTES and "nvidia" in screen.about["vendor"].lower()
        if is_here or rig.is_any_renderer:
            return screen
        seen.append(screen.about["renderer"])
        screen.close()
    if seen:
        raise SkippedError(
            f"EGL draws with {', '.join(dict.fromkeys(seen))} and not with {rig.card.name}.",
            "Install the driver's OpenGL; in a container allow it graphics (NVIDIA_DRIVER_CAPABILITIES=all).",
            code="no_egl_on_card",
        )
    raise SkippedError(causes[0].cause, causes[0].next_step, code=causes[0].code)
