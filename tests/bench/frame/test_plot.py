from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.bench.frame.plot import draw
from npc_sdk.errors import RequestError

PNG = b"\x89PNG\r\n\x1a\n"


def test_pictures_are_written(result: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the library that plots is not installed")
    pictures = draw(result, tmp_path / "images")
    assert [picture.name for picture in pictures] == ["frame-distribution.png", "frame-percentiles.png"]
    assert all(picture.read_bytes().startswith(PNG) and picture.stat().st_size > 10_000 for picture in pictures)


def test_without_characters_there_is_nothing_to_draw(result: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the library that plots is not installed")
    assert draw({**result, "cells": result["cells"][:1]}, tmp_path / "images") == []


def test_a_folder_that_cannot_be_written_to(result: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the library that plots is not installed")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(RequestError) as caught:
        draw(result, tmp_path / "taken")
    assert caught.value.code == "file_unwritable"


def test_without_the_library_the_extra_is_named(
    result: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(RequestError) as caught:
        draw(result, tmp_path)
    assert caught.value.code == "missing_extra"
