from __future__ import annotations

import os
from pathlib import Path

import pytest

from npc_sdk.bench.files import replace_text, writing
from npc_sdk.errors import RequestError


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "figures.md"
    for text in ("first\n", "p99 ≤ 1.1\n"):
        replace_text(file, text)
        assert file.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [file]


def test_what_was_there_stays_when_it_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "figures.md"
    file.write_text("before")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        replace_text(file, "after")
    assert file.read_text() == "before" and list(tmp_path.iterdir()) == [file]


def test_a_folder_that_takes_no_files_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.write_text("a file")
    with pytest.raises(RequestError) as caught, writing(folder):
        folder.mkdir(exist_ok=True)
    error = caught.value
    assert error.code == "file_unwritable" and "--out" in error.next_step and str(folder) in error.cause


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wrong"), writing(tmp_path):
        raise ValueError("wrong")
