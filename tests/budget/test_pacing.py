from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.budget.frame import MODES, FrameHint
from npc_sdk.budget.pacing import Grant, Pacer, PacingConfig
from npc_sdk.errors import RequestError

TARGET_MS = 1000 / 60


class Drive:
    """An engine's loop around a pacer, on a clock of its own.

    Args:
        decode_ms: Cost of decoding one row.
        read_ms: Cost of reading, beside 0.1 ms for each token.
    """

    def __init__(self, pacer: Pacer, *, decode_ms: float = 4.0, read_ms: float = 3.0, row_ms: float = 0.5) -> None:
        self.pacer = pacer
        self.now_ms = 0.0
        self.hinted_ms = 0.0
        self.calls: list[tuple[float, float]] = []
        self.tokens = 0
        self.measured_ms: float | None = None
        self.disturbance_ms = 0.0
        self.target_ms = TARGET_MS
        self.costs = (decode_ms, row_ms, read_ms)

    def run(self, ms: float, *, speakers: int = 1, readers: int = 0, mode: Any = "explore") -> list[Grant]:
        grants, end_ms = [], self.now_ms + ms
        while self.now_ms < end_ms:
            grant = self.pacer.grant(self.now_ms, speakers=speakers, readers=readers)
            grants.append(grant)
            if grant.wait_ms:
                self._pass(min(grant.wait_ms, end_ms - self.now_ms), mode)
                continue
            if speakers and grant.may_speak:
                rows = min(speakers, grant.rows or speakers)
                self._call(self.costs[0] + self.costs[1] * (rows - 1), rows, False, mode)
            if readers and grant.quantum:
                self._call(self.costs[2] + 0.1 * grant.quantum, grant.quantum, True, mode)
        return grants

    def _call(self, cost_ms: float, tokens: int, is_reading: bool, mode: Any) -> None:
        self.calls.append((self.now_ms, cost_ms))
        hints = self._meanwhile(cost_ms, mode)
        self.tokens += 0 if is_reading else tokens
        rows = 1 if is_reading else tokens
        self.pacer.spent(tokens=tokens, is_reading=is_reading, rows=rows, call_ms=cost_ms, now_ms=self.now_ms)
        self._tell(hints)  # nobody looks into the mailbox during a call

    def _pass(self, ms: float, mode: Any) -> None:
        self._tell(self._meanwhile(ms, mode))

    def _tell(self, hints: list[tuple[FrameHint, float]]) -> None:
        for hint, at_ms in hints:
            self.pacer.hint(hint, at_ms)

    def _meanwhile(self, ms: float, mode: Any) -> list[tuple[FrameHint, float]]:
        """Let time pass, and return the hints that came."""
        hints: list[tuple[FrameHint, float]] = []
        self.now_ms += ms
        while self.measured_ms is not None and self.hinted_ms + self.target_ms <= self.now_ms:
            self.hinted_ms += self.target_ms
            is_disturbed = any(start + cost > self.hinted_ms - self.target_ms for start, cost in self.calls[-8:])
            measured_ms = self.measured_ms + (self.disturbance_ms if is_disturbed else 0.0)
            hints.append((FrameHint(target_ms=self.target_ms, measured_ms=measured_ms, mode=mode), self.hinted_ms))
        return hints

    def share(self, since_ms: float = 0.0) -> float:
        return sum(cost for start, cost in self.calls if start >= since_ms) / (self.now_ms - since_ms)


def make(**changes: Any) -> Pacer:
    return Pacer(PacingConfig(**changes))


def test_off_grants_everything() -> None:
    grant = make(is_on=False, quantum_max=512).grant(0, speakers=3, readers=2)
    assert grant == Grant(quantum=512)


def test_nobody_waits() -> None:
    assert make().grant(0, speakers=0, readers=0).wait_ms == 0


def test_without_hints_a_gpu_is_used_half_of_the_time() -> None:
    drive = Drive(make())
    drive.run(2000, speakers=2, readers=1)
    assert drive.share() == pytest.approx(0.5, abs=0.05)
    assert drive.pacer.state.mode is None


def test_without_hints_a_cpu_is_used_all_the_time() -> None:
    drive = Drive(make(device="cpu"))
    grants = drive.run(2000, speakers=2, readers=1)
    assert all(grant == Grant(quantum=128) for grant in grants)


def test_hints_that_stop_coming_expire() -> None:
    drive = Drive(make())
    drive.measured_ms, drive.disturbance_ms = TARGET_MS, 5.0
    drive.run(2000, mode="combat")
    assert drive.pacer.state.mode == "combat"
    assert drive.share(1000) < 0.1
    drive.measured_ms = None
    start_ms = drive.now_ms
    drive.run(4000)
    assert drive.pacer.state.mode is None
    assert drive.share(start_ms + 1500) == pytest.approx(0.5, abs=0.05)


def test_each_mode_has_its_ceiling() -> None:
    shares = {}
    for mode in MODES:
        drive = Drive(make(), decode_ms=1.0)
        drive.measured_ms = 8.0
        drive.run(6000, mode=mode)
        shares[mode] = drive.share(3000)
    assert shares["combat"] == pytest.approx(0.3, abs=0.05)
    assert shares["explore"] == pytest.approx(0.5, abs=0.05)
    assert shares["cutscene"] == pytest.approx(0.7, abs=0.07)
    assert shares["menu"] > 0.8


def test_frames_in_time_are_filled_and_late_ones_are_left_alone() -> None:
    drive = Drive(make())
    drive.measured_ms = TARGET_MS
    drive.run(4000)
    assert drive.share(2000) > 0.4
    drive.disturbance_ms = 3.0
    start_ms = drive.now_ms
    drive.run(2000)
    assert drive.share(start_ms + 1000) < 0.05
    assert drive.pacer.state.late_frames > 10


def test_a_call_longer_than_the_allowance_leaves_whole_frames_free() -> None:
    drive = Drive(make(), decode_ms=10.0)
    drive.measured_ms = TARGET_MS
    drive.run(1000, mode="combat")
    starts = [start for start, _ in drive.calls]
    gaps = [after - before for before, after in zip(starts, starts[1:], strict=False)]
    assert min(gaps[2:]) >= 1.9 * TARGET_MS


def test_the_quantum_is_the_largest_that_fits() -> None:
    drive = Drive(make(quantum_max=512))
    drive.measured_ms = TARGET_MS
    drive.run(6000, speakers=0, readers=1)
    # 0.5 of a frame is 8.3 ms: 3 ms and 53 tokens of 0.1 ms.
    assert drive.pacer.state.quantum == pytest.approx(53, abs=8)


def test_speaking_and_reading_share_a_frame_when_they_fit_and_take_turns_when_not() -> None:
    drive = Drive(make(), decode_ms=2.0, read_ms=1.0)
    drive.measured_ms = TARGET_MS
    drive.run(4000, speakers=2, readers=1)
    together = [grant for grant in drive.run(500, speakers=2, readers=1) if not grant.wait_ms]
    assert all(grant.may_speak and grant.quantum for grant in together)
    drive = Drive(make(), decode_ms=7.0, read_ms=5.0)
    drive.measured_ms = TARGET_MS
    drive.run(4000, speakers=2, readers=1)
    apart = [grant for grant in drive.run(500, speakers=2, readers=1) if not grant.wait_ms]
    assert [bool(grant.quantum) for grant in apart[:4]] in ([True, False] * 2, [False, True] * 2)
    assert all(grant.may_speak != bool(grant.quantum) for grant in apart)


def test_more_speakers_than_a_frame_holds_come_in_turn() -> None:
    drive = Drive(make(), decode_ms=4.0, row_ms=2.0)
    drive.measured_ms = TARGET_MS
    drive.run(6000, speakers=16)
    granted = [grant.rows for grant in drive.run(500, speakers=16) if not grant.wait_ms]
    # 8.3 ms hold the first row and two more.
    assert set(granted) == {3}


def test_the_floor_holds_whatever_the_frames_say() -> None:
    drive = Drive(make(floor_tokens_per_s=20.0))
    drive.measured_ms, drive.disturbance_ms = TARGET_MS, 5.0
    drive.run(10_000)
    assert drive.tokens / 10 >= 19
    assert not drive.pacer.state.is_starving


def test_a_floor_is_kept_with_few_large_calls() -> None:
    drive = Drive(make(floor_tokens_per_s=40.0), decode_ms=10.0, row_ms=1.0)
    drive.measured_ms, drive.disturbance_ms = TARGET_MS, 5.0
    drive.run(10_000, speakers=8)
    assert drive.tokens / 10 >= 36
    assert len(drive.calls) / 10 < 25


def test_a_floor_that_cannot_be_met_is_starvation() -> None:
    drive = Drive(make(floor_tokens_per_s=50.0), decode_ms=100.0)
    drive.measured_ms = TARGET_MS
    drive.run(2500)
    assert not drive.pacer.state.is_starving
    drive.run(2500)
    assert drive.pacer.state.is_starving
    assert drive.pacer.state.tokens_per_s == pytest.approx(10, abs=1.5)


def test_without_a_floor_a_crawl_is_starvation_too() -> None:
    drive = Drive(make())
    drive.measured_ms, drive.disturbance_ms = TARGET_MS, 5.0
    drive.run(40_000)
    assert drive.pacer.state.is_starving
    starts = [start for start, _ in drive.calls]
    gaps = [after - before for before, after in zip(starts, starts[1:], strict=False)]
    assert max(gaps) <= PacingConfig().longest_wait_ms + 10
    drive.measured_ms, drive.disturbance_ms = 8.0, 0.0
    drive.run(60_000)
    assert not drive.pacer.state.is_starving


@pytest.mark.parametrize(("least", "share"), [(0.05, 0.1), (0.3, 0.3), (0.5, 0.5)])
def test_a_cpu_backs_off_when_frames_are_late_beside_it_but_only_so_far(least: float, share: float) -> None:
    drive = Drive(make(device="cpu", cpu_least_share=least), decode_ms=30.0)
    drive.measured_ms = TARGET_MS
    drive.run(2000)
    assert drive.share() > 0.95
    drive.disturbance_ms = 4.0
    start_ms = drive.now_ms
    drive.run(6000)
    assert drive.share(start_ms + 1000) == pytest.approx(share, abs=0.07)


def test_the_least_share_of_a_cpu_is_none_of_a_gpu() -> None:
    drive = Drive(make(cpu_least_share=0.9), decode_ms=30.0)
    drive.measured_ms, drive.disturbance_ms = TARGET_MS, 5.0
    drive.run(6000)
    assert drive.share(2000) < 0.3


def test_the_state_tells_the_speed() -> None:
    drive = Drive(make(), row_ms=0.0)
    drive.measured_ms = 8.0
    drive.run(10_000, speakers=4)
    state = drive.pacer.state
    assert state.call_ms == pytest.approx(4.0)
    assert state.busy_tokens_per_s == pytest.approx(1000.0)
    assert state.tokens_per_s == pytest.approx(500.0, rel=0.1)
    assert state.target_ms == pytest.approx(TARGET_MS)
    assert state.share == 0.5


def test_a_change_of_the_settings_holds_at_once() -> None:
    drive = Drive(make())
    drive.run(1000)
    drive.pacer.configure(PacingConfig(unhinted_share=0.1))
    start_ms = drive.now_ms
    drive.run(2000)
    assert drive.share(start_ms) == pytest.approx(0.1, abs=0.03)
    drive.pacer.configure(PacingConfig(device="cpu"))
    assert drive.pacer.grant(drive.now_ms, speakers=1, readers=0).wait_ms == 0


def test_hints_can_be_taken_back() -> None:
    drive = Drive(make())
    drive.measured_ms = TARGET_MS
    drive.run(1000, mode="menu")
    drive.pacer.hint(None, drive.now_ms)
    assert drive.pacer.state.mode is None


@pytest.mark.parametrize(
    "bad",
    [
        {"device": "npu"},
        {"late_share": 0.0},
        {"cpu_least_share": 0.0},
        {"menu_share": 1.5},
        {"floor_tokens_per_s": -1.0},
        {"floor_tokens_per_s": float("nan")},
        {"quantum_min": 0},
        {"longest_wait_ms": 0.0},
    ],
)
def test_settings_that_cannot_be_used_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        PacingConfig(**bad)
    assert caught.value.code == "bad_pacing_config"


_STEP = st.one_of(
    st.tuples(st.just("hint"), st.floats(1, 1000), st.none() | st.floats(0.01, 10_000), st.sampled_from(MODES)),
    st.tuples(st.just("ask"), st.integers(0, 300), st.integers(0, 300)),
    st.tuples(st.just("spent"), st.integers(0, 4096), st.booleans(), st.floats(0, 1e5)),
    st.tuples(st.just("pass"), st.floats(0, 1e6)),
)


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(_STEP, max_size=60),
    device=st.sampled_from(("gpu", "cpu")),
    floor=st.sampled_from((0.0, 5.0, 1e5)),
)
def test_whatever_comes_a_grant_can_be_used(steps: list[Any], device: Any, floor: float) -> None:
    config = PacingConfig(device=device, floor_tokens_per_s=floor)
    pacer, now_ms = Pacer(config), 0.0
    for step in steps:
        if step[0] == "hint":
            pacer.hint(FrameHint(target_ms=step[1], measured_ms=step[2], mode=step[3]), now_ms)
        elif step[0] == "ask":
            grant = pacer.grant(now_ms, speakers=step[1], readers=step[2])
            assert 0 <= grant.wait_ms <= config.longest_wait_ms
            assert 0 <= grant.quantum <= config.quantum_max
            assert 0 <= grant.rows <= max(1, step[1])
            # Somebody who waits can be served: no grant is empty.
            assert (step[1] and grant.may_speak) or (step[2] and grant.quantum) or not (step[1] or step[2])
        elif step[0] == "spent":
            now_ms += step[3]
            pacer.spent(tokens=step[1], is_reading=step[2], rows=1, call_ms=step[3], now_ms=now_ms)
        else:
            now_ms += step[1]
        state = pacer.state
        assert 0 <= state.share <= 1
        assert state.tokens_per_s >= 0
