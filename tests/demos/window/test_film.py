from __future__ import annotations

import threading

import pytest

pygame = pytest.importorskip("pygame")

from demos.window.film import MOST_WAITING, Film  # noqa: E402
from demos.window.still import Still  # noqa: E402
from npc_sdk.errors import NpcError, RequestError  # noqa: E402

LIMIT_S = 20.0


class Shelf:
    """A reel that keeps what it gets."""

    fps = 10.0
    most_frames = 50

    def __init__(self) -> None:
        self.stills: list[Still] = []
        self.ended = ""
        self.is_free = threading.Event()
        self.is_free.set()
        self.error: Exception | None = None

    def add(self, still: Still) -> None:
        self.is_free.wait(LIMIT_S)
        if self.error is not None:
            raise self.error
        self.stills.append(still)

    def finish(self) -> None:
        self.ended = "finished"

    def abandon(self) -> None:
        self.ended = "abandoned"


def _surface(red: int) -> pygame.Surface:
    surface = pygame.Surface((8, 4), depth=32)
    surface.fill((red, 0, 0))
    return surface


def _reds(shelf: Shelf) -> list[int]:
    return [still.pixels[2] for still in shelf.stills]


def test_frames_are_taken_on_the_beat() -> None:
    shelf = Shelf()
    film = Film(shelf)
    for index in range(60):
        film.take(_surface(index), 5000.0 + index * 1000.0 / 60.0)
    film.close()
    assert _reds(shelf) == [0, 3, 9, 15, 21, 27, 33, 39, 45, 51, 57]
    assert (film.skipped, shelf.ended) == (0, "finished")


def test_a_moment_without_frames_is_filled() -> None:
    shelf = Shelf()
    film = Film(shelf)
    for red, now_ms in ((1, 0.0), (2, 100.0), (3, 500.0)):
        film.take(_surface(red), now_ms)
    film.close()
    assert _reds(shelf) == [1, 2, 2, 2, 2, 3]


def test_a_slow_disk_costs_frames_and_neither_time_nor_memory() -> None:
    shelf = Shelf()
    shelf.is_free.clear()
    film = Film(shelf)
    for index in range(40):
        film.take(_surface(index), index * 100.0)
    assert 40 - film.skipped <= MOST_WAITING + 1
    shelf.is_free.set()
    film.close()
    assert len(shelf.stills) <= 40
    assert _reds(shelf)[:3] == [0, 1, 2]


def test_a_film_ends_when_it_is_full() -> None:
    shelf = Shelf()
    shelf.most_frames = 3
    film = Film(shelf)
    for index in range(10):
        film.take(_surface(index), index * 100.0)
    assert not film.is_open
    film.close()
    assert len(shelf.stills) == 3


def test_what_goes_wrong_is_told_at_the_end() -> None:
    shelf = Shelf()
    shelf.error = RequestError("It burns.", code="film_failed")
    film = Film(shelf)
    film.take(_surface(1), 0.0)
    film.take(_surface(2), 100.0)
    with pytest.raises(NpcError, match="burns"):
        film.close()
    assert shelf.ended == "abandoned"
    assert not film.is_open


def test_a_reel_that_breaks_while_frames_wait_for_it() -> None:
    shelf = Shelf()
    shelf.is_free.clear()
    film, came = Film(shelf), list[NpcError]()
    for index in range(40):
        film.take(_surface(index), index * 100.0)
    assert film.skipped
    shelf.error = ValueError("It burns.")

    def close() -> None:
        try:
            film.close()
        except NpcError as error:
            came.append(error)

    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    shelf.is_free.set()
    closing.join(LIMIT_S)
    assert not closing.is_alive()
    assert [error.code for error in came] == ["film_failed"] and "It burns." in came[0].cause
    assert shelf.ended == "abandoned" and not film.is_open
