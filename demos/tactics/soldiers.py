"""All that this demo does with the SDK: soldiers that are characters of a model.

Each tick the squad tells its characters what is there (``world.update``, ``observe``), asks all of them at once what
they do (``TacticalLoop``), and turns the answers into moves of the game. A player may talk to a soldier in between;
what the soldier does in answer is the next move, if it is still legal.

A soldier is two characters with one persona: one decides, from a prompt that stays as short as the model likes it; the
other, the voice, talks, remembers, and has the actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npc_sdk import ActionCall, Turn
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.interface import NpcLike, RuntimeLike
from npc_sdk.tactics import Ask, CostSheet, TacticalLoop, Tick

from .cast import persona_of, temper_of, world
from .command import commander, possible_orders
from .deeds import ACTIONS, CAPTAIN_ACTIONS, is_order, move_of
from .rules import ORDER_TICKS, Battle, Event, Move, Side, Unit, legal_moves
from .utility import SCALE, utility
from .view import View, look, move_text, order_text

TALK_MS = 4000.0
NOTICE_TICKS = 3


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
        self.npcs: dict[str, NpcLike] = {}
        self.voices: dict[str, NpcLike] = {}
        self.turns: dict[str, Turn] = {}
        self.sheets: dict[int, CostSheet] = {}
        self.stale = self.obeyed = 0
        self._runtime = runtime
        self._has_voices = has_voices
        self._tick_ms = tick_ms
        self._weight = utility_weight
        self._said: dict[str, Move] = {}
        self._commanded: dict[Side, Move] = {}
        self._heard_calls: dict[str, int] = {}
        self._loop = TacticalLoop(budget_ms=budget_ms, utility_weight=utility_weight, utility_scale=SCALE, clock=clock)

    @property
    def name(self) -> str:
        """What kind of player it is."""
        return "mixed" if self._weight else "model"

    def muster(self, battle: Battle, side: Side) -> None:
        """Bring the characters of a side into the runtime; waits for it."""
        for unit in battle.living(side):
            self._npc(unit)
            if self._has_voices:
                self._voice(unit)

    def begin(self, battle: Battle, side: Side) -> SquadPlan:
        """Ask everybody of a side what to do; returns at once."""
        units = battle.living(side)
        for unit in units:
            self._tell(battle, unit)
        self._listen(battle)
        spoken = {unit.label: self._said.pop(unit.label) for unit in units if unit.label in self._said}
        moves = {label: move for label, move in spoken.items() if move in legal_moves(battle, battle.unit(label))}
        self.stale += len(spoken) - len(moves)
        self.obeyed += len(moves)
        views = [look(battle, unit) for unit in units if unit.label not in moves]
        asks = [self._ask(view) for view in views]
        order = self._order(battle, side)
        tick = self._loop.begin([*asks, *([order[0]] if order else [])])
        told, self._commanded = self._commanded, {}
        return SquadPlan(self, side, battle.tick, tick, views, moves, order[1] if order else (), told)

    def talk(self, battle: Battle, label: str, text: str, *, speaker: str = "The player") -> Turn:
        """Say something to a soldier; what he does is his next move.

        Args:
            battle: The moment.
            label: Whom.
            text: What.
            speaker: Who speaks.
        """
        voice = self._voice(battle.unit(label))
        self._tell(battle, battle.unit(label))
        turn = self.turns[label] = voice.say(text, deadline_ms=TALK_MS, speaker=speaker)
        self._heard_calls[label] = 0
        return turn

    def notice(self, battle: Battle, events: tuple[Event, ...]) -> None:
        """Let the soldiers notice who has fallen in a tick."""
        for fallen in (event.unit for event in events if event.kind == "fall"):
            for npc in (*self.npcs.values(), *self.voices.values()):
                if npc.name != fallen:
                    npc.observe(f"{fallen} has fallen.", ttl_ms=NOTICE_TICKS * self._tick_ms)

    def report(self) -> Mapping[str, Any]:
        """Return what the decisions took, and what became of what was said."""
        return {**CostSheet.total(self.sheets.values()).to_dict(), "stale": self.stale, "obeyed": self.obeyed}

    def close(self) -> None:
        """Take the soldiers out of the runtime."""
        for npc in (*self.npcs.values(), *self.voices.values()):
            npc.despawn()
        self.npcs.clear()
        self.voices.clear()

    def _npc(self, unit: Unit) -> NpcLike:
        if unit.label not in self.npcs:
            self.npcs[unit.label] = self._runtime.spawn(
                persona_of(unit), name=unit.label, seed=unit.number, priority="companion", world=world()
            )
        return self.npcs[unit.label]

    def _voice(self, unit: Unit) -> NpcLike:
        if unit.label not in self.voices:
            actions = CAPTAIN_ACTIONS if unit.role == "captain" else ACTIONS
            self.voices[unit.label] = self._runtime.spawn(
                persona_of(unit), actions, name=f"{unit.label}.voice", seed=unit.number, world=world()
            )
        return self.voices[unit.label]

    def _tell(self, battle: Battle, unit: Unit) -> None:
        """Tell a soldier's voice what is there: what its actions may name, and what the captain wants."""
        voice = self.voices.get(unit.label)
        if voice is None:
            return
        view = look(battle, unit)
        enemies, allies = ([other.label for other in seen] for seen in (view.enemies, view.allies))
        voice.world.update(tick=battle.tick, enemies=enemies, allies=allies)
        order = battle.orders.get(unit.side)
        if order is not None and order.until == battle.tick + ORDER_TICKS:
            voice.observe(order_text(order.move), ttl_ms=ORDER_TICKS * self._tick_ms)

    def _ask(self, view: View) -> Ask:
        unit, temper = view.unit, temper_of(view.unit)
        worths = [utility(view.battle, unit, move, temper) for move in view.moves]
        return Ask(npc=self._npc(unit), situation=view.situation, options=view.options, utilities=worths)

    def _order(self, battle: Battle, side: Side) -> tuple[Ask, tuple[Move, ...]] | None:
        """Ask the captain what the squad shall do, when it is time for an order."""
        captain = commander(battle, side)
        if captain is None:
            return None
        moves, worths = possible_orders(battle, captain)
        if not moves:
            return None
        situation, options = look(battle, captain).situation, [move_text(move) for move in moves]
        return Ask(npc=self._npc(captain), situation=situation, options=options, utilities=worths), moves

    def _listen(self, battle: Battle) -> None:
        """Take what soldiers do in answer to what was said to them."""
        for label, turn in list(self.turns.items()):
            calls = [event for event in turn.events if isinstance(event, ActionCall)]
            for call in calls[self._heard_calls[label] :]:
                if is_order(call):
                    self._commanded[battle.unit(label).side] = move_of(call)
                else:
                    self._said[label] = move_of(call)
                call.reply("ok", continue_=False)
            self._heard_calls[label] = len(calls)
            if turn.end is not None:
                self.stale += turn.end.dropped
                del self.turns[label]


@dataclass(frozen=True, slots=True)
class SquadPlan:
    """What a squad is about to do in a tick: look at ``is_over`` each frame, or wait with ``moves()``."""

    squad: Squad
    side: Side
    at: int
    tick: Tick
    views: list[View]
    spoken: Mapping[str, Move]
    order_moves: tuple[Move, ...]
    commanded: Mapping[Side, Move]

    @property
    def is_over(self) -> bool:
        """Whether everybody has decided, or the time is up; never waits."""
        return self.tick.is_over

    def orders(self) -> Mapping[Side, Move]:
        """Return what the captain has told the squad; a captain who did not answer in time has told nothing."""
        orders = dict(self.commanded)
        for choice in self.tick.result()[len(self.views) :]:
            if choice.source != "fallback":
                orders.setdefault(self.side, self.order_moves[choice.index])
        return orders

    def moves(self) -> Mapping[str, Move]:
        """Return the move of each soldier, and note what they took."""
        choices = self.tick.result()
        self.squad.sheets[self.at] = self.tick.sheet
        decided = {view.unit.label: view.moves[choice.index] for view, choice in zip(self.views, choices, strict=False)}
        return {**decided, **self.spoken}
