"""Players by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.interface import RuntimeLike

from .minds import Via, open_runtime
from .players import Player, random_player, scripted_player, utility_player
from .rules import SIDES, Side
from .soldiers import Squad

__all__ = ["MIXED_WEIGHT", "PLAYERS", "Pairing", "Via", "open_runtime"]

PLAYERS = ("model", "mixed", "utility", "random", "still")
MIXED_WEIGHT = 0.5


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
        """Return the pairing of a text such as ``model:utility``.

        Raises:
            ValueError: It names no two players.
        """
        blue, colon, red = squads.partition(":")
        if not colon or blue not in PLAYERS or red not in PLAYERS:
            raise ValueError(f"{squads!r} names no two of: {', '.join(PLAYERS)}; write it as model:utility")
        return cls(blue=blue, red=red, seed=seed, budget_ms=budget_ms, weight=weight)

    @property
    def needs_model(self) -> bool:
        """Whether a side is played by a model."""
        return bool({self.blue, self.red} & {"model", "mixed"})

    def players(self, runtime: RuntimeLike | None = None, clock: Clock | None = None) -> Mapping[Side, Player]:
        """Return both players.

        Args:
            runtime: For those with a model.
            clock: What their budget is measured with; None is the machine's.

        Raises:
            ValueError: A player needs a model and there is no runtime.
        """
        return {
            side: self._player(name, runtime, clock) for side, name in zip(SIDES, (self.blue, self.red), strict=True)
        }

    def _player(self, name: str, runtime: RuntimeLike | None, clock: Clock | None) -> Player:
        if name in ("model", "mixed"):
            if runtime is None:
                raise ValueError(f"The player {name!r} needs a runtime.")
            weight = self.weight if name == "mixed" else 0.0
            return Squad(runtime, budget_ms=self.budget_ms, utility_weight=weight, tick_ms=self.tick_ms, clock=clock)
        makers: Mapping[str, Callable[[], Player]] = {"utility": utility_player, "still": lambda: scripted_player({})}
        return makers[name]() if name in makers else random_player(self.seed)
