from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from npc_sdk.budget import trace
from npc_sdk.budget.trace import Trace, TraceFinding, TraceSample
from npc_sdk.errors import RequestError


def line(at_ms: float, used: int = 1, total: int = 10, **more: object) -> str:
    return json.dumps({"at_ms": at_ms, "total_bytes": total, "used_by_others_bytes": used, **more})


def codes(found: Trace) -> list[tuple[int, str]]:
    return [(finding.line, finding.code) for finding in found.findings]


def test_a_good_trace_has_no_findings() -> None:
    lines = ['{"npc_trace": 1, "about": "a game"}', line(0), "", line(100, 2, frame_ms=16.5), line(200)]
    found = Trace.parse(lines)
    assert (found.about, found.findings, found.duration_ms) == ("a game", (), 200.0)
    assert found.samples[1] == TraceSample(at_ms=100.0, total_bytes=10, used_by_others_bytes=2, frame_ms=16.5)


def test_a_trace_needs_no_first_line() -> None:
    assert len(Trace.parse([line(0), line(1)]).samples) == 2


def test_disorder_is_left_out_and_told() -> None:
    found = Trace.parse([line(0), line(200), line(100), line(200), line(300)])
    assert [sample.at_ms for sample in found.samples] == [0, 200, 300]
    assert codes(found) == [(3, "trace_disorder"), (4, "trace_disorder")]
    assert "100 ms comes after 200 ms" in found.findings[0].problem


def test_gaps_are_told() -> None:
    found = Trace.parse([line(at_ms) for at_ms in (0, 100, 200, 5000, 5100)])
    assert found.findings == (
        TraceFinding(line=4, code="trace_gap", problem="nothing is known from 200 ms to 5000 ms"),
    )
    assert Trace.parse([line(at_ms) for at_ms in (0, 1000, 2000, 9000)]).findings == (), "ten periods are no gap"


def test_a_device_that_changes_is_told() -> None:
    assert codes(Trace.parse([line(0), line(1, total=20)])) == [(2, "trace_total_changed")]


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        "[1]",
        "{}",
        line(-1),
        line(float("nan")),
        line(1, used=11),
        line(1, used=-1),
        line(1, total=0),
        line(1, frame_ms=0),
        line(1, frame_ms="16"),
        line(1, used=True),
        '{"at_ms": 1e999, "total_bytes": 1, "used_by_others_bytes": 1}',
        "[" * 4000,
        "x" * (trace.MAX_LINE_CHARACTERS + 1),
        '{"npc_trace": 1}',
    ],
)
def test_a_bad_line_is_left_out_and_told(bad: str) -> None:
    found = Trace.parse([line(0), bad, line(2)])
    assert [sample.at_ms for sample in found.samples] == [0, 2]
    assert codes(found) == [(2, "trace_bad_line")]


def test_a_format_of_the_future_is_told() -> None:
    assert codes(Trace.parse(['{"npc_trace": 2}', line(0)])) == [(1, "trace_bad_line")]


def test_a_trace_without_an_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MAX_LINES", 3)
    found = Trace.parse(line(at_ms) for at_ms in range(10))
    assert (len(found.samples), codes(found)) == (3, [(4, "trace_too_long")])


@pytest.mark.parametrize("lines", [[], ["{}"], ['{"npc_trace": 1}']])
def test_a_trace_without_samples_is_refused(lines: list[str]) -> None:
    with pytest.raises(RequestError) as caught:
        Trace.parse(lines, name="x.jsonl")
    assert caught.value.code == "trace_empty" and "x.jsonl" in caught.value.cause


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(RequestError) as caught:
            Trace.load(path)
        assert caught.value.code == "trace_unreadable"
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xff\xfe\0" * 50)
    with pytest.raises(RequestError) as caught:
        Trace.load(noise)
    assert caught.value.code == "trace_empty"


def test_another_size_tells_the_same_story() -> None:
    found = Trace.parse([line(0, 5), line(1, 10)]).scaled(1000)
    assert [(sample.total_bytes, sample.used_by_others_bytes) for sample in found.samples] == [
        (1000, 500),
        (1000, 1000),
    ]
    with pytest.raises(RequestError):
        found.scaled(0)


samples = some.builds(
    TraceSample,
    at_ms=some.integers(0, 10**6).map(float),
    total_bytes=some.just(10**9),
    used_by_others_bytes=some.integers(0, 10**9),
    frame_ms=some.none() | some.integers(1, 1000).map(float),
)


@given(some.lists(samples, min_size=1, unique_by=lambda sample: sample.at_ms), some.text(max_size=20))
def test_what_is_written_is_read(wanted: list[TraceSample], about: str) -> None:
    wanted.sort(key=lambda sample: sample.at_ms)
    found = Trace.parse(Trace(samples=tuple(wanted), about=about).to_lines())
    assert found.samples == tuple(wanted)
    assert found.about == about
    assert {finding.code for finding in found.findings} <= {"trace_gap"}


@given(some.lists(some.text() | samples.map(TraceSample.to_line)))
def test_any_lines_are_a_trace_in_order_or_refused(lines: list[str]) -> None:
    try:
        found = Trace.parse(lines)
    except RequestError as error:
        assert error.code == "trace_empty"
        return
    times = [sample.at_ms for sample in found.samples]
    assert times == sorted(set(times))
    assert all(0 <= sample.used_by_others_bytes <= sample.total_bytes for sample in found.samples)


def test_a_file_without_lines_and_without_an_end_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "zeros.jsonl"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    with pytest.raises(RequestError) as caught:
        Trace.load(path)
    assert caught.value.code == "trace_empty"


def test_a_trace_that_is_mostly_rubbish_is_given_up() -> None:
    lines = [line(0.0), *["rubbish"] * (trace.MAX_FINDINGS + 50), line(1.0)]
    found = Trace.parse(lines)
    assert len(found.samples) == 1 and len(found.findings) == trace.MAX_FINDINGS + 1
    assert found.findings[-1].code == "trace_too_bad"
