"""Who fights whom, and the players that the names stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.interface import RuntimeLike

from .human import Human
from .minds import Via, open_runtime
from .player_names import PLAYERS, has_model
from .players import Player, random_player, scripted_player, utility_player
from .rules import SIDES, Side
from .soldiers import Squad

__all__ = ["MIXED_WEIGHT", "PLAYERS", "Pairing", "Via", "open_runtime"]

MIXED_WEIGHT = 0.5
# Everybody of the table who needs no model, made with a seed.
MAKERS: Final[Mapping[str, Callable[[int], Player]]] = {
    "utility": lambda _: utility_player(),
    "random": random_player,
    "still": lambda _: scripted_player({}),
    "player": lambda _: Human(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Who fights whom.

    Args:
        blue: Name of the player of the blue side.
        red: Name of that of the red side.
        seed: Start of what random players do.
        budget_ms: How long the decisions of a tick may take.
        weight: How much the game's scores count for a mixed player.
        tick_ms: How long a tick lasts in the game.
    """

    blue: str
    red: str
    seed: int = 0
    budget_ms: float = 400.0
    weight: float = MIXED_WEIGHT
    tick_ms: float = 200.0

    @classmethod
    def of(cls, squads: str, *, seed: int = 0, budget_ms: float = 400.0, weight: float = MIXED_WEIGHT) -> Pairing:
        """Return the pairing of a text such as ``model:utility``, for a battle without a window.

        Raises:
            ValueError: It names no two players.
        """
        blue, colon, red = squads.partition(":")
        if not colon or blue not in PLAYERS or red not in PLAYERS:
            raise ValueError(f"{squads!r} names no two of: {', '.join(PLAYERS)}; write it as model:utility")
        return cls(blue=blue, red=red, seed=seed, budget_ms=budget_ms, weight=weight)

    @property
    def models(self) -> int:
        """How many sides a model plays."""
        return has_model(self.blue) + has_model(self.red)

    @property
    def needs_model(self) -> bool:
        """Whether a side is played by a model."""
        return self.models > 0

    def players(
        self, runtime: RuntimeLike | None = None, clock: Clock | None = None, *, has_voices: bool = False
    ) -> Mapping[Side, Player]:
        """Return both players.

        Args:
            runtime: For those with a model.
            clock: What their budget is measured with; None is the machine's.
            has_voices: Whether the voices of a model's soldiers come with them.

        Raises:
            ValueError: A player needs a model and there is no runtime.
        """
        names = zip(SIDES, (self.blue, self.red), strict=True)
        return {
            side: self._squad(name, runtime, clock, has_voices) if has_model(name) else MAKERS[name](self.seed)
            for side, name in names
        }

    def _squad(self, name: str, runtime: RuntimeLike | None, clock: Clock | None, has_voices: bool) -> Squad:
        if runtime is None:
            raise ValueError(f"The player {name!r} needs a runtime.")
        return Squad(
            runtime,
            budget_ms=self.budget_ms,
            utility_weight=self.weight if name == "mixed" else 0.0,
            tick_ms=self.tick_ms,
            has_voices=has_voices,
            clock=clock,
        )
