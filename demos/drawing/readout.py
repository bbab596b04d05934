"""The parts of the overlay: each draws one group of figures into a rectangle of a sheet."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from ..figures.size_text import size_text
from .gauges import EngineState, Gauges, Memory
from .graph import draw_decisions, quantile
from .palette import (
    AMBER,
    CORAL,
    DIM,
    FAINT,
    GOLD,
    GREEN,
    INK,
    NIGHT,
    PANEL_LIGHT,
    SHADOW,
    STEEL,
    VIOLET,
    Colour,
    mixed,
)
from .shapes import disc, draw_panel
from .stacked import Part, draw_legend, draw_stack
from .type import Align, Type

_SHOWN_DECISIONS = 60
_OTHER: Colour = mixed(VIOLET, NIGHT, 0.45)
_STATES: dict[EngineState, tuple[str, Colour]] = {
    "starting": ("starting", DIM),
    "up": ("up", GREEN),
    "changing": ("changing its size", AMBER),
    "down": ("down, being started again", CORAL),
    "away": ("off until there is memory", AMBER),
    "lost": ("lost, defaults answer", CORAL),
}
_SOURCES: dict[str, Colour] = {"model": GOLD, "cut": AMBER, "fallback": CORAL, "game": STEEL, "said": GREEN}


class Readout:
    """Draws groups of figures. Not thread-safe: it belongs to the thread that draws.

    Args:
        sheet: What to draw on.
        type_: The letters.
        unit: Pixels of a length of 1.
        keys: The keys that are named, and what each does.

    Attributes:
        curve: Where on the sheet the curve of the frames is to be drawn; empty before :meth:`frames`.
    """

    def __init__(self, sheet: pygame.Surface, type_: Type, unit: float, keys: Sequence[tuple[str, str]]) -> None:
        self.curve = pygame.Rect(0, 0, 0, 0)
        self._sheet, self._type, self._unit = sheet, type_, unit
        self._keys = keys

    def frames(self, gauges: Gauges, rect: pygame.Rect) -> None:
        """Draw how long frames take, and the ground of their curve."""
        p50, p99 = quantile(gauges.frames_ms, 0.5), quantile(gauges.frames_ms, 0.99)
        colour = DIM if p99 is None else GREEN if p99 <= gauges.target_ms else AMBER if p99 <= 33.4 else CORAL
        top = self._head(rect, "Frame p99", _ms(p99), colour, more="" if p50 is None else f"p50 {_ms(p50)}")
        foot = self._px(15)
        self.curve = pygame.Rect(rect.left, top, rect.width, max(4, rect.bottom - top - foot))
        self._sheet.fill((*SHADOW, 255), self.curve)
        line = f"{gauges.fps:.0f} frames a second, {gauges.late_frames:,} of {gauges.frames:,} late"
        self._foot(self.curve, line if gauges.frames else "no frame yet", f"{gauges.target_ms:.1f} ms")

    def memory(self, gauges: Gauges, rect: pygame.Rect) -> None:
        """Draw who holds which memory."""
        memory = gauges.memory
        used, budget = memory.render_bytes + memory.model_bytes, memory.budget_bytes
        value = size_text(used) if budget is None else f"{size_text(used)} of {size_text(budget)}"
        is_tight = budget is not None and used > budget
        value, colour = (value, CORAL if is_tight else INK) if used else ("not known", DIM)
        top = self._head(rect, "Memory", value, colour)
        parts = _holders(gauges.memory)
        row, bar = self._px(15), self._px(14)
        draw_stack(self._sheet, pygame.Rect(rect.left, top + 1, rect.width, bar), parts, limit=budget)
        below = pygame.Rect(rect.left, top + bar + self._px(5), rect.width, 2 * row)
        draw_legend(self._sheet, self._type, below, parts, row_height=row)
        if rect.bottom - below.bottom >= row - 1 and memory.process_bytes is not None:
            line = f"the engine's process takes {size_text(memory.process_bytes)} in all"
            self._text(line, (rect.left, below.bottom), FAINT)

    def decisions(self, gauges: Gauges, rect: pygame.Rect) -> None:
        """Draw how long decisions take, and whether they come in time."""
        share = gauges.by_deadline
        value = "none yet" if share is None else f"{_percent(share)} in time"
        colour = DIM if share is None else GREEN if share >= 0.95 else AMBER if share >= 0.8 else CORAL
        top = self._head(rect, "Decisions", value, colour)
        foot = self._px(15)
        strip = pygame.Rect(rect.left, top, rect.width, max(4, rect.bottom - top - foot))
        self._sheet.fill((*SHADOW, 255), strip)
        times = gauges.decision_ms
        most = gauges.decision_limit_ms or max([100.0, *(1.1 * time for time in times)])
        draw_decisions(self._sheet, strip, times, gauges.decision_in_time, most, shown=_SHOWN_DECISIONS)
        p50, p99, last = quantile(times, 0.5), quantile(times, 0.99), times[-1] if times else None
        words = f"last {_ms(last)}, p50 {_ms(p50)}, p99 {_ms(p99)}" if times else ""
        limit = gauges.decision_limit_ms
        self._foot(strip, words, f"of {_ms(limit)}" if limit else "")

    def answers(self, gauges: Gauges, rect: pygame.Rect) -> None:
        """Draw where answers come from."""
        parts = _sources(gauges)
        total = sum(part.value for part in parts)
        spoiled = f"{gauges.invalid:,} invalid, {gauges.stale:,} late"
        bar, row = self._px(10), self._px(15)
        top = self._head(rect, "Answers", f"{total:,.0f}" if total else "none yet", INK if total else DIM, more=spoiled)
        draw_stack(self._sheet, pygame.Rect(rect.left, top + 1, rect.width, bar), parts)
        below = pygame.Rect(rect.left, top + bar + self._px(5), rect.width, row)
        if rect.bottom >= below.bottom - 2:
            draw_legend(self._sheet, self._type, below, parts, row_height=row)

    def speech(self, gauges: Gauges, rect: pygame.Rect) -> None:
        """Draw how fast the characters speak, and who is thinking."""
        count = len(gauges.thinking)
        top = self._head(rect, "Tokens a second", f"{gauges.tokens_per_s:.0f}", GOLD if gauges.tokens_per_s else DIM)
        if rect.bottom - top < self._px(14):
            return
        names = f"{count} thinking: {', '.join(gauges.thinking[:16])}" if count else "nobody is thinking"
        self._text(names, (rect.left, top), INK if count else DIM, width=rect.width)

    def engine(self, gauges: Gauges, rect: pygame.Rect) -> None:
        """Draw how the engine is, and what the governor did last."""
        words, colour = _STATES[gauges.engine]
        radius, row = self._px(4), self._px(16)
        self._sheet.blit(disc(radius, colour), (rect.left, rect.top + self._px(7) - radius))
        left = rect.left + self._px(14)
        self._type.draw(self._sheet, f"Engine {words}", (left, rect.top), size="small", colour=colour)
        self._text(gauges.model[:24], (rect.right, rect.top + 1), DIM, "right")
        line = ", ".join(_engine_facts(gauges))
        self._type.draw(self._sheet, line, (rect.left, rect.top + row), size="tiny", colour=INK, width=rect.width)
        top = rect.top + 2 * row
        lines = self._type.wrap(gauges.last_step or "the governor has made no step", "tiny", rect.width)
        room = max(1, (rect.bottom - top) // self._px(14))
        shade = AMBER if gauges.last_step else FAINT
        for place, each in enumerate(lines[:room]):
            self._text(each, (rect.left, top + place * self._px(14)), shade)

    def keys(self, _: Gauges, rect: pygame.Rect) -> None:
        """Draw which key does what."""
        left, top, row = rect.left, rect.top, self._px(21)
        for key, word in self._keys:
            wide = self._type.measure(key, "tiny")[0] + self._px(9)
            whole = wide + self._px(4) + self._type.measure(word, "tiny")[0] + self._px(8)
            if left + whole - self._px(8) > rect.right and left > rect.left:
                left, top = rect.left, top + row
            chip = pygame.Rect(left, top, wide, self._px(17))
            draw_panel(self._sheet, chip, colour=PANEL_LIGHT, edge=FAINT, radius=self._px(3))
            down = (chip.height - self._type.line_height("tiny")) / 2 + 1
            self._type.draw(self._sheet, key, (chip.centerx, top + down), size="tiny", colour=INK, align="center")
            self._text(word, (chip.right + self._px(4), top + down), DIM)
            left += whole

    def _px(self, units: float) -> int:
        return max(1, round(units * self._unit))

    def _text(
        self, text: str, at: tuple[float, float], colour: Colour, align: Align = "left", width: float | None = None
    ) -> None:
        self._type.draw(self._sheet, text, at, size="tiny", colour=colour, align=align, width=width)

    def _head(self, rect: pygame.Rect, name: str, value: str, colour: Colour, *, more: str = "") -> int:
        """Draw the first line of a section; returns where the rest begins."""
        height = self._type.line_height("large")
        value_at = (rect.right, rect.top - self._px(2))
        shown = self._type.draw(self._sheet, value, value_at, size="large", colour=colour, align="right")
        down = height - self._px(2)
        name_top = rect.top + down - self._type.line_height("small") - self._px(1)
        named = self._type.draw(self._sheet, name, (rect.left, name_top), size="small", colour=INK)
        room = shown.left - named.right - 2 * self._px(6)
        if more and room > 0:
            more_top = rect.top + down - self._type.line_height("tiny") - self._px(1)
            self._text(more, (named.right + self._px(6), more_top), DIM, width=room)
        return rect.top + height

    def _foot(self, rect: pygame.Rect, words: str, limit: str) -> None:
        """Draw the line under a curve: what it says, and what its upper edge or its line is."""
        top = rect.bottom + 1
        told = self._type.draw(self._sheet, limit, (rect.right, top), size="tiny", colour=AMBER, align="right")
        self._text(words, (rect.left, top), DIM, width=told.left - rect.left - self._px(4))


def _holders(memory: Memory) -> list[Part]:
    """Return who holds memory, and what is free."""
    free = max(0, (memory.budget_bytes or 0) - memory.render_bytes - memory.model_bytes)
    sizes = (
        ("game", memory.game_bytes, STEEL),
        ("asked for", memory.reserve_bytes, AMBER),
        ("weights", memory.weights_bytes, VIOLET),
        ("contexts", memory.context_bytes, GOLD),
        ("other", memory.other_bytes, _OTHER),
        ("free", free, FAINT),
    )
    return [Part(name, size, colour, size_text(size), name == "free") for name, size, colour in sizes if size > 0]


def _sources(gauges: Gauges) -> list[Part]:
    """Return the answers by source, those that are known first."""
    total = max(1, sum(max(0, count) for count in gauges.sources.values()))
    known = [name for name in _SOURCES if gauges.sources.get(name)]
    names: Sequence[str] = [*known, *sorted(name for name in gauges.sources if name not in _SOURCES)]
    counts = {name: max(0, gauges.sources[name]) for name in names}
    return [
        Part(name, count, _SOURCES.get(name, FAINT), _percent(count / total).replace(" ", ""))
        for name, count in counts.items()
        if count
    ]


def _engine_facts(gauges: Gauges) -> list[str]:
    is_there = gauges.engine in ("up", "changing", "starting")
    facts = []
    if gauges.engine_pid is not None:
        facts.append(f"process {gauges.engine_pid}" + ("" if is_there else " is gone"))
    if gauges.slots is not None:
        facts.append("1 slot" if gauges.slots == 1 else f"{gauges.slots} slots")
    facts.append("paced" if gauges.is_paced else "not paced")
    if gauges.restarts:
        facts.append("started again once" if gauges.restarts == 1 else f"started again {gauges.restarts} times")
    return facts


def _ms(time_ms: float | None) -> str:
    if time_ms is None:
        return "-"
    return (
        f"{time_ms:.1f} ms" if time_ms < 100 else f"{time_ms:.0f} ms" if time_ms < 10_000 else f"{time_ms / 1000:.0f} s"
    )


def _percent(share: float) -> str:
    """Return a share in percent; what is not all is never said to be."""
    percent = 100 * share
    return f"{percent:.0f} %" if share in (0, 1) or 1 <= percent < 99 else f"{percent:.1f} %"
