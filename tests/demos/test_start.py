from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pygame = pytest.importorskip("pygame")
PIL = pytest.importorskip("PIL.Image")

from demos.start import Request, start  # noqa: E402
from npc_sdk.errors import NpcError  # noqa: E402


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    assert not pygame.display.get_init()


@pytest.fixture
def told() -> list[str]:
    return []


def _code(request: Request, told: list[str]) -> str:
    with pytest.raises(NpcError) as caught:
        start(request, tell=told.append)
    assert caught.value.next_step
    return caught.value.code


def test_a_battle_is_drawn_without_a_window_and_shown_again(tmp_path: Path, told: list[str]) -> None:
    report, picture = tmp_path / "report.json", tmp_path / "one.png"
    first = Request(squads="utility:random", seed=3, is_headless=True, size=(640, 360))
    played = Request(**_parts(first), report=report, screenshot=picture, after_s=1.6)
    start(played, tell=told.append)
    assert told == [f"Report: {report}", f"Written: {picture}"]
    with PIL.open(picture) as image:
        assert image.size == (640, 360)
        colours = image.getcolors(2**24)
        assert colours is not None and len(colours) > 500
    assert json.loads(report.read_text(encoding="utf-8"))["seed"] == 3

    again = Request(is_headless=True, size=(640, 360), replay=report, film=tmp_path / "again.gif", after_s=0.5)
    start(again, tell=told.append)
    with PIL.open(tmp_path / "again.gif") as image:
        assert image.size == (640, 360)


def _parts(request: Request) -> dict[str, object]:
    return {name: getattr(request, name) for name in ("squads", "seed", "is_headless", "size")}


def test_a_battle_without_pictures_needs_no_window(tmp_path: Path, told: list[str]) -> None:
    report = tmp_path / "report.json"
    start(Request(squads="utility:still", ticks=3, is_headless=True, report=report), tell=told.append)
    assert "draw after 3 ticks" in told[0] and told[1] == f"Report: {report}"
    assert json.loads(report.read_text(encoding="utf-8"))["result"]["ticks"] == 3


def test_the_report_of_a_battle_without_pictures_is_shown_again(tmp_path: Path, told: list[str]) -> None:
    report, picture = tmp_path / "report.json", tmp_path / "one.png"
    start(Request(squads="utility:still", ticks=3, is_headless=True, report=report), tell=told.append)
    start(Request(is_headless=True, replay=report, screenshot=picture, after_s=0.1), tell=told.append)
    assert picture.is_file()


@pytest.mark.parametrize(
    "damaged",
    [
        {"seed": 1},
        {"seed": "x", "limit": 9, "squads": {"blue": "utility", "red": "still"}, "records": []},
        {"seed": 1, "limit": 9, "squads": {"blue": "utility", "red": "still"}, "records": [{"tick": 0}]},
        {"seed": 1, "limit": 9, "squads": [], "records": []},
    ],
)
def test_a_report_of_another_kind(tmp_path: Path, told: list[str], damaged: dict[str, object]) -> None:
    report, film = tmp_path / "report.json", tmp_path / "film.gif"
    report.write_text(json.dumps(damaged), encoding="utf-8")
    assert _code(Request(is_headless=True, replay=report, film=film, after_s=1.0), told) == "bad_report"
    assert not film.exists()


def test_a_model_that_is_not_there_is_told_before_a_window_opens(tmp_path: Path, told: list[str]) -> None:
    request = Request(model=str(tmp_path / "none.gguf"), is_headless=True, screenshot=tmp_path / "one.png")
    _code(request, told)
    assert told == [] and not list(tmp_path.iterdir())


def test_a_player_needs_a_window(told: list[str]) -> None:
    assert _code(Request(squads="player:utility", is_headless=True), told) == "bad_options"


def test_a_film_in_a_folder_whose_name_has_a_dot(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "some.folder").mkdir()
    start(
        Request(squads="utility:still", is_headless=True, film=tmp_path / "some.folder", after_s=0.1, size=(320, 180)),
        tell=told.append,
    )
    assert (tmp_path / "some.folder" / "frame-00001.png").is_file()


def test_a_film_of_an_unknown_kind(tmp_path: Path, told: list[str]) -> None:
    request = Request(squads="utility:still", is_headless=True, film=tmp_path / "film.avi")
    assert _code(request, told) == "bad_film"
