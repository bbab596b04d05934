"""The closed loop: how many milliseconds of each frame the model may use, found from frames that came late."""

from __future__ import annotations

import math
from dataclasses import dataclass

from npc_sdk.budget.frame import FrameHint

_TOLERANCE = 1.01
_HITCH = 2.5
_BACK_OFF = 0.6
_COOL_FRAMES = 3
_FAST_GROWTH = 1.025
_CURVE_FRAMES = 200
_START = 0.25
_BLIND = 0.5
_LEAST = 1 / 20_000
_OWN_LATE_WEIGHT = 1 / 500
_MOST_OWN_LATE = 0.05
_QUIET_STEP = 0.02
_QUIET_QUANTILE = 0.95
_USABLE_SLACK = 0.7
_IGNORED_MS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What the model did while the game made a frame.

    Args:
        ran_ms: How long our calls ran.
        least_call_ms: What the smallest call costs; 0 when that is not known yet.
        has_demand: Whether somebody waits for the model; without that, frames in time prove nothing.
    """

    ran_ms: float
    least_call_ms: float = 0.0
    has_demand: bool = True


class Allowance:
    """Milliseconds of the device for each frame of the game.

    A late frame with a call of ours beside it cuts the allowance to ``0.6`` of itself; frames in time let it grow,
    so slowly that about ``late_share`` of the frames, beyond those that the game loses by itself, come late. How
    late it was does not count: where the display sets the beat, a call of a millisecond costs a whole frame.
    Frames without a call of ours show the game's own time, and how many it loses by itself; where that time lies
    under the target, the slack is known and is taken up faster.

    Not thread safe.

    Args:
        late_share: Share of the frames that may be late because of the model.
        starts_full: Whether to begin at the ceiling, where calls do not share the device with drawing.
        least_share: Share of a frame that is left to the model, however late frames are; 0 leaves next to nothing.
    """

    def __init__(self, *, late_share: float, starts_full: bool, least_share: float = 0.0) -> None:
        self.ms = 0.0
        self.late_frames = 0
        self.frames = 0
        self._late_share = late_share
        self._start = 1.0 if starts_full else _START
        self._least = max(_LEAST, least_share)
        self._ceiling_ms = 0.0
        self._quiet_ms: float | None = None
        self._own_late = 0.0
        self._since_late = 0
        self._cool = 0
        self._is_searching = True

    @property
    def is_full(self) -> bool:
        """Whether the model has all that the mode lets it have."""
        return self.ms >= self._ceiling_ms

    def frame(self, hint: FrameHint, ceiling_ms: float, beside: Beside) -> None:
        """Take in a frame.

        Args:
            hint: What the game says of it.
            ceiling_ms: Most that the mode lets the model have.
            beside: What we did meanwhile.
        """
        self._set_ceiling(ceiling_ms)
        least_ms = hint.target_ms * self._least
        if hint.measured_ms is None:
            self.ms = ceiling_ms * max(_BLIND, self._start)
        elif hint.measured_ms < _IGNORED_MS:
            self.frames += 1
            self._learn(hint.target_ms, hint.measured_ms, beside)
            self.ms = min(max(self.ms, least_ms), ceiling_ms)

    def _set_ceiling(self, ceiling_ms: float) -> None:
        if ceiling_ms > self._ceiling_ms:
            # More may be possible now: search for it again.
            self._is_searching = True
        if self.ms <= 0:
            self.ms = ceiling_ms * self._start
        self._ceiling_ms = ceiling_ms
        self.ms = min(self.ms, ceiling_ms)

    def _learn(self, target_ms: float, measured_ms: float, beside: Beside) -> None:
        limit_ms = max(target_ms, self._quiet_ms or 0.0) * _TOLERANCE
        is_late = measured_ms > limit_ms
        is_quiet = beside.ran_ms <= 0
        if is_quiet:
            self._own_late += _OWN_LATE_WEIGHT * (is_late - self._own_late)
            self._learn_quiet(measured_ms)
        self._cool -= 1
        self._since_late += 1
        is_own = is_quiet or measured_ms - beside.ran_ms > _HITCH * target_ms
        if is_late and not is_own:
            self.late_frames += 1
            if self._cool <= 0:
                self._back_off()
        elif beside.has_demand:
            self.ms *= self._growth(target_ms, beside.least_call_ms)

    def _learn_quiet(self, measured_ms: float) -> None:
        if self._quiet_ms is None:
            self._quiet_ms = measured_ms
            return
        share = _QUIET_QUANTILE if measured_ms > self._quiet_ms else _QUIET_QUANTILE - 1
        self._quiet_ms *= 1 + _QUIET_STEP * share

    def _back_off(self) -> None:
        self.ms *= _BACK_OFF
        self._cool = _COOL_FRAMES
        self._since_late = 0
        self._is_searching = False

    def _growth(self, target_ms: float, least_call_ms: float) -> float:
        apart = 1 / (self._late_share + min(self._own_late, _MOST_OWN_LATE))
        slack_ms = target_ms - (self._quiet_ms or target_ms)
        # Where no call fits the slack, every single one makes a frame late: nothing is to be won by hurry.
        is_slack_free = self._since_late > apart and least_call_ms < slack_ms
        if self._is_searching or (is_slack_free and self.ms < _USABLE_SLACK * slack_ms):
            return _FAST_GROWTH
        # Summed over ``apart`` frames this undoes one back-off, so that late frames come about so far apart.
        rate = -math.log(_BACK_OFF) / (apart + apart * apart / (2 * _CURVE_FRAMES))
        return 1 + min(rate * (1 + self._since_late / _CURVE_FRAMES), _FAST_GROWTH - 1)
