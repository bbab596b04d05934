"""What a squad of a model is about to do in a tick: the answers of its soldiers, and what they were told to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from npc_sdk.tactics import Tick

from .deeds import Deed
from .minds import reply
from .players import Latency
from .rules import Battle, Move, Side, legal_moves
from .scene import Source
from .view import Question, View, move_text, understood

if TYPE_CHECKING:
    from .soldiers import Squad


@dataclass(slots=True)
class SquadPlan:
    """What a squad is about to do in a tick: look at ``is_over`` each frame, or wait with ``moves()``.

    Attributes:
        spoken: Moves of those who were told to.
        heeded: What came of being told: the deed, and the move that it became; None when it was too late for one.
    """

    squad: Squad
    battle: Battle
    side: Side
    spoken: dict[str, Move] = field(default_factory=dict)
    heeded: list[tuple[Deed, Move | None]] = field(default_factory=list)
    _decisions: Tick | None = None
    _views: list[View] = field(default_factory=list)
    _order_moves: tuple[Move, ...] = ()
    _commanded: Move | None = None

    def ask(self, views: list[View], order: tuple[Question, tuple[Move, ...]] | None) -> None:
        """Ask the soldiers, and the captain for an order."""
        self._views = views
        questions = [self.squad.question_of(view) for view in views]
        if order is not None:
            questions.append(order[0])
            self._order_moves = order[1]
        self._decisions = self.squad.troop.ask(questions)

    def heed(self) -> None:
        """Take what soldiers want to do because they were told to, as far as it is possible."""
        self.squad.listen(self.battle)
        said, command = self.squad.taken(self.side)
        for label, deed in said.items():
            unit = self.battle.unit(label)
            move = understood(deed.move, legal_moves(self.battle, unit)) if unit.is_alive else None
            if move is not None:
                self.spoken[label] = move
            self.squad.obeyed += move is not None
            self.squad.stale += move is None
            self._came_of(deed, move)
        if command is not None:
            self._commanded = command.move
            self._came_of(command, command.move)

    @property
    def is_over(self) -> bool:
        """Whether everybody has decided, or the time is up; never waits."""
        return self._decisions is None or self._decisions.is_over

    @property
    def waiting(self) -> tuple[str, ...]:
        """Labels of those who have not decided yet; never waits."""
        return () if self._decisions is None else self._decisions.waiting

    def cancel(self) -> None:
        """Wait no longer: who has not decided takes what the game thinks best."""
        if self._decisions is not None:
            self._decisions.cancel()

    def orders(self) -> Mapping[Side, Move]:
        """Return what the captain has told the squad; a captain who did not answer in time has told nothing."""
        if self._commanded is not None:
            return {self.side: self._commanded}
        choices = () if self._decisions is None else self._decisions.result()[len(self._views) :]
        chosen = [self._order_moves[choice.index] for choice in choices if choice.source != "fallback"]
        return {self.side: chosen[0]} if chosen else {}

    def moves(self) -> Mapping[str, Move]:
        """Return the move of each soldier, and note what they took."""
        self.heed()
        if self._decisions is None:
            return dict(self.spoken)
        choices = self._decisions.result()
        self.squad.sheets[self.battle.tick] = self._decisions.sheet
        decided = {view.unit.label: view.moves[each.index] for view, each in zip(self._views, choices, strict=False)}
        return {**decided, **self.spoken}

    def sources(self) -> Mapping[str, tuple[Source, Latency]]:
        """Return who chose the moves, and how long that took."""
        choices = () if self._decisions is None else self._decisions.result()
        asked: dict[str, tuple[Source, Latency]] = {
            view.unit.label: (each.source, each.latency_ms if each.source != "game" else None)
            for view, each in zip(self._views, choices, strict=False)
        }
        return {**asked, **dict.fromkeys(self.spoken, ("said", None))}

    def _came_of(self, deed: Deed, move: Move | None) -> None:
        self.heeded.append((deed, move))
        what = "too late" if move is None else "ordered" if deed.is_order else "done"
        reply(deed.call, f"{what}: {move_text(move or deed.move)}")
