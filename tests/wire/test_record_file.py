from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.errors import RequestError
from npc_sdk.wire.record_file import MAX_RECORD_BYTES, Record, Recording, opening, pack_record

HEADER = Record(0.0, "header", {"host": {}})

plain: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
records = st.builds(
    Record,
    st.floats(0, 1e9),
    st.text(min_size=1, max_size=20),
    st.dictionaries(st.text(max_size=10), plain, max_size=4),
)


def written(folder: Path, *parts: bytes) -> Path:
    file = folder / "r"
    file.write_bytes(b"".join(parts))
    return file


@given(st.lists(records, max_size=8))
def test_records_come_back(listed: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = written(Path(folder), opening(), pack_record(HEADER), *map(pack_record, listed))
        recording = Recording(file)
        assert list(recording) == list(recording) == [HEADER, *listed]
        assert recording.header == HEADER.data and recording.torn_at is None


@given(st.lists(records, min_size=1, max_size=5), st.data())
def test_a_torn_tail_is_recognised_and_what_stands_before_is_read(listed: list[Record], data: st.DataObject) -> None:
    parts = [opening(), *map(pack_record, [HEADER, *listed])]
    whole = b"".join(parts)
    first = len(parts[0]) + len(parts[1])
    cut = data.draw(st.integers(first, len(whole) - 1))
    ends = [sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording(written(Path(folder), whole[:cut]))
        read = list(recording)
    assert read == [HEADER, *listed][: sum(end <= cut for end in ends) - 1]
    assert recording.torn_at == (None if cut in ends else max(end for end in ends if end <= cut))


@given(st.lists(records, min_size=1, max_size=4), st.data())
def test_a_damaged_record_is_never_taken_for_a_whole_one(listed: list[Record], data: st.DataObject) -> None:
    head = opening() + pack_record(HEADER)
    tail = bytearray(b"".join(map(pack_record, listed)))
    position = data.draw(st.integers(0, len(tail) - 1))
    tail[position] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording(written(Path(folder), head, bytes(tail)))
        read = list(recording)
    assert recording.torn_at is not None
    assert read == [HEADER, *listed][: len(read)] and len(read) <= len(listed)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_they_are_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for start in (b"", opening(), opening() + pack_record(HEADER)):
            try:
                list(Recording(written(Path(folder), start, data)))
            except RequestError as error:
                assert error.code in ("bad_recording", "recording_newer")


def test_files_that_are_no_recordings_are_refused(tmp_path: Path) -> None:
    newer = b"NPCREC\xff\x00" + pack_record(HEADER)
    wanted = {
        b"": "bad_recording",
        b"PK\x03\x04 and more": "bad_recording",
        opening(): "bad_recording",
        opening() + pack_record(Record(0.0, "in", {})): "bad_recording",
        newer: "recording_newer",
    }
    for content, code in wanted.items():
        with pytest.raises(RequestError) as failure:
            Recording(written(tmp_path, content))
        assert failure.value.code == code
    with pytest.raises(RequestError) as failure:
        Recording(tmp_path / "none")
    assert failure.value.code == "bad_recording"


def test_what_is_too_large_or_no_plain_data_is_not_written() -> None:
    for data in ({"x": "y" * MAX_RECORD_BYTES}, {"x": object()}, {"x": 2**70}):
        with pytest.raises(RequestError):
            pack_record(Record(0.0, "in", data))
