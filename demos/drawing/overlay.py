"""The panel of F1: frames, memory, decisions, answers and the engine, for a reader who looks for three seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pygame

from .gauges import Gauges
from .graph import draw_frames
from .layout import Layout
from .palette import NIGHT, PANEL_EDGE
from .readout import Readout
from .shapes import draw_panel
from .type import Type

TEXT_EVERY_MS = 200.0
MOST_SHARE = 0.36
_WIDTH, _EDGE, _PAD, _GAP = 318, 8, 10, 10
_ALPHA = 222
KEYS = (
    ("V", "take memory"),
    ("P", "pacing"),
    ("K", "kill engine"),
    ("R", "new battle"),
    ("Space", "pause"),
    ("F1", "hide"),
    ("Esc", ""),
)


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of the panel: how high it is in units, roomy and dense, and how it is drawn."""

    roomy: float
    dense: float
    draw: Callable[[Readout, Gauges, pygame.Rect], None]


_FRAMES = _Section(96, 62, Readout.frames)
_MEMORY = _Section(88, 72, Readout.memory)
_DECISIONS = _Section(74, 54, Readout.decisions)
_ANSWERS = _Section(54, 36, Readout.answers)
_SPEECH = _Section(38, 20, Readout.speech)
_ENGINE = _Section(64, 62, Readout.engine)
_KEYS = _Section(42, 42, Readout.keys)
_ALL = (_FRAMES, _MEMORY, _DECISIONS, _ANSWERS, _SPEECH, _ENGINE, _KEYS)
# What is shown, and whether roomily; the first that fits is taken.
_WAYS: tuple[tuple[tuple[_Section, ...], bool], ...] = (
    (_ALL, True),
    (_ALL, False),
    (_ALL[:-1], False),
    ((_FRAMES, _MEMORY, _DECISIONS, _ANSWERS, _ENGINE), False),
    ((_FRAMES, _MEMORY, _DECISIONS, _ENGINE), False),
    ((_FRAMES, _MEMORY, _DECISIONS), False),
    ((_FRAMES, _MEMORY), False),
    ((_FRAMES,), False),
)


class Overlay:
    """Draws the panel at the left of the field. Not thread-safe: it belongs to the thread that draws.

    Letters and bars are drawn a few times a second, one part in a frame; the frame curve is drawn in each.

    Args:
        keys: The keys that are named in it, and what each does.
    """

    def __init__(self, keys: Sequence[tuple[str, str]] = KEYS) -> None:
        self._keys = tuple(keys)
        self._size = (0, 0)
        self._type = Type(1.0)
        self._unit = 1.0
        self._sheet = pygame.Surface((1, 1), pygame.SRCALPHA)
        self._at = (0, 0)
        self._readout = Readout(self._sheet, self._type, self._unit, self._keys)
        self._sections: tuple[tuple[_Section, pygame.Rect], ...] = ()
        self._drawn_ms: list[float | None] = []
        self._state: tuple[object, ...] = ()

    def draw(self, surface: pygame.Surface, gauges: Gauges) -> None:
        """Draw the panel.

        Args:
            surface: What to draw on; the panel takes a third of the field at most.
            gauges: What to show. Without a moment in it (``at_ms``), everything is drawn anew.
        """
        if surface.get_size() != self._size:
            self._measure(surface.get_size())
        if not self._sections:
            return
        for place in self._due(gauges):
            self._draw_section(place, gauges)
        surface.blit(self._sheet, self._at)
        draw_frames(surface, self._readout.curve.move(self._at), gauges.frames_ms, gauges.target_ms)

    # When and where.

    def _due(self, gauges: Gauges) -> Sequence[int]:
        """Return the sections to be drawn now: one of those whose time has come, so that no frame pays for all."""
        now_ms = gauges.at_ms
        state = (gauges.engine, gauges.is_paced, gauges.last_step, gauges.memory.reserve_bytes)
        if now_ms is None or None in self._drawn_ms:
            self._state = state
            return range(len(self._sections))
        if state != self._state:
            # What has changed is to be seen at once, the parts of it in the next frames.
            self._state, self._drawn_ms = state, [-1e12] * len(self._sections)
        ages = [abs(now_ms - (drawn_ms or 0.0)) for drawn_ms in self._drawn_ms]
        oldest = max(range(len(ages)), key=lambda place: ages[place])
        return (oldest,) if ages[oldest] >= TEXT_EVERY_MS else ()

    def _measure(self, size: tuple[int, int]) -> None:
        """Choose what fits into a window."""
        layout = Layout.of(size)
        self._size = size
        if layout.scale != self._type.scale:
            self._type = Type(layout.scale)
        # Letters have a least size: where they are larger than the scale says, so is everything here.
        self._unit = max(layout.scale, self._type.line_height("tiny") / 15)
        width = max(1, min(self._px(_WIDTH), round(layout.stage.width * 0.6)))
        most = min(
            layout.field.width * layout.field.height * MOST_SHARE / width,
            layout.stage.height - 2 * layout.px(_EDGE),
        )
        chosen = self._choose(most)
        height = sum(high for _, high in chosen) + self._px(2 * _PAD - _GAP)
        self._sheet = pygame.Surface((width, max(1, round(height))), pygame.SRCALPHA)
        sheet = self._sheet.get_rect()
        draw_panel(self._sheet, sheet, colour=NIGHT, edge=PANEL_EDGE, radius=self._px(7), alpha=_ALPHA)
        self._readout = Readout(self._sheet, self._type, self._unit, self._keys)
        self._place(chosen)
        self._at = (layout.stage.left + layout.px(_EDGE), layout.stage.top + layout.px(_EDGE))

    def _place(self, chosen: Sequence[tuple[_Section, float]]) -> None:
        edge, placed = self._px(_PAD), []
        top = float(edge)
        for section, height in chosen:
            rect = pygame.Rect(edge, round(top), self._sheet.get_width() - 2 * edge, round(height) - self._px(_GAP))
            placed.append((section, rect))
            top += height
        self._sections, self._drawn_ms = tuple(placed), [None] * len(placed)

    def _choose(self, most: float) -> tuple[tuple[_Section, float], ...]:
        """Return the sections that fit into a height, with theirs; the less room, the fewer, down to none."""
        for sections, is_roomy in _WAYS:
            heights = [self._px((each.roomy if is_roomy else each.dense) + _GAP) for each in sections]
            if sum(heights) + self._px(2 * _PAD - _GAP) <= most:
                return tuple(zip(sections, heights, strict=True))
        return ()

    def _px(self, units: float) -> int:
        return max(1, round(units * self._unit))

    # What.

    def _draw_section(self, place: int, gauges: Gauges) -> None:
        section, rect = self._sections[place]
        self._drawn_ms[place] = gauges.at_ms
        # Large letters may rise into the gap above.
        ground = rect.inflate(0, 2 * (self._px(_GAP) // 2)).clip(self._sheet.get_rect())
        self._sheet.fill((*NIGHT, _ALPHA), ground)
        self._sheet.set_clip(ground)
        section.draw(self._readout, gauges, rect)
        self._sheet.set_clip(None)
