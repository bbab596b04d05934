from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from npc_sdk.errors import NpcError
from npc_sdk.wire.background_file import older_file
from npc_sdk.wire.trace_file import TraceFile


def make(file: Path, **options: Any) -> TraceFile:
    def nothing(error: NpcError) -> None:
        raise AssertionError(error)

    return TraceFile(file, preamble=lambda: [{"name": "first"}], on_failure=nothing, **options)


def test_a_whole_file_is_one_json_array(tmp_path: Path) -> None:
    trace = make(tmp_path / "t.json")
    trace.add({"name": "a\n", "ts": 1.5})
    trace.add({"name": "é"})
    trace.close()
    trace.add({"name": "late"})
    trace.close()
    assert json.loads((tmp_path / "t.json").read_text()) == [
        {"name": "first"},
        {"name": "a\n", "ts": 1.5},
        {"name": "é"},
    ]


def test_an_empty_one_is_one_too(tmp_path: Path) -> None:
    make(tmp_path / "t.json").close()
    assert json.loads((tmp_path / "t.json").read_text()) == []


def test_what_was_flushed_lacks_the_bracket_only(tmp_path: Path) -> None:
    trace = make(tmp_path / "t.json")
    for n in range(5):
        trace.add({"n": n})
    trace.flush()
    trace._file._thread.join(0.3)
    assert len(json.loads((tmp_path / "t.json").read_text() + "]")) == 6
    trace.close()


def test_a_full_file_gives_way_and_each_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    trace = make(file, most_bytes=2000)
    for n in range(1000):
        trace.add({"n": n})
    trace.close()
    older, newer = (json.loads(each.read_text()) for each in (older_file(file), file))
    assert older[0] == newer[0] == {"name": "first"}
    assert older[-1]["n"] + 1 == newer[1]["n"] and newer[-1]["n"] == 999
    assert file.stat().st_size < 2100 and older_file(file).stat().st_size < 2100
    assert sorted(each.name for each in tmp_path.iterdir()) == ["t.1.json", "t.json"]
