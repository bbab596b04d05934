"""The running game without a window: one frame after the other, and never a wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, nextafter
from typing import Any, Final

from npc_sdk import NpcError

from ..drawing.gauges import Gauges
from ..figures.figures import Figures
from .cast import first_name
from .hand import Hand
from .host_control import HostControl
from .human import Human
from .loading import Loading
from .minds import Minds
from .muster import Muster
from .options import PlayOptions
from .planning import Planning
from .players import Player
from .recording import full_report
from .rules import Side
from .scene import Point, Scene
from .soldiers import Squad
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
        minds: Where the soldiers of a model live; None when no side needs one.
        now_ms: The time now, on the clock of :meth:`advance`; None takes that of the first frame.

    Raises:
        ValueError: A model plays a side, and there are no minds.
    """

    def __init__(self, options: PlayOptions, *, minds: Minds | None = None, now_ms: float | None = None) -> None:
        if options.needs_model and minds is None:
            raise ValueError("A side that a model plays needs minds.")
        self.options = options
        self.is_paused = False
        self.figures = Figures(decision_limit_ms=options.budget_ms)
        self.walls_ms: list[float] = []
        self.cues: list[Cue] = []
        self.stage = self._new_stage(options.seed, {})
        self._minds = minds if options.needs_model else None
        self._muster = Muster(self._minds, options.pairing)
        self._players: Mapping[Side, Player] = {}
        self._planning = Planning({})
        self._voices, self._hand = Voices(self._cue), Hand(self._cue)
        self._host = HostControl(self._minds, self.figures, self._notice)
        self._is_between = False
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
        if not self._muster.is_busy:
            self._host.listen(now_ms)
        self._at_ms += 0.0 if self.is_paused else step_ms
        if self.stage.over_ms is not None:
            if self._at_ms - self.stage.over_ms >= VERDICT_MS:
                self._begin_battle(self.stage.seed + 1)
        elif self._at_ms >= self._due_ms:
            self._tick(now_ms)
        elif not self._planning.is_asked:
            self._ask()
        self._collect()
        self._voices.acted(
            self.stage, [deed for squad in self._squads.values() for deed in squad.listen(self.stage.battle)]
        )
        self._voices.advance(self.stage, self._squads, self._at_ms)

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Say how the last frame went, after it was drawn."""
        self.figures.frame(work_ms, self._now_ms or 0.0)
        if self._minds is not None and not self._muster.is_busy:
            self._minds.frame(target_ms, work_ms)

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
        return full_report(self.stage, self.cues, self._players, self.walls_ms)

    def close(self) -> None:
        """Give everything back; may take a moment."""
        self._voices.close(self.stage)
        # Who still loads closes it there.
        if self._muster.stop() and self._minds is not None:
            self._minds.close()

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
        self._host.toggle_pacing()

    def toggle_reserve(self) -> None:
        """Take memory from the model for the game, or give it back."""
        self._host.toggle_reserve(is_busy=self._muster.is_busy)

    def kill_engine(self) -> None:
        """End the engine's process, to see what becomes of the battle."""
        self._host.kill_engine()

    def restart(self) -> None:
        """Begin a new battle; also starts the host again when it is gone, or its engine for good."""
        if not self.is_loaded:
            return
        if self._host.is_gone and not self._muster.is_busy:
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
        self._planning = Planning(fresh)
        self._host.renew()
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
                player.prepare(self.stage.battle, side)
        if selected is not None:
            self._hand.select(self.stage, selected, self._led)
            self._hand.type(self.stage, typed)
        self._planning.begin(is_new=True)

    def _new_stage(self, seed: int, wins: Mapping[Side, int]) -> Stage:
        options = self.options
        return Stage(seed=seed, limit=options.limit, tick_ms=options.tick_ms, players=options.squads, wins=wins)

    def _ask(self) -> None:
        """Have the next side begin to choose, while the last tick is still being shown.

        One a frame, so that no frame pays for all.
        """
        waiting = self._planning.ask(self.stage.battle)
        if waiting:
            self._cue("asked", labels=list(waiting))

    def _collect(self) -> None:
        """See who has answered."""
        answered = sorted(self.stage.thinking - self._planning.waiting) if self.stage.thinking else []
        if answered:
            self._cue("answered", labels=answered)
        thinking = sorted(self.stage.thinking)
        self.figures.thinking(first_name(self.stage.battle.unit(label)) for label in thinking)

    def _tick(self, now_ms: float) -> None:
        """Do what was chosen, and ask again."""
        while not self._planning.is_asked:
            self._ask()
        decided = self._planning.decide()
        for deed, move in decided.heeded:
            self._voices.note(self.stage, deed, move)
            self.figures.spoiled(stale=move is None)
        self._cue("tick", at_ms=self._due_ms, moves=decided.moves, orders=decided.orders, sources=decided.sources)
        self._due_ms += self.options.tick_ms
        self.walls_ms.append(now_ms - self._ticked_ms)
        self._ticked_ms = now_ms
        self._announce(decided.sources)
        if self.stage.over_ms is None:
            self._hand.offer(self.stage, self._led)
            self._planning.begin()

    def _announce(self, sources: Mapping[str, Any]) -> None:
        """Let everybody know what has happened in a tick."""
        happened = self.stage.happened
        if happened is None:
            return
        for player in self._players.values():
            player.notice(happened.after, happened.events)
        self._voices.tick(self.stage, happened, self._at_ms)
        self.figures.spoiled(invalid=sum(event.kind == "refused" for event in happened.events))
        for source, latency_ms in sources.values():
            self.figures.decided(latency_ms, source, source == "model")

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
