from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from npc_sdk.bench.frame.report import HEADINGS, Record, checks_table, markdown, rows_of, table
from npc_sdk.errors import RequestError


def test_each_run_has_its_line(result: dict[str, Any]) -> None:
    rows = rows_of(result)
    assert len(rows) == 5 and all(len(row) == len(HEADINGS) for row in rows)
    assert rows[0][2:4] == ("–", "off") and rows[0][5] == "1.00"
    assert rows[2][3] == "naive, 1/2 threads" and rows[2][8] == "5" and rows[2][11] == "0.0 % of 9"


def test_a_page_says_everything(result: dict[str, Any]) -> None:
    page = markdown(result)
    assert "p99 / off" in page and "met" in page and "unpaced failed: It is gone." in page
    assert "2 cores" in page and "Not complete" not in page
    result["is_complete"] = False
    result["cells"][1]["is_complete"] = False
    assert "Not complete" in markdown(result) and "paced (cut short)" in markdown(result)


def test_tables_can_be_printed(result: dict[str, Any]) -> None:
    console = Console(width=200, record=True, file=open("/dev/null", "w") if Path("/dev/null").exists() else None)
    console.print(table(result), checks_table(result))
    text = console.export_text()
    console.file.close()
    assert "paced" in text and "≤ 1.1" in text


def test_files_grow_with_each_run(result: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    record = Record(folder)
    cells = result["cells"]
    record.keep({**result, "cells": cells[:2]})
    record.keep(result)
    lines = (folder / "frame-times.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["variant"] for line in lines] == [cell["variant"] for cell in cells]
    assert json.loads(lines[0])["log"]["interval_us"][0] == 16667
    figures = json.loads((folder / "frame.json").read_text(encoding="utf-8"))
    assert len(figures["cells"]) == len(cells) and "log" not in figures["cells"][0]
    assert sorted(path.name for path in folder.iterdir()) == ["frame-times.jsonl", "frame.json", "frame.md"]


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(RequestError) as caught:
        Record(tmp_path / "taken")
    assert caught.value.code == "file_unwritable" and "--out" in caught.value.next_step
