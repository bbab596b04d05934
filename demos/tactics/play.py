"""The running game without a window: one frame after the other, and never a wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, nextafter
from typing import Any, Final

from npc_sdk import NpcError

from ..drawing.gauges import Gauges
from ..figures.checked import part, whole
from ..figures.figures import Figures
from ..havoc import kill
from .hand import Hand
from .human import Human
from .loading import Loading
from .minds import Mind
from .muster import Muster
from .news import words_of
from .options import PlayOptions
from .players import Plan, Player
from .recording import told
from .room import reserve_mib
from .rules import SIDES, Side
from .scene import Point, Scene
from .soldiers import Squad, SquadPlan
from .stage import Cue, Stage
from .voices import Voices

VERDICT_MS: Final = 4000.0
# A window that was dragged or hidden goes on where it stood.
LONGEST_STEP_MS: Final = 250.0

__all__ = ["Loading", "Play", "PlayOptions"]


class Play:
    """A game that runs. Not thread safe; loading alone happens on a thread of its own.

    Args:
        options: How it is played.
        mind: Where the soldiers of a model live; None when no side needs one.
        now_ms: The time now, on the clock of :meth:`advance`; None takes that of the first frame.
    """

    def __init__(self, options: PlayOptions, *, mind: Mind | None = None, now_ms: float | None = None) -> None:
        self.options = options
        self.is_paused = False
        self.figures = Figures(decision_limit_ms=options.budget_ms)
        self.walls_ms: list[float] = []
        self.cues: list[Cue] = []
        self.stage = self._new_stage(options.seed, {})
        self._mind = mind if options.needs_model else None
        self._muster = Muster(self._mind, options.squads, options.seed, tick_ms=options.tick_ms,
                              budget_ms=options.budget_ms, weight=options.weight)  # fmt: skip
        self._players: Mapping[Side, Player] = {}
        self._plans: dict[Side, Plan] = {}
        self._unasked: list[Side] = []
        self._voices, self._hand = Voices(self._cue), Hand(self._cue)
        self._is_reserved = self._was_found = self._is_between = False
        self._reserve_mib: int | None = None
        self._engine_pid: int | None = None
        self._now_ms = now_ms
        self._at_ms = self._due_ms = self._ticked_ms = 0.0

    # Loading.

    @property
    def loading(self) -> Loading:
        """How far loading has come; an error only as long as there is no battle that could go on."""
        known = self._muster.loading
        return replace(known, error="") if self.is_loaded else known

    @property
    def is_loaded(self) -> bool:
        """Whether the battle has begun."""
        return bool(self._players)

    def load(self) -> None:
        """Begin to load; look at ``loading`` and ``is_loaded`` each frame."""
        self._muster.start()

    # Each frame.

    def advance(self, now_ms: float) -> None:
        """Go on to a moment; once a frame, never waits."""
        self._is_between = False
        self._advance(now_ms)
        self._is_between = True

    def _advance(self, now_ms: float) -> None:
        before_ms, self._now_ms = self._now_ms, now_ms
        step_ms = 0.0 if before_ms is None else min(LONGEST_STEP_MS, max(0.0, now_ms - before_ms))
        if self._take_players():
            step_ms = 0.0
        if not self.is_loaded:
            return
        self._listen(now_ms)
        self._at_ms += 0.0 if self.is_paused else step_ms
        if self.stage.over_ms is not None:
            if self._at_ms - self.stage.over_ms >= VERDICT_MS:
                self._begin_battle(self.stage.seed + 1)
        elif self._at_ms >= self._due_ms:
            self._tick(now_ms)
        elif self._unasked:
            self._ask()
        self._collect()
        self._voices.acted(
            self.stage, [deed for squad in self._squads.values() for deed in squad.listen(self.stage.battle)]
        )
        self._voices.advance(self.stage, self._squads, self._at_ms)

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Say how the last frame went, after it was drawn."""
        self.figures.frame(work_ms, self._now_ms or 0.0)
        if self._mind is not None and not self._muster.is_busy:
            self._mind.frame(target_ms, work_ms)

    @property
    def scene(self) -> Scene:
        """The moment."""
        return self.stage.scene(self._at_ms)

    @property
    def gauges(self) -> Gauges:
        """How game and model are doing."""
        return self.figures.gauges(self._now_ms or 0.0)

    def report(self) -> dict[str, Any]:
        """Return the battle so far as plain data; :class:`demos.tactics.recording.Replay` shows it again."""
        return told(self.stage, self.cues, self._players, self.walls_ms)

    def close(self) -> None:
        """Give everything back; may take a moment."""
        self._voices.close(self.stage)
        # Who still loads closes it there.
        if self._muster.stop() and self._mind is not None:
            self._mind.close()

    # What the player does.

    def click(self, at: Point | None, button: int = 1) -> None:
        """Take a click on a place of the field; None is beside it, and any button but the first closes the panel."""
        if self.is_loaded:
            self._hand.point(self.stage, self.scene, at if button == 1 else None, self._led)
            self._prefer()

    def choose(self, index: int) -> None:
        """Take a choice of the panel."""
        self._hand.choose(self.stage, index, self._led)

    def type(self, text: str) -> None:
        """Take typed or pasted text, when somebody is selected who listens."""
        if self._listener is not None:
            self._hand.type(self.stage, text)

    def erase(self) -> None:
        """Take the last letter away."""
        self._hand.erase(self.stage)

    def submit(self) -> None:
        """Say what was typed to the selected soldier."""
        squad, label = self._listener, self.stage.selected
        text = self._hand.taken(self.stage) if squad is not None else ""
        if squad is None or label is None or not text:
            return
        try:
            self._voices.talk(self.stage, squad, label, text)
        except NpcError as error:
            self._notice(f"Nobody can be talked to now: {error.cause}", "trouble")

    def deselect(self) -> None:
        """Close the panel."""
        if self.is_loaded:
            self._hand.select(self.stage, None, self._led)
            self._prefer()

    def toggle_pause(self) -> None:
        """Stop the game's time, or let it go on."""
        self.is_paused = not self.is_paused
        self._notice("Paused. Space goes on." if self.is_paused else "On.", "news")

    def toggle_pacing(self) -> None:
        """Let the model yield to the frame, or not."""
        if self._mind is None:
            self._notice("No side is played by a model.", "news")
            return
        self._mind.is_paced = self.figures.is_paced = not self._mind.is_paced
        words = (
            "The model hears of the frames and yields to them."
            if self._mind.is_paced
            else "The model hears of no frames."
        )
        self._notice(words, "good" if self._mind.is_paced else "news")

    def toggle_reserve(self) -> None:
        """Take memory from the model for the game, or give it back."""
        if self._mind is None:
            self._notice("No side is played by a model.", "news")
            return
        if self._muster.is_busy:
            self._notice("The host is being started; try it again when it is there.", "news")
            return
        if self._reserve_mib is None:
            self._notice("Nobody watches over the memory of this host.", "news")
            return
        self._is_reserved = not self._is_reserved
        self._mind.reserve(self._reserve_mib if self._is_reserved else 0)
        taken = f"The game takes {self._reserve_mib:,} MiB of the memory."
        self._notice(taken if self._is_reserved else "The game gives the memory back.", "news")

    def kill_engine(self) -> None:
        """End the engine's process, to see what becomes of the battle."""
        if self._mind is None or self._engine_pid is None or not kill(self._engine_pid):
            self._notice("There is no engine to be killed.", "news")
            return
        self._notice(f"Killed: the engine, process {self._engine_pid}.", "trouble")
        self._engine_pid = None

    def restart(self) -> None:
        """Begin a new battle; also starts the host again when it is gone, or its engine for good."""
        if not self.is_loaded:
            return
        is_gone = self._mind is not None and (self._mind.is_gone or self.figures.has_no_engine)
        if is_gone and not self._muster.is_busy:
            self._notice("The host is started again.", "news")
            self._muster.start()
        self._begin_battle(self.stage.seed + 1)

    # The battle.

    def _take_players(self) -> bool:
        """Begin once the soldiers are there, and again when they came anew."""
        was_busy = self._muster.is_busy
        fresh = self._muster.taken()
        if fresh is None:
            if self.is_loaded and was_busy and not self._muster.is_busy:
                self._notice(f"The host does not start. {self._muster.loading.error}", "trouble")
            return False
        is_first, self._players = not self._players, fresh
        self._is_reserved = False
        self._begin_battle(self.options.seed if is_first else self.stage.seed)
        return True

    def _begin_battle(self, seed: int) -> None:
        self._voices.close(self.stage)
        selected, typed = self.stage.selected, self.stage.typed
        self.cues, self.walls_ms = [], []
        self.stage = self._new_stage(seed, self.stage.wins)
        self._at_ms = 0.0
        self._due_ms, self._ticked_ms = self.options.tick_ms, self._now_ms or 0.0
        for side, player in self._players.items():
            player.rest()
            if not isinstance(player, Squad):
                player.muster(self.stage.battle, side)
        if selected is not None:
            self._hand.select(self.stage, selected, self._led)
            self._hand.type(self.stage, typed)
        self._plans, self._unasked = {}, list(SIDES)

    def _new_stage(self, seed: int, wins: Mapping[Side, int]) -> Stage:
        options = self.options
        return Stage(seed=seed, limit=options.limit, tick_ms=options.tick_ms, players=options.squads, wins=wins)

    def _ask(self) -> None:
        """Have the next side begin to choose, while the last tick is still being shown.

        One a frame, so that no frame pays for all.
        """
        side = self._unasked.pop(0)
        plan = self._plans[side] = self._players[side].begin(self.stage.battle, side)
        if plan.waiting:
            self._cue("asked", labels=list(plan.waiting))

    def _collect(self) -> None:
        """See who has answered."""
        if self.stage.thinking:
            waiting = {label for plan in self._plans.values() for label in plan.waiting}
            answered = sorted(self.stage.thinking - waiting)
            if answered:
                self._cue("answered", labels=answered)
        self.figures.thinking(sorted(self.stage.thinking))

    def _tick(self, now_ms: float) -> None:
        """Do what was chosen, and ask again."""
        while self._unasked:
            self._ask()
        moves: dict[str, list[str]] = {}
        orders: dict[str, list[str]] = {}
        sources: dict[str, list[Any]] = {}
        for side, plan in self._plans.items():
            if not plan.is_over:
                plan.cancel()
            chosen = plan.moves()
            moves.update({label: [move.verb, move.target] for label, move in chosen.items()})
            orders.update({who: [move.verb, move.target] for who, move in plan.orders().items() if who == side})
            known = plan.sources()
            sources.update({label: list(known.get(label, ("game", None))) for label in chosen})
            if isinstance(plan, SquadPlan):
                self._heeded(plan)
        self._cue("tick", at_ms=self._due_ms, moves=moves, orders=orders, sources=sources)
        self._due_ms += self.options.tick_ms
        self.walls_ms.append(now_ms - self._ticked_ms)
        self._ticked_ms = now_ms
        self._told(sources)
        if self.stage.over_ms is None:
            self._hand.offer(self.stage, self._led)
            self._unasked = list(SIDES)

    def _heeded(self, plan: SquadPlan) -> None:
        """Show what came of what soldiers were told."""
        for deed, move in plan.heeded:
            self._voices.note(self.stage, deed, move)
            self.figures.spoiled(stale=move is None)

    def _told(self, sources: Mapping[str, Any]) -> None:
        """Let everybody know what has happened in a tick."""
        happened = self.stage.told
        if happened is None:
            return
        for player in self._players.values():
            player.notice(happened.after, happened.events)
        self._voices.tick(self.stage, happened, self._at_ms)
        self.figures.spoiled(invalid=sum(event.kind == "refused" for event in happened.events))
        for source, latency_ms in sources.values():
            self.figures.decided(latency_ms, source, source == "model")

    # What the host says.

    def _listen(self, now_ms: float) -> None:
        if self._mind is None or self._muster.is_busy:
            return
        self._mind.poll()
        for kind, data in self._mind.news():
            self.figures.news(kind, data, now_ms)
            step = self.gauges.last_step if kind == "budget_step" else ""
            words = words_of(kind, data, step=step, is_first=not self._was_found)
            self._was_found = self._was_found or kind == "host_found"
            if words is not None:
                self._notice(*words)
            if kind == "host_found" and not data.get("is_resumed"):
                self._is_reserved = False
        status = self._mind.figures()
        if status is not None:
            self.figures.take_status(status, now_ms)
            self._engine_pid = whole(part(status, "engine").get("process_id")) or None
            self._reserve_mib = reserve_mib(status) if not self._is_reserved else self._reserve_mib

    # Inside.

    @property
    def _squads(self) -> Mapping[Side, Squad]:
        return {side: player for side, player in self._players.items() if isinstance(player, Squad)}

    @property
    def _led(self) -> dict[str, Any] | None:
        """What the player has told the soldiers that he leads."""
        return next((player.told for player in self._players.values() if isinstance(player, Human)), None)

    @property
    def _listener(self) -> Squad | None:
        """The side of the soldier that is selected, when he lives and a model speaks for him."""
        label = self.stage.selected
        if label is None or not self.stage.battle.unit(label).is_alive:
            return None
        return self._squads.get(self.stage.battle.unit(label).side)

    def _prefer(self) -> None:
        """Ask the selected soldier before the others from now on."""
        for squad in self._squads.values():
            squad.first = self.stage.selected or ""

    def _notice(self, text: str, kind: str) -> None:
        self._cue("notice", text=text, kind=kind)

    def _cue(self, what: str, *, at_ms: float | None = None, **data: Any) -> None:
        # What happens between two frames belongs to the second of them, here and when it is shown again.
        now_ms = nextafter(self._at_ms, inf) if self._is_between else self._at_ms
        cue: Cue = {"at": now_ms if at_ms is None else at_ms, "what": what, **data}
        self.cues.append(cue)
        self.stage.take(cue)
