"""A side that a model plays: what its soldiers see, are asked and are told.

What touches the SDK is in ``minds``; the moves that come of it are in ``squad_plan``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.interface import RuntimeLike
from npc_sdk.tactics import CostSheet

from .cast import labelled, temper_of
from .command import commander, possible_orders
from .deeds import Deed, is_order, move_of
from .minds import SHOUT_MS, Speaking, Troop
from .rules import ORDER_TICKS, Battle, Event, Move, Side, Unit
from .squad_plan import SquadPlan
from .utility import SCALE, utility
from .view import Question, View, look, move_text, order_text

NOTICE_TICKS = 3
SHOUT_LINE = "What do you see?"


class Squad:
    """A side that a model plays. Not thread safe; owned by the game's loop.

    Args:
        runtime: A :class:`npc_sdk.Runtime` or the client of a host; its owner closes it.
        budget_ms: How long the decisions of a tick may take.
        utility_weight: How much the game's own scores count beside the model's, from 0 to 1.
        tick_ms: How long a tick lasts in the game, for what is observed.
        has_voices: Whether the voices come with the soldiers, and not when somebody is first talked to.
        clock: As for :class:`npc_sdk.tactics.TacticalLoop`.
    """

    def __init__(
        self,
        runtime: RuntimeLike,
        *,
        budget_ms: float = 400.0,
        utility_weight: float = 0.0,
        tick_ms: float = 1000.0,
        has_voices: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.troop = Troop(runtime, budget_ms=budget_ms, weight=utility_weight, scale=SCALE, clock=clock)
        self.turns: dict[str, Speaking] = {}
        self.sheets: dict[int, CostSheet] = {}
        self.stale = self.obeyed = 0
        self.first = ""
        self._has_voices = has_voices
        self._tick_ms = tick_ms
        self._weight = utility_weight
        self._said: dict[str, Deed] = {}
        self._commanded: dict[Side, Deed] = {}

    @property
    def name(self) -> str:
        """What kind of player it is."""
        return "mixed" if self._weight else "model"

    def prepare(self, battle: Battle, side: Side) -> None:
        """Bring the characters of a side into the runtime; waits for it."""
        for unit in battle.living(side):
            self.enlist(unit)

    def enlist(self, unit: Unit) -> None:
        """Bring in the characters of one soldier; waits for it."""
        self.troop.enlist(unit)
        if self._has_voices:
            self.troop.enlist(unit, ".voice")
            self.troop.enlist(unit, ".shout")

    def rest(self) -> None:
        """Forget what was told for a battle that is over, and what it took."""
        self.turns.clear()
        self.sheets.clear()
        self.stale = self.obeyed = 0
        self._said.clear()
        self._commanded.clear()

    def begin(self, battle: Battle, side: Side) -> SquadPlan:
        """Ask everybody of a side what to do; returns at once."""
        units = battle.living(side)
        for unit in units:
            self._tell(battle, unit)
        plan = SquadPlan(self, battle, side)
        plan.heed()
        views = [look(battle, unit) for unit in self._in_turn(units) if unit.label not in plan.spoken]
        order = self._order(battle, side)
        plan.ask(views, order)
        return plan

    def talk(self, battle: Battle, label: str, text: str, *, speaker: str = "The player") -> Speaking:
        """Say something to a soldier; what he does is his next move.

        Args:
            battle: The moment.
            label: Whom.
            text: What; names in it become labels, because the lists of what can be done have those.
            speaker: Who speaks.
        """
        self.troop.enlist(battle.unit(label), ".voice")
        self._tell(battle, battle.unit(label))
        said = self.turns[label] = self.troop.say(f"{label}.voice", labelled(text, battle.units), speaker)
        return said

    def shout(self, unit: Unit, seen: str) -> Speaking:
        """Have a soldier shout because of something.

        Args:
            unit: Who.
            seen: What he notices.
        """
        self.troop.enlist(unit, ".shout")
        self.troop.observe(f"{unit.label}.shout", seen, SHOUT_MS)
        return self.troop.say(f"{unit.label}.shout", SHOUT_LINE, deadline_ms=SHOUT_MS)

    def notice(self, battle: Battle, events: tuple[Event, ...]) -> None:
        """Let the soldiers notice who has fallen in a tick."""
        for fallen in (event.unit for event in events if event.kind == "fall"):
            for name in self.troop.npcs:
                label, _, part = name.partition(".")
                if label != fallen and part != "shout":
                    self.troop.observe(name, f"{fallen} has fallen.", NOTICE_TICKS * self._tick_ms)

    def report(self) -> Mapping[str, Any]:
        """Return what the decisions took, and what became of what was said."""
        return {**CostSheet.total(self.sheets.values()).to_dict(), "stale": self.stale, "obeyed": self.obeyed}

    def close(self) -> None:
        """Take the soldiers out of the runtime."""
        self.troop.despawn()

    def listen(self, battle: Battle) -> list[Deed]:
        """Take what soldiers do in answer to what was said to them; returns what is new."""
        new: list[Deed] = []
        for label, speaking in list(self.turns.items()):
            for call in speaking.acts():
                deed = Deed(label, move_of(call), is_order(call), call)
                new.append(deed)
                if deed.is_order:
                    self._commanded[battle.unit(label).side] = deed
                else:
                    self._said[label] = deed
            end = speaking.end
            if end is not None:
                self.stale += end.dropped
                del self.turns[label]
        return new

    def taken(self, side: Side) -> tuple[dict[str, Deed], Deed | None]:
        """Return what the soldiers want to do and the captain to order, and forget it."""
        said, self._said = self._said, {}
        return said, self._commanded.pop(side, None)

    def question_of(self, view: View) -> Question:
        """Return what a soldier is asked."""
        unit, temper = view.unit, temper_of(view.unit)
        worths = [utility(view.battle, unit, move, temper) for move in view.moves]
        self.troop.enlist(unit)
        return Question(label=unit.label, situation=view.situation, options=view.options, worths=worths)

    def _in_turn(self, units: Iterable[Unit]) -> list[Unit]:
        """Return the soldiers with the one first whom the player has clicked."""
        return sorted(units, key=lambda unit: unit.label != self.first)

    def _tell(self, battle: Battle, unit: Unit) -> None:
        """Tell a soldier's voice what is there: what its actions may name, and what the captain wants."""
        enemies = [other.label for other in battle.enemies(unit.side)]
        allies = [other.label for other in battle.living(unit.side) if other is not unit]
        self.troop.tell(unit.label, battle.tick, enemies=enemies, allies=allies)
        order = battle.orders.get(unit.side)
        if order is not None and order.until == battle.tick + ORDER_TICKS:
            self.troop.observe(f"{unit.label}.voice", order_text(order.move), ORDER_TICKS * self._tick_ms)

    def _order(self, battle: Battle, side: Side) -> tuple[Question, tuple[Move, ...]] | None:
        """Ask the captain what the squad shall do, when it is time for an order."""
        captain = commander(battle, side)
        if captain is None:
            return None
        moves, worths = possible_orders(battle, captain)
        if not moves:
            return None
        situation, options = look(battle, captain).situation, [move_text(move) for move in moves]
        self.troop.enlist(captain)
        return Question(label=captain.label, situation=situation, options=options, worths=worths), moves
