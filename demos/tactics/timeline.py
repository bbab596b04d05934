"""What is to be seen of a tick while it passes: shots first, then everybody walks, as a function of the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .field import Cell
from .rules import MAX_HEALTH, Battle, Event, Move
from .scene import Mark, MarkKind, Point, Shot

# Parts of a tick: when shots begin, how they follow one another, how long one flies, and when all walk.
_SHOT_AT, _SHOT_EACH, _SHOT_TAKES = 0.02, 0.045, 0.14
_WALK_FROM, _WALK_TO = 0.34, 0.92
_HEAL_AT = 0.12
MARK_MS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """A shot of the tick: from whom to whom, from when to when, and what it takes away."""

    event: Event
    from_ms: float
    to_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A mark that rises: from when, and over whom."""

    label: str
    text: str
    kind: MarkKind
    at_ms: float


class Timeline:
    """One tick as it is shown. Pure but for its beginning; knows the battle before and after.

    Args:
        before: The moment before the tick.
        after: The moment after it.
        events: What happened.
        began_ms: When the tick begins on the game's clock.
        tick_ms: How long it takes.
        moves: What everybody chose, for where they look.
    """

    def __init__(
        self,
        before: Battle,
        after: Battle,
        events: Iterable[Event],
        *,
        began_ms: float,
        tick_ms: float,
        moves: dict[str, Move] | None = None,
    ) -> None:
        self.before, self.after, self.began_ms, self.tick_ms = before, after, began_ms, tick_ms
        self.moves = moves or {}
        listed = tuple(events)
        self._walks = {event.unit: event.cells for event in listed if event.kind == "walk"}
        self._shots = {event.unit: event for event in listed if event.kind in ("hit", "miss")}
        self.flights = self._flights(listed)
        self._heals = [event for event in listed if event.kind == "heal"]
        self.falls = {event.unit: self._last_hit_ms(event.unit) for event in listed if event.kind == "fall"}
        self.rises = self._rises()

    @classmethod
    def still(cls, battle: Battle, *, began_ms: float, tick_ms: float) -> Timeline:
        """Return a time in which nothing happens, for the beginning of a battle."""
        return cls(battle, battle, (), began_ms=began_ms, tick_ms=tick_ms)

    def progress(self, now_ms: float) -> float:
        """Return how much of the tick has passed, from 0 to 1."""
        return min(1.0, max(0.0, (now_ms - self.began_ms) / self.tick_ms))

    def place(self, label: str, now_ms: float) -> Point:
        """Return where a soldier is, between two cells while it walks."""
        way = self._walks.get(label)
        if way is None:
            return middle(self.after.unit(label).cell)
        share = (self.progress(now_ms) - _WALK_FROM) / (_WALK_TO - _WALK_FROM)
        return _along(way, _eased(share))

    def looks_at(self, label: str, now_ms: float) -> Point | None:
        """Return where a soldier looks: at its enemy, then where it goes; None when there is neither."""
        way, shot = self._walks.get(label), self._shots.get(label)
        if shot is not None:
            return self.place(shot.target, now_ms)
        if way is not None:
            return middle(way[-1]) if self.progress(now_ms) < _WALK_TO else self._beyond(way)
        move = self.moves.get(label)
        return self.place(move.target, now_ms) if move is not None and move.target else None

    def health(self, label: str, now_ms: float) -> int:
        """Return a soldier's health as it looks now: a hit counts when it arrives."""
        hits = [flight for flight in self.flights if flight.event.target == label and flight.event.amount]
        heals = [event for event in self._heals if event.target == label]
        is_healed = now_ms >= self._at(_HEAL_AT)
        arrived = [flight.event.amount for flight in hits if flight.to_ms <= now_ms]
        if len(arrived) == len(hits) and (is_healed or not heals):
            return self.after.unit(label).health
        changed = self.before.unit(label).health - sum(arrived)
        changed += sum(event.amount for event in heals) if is_healed else 0
        # Nobody looks fallen before the last shot has arrived.
        return max(1, min(MAX_HEALTH, changed))

    def shots(self, now_ms: float) -> tuple[Shot, ...]:
        """Return what flies now."""
        return tuple(
            Shot(
                side=self.before.unit(flight.event.unit).side,
                start=middle(self.before.unit(flight.event.unit).cell),
                end=middle(self.before.unit(flight.event.target).cell),
                progress=(now_ms - flight.from_ms) / (flight.to_ms - flight.from_ms),
                is_hit=flight.event.kind == "hit",
            )
            for flight in self.flights
            if flight.from_ms <= now_ms < flight.to_ms
        )

    def marks(self, now_ms: float) -> tuple[Mark, ...]:
        """Return what rises and fades now; also after the tick is over."""
        return tuple(
            Mark(
                at=middle(self.before.unit(rise.label).cell),
                text=rise.text,
                kind=rise.kind,
                age=(now_ms - rise.at_ms) / MARK_MS,
            )
            for rise in self.rises
            if rise.at_ms <= now_ms < rise.at_ms + MARK_MS
        )

    def _at(self, share: float) -> float:
        return self.began_ms + share * self.tick_ms

    def _flights(self, events: Iterable[Event]) -> tuple[Flight, ...]:
        shots = [event for event in events if event.kind in ("hit", "miss")]
        # Both sides fire in turn, so that neither seems to be the first.
        shots.sort(key=lambda event: (self.before.unit(event.unit).number, self.before.unit(event.unit).side))
        return tuple(
            Flight(
                event=event,
                from_ms=self._at(_SHOT_AT + place * _SHOT_EACH / max(1.0, len(shots) / 5)),
                to_ms=self._at(_SHOT_AT + place * _SHOT_EACH / max(1.0, len(shots) / 5) + _SHOT_TAKES),
            )
            for place, event in enumerate(shots)
        )

    def _last_hit_ms(self, label: str) -> float:
        hits = [flight.to_ms for flight in self.flights if flight.event.target == label and flight.event.kind == "hit"]
        return max(hits, default=self.began_ms)

    def _rises(self) -> tuple[Rise, ...]:
        rises = [
            Rise(
                label=flight.event.target,
                text=f"-{flight.event.amount}" if flight.event.kind == "hit" else "miss",
                kind="hit" if flight.event.kind == "hit" else "miss",
                at_ms=flight.to_ms,
            )
            for flight in self.flights
        ]
        rises += [Rise(label=event.target, text=f"+{event.amount}", kind="heal", at_ms=self._at(_HEAL_AT))
                  for event in self._heals]  # fmt: skip
        rises += [Rise(label=label, text="down", kind="fall", at_ms=at_ms) for label, at_ms in self.falls.items()]
        return tuple(sorted(rises, key=lambda rise: rise.at_ms))

    def _beyond(self, way: tuple[Cell, ...]) -> Point:
        (from_x, from_y), (x, y) = way[-2], way[-1]
        return middle((2 * x - from_x, 2 * y - from_y))


def middle(cell: Cell) -> Point:
    """Return the middle of a cell."""
    return cell[0] + 0.5, cell[1] + 0.5


def _eased(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)


def _along(way: tuple[Cell, ...], share: float) -> Point:
    """Return the point of a way at a share of its length, counted in cells."""
    steps = len(way) - 1
    place = min(steps - 1, int(share * steps))
    rest = share * steps - place
    (x, y), (to_x, to_y) = middle(way[place]), middle(way[place + 1])
    return x + (to_x - x) * rest, y + (to_y - y) * rest
