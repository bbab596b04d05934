"""How a game is played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from npc_sdk.errors import RequestError

from .battle import MOST_TICKS
from .pairing import MIXED_WEIGHT, Pairing
from .player_names import NAMED
from .rules import Side

TICK_MS: Final = 1400.0
# Part of a tick that decisions may take; the rest is for what may be late.
BUDGET_SHARE: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayOptions:
    """How a game is played.

    Args:
        squads: Who plays each side, by the names of :data:`demos.tactics.player_names.NAMED`.
        seed: Number of the first battle.
        limit: Most ticks of a battle.
        tick_ms: How long a tick takes.
        weight: How much the game's scores count for a mixed player.

    Raises:
        RequestError: A player is unknown (``bad_squads``).
    """

    squads: Mapping[Side, str] = field(default_factory=lambda: {"blue": "model", "red": "utility"})
    seed: int = 1
    limit: int = MOST_TICKS
    tick_ms: float = TICK_MS
    weight: float = MIXED_WEIGHT

    def __post_init__(self) -> None:
        for name in self.squads.values():
            if name not in NAMED:
                raise RequestError(
                    f"Nobody called {name!r:.40} plays.",
                    f"Name two of {', '.join(NAMED)}, such as model:utility.",
                    code="bad_squads",
                )

    @property
    def pairing(self) -> Pairing:
        """Who fights whom."""
        return Pairing(
            blue=self.squads["blue"],
            red=self.squads["red"],
            seed=self.seed,
            budget_ms=self.budget_ms,
            weight=self.weight,
            tick_ms=self.tick_ms,
        )

    @property
    def needs_model(self) -> bool:
        """Whether a side is played by a model."""
        return self.pairing.needs_model

    @property
    def budget_ms(self) -> float:
        """How long the decisions of a tick may take."""
        return self.tick_ms * BUDGET_SHARE
