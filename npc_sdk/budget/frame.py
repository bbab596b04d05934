"""What a game says about its frames, checked so that nothing it says can harm the frame loop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from npc_sdk.errors import RequestError

Mode: TypeAlias = Literal["menu", "explore", "combat", "cutscene"]

MODES: tuple[Mode, ...] = get_args(Mode)
SHORTEST_TARGET_MS = 1.0
LONGEST_TARGET_MS = 1000.0
LONGEST_FRAME_MS = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameHint:
    """One frame of the game.

    Args:
        target_ms: How long a frame may take: 16.7 for 60 frames a second.
        measured_ms: How long the last frame took, with the model running beside it: best the time that the
            game worked at it, without waiting for the display; from frame to frame is good too. None when
            the game does not measure.
        mode: What the player is doing; how much of a frame the model may take at most.

    Raises:
        RequestError: A value cannot be used (``bad_frame_hint``); :func:`checked_hint` never raises.
    """

    target_ms: float
    measured_ms: float | None = None
    mode: Mode = "explore"

    def __post_init__(self) -> None:
        finding = _target_problem(self.target_ms) or _measured_problem(self.measured_ms)
        if finding is None and self.mode not in MODES:
            finding = _mode_problem(self.mode)
        if finding is not None:
            raise RequestError(finding.cause, finding.next_step, code="bad_frame_hint", finding=finding.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class HintFinding:
    """What was wrong with a hint.

    Args:
        code: ``bad_target``, ``bad_measured``, ``bad_mode``, ``target_clamped`` or ``measured_clamped``.
        cause: What was wrong, one sentence.
        next_step: What the game should send instead.
    """

    code: str
    cause: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedHint:
    """What came of a hint: the usable hint, or None when it was refused, and what was wrong with it."""

    hint: FrameHint | None
    finding: HintFinding | None = None


def checked_hint(target_ms: object, measured_ms: object = None, mode: object = "explore") -> CheckedHint:
    """Return a hint that can be used, whatever the game passed; never raises.

    Args:
        target_ms: As in :class:`FrameHint`; what is no positive number is refused, what is out of range is
            brought into it.
        measured_ms: As in :class:`FrameHint`; negative and undefined numbers are taken as not measured, and
            very long frames (a loading screen, a breakpoint) are shortened.
        mode: As in :class:`FrameHint`; an unknown one is taken as ``explore``.
    """
    problem = _target_problem(target_ms)
    if problem is not None and problem.code == "bad_target":
        return CheckedHint(hint=None, finding=problem)
    target = min(max(float(cast(float, target_ms)), SHORTEST_TARGET_MS), LONGEST_TARGET_MS)
    measured, found = _measured(measured_ms)
    known = mode if isinstance(mode, str) and mode in MODES else None
    finding = problem or found or (None if known is not None else _mode_problem(mode))
    return CheckedHint(hint=FrameHint(target_ms=target, measured_ms=measured, mode=known or "explore"), finding=finding)


def shown(value: object) -> str:
    """Return a value in at most 40 characters, whatever it is; never raises."""
    try:
        return f"{value!r:.40}"
    except Exception:
        # Very large integers have no digits, and what a game passes may not describe itself.
        return f"a {type(value).__name__} that cannot be shown"


def _measured(value: object) -> tuple[float | None, HintFinding | None]:
    problem = _measured_problem(value)
    if value is None or (problem is not None and problem.code == "bad_measured"):
        return None, problem
    return min(float(cast(float, value)), LONGEST_FRAME_MS), problem


def _is_positive(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value) and value > 0
    except OverflowError:  # an int that no float can hold
        return False


def _target_problem(value: object) -> HintFinding | None:
    wanted = "Send the milliseconds that a frame may take, such as 16.7."
    if not _is_positive(value):
        return HintFinding(
            code="bad_target", cause=f"target_ms is {shown(value)}, no positive number.", next_step=wanted
        )
    if not SHORTEST_TARGET_MS <= cast(float, value) <= LONGEST_TARGET_MS:
        limits = f"{SHORTEST_TARGET_MS:g} to {LONGEST_TARGET_MS:g} ms"
        return HintFinding(
            code="target_clamped", cause=f"target_ms is {shown(value)}; {limits} can be used.", next_step=wanted
        )
    return None


def _measured_problem(value: object) -> HintFinding | None:
    if value is None:
        return None
    wanted = "Send the milliseconds that the last frame took, or nothing."
    if not _is_positive(value):
        return HintFinding(
            code="bad_measured", cause=f"measured_ms is {shown(value)}, no positive number.", next_step=wanted
        )
    if cast(float, value) > LONGEST_FRAME_MS:
        return HintFinding(
            code="measured_clamped",
            cause=f"measured_ms is {shown(value)}; frames over {LONGEST_FRAME_MS:g} ms count as that long.",
            next_step=wanted,
        )
    return None


def _mode_problem(value: object) -> HintFinding:
    return HintFinding(code="bad_mode", cause=f"There is no mode {shown(value)}.", next_step=f"Use {', '.join(MODES)}.")
