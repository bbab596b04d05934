"""The picture: clicks hit what is drawn, everything is drawn where it belongs, and any scene draws."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

from demos.drawing.notice import Notice  # noqa: E402
from demos.drawing.palette import BLUE, GOLD, PAPER, RED, Colour  # noqa: E402
from demos.tactics import sample  # noqa: E402
from demos.tactics.painting.screen import Screen  # noqa: E402
from demos.tactics.painting.speech import Speech  # noqa: E402
from demos.tactics.painting.talk import MOST_CHOICES, talk_parts  # noqa: E402
from demos.tactics.picture import Picture  # noqa: E402
from demos.tactics.rules import MAX_HEALTH  # noqa: E402
from demos.tactics.scene import Bubble, Mark, Scene, Shot, TalkLine, TalkPanel  # noqa: E402

USUAL = (1280, 720)
STRANGE = "".join(("\x00", "\u202e", "שלום", "e\u0301", "\U0001f600", "\ud800", "x" * 10_000))


def drawn(scene: Scene, size: tuple[int, int] = USUAL) -> pygame.Surface:
    """Return a scene as a surface."""
    surface = pygame.Surface(size)
    Picture().draw(surface, scene)
    return surface


def count(surface: pygame.Surface, rect: pygame.Rect, colour: Colour, reach: int = 30) -> int:
    """Return how many pixels of a region have about a colour."""
    part = rect.clip(surface.get_rect())
    if not part.width or not part.height:
        return 0
    threshold = (reach, reach, reach, 255)
    return pygame.mask.from_threshold(surface.subsurface(part), colour, threshold).count()


def quiet(seed: int = 7) -> Scene:
    """Return soldiers in their camps who do nothing yet."""
    scene = sample.skirmish(seed, ticks=0)
    soldiers = tuple(replace(soldier, is_thinking=False, verb=None, source="") for soldier in scene.soldiers)
    return replace(scene, soldiers=soldiers)


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(320, 4000), st.integers(240, 4000)),
    share=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
)
def test_a_place_on_the_field_is_found_at_its_pixel(size: tuple[int, int], share: tuple[float, float]) -> None:
    screen = Screen.of(size)
    cell = (int(share[0] * 16), int(share[1] * 10))
    x, y = screen.place((cell[0] + 0.5, cell[1] + 0.5))
    at = Picture().cell_at(size, (int(x), int(y)))

    assert at is not None
    assert (int(at[0]), int(at[1])) == cell


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(1, 2000), st.integers(1, 2000)),
    position=st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)),
)
def test_a_pixel_is_on_the_field_or_beside_it(size: tuple[int, int], position: tuple[int, int]) -> None:
    at = Picture().cell_at(size, position)

    assert (at is not None) == Screen.of(size).layout.field.collidepoint(position)
    assert at is None or (0 <= at[0] < 16 and 0 <= at[1] < 10)


@settings(max_examples=30, deadline=None)
@given(size=st.tuples(st.integers(320, 3000), st.integers(240, 3000)), choices=st.integers(0, 20))
def test_a_choice_is_found_in_the_middle_of_its_row(size: tuple[int, int], choices: int) -> None:
    scene = replace(quiet(), talk=talk_of(choices=tuple(f"option {number}" for number in range(choices))))
    picture, parts = Picture(), talk_parts(Screen.of(size), choices)

    assert [picture.choice_at(size, row.center, scene) for row in parts.choices] == list(range(len(parts.choices)))
    assert picture.choice_at(size, parts.entry.center, scene) is None
    assert picture.choice_at(size, (0, 0), scene) is None
    assert len(parts.choices) == min(choices, MOST_CHOICES) or size[1] < 700


def test_without_a_panel_nothing_is_chosen() -> None:
    screen = Screen.of(USUAL)

    assert Picture().choice_at(USUAL, talk_parts(screen, 3).choices[0].center, quiet()) is None


def talk_of(**changes: object) -> TalkPanel:
    """Return a panel."""
    return replace(TalkPanel(label="guard_1", name="Mara Holt", about="the captain"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sample.SAMPLES)
@pytest.mark.parametrize("size", [USUAL, (640, 360), (480, 900), (1600, 300), (97, 61), (3, 400), (1, 1)])
def test_every_scene_draws_at_every_size(name: str, size: tuple[int, int]) -> None:
    surface = drawn(sample.SAMPLES[name](), size)

    assert surface.get_size() == size
    assert surface.get_clip() == surface.get_rect()


def test_each_soldier_is_drawn_in_the_colour_of_its_side() -> None:
    scene = quiet()
    surface, screen = drawn(scene), Screen.of(USUAL)
    for soldier in scene.soldiers:
        x, y = screen.place(soldier.at)
        around = pygame.Rect(
            round(x - 0.45 * screen.cell), round(y - 0.5 * screen.cell), round(0.9 * screen.cell), screen.cell
        )
        own, other = (BLUE, RED) if soldier.side == "blue" else (RED, BLUE)

        assert count(surface, around, own) > 60, soldier.label
        assert count(surface, around, other) < 12, soldier.label


@pytest.mark.parametrize(("side", "row"), [("blue", 0), ("red", 1)])
def test_sides_differ_by_more_than_colour(side: str, row: int) -> None:
    """A round base is wide where a pointed one is narrow."""
    from demos.tactics.painting.bases import base

    image = base(side, 100)  # type: ignore[arg-type]
    middle, quarter = (sum(image.get_at((x, y)).a > 128 for x in range(image.get_width())) for y in (28, 19))

    assert (quarter > 0.7 * middle) == (row == 0)


def test_health_shows_in_the_bar_of_its_side() -> None:
    scene = quiet()
    top = Screen.of(USUAL).layout.top
    hurt = replace(
        scene, soldiers=tuple(replace(one, health=2) if one.side == "blue" else one for one in scene.soldiers)
    )
    full_blue, full_red = (count(drawn(scene), top, colour) for colour in (BLUE, RED))
    less_blue, same_red = (count(drawn(hurt), top, colour) for colour in (BLUE, RED))

    assert less_blue < 0.5 * full_blue
    assert abs(same_red - full_red) < 0.05 * full_red


def test_who_is_selected_is_marked_in_gold() -> None:
    scene = quiet()
    chosen = replace(scene, soldiers=(replace(scene.soldiers[0], is_selected=True), *scene.soldiers[1:]))
    screen = Screen.of(USUAL)
    x, y = screen.place(scene.soldiers[0].at)
    around = pygame.Rect(round(x) - screen.cell, round(y) - 2 * screen.cell, 2 * screen.cell, 3 * screen.cell)

    assert count(drawn(chosen), around, GOLD) > count(drawn(scene), around, GOLD) + 60


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, is_thinking=True),
        lambda one: replace(one, verb="reload", source="model"),
        lambda one: replace(one, is_shaken=True, morale=0),
        lambda one: replace(one, shots=0),
        lambda one: replace(one, health=1),
        lambda one: replace(one, fallen_ms=600.0, health=0),
        lambda one: replace(one, at=(one.at[0] + 0.4, one.at[1])),
        lambda one: replace(one, looks_at=(one.at[0] - 2, one.at[1])),
    ],
)
def test_what_changes_about_a_soldier_is_seen_where_it_stands(change: Callable[..., object]) -> None:
    scene = quiet()
    before = drawn(scene)
    after = drawn(replace(scene, soldiers=(change(scene.soldiers[0]), *scene.soldiers[1:])))  # type: ignore[arg-type]
    screen = Screen.of(USUAL)
    x, y = screen.place(scene.soldiers[0].at)
    around = pygame.Rect(round(x - screen.cell), round(y - 1.3 * screen.cell), 2 * screen.cell, round(2 * screen.cell))
    field = screen.layout.field
    beside = pygame.Rect(around.right + screen.cell, field.top, field.right - around.right - screen.cell, field.height)

    assert _differences(before, after, around) > 8
    assert _differences(before, after, beside) == 0


def test_the_source_of_a_decision_is_seen() -> None:
    scene = quiet()
    pictures = [
        pygame.image.tobytes(
            drawn(
                replace(scene, soldiers=(replace(scene.soldiers[0], verb="hold", source=source), *scene.soldiers[1:]))
            ),
            "RGB",
        )
        for source in ("model", "fallback", "said", "game")
    ]

    assert len(set(pictures)) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"shots": (Shot(side="blue", start=(6.5, 4.5), end=(10.5, 4.5), progress=0.5, is_hit=True),)},
        {"shots": (Shot(side="red", start=(10.5, 4.5), end=(6.5, 4.5), progress=0.95, is_hit=False),)},
        {"marks": (Mark(at=(8.5, 5.5), text="-3", kind="hit", age=0.2),)},
        {"marks": (Mark(at=(8.5, 5.5), text="", kind="fall", age=0.2),)},
    ],
)
def test_shots_and_marks_are_drawn_on_the_field_alone(change: dict[str, object]) -> None:
    scene, screen = quiet(), Screen.of(USUAL)
    before, after = drawn(scene), drawn(replace(scene, **change))  # type: ignore[arg-type]

    assert _differences(before, after, screen.layout.field) > 20
    for part in (screen.layout.top, screen.layout.bottom, screen.layout.side):
        assert _differences(before, after, part) == 0


def test_orders_players_and_news_are_in_the_bars() -> None:
    scene, layout = quiet(), Screen.of(USUAL).layout
    before = drawn(scene)
    ordered = drawn(replace(scene, orders={"blue": "attack Hilda", "red": "take cover"}))
    told = drawn(replace(scene, notices=(Notice(text="The engine was killed", kind="trouble"),)))
    old = drawn(replace(scene, notices=(Notice(text="The engine was killed", age_ms=60_000.0),)))

    assert _differences(before, ordered, layout.top) > 100
    assert _differences(before, told, layout.bottom) > 100
    assert _differences(before, old, layout.bottom) == 0


def test_the_panel_of_a_conversation_takes_the_place_of_the_list() -> None:
    scene, layout = quiet(), Screen.of(USUAL).layout
    lines = (TalkLine(speaker="Mara", text="The mill must not fall."),)
    told = drawn(replace(scene, talk=talk_of(lines=lines, typed="Why")))

    assert _differences(drawn(scene), told, layout.side) > 2000
    assert count(told, layout.side, PAPER) > 1500
    assert _differences(drawn(scene), told, layout.field) == 0


def test_the_verdict_lies_over_the_field_and_fades_in() -> None:
    scene = quiet()
    field = Screen.of(USUAL).layout.field
    new, old = (drawn(replace(scene, verdict="red", verdict_ms=age_ms)) for age_ms in (0.0, 2000.0))

    assert _differences(drawn(scene), new, field) == 0
    assert count(old, field, RED, 12) > count(new, field, RED, 12) + 500


@given(
    texts=st.lists(st.text(max_size=150), min_size=1, max_size=10),
    size=st.tuples(st.integers(500, 1400), st.integers(360, 900)),
)
@settings(max_examples=25, deadline=None)
def test_bubbles_stay_on_the_stage_and_do_not_cover_each_other(texts: list[str], size: tuple[int, int]) -> None:
    scene, screen = quiet(), Screen.of(size)
    bubbles = tuple(Bubble(label=one.label, text=text) for one, text in zip(scene.soldiers, texts, strict=False))
    rects = Speech().draw(pygame.Surface(size), screen, replace(scene, bubbles=bubbles))

    assert all(screen.layout.stage.contains(rect) for rect in rects)
    assert not any(one.colliderect(other) for one in rects for other in rects if one is not other)


def test_an_answer_to_the_player_is_never_left_out_for_barks() -> None:
    scene, screen = sample.everybody_thinks(), Screen.of((640, 360))
    label = scene.bubbles[-1].label
    bubbles = tuple(replace(one, kind="talk" if one.label == label else "bark") for one in scene.bubbles)
    first = Speech().draw(pygame.Surface((640, 360)), screen, replace(scene, bubbles=bubbles))
    alone = Speech().draw(pygame.Surface((640, 360)), screen, replace(scene, bubbles=bubbles[-1:]))

    assert first[0] == alone[0]


def test_any_text_anywhere_draws() -> None:
    scene = sample.choosing()
    soldiers = tuple(replace(one, name=STRANGE) for one in scene.soldiers)
    line = TalkLine(speaker=STRANGE, text=STRANGE, note=STRANGE)
    talk = TalkPanel(
        label=STRANGE, name=STRANGE, about=STRANGE, lines=(line, line), typed=STRANGE, choices=(STRANGE,) * 40
    )
    bubbles = tuple(replace(one, text=STRANGE) for one in scene.bubbles)
    drawn(
        replace(
            scene,
            soldiers=soldiers,
            bubbles=(*bubbles, Bubble(label="nobody", text="?")),
            talk=talk,
            orders={"blue": STRANGE, "red": STRANGE},
            players={"blue": STRANGE, "red": ""},
            notices=(Notice(text=STRANGE),),
            marks=(Mark(at=(3.0, 3.0), text=STRANGE, kind="miss", age=0.5),),
        )
    )


def test_numbers_beyond_their_ranges_draw() -> None:
    scene = quiet()
    odd = tuple(
        replace(one, health=health, morale=health, shots=health, latency_ms=1e9, source="model", target=one.label)
        for one, health in zip(scene.soldiers, (-5, 99, 0, MAX_HEALTH + 1, 3) * 2, strict=True)
    )
    shot = Shot(side="blue", start=(3.0, 3.0), end=(3.0, 3.0), progress=9.0, is_hit=True)
    drawn(replace(scene, soldiers=odd, shots=(shot,), tick_progress=7.5, wins={"blue": 10**9}, tick=10**9))
    drawn(replace(scene, soldiers=(), players={}, wins={}))


def test_grass_is_painted_once_for_a_size_and_walls_once_for_a_battle(monkeypatch: pytest.MonkeyPatch) -> None:
    from demos.tactics import picture as module

    painted: list[str] = []
    real_meadow, real_terrain = module.meadow, module.terrain
    monkeypatch.setattr(module, "meadow", lambda *args: (painted.append("grass"), real_meadow(*args))[1])
    monkeypatch.setattr(module, "terrain", lambda *args: (painted.append("walls"), real_terrain(*args))[1])
    picture, surface = Picture(), pygame.Surface((400, 240))
    for progress in (0.1, 0.2, 0.3):
        picture.draw(surface, replace(quiet(), tick_progress=progress))
    assert painted == ["grass", "walls"]
    picture.draw(surface, quiet(8))
    assert painted == ["grass", "walls", "walls"]
    picture.draw(pygame.Surface((420, 240)), quiet(8))

    assert painted == ["grass", "walls", "walls", "grass", "walls"]


def test_one_scene_gives_one_picture() -> None:
    scene = sample.in_full_swing()
    one, other = (pygame.image.tobytes(drawn(scene, (640, 360)), "RGB") for _ in range(2))

    assert one == other


def test_the_samples_can_be_written_to_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "SIZES", ((320, 180),))
    sample.main(tmp_path)

    assert len(list(tmp_path.glob("*.png"))) == len(sample.SAMPLES)


def _differences(one: pygame.Surface, other: pygame.Surface, rect: pygame.Rect) -> int:
    """Return how many pixels of a region differ."""
    part = rect.clip(one.get_rect())
    same = pygame.mask.from_threshold(
        one.subsurface(part), (0, 0, 0), (1, 1, 1, 255), other.subsurface(part).copy()
    ).count()
    return int(part.width * part.height - same)
