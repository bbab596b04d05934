from __future__ import annotations

from pathlib import Path

import pytest

pygame = pytest.importorskip("pygame")
PIL = pytest.importorskip("PIL.Image")

from demos.window.camera import PICTURE_AFTER_S, Camera  # noqa: E402
from demos.window.still import Still  # noqa: E402
from npc_sdk.errors import NpcError  # noqa: E402


@pytest.fixture
def surface() -> pygame.Surface:
    made = pygame.Surface((8, 4), depth=32)
    made.fill((200, 100, 50))
    return made


@pytest.mark.parametrize("depth", [24, 32])
@pytest.mark.parametrize("width", [7, 8])
def test_a_still_is_what_was_to_be_seen(depth: int, width: int) -> None:
    surface = pygame.Surface((width, 4), depth=depth)
    surface.fill((200, 100, 50))
    surface.set_at((3, 2), (1, 2, 3))
    image = Still.of(surface).image()
    assert image.size == (width, 4)
    assert (image.getpixel((0, 0)), image.getpixel((3, 2))) == ((200, 100, 50), (1, 2, 3))


def test_a_part_of_a_surface_is_a_still_too(surface: pygame.Surface) -> None:
    assert Still.of(surface.subsurface((1, 1, 3, 2))).image().getpixel((2, 1)) == (200, 100, 50)


def test_the_picture_is_taken_at_its_time(tmp_path: Path, surface: pygame.Surface) -> None:
    camera = Camera(picture=tmp_path / "one.png")
    camera.look(surface, 1000.0)
    assert not camera.is_done
    camera.look(surface, 1000.0 + PICTURE_AFTER_S * 1000.0)
    assert camera.is_done
    camera.finish()
    with PIL.open(tmp_path / "one.png") as image:
        assert image.getpixel((0, 0)) == (200, 100, 50)
    assert camera.news() == ["Picture: one.png"]
    assert camera.news() == []


def test_a_window_that_closes_early_has_its_last_frame_taken(tmp_path: Path, surface: pygame.Surface) -> None:
    camera = Camera(picture=tmp_path / "one.png", after_s=60.0)
    camera.look(surface, 0.0)
    camera.finish()
    assert (tmp_path / "one.png").is_file()


def test_nothing_to_be_seen_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(NpcError) as caught:
        Camera(picture=tmp_path / "one.png").finish()
    assert caught.value.code == "no_picture"


def test_pictures_on_a_key_have_files_of_their_own(tmp_path: Path, surface: pygame.Surface) -> None:
    (tmp_path / "npc-demo-1.png").write_text("mine", encoding="utf-8")
    camera = Camera(folder=tmp_path)
    for _ in range(2):
        camera.snap()
        camera.look(surface, 0.0)
    camera.finish()
    assert not camera.is_done
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["npc-demo-1.png", "npc-demo-2.png", "npc-demo-3.png"]
    assert (tmp_path / "npc-demo-1.png").read_text(encoding="utf-8") == "mine"


def test_a_picture_that_cannot_be_written(tmp_path: Path, surface: pygame.Surface) -> None:
    asked, pressed = Camera(picture=tmp_path / "none" / "one.png"), Camera(folder=tmp_path / "none")
    asked.look(surface, 0.0)
    with pytest.raises(NpcError) as caught:
        asked.finish()
    assert caught.value.code == "file_unwritable"
    pressed.snap()
    pressed.look(surface, 0.0)
    pressed.finish()
    assert "cannot be written" in pressed.news()[0]


def test_a_picture_that_fails_for_an_unknown_reason(
    tmp_path: Path, surface: pygame.Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(still: Still, path: Path) -> None:
        raise ValueError("It burns.")

    monkeypatch.setattr(Still, "save", fail)
    camera = Camera(picture=tmp_path / "one.png")
    camera.look(surface, 0.0)
    with pytest.raises(NpcError, match="It burns") as caught:
        camera.finish()
    assert caught.value.code == "picture_failed" and "It burns" in camera.news()[0]


def test_after_something_worse_nothing_more_is_said(tmp_path: Path) -> None:
    Camera(picture=tmp_path / "one.png").abandon()
    assert not list(tmp_path.iterdir())
