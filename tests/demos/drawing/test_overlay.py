"""The panel fits every window, shows what there is, and costs a frame little."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame", exc_type=ImportError)

from demos.drawing.gauges import Gauges, Memory  # noqa: E402
from demos.drawing.layout import Layout  # noqa: E402
from demos.drawing.overlay import TEXT_EVERY_MS, Overlay  # noqa: E402
from demos.drawing.palette import GOLD, STEEL, VIOLET  # noqa: E402

MIB = 1 << 20
WELL = Gauges(
    at_ms=0.0,
    frames_ms=(5.0,) * 240,
    frames=5231,
    fps=60,
    memory=Memory(
        budget_bytes=300 * MIB,
        render_bytes=154 * MIB,
        weights_bytes=5 * MIB,
        context_bytes=28 * MIB,
        other_bytes=5 * MIB,
    ),
    decision_ms=(120.0,) * 30,
    decision_in_time=(True,) * 30,
    decision_limit_ms=900.0,
    by_deadline=1.0,
    tokens_per_s=81.0,
    thinking=("Bron", "Anna"),
    sources={"model": 400, "fallback": 3, "game": 60, "said": 2, "moon": 1},
    slots=8,
    engine="up",
    engine_pid=4711,
    last_step="08:12 gave back 4 slots: the game asked for 24 MiB",
    model="NPC starter",
)
TIGHT = replace(
    WELL,
    memory=Memory(budget_bytes=100 * MIB, render_bytes=150 * MIB, reserve_bytes=40 * MIB, weights_bytes=5 * MIB),
    frames_ms=(5.0, 40.0) * 120,
    engine="changing",
)
DOWN = replace(WELL, engine="down", restarts=2, slots=None, decision_in_time=(False,) * 30)
SIZES = [(640, 360), (800, 600), (1280, 720), (1920, 1080), (3840, 2160), (720, 1280), (1, 1), (60, 40), (2000, 90)]


def drawn(gauges: Gauges, size: tuple[int, int] = (1280, 720)) -> pygame.Surface:
    surface = pygame.Surface(size)
    Overlay().draw(surface, gauges)
    return surface


def share_of(surface: pygame.Surface, colour: tuple[int, int, int], rect: pygame.Rect | None = None) -> float:
    """Return how much of a surface has exactly this colour."""
    part = surface if rect is None else surface.subsurface(rect)
    wanted = part.map_rgb(colour)
    mask = pygame.mask.from_threshold(part, part.unmap_rgb(wanted), (1, 1, 1, 255))
    return mask.count() / (part.get_width() * part.get_height())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("gauges", [Gauges(), WELL, TIGHT, DOWN], ids=["new", "well", "tight", "down"])
def test_it_takes_little_of_the_field(size: tuple[int, int], gauges: Gauges) -> None:
    surface = pygame.Surface(size, pygame.SRCALPHA)
    surface.fill((255, 0, 255, 255))
    Overlay().draw(surface, gauges)
    layout = Layout.of(size)
    untouched = pygame.mask.from_threshold(surface, (255, 0, 255), (1, 1, 1, 255)).count()
    covered = size[0] * size[1] - untouched
    assert covered <= 0.37 * layout.field.width * layout.field.height + 16
    if min(size) >= 360:
        assert covered >= 0.15 * layout.field.width * layout.field.height


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160)])
def test_what_a_usual_window_shows_is_everything(size: tuple[int, int]) -> None:
    surface = drawn(WELL, size)
    for colour in (STEEL, VIOLET, GOLD):
        assert share_of(surface, colour) > 0


def test_memory_is_drawn_in_proportion() -> None:
    much = replace(WELL, memory=replace(WELL.memory, weights_bytes=100 * MIB))
    assert share_of(drawn(much), VIOLET) > 5 * share_of(drawn(WELL), VIOLET)


class TestWhenItIsDrawn:
    def test_words_wait_and_the_curve_does_not(self) -> None:
        overlay, surface = Overlay(), pygame.Surface((1280, 720))
        overlay.draw(surface, WELL)
        first = surface.copy()
        later = replace(WELL, at_ms=TEXT_EVERY_MS / 2, tokens_per_s=12.0, frames_ms=(15.0,) * 240)
        surface.fill((0, 0, 0))
        overlay.draw(surface, later)
        curve = pygame.Rect(0, 60, 400, 120)
        assert not same(first, surface, curve)
        assert same(first, surface, pygame.Rect(0, 200, 400, 500))

    def test_each_part_is_drawn_again_within_a_moment(self) -> None:
        overlay, surface = Overlay(), pygame.Surface((1280, 720))
        overlay.draw(surface, WELL)
        for frame in range(1, 30):
            surface.fill((0, 0, 0))
            overlay.draw(surface, replace(TIGHT, at_ms=TEXT_EVERY_MS + frame * 16.0))
        assert same(surface, drawn(TIGHT), surface.get_rect())

    def test_a_change_of_state_does_not_wait(self) -> None:
        overlay, surface = Overlay(), pygame.Surface((1280, 720))
        overlay.draw(surface, WELL)
        for frame in range(1, 9):
            surface.fill((0, 0, 0))
            overlay.draw(surface, replace(DOWN, at_ms=float(frame)))
        assert same(surface, drawn(DOWN), surface.get_rect())

    def test_another_size_is_drawn_at_once(self) -> None:
        overlay = Overlay()
        overlay.draw(pygame.Surface((1280, 720)), WELL)
        surface = pygame.Surface((1920, 1080))
        overlay.draw(surface, WELL)
        assert same(surface, drawn(WELL, (1920, 1080)), surface.get_rect())

    def test_time_that_goes_back_is_no_trouble(self) -> None:
        overlay, surface = Overlay(), pygame.Surface((1280, 720))
        overlay.draw(surface, replace(WELL, at_ms=1e6))
        for _ in range(8):
            surface.fill((0, 0, 0))
            overlay.draw(surface, TIGHT)
        assert same(surface, drawn(TIGHT), surface.get_rect())


def same(one: pygame.Surface, other: pygame.Surface, rect: pygame.Rect) -> bool:
    return pygame.image.tobytes(one.subsurface(rect), "RGB") == pygame.image.tobytes(other.subsurface(rect), "RGB")


@given(
    st.builds(
        Gauges,
        frames_ms=st.lists(st.floats(0, 1e9), max_size=5).map(tuple),
        memory=st.builds(
            Memory,
            budget_bytes=st.none() | st.integers(0, 1 << 60),
            render_bytes=st.integers(0, 1 << 60),
            reserve_bytes=st.integers(0, 1 << 60),
            weights_bytes=st.integers(0, 1 << 60),
        ),
        decision_ms=st.lists(st.floats(0, 1e9), max_size=5).map(tuple),
        decision_in_time=st.lists(st.booleans(), max_size=9).map(tuple),
        by_deadline=st.none() | st.floats(0, 1),
        sources=st.dictionaries(st.text(max_size=6), st.integers(-5, 10**9), max_size=9),
        thinking=st.lists(st.text(max_size=9), max_size=20).map(tuple),
        engine=st.sampled_from(["starting", "up", "changing", "down", "away", "lost"]),
        last_step=st.text(max_size=300),
        model=st.text(max_size=50),
    )
)
@settings(max_examples=40, deadline=None)
def test_any_figures_can_be_drawn(gauges: Gauges) -> None:
    drawn(gauges, (640, 360))
