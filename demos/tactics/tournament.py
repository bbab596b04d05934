"""Battles by the hundred: who wins how often, and what the decisions take.

Each seed is fought twice with the sides changed, so that neither the ground nor the luck of a side favours anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from npc_sdk.errors import RequestError
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.interface import RuntimeLike
from npc_sdk.tactics import CostSheet

from .battle import MOST_TICKS, Course, fight
from .pairing import MIXED_WEIGHT, Pairing, Via
from .players import Player
from .rules import SIDES, Side, other_side
from .soldiers import Squad

Result: TypeAlias = Literal["won", "drawn", "lost"]

PAIRINGS = ("model:random", "model:utility", "model:mixed")
BATTLES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is fought.

    Args:
        model: A name from the catalog or a GGUF file.
        pairings: Such as ``model:utility``; the results are those of the first.
        battles: Of each pairing; an even number.
        seed: Number of the first battle.
        ticks: Most ticks of a battle.
        budget_ms: How long the decisions of a tick may take.
        weight: How much the game's scores count for a mixed player.
        via: How the model is reached; as for ``open_runtime``.

    Raises:
        RequestError: There is no pairing, one is named twice or names no two players (``bad_pairing``), or the
            battles are not an even number above 0 (``bad_battles``).
    """

    model: str = "starter"
    pairings: tuple[str, ...] = PAIRINGS
    battles: int = BATTLES
    seed: int = 1
    ticks: int = MOST_TICKS
    budget_ms: float = 400.0
    weight: float = MIXED_WEIGHT
    via: Via = "process"

    def __post_init__(self) -> None:
        if self.battles < 2 or self.battles % 2:
            raise RequestError(
                f"{self.battles} battles cannot be fought with the sides changed.",
                "Ask for an even number of battles.",
                code="bad_battles",
            )
        if not self.pairings or len(set(self.pairings)) < len(self.pairings):
            raise RequestError("There is no pairing, or one twice.", "Name each one once.", code="bad_pairing")
        for squads in self.pairings:
            try:
                Pairing.of(squads)
            except ValueError as error:
                raise RequestError(f"{error}.", code="bad_pairing") from error

    @property
    def needs_model(self) -> bool:
        """Whether a side of any battle is played by a model."""
        return any(Pairing.of(squads).needs_model for squads in self.pairings)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {**asdict(self), "pairings": list(self.pairings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One battle of a tournament.

    Args:
        pairing: Who fights whom.
        seed: Number of the battle.
        is_swapped: Whether the first of the pairing plays red.
    """

    pairing: str
    seed: int
    is_swapped: bool

    @property
    def side(self) -> Side:
        """That of the first of the pairing."""
        return "red" if self.is_swapped else "blue"

    @property
    def squads(self) -> str:
        """The pairing as blue and red play it."""
        first, _, second = self.pairing.partition(":")
        return f"{second}:{first}" if self.is_swapped else self.pairing


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a battle of a tournament went, seen from the first of the pairing.

    Args:
        match: Which one.
        result: Who has won.
        ticks: How long it took.
        lead: The health that is left beyond that of the other side.
        invalid: Moves of either side that the rules did not allow.
        stale: Actions that came too late to be legal.
        sources: Choices by where they came from: ``model``, ``fallback``, ``game``.
        latencies_ms: Of each choice that the model made.
        late_ticks: Ticks whose decisions took longer than they were allowed.
        read_tokens: Tokens of prompts that were read.
        cached_tokens: Tokens of prompts whose state was kept.
    """

    match: Match
    result: Result
    ticks: int
    lead: int
    invalid: int
    stale: int
    sources: Mapping[str, int]
    latencies_ms: tuple[float, ...]
    late_ticks: int
    read_tokens: int
    cached_tokens: int

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return {**asdict(self), "sources": dict(self.sources)}

    @classmethod
    def of_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """Return the outcome that :meth:`to_dict` returned; ``KeyError`` or ``TypeError`` when it is none."""
        return cls(**{**data, "match": Match(**data["match"]), "latencies_ms": tuple(data["latencies_ms"])})


def matches(settings: Settings) -> tuple[Match, ...]:
    """Return every battle in its order: seed by seed, so that a run that is cut has as many of each pairing."""
    return tuple(
        Match(pairing=pairing, seed=seed, is_swapped=is_swapped)
        for seed in range(settings.seed, settings.seed + settings.battles // 2)
        for pairing in settings.pairings
        for is_swapped in (False, True)
    )


def play(match: Match, settings: Settings, runtime: RuntimeLike | None, clock: Clock | None = None) -> Outcome:
    """Fight one battle; waits for it.

    Args:
        match: Which one.
        settings: How.
        runtime: Where characters live; its owner closes it.
        clock: What budgets are measured with; None is the machine's.
    """
    pairing = Pairing.of(match.squads, seed=match.seed, budget_ms=settings.budget_ms, weight=settings.weight)
    players = pairing.players(runtime, clock)
    try:
        course = fight(players, seed=match.seed, limit=settings.ticks)
        return _outcome(match, course, players[match.side])
    finally:
        for side in SIDES:
            players[side].close()


def _outcome(match: Match, course: Course, player: Player) -> Outcome:
    sheet = CostSheet.total(player.sheets.values()) if isinstance(player, Squad) else CostSheet()
    ours, theirs = (
        sum(unit.health for unit in course.battle.living(side)) for side in (match.side, other_side(match.side))
    )
    return Outcome(
        match=match,
        result="drawn" if course.verdict == "draw" else "won" if course.verdict == match.side else "lost",
        ticks=course.battle.tick,
        lead=ours - theirs,
        invalid=course.events["refused"],
        stale=player.stale if isinstance(player, Squad) else 0,
        sources=sheet.sources,
        latencies_ms=tuple(round(latency_ms, 1) for latency_ms in sheet.latencies_ms),
        late_ticks=sheet.ticks_over_budget,
        read_tokens=sheet.read_tokens,
        cached_tokens=sheet.cached_tokens,
    )
