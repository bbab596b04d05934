from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("pygame")
PIL = pytest.importorskip("PIL.Image")

from demos.window import reels  # noqa: E402
from demos.window.reels import Animation, Folder, Mp4, open_reel  # noqa: E402
from demos.window.still import Still  # noqa: E402
from npc_sdk.errors import NpcError  # noqa: E402

SIZE = (64, 36)


def still(blue: int, green: int, red: int, size: tuple[int, int] = SIZE) -> Still:
    return Still(size=size, pixels=bytes((blue, green, red, 0)) * (size[0] * size[1]))


COLOURS = [still(250, 0, 0), still(0, 250, 0), still(0, 0, 250)]


@pytest.mark.parametrize("name", ["film.gif", "film.webp"])
def test_an_animation_has_its_frames(tmp_path: Path, name: str) -> None:
    reel = open_reel(tmp_path / name, SIZE)
    for each in COLOURS:
        reel.add(each)
    reel.finish()
    with PIL.open(tmp_path / name) as image:
        assert (image.n_frames, image.size) == (3, SIZE)
        shown = []
        for index in range(3):
            image.seek(index)
            shown.append(image.convert("RGB").getpixel((9, 9)))
    strongest = [max(range(3), key=lambda part, pixel=pixel: pixel[part]) for pixel in shown]
    assert strongest == [2, 1, 0]


def test_a_wide_animation_is_made_smaller(tmp_path: Path) -> None:
    reel = Animation(tmp_path / "film.gif", (1920, 1080))
    reel.add(still(9, 9, 9, (1920, 1080)))
    reel.finish()
    with PIL.open(tmp_path / "film.gif") as image:
        assert image.size == (960, 540)


def test_an_animation_without_frames_is_no_file(tmp_path: Path) -> None:
    Animation(tmp_path / "film.gif", SIZE).finish()
    assert not list(tmp_path.iterdir())


def test_a_folder_has_a_file_a_frame(tmp_path: Path) -> None:
    reel = open_reel(tmp_path / "new" / "frames", SIZE)
    for each in COLOURS:
        reel.add(each)
    reel.finish()
    names = sorted(path.name for path in (tmp_path / "new" / "frames").iterdir())
    assert names == ["frame-00001.png", "frame-00002.png", "frame-00003.png"]
    with PIL.open(tmp_path / "new" / "frames" / names[0]) as image:
        assert image.getpixel((0, 0)) == (0, 0, 250)


def test_a_folder_that_is_there_may_have_any_name(tmp_path: Path) -> None:
    for name in ("some.folder", "film.mp4"):
        (tmp_path / name).mkdir()
        assert isinstance(open_reel(tmp_path / name, SIZE), Folder)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("", encoding="utf-8")
    with pytest.raises(NpcError) as caught:
        Folder(tmp_path)
    assert caught.value.code == "folder_not_empty"


def test_a_kind_of_film_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NpcError) as caught:
        open_reel(tmp_path / "film.avi", SIZE)
    assert caught.value.code == "bad_film"
    assert ".mp4" in caught.value.next_step


def test_no_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NpcError) as caught:
        open_reel(tmp_path / "film.mp4", SIZE)
    assert caught.value.code == "missing_program"
    assert "ffmpeg" in caught.value.cause


needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@needs_ffmpeg
def test_an_mp4_takes_frames_of_any_size(tmp_path: Path) -> None:
    reel = Mp4(tmp_path / "film.mp4", (63, 35))
    for size in ((63, 35), (200, 100), (10, 90)):
        reel.add(still(9, 9, 200, size))
    reel.finish()
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_a_film_whose_end_is_lost_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    # As ffmpeg does on a full disk: it complains, and ends as if all were well.
    program.write_text(
        "#!/bin/sh\n"
        "case $* in *-encoders*) exit 0 ;; esac\n"
        "cat > /dev/null\n"
        "echo 'Error writing trailer: No space left on device' >&2\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    reel = Mp4(tmp_path / "film.mp4", SIZE)
    reel.add(COLOURS[0])
    with pytest.raises(NpcError) as caught:
        reel.finish()
    assert caught.value.code == "film_failed" and "No space left" in caught.value.cause
    reel.abandon()


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_an_ffmpeg_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\ncase $* in *-encoders*) exit 0 ;; esac\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    monkeypatch.setattr(reels, "FINISH_LIMIT_S", 0.3)
    reel = Mp4(tmp_path / "film.mp4", SIZE)
    reel.add(COLOURS[0])
    with pytest.raises(NpcError, match="had not ended after") as caught:
        reel.finish()
    assert caught.value.code == "film_failed"
    reel.abandon()


@needs_ffmpeg
def test_ffmpeg_says_why_it_cannot_write(tmp_path: Path) -> None:
    reel = Mp4(tmp_path / "none" / "film.mp4", SIZE)
    with pytest.raises(NpcError) as caught:
        for _ in range(100):
            reel.add(COLOURS[0])
        reel.finish()
    assert caught.value.code == "film_failed"
    assert "No such file" in caught.value.cause
    reel.abandon()
