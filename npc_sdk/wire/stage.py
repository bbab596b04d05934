"""Does with the runtime what clients ask for, on a thread of its own, so that the sockets never wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from npc_sdk.errors import NpcError, StateError
from npc_sdk.runtime import Runtime, TurnEnd, TurnEvent
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.failure import as_npc_error
from npc_sdk.runtime.mailbox import Log
from npc_sdk.runtime.npc import pending_decision
from npc_sdk.runtime.turn import follow_of
from npc_sdk.wire import messages as m
from npc_sdk.wire.casting import Casting, let_go, when_kept
from npc_sdk.wire.ensemble import Ensemble
from npc_sdk.wire.fair_queue import FairQueue
from npc_sdk.wire.feed import Feed
from npc_sdk.wire.library import Library
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.outputs import Begin, Closed
from npc_sdk.wire.replies import Replies
from npc_sdk.wire.saving import Saving
from npc_sdk.wire.translate import decision_body, event_body, history_body, turn_body
from npc_sdk.world import CharacterRecord, CharacterStore

LOOK_S: Final = 1.0
# A game may set its world in every frame; a tick that is this old is good enough.
WORLD_MS: Final = 5000.0
# Whole characters written again at once after the disk was full: each is more than a change.
WHOLE_AT_ONCE: Final = 16
_logger = logging.getLogger(__name__)

Work: TypeAlias = Callable[[], None]
Key: TypeAlias = tuple[str, int]


@runtime_checkable
class Budgeted(Protocol):
    """A runtime that keeps graphics memory free for the game."""

    def reserve(self, mib: int) -> None: ...


class Stage:
    """Runs the requests of all sessions: those of one owner in their order, those of different owners in turns.

    :meth:`begin`, :meth:`cancel`, :meth:`over` and :meth:`closed` are for the socket thread and return at once;
    everything else is done on a thread of its own.

    Args:
        runtime: A runtime that works.
        library: Personas and worlds that clients may name.
        store: Keeps the characters; None keeps none.
        replies: Gets what requests come to.
        limits: What a message may hold.
        now_ms: Tells the time.
        on_loaded: Gets what the store had kept, on the store's thread; must not raise.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        library: Library,
        store: CharacterStore | None,
        replies: Replies,
        now_ms: Callable[[], float],
        limits: Limits = DEFAULT_LIMITS,
        on_loaded: Callable[[CharacterRecord], None] | None = None,
    ) -> None:
        self._runtime = runtime
        self._store = store
        self._replies = replies
        self._now_ms = now_ms
        self._limits = limits
        self._queue: FairQueue[str, Work] = FairQueue()
        self._ensembles: dict[str, Ensemble] = {}
        self._lock = threading.Lock()
        self._running: dict[Key, Callable[[], None]] = {}
        self._cancelled: set[Key] = set()
        self._casting = Casting(
            runtime, library=library, store=store, replies=replies, queue=self._queue, on_loaded=on_loaded
        )
        self._is_draining = False
        self._world_ms = now_ms()
        self._thread = threading.Thread(target=self._run, name="npc-stage", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def running(self) -> int:
        """Turns and decisions that run."""
        return len(self._running)

    @property
    def is_stored(self) -> bool:
        """Whether what characters become could be written the last time."""
        return self._casting.is_stored

    @property
    def npcs(self) -> int:
        """Characters of all sessions."""
        return sum(len(ensemble.members) for ensemble in list(self._ensembles.values()))

    # On the socket thread.

    def begin(self, begin: Begin, now_ms: float) -> None:
        """Have a request run."""
        self._queue.put(begin.owner, partial(self._answer, begin, now_ms))

    def cancel(self, session: str, id: int) -> None:
        """End a turn or a decision now, also one that has not begun."""
        with self._lock:
            cancel = self._running.get((session, id))
            if cancel is None:
                self._cancelled.add((session, id))
                return
        cancel()

    def over(self, session: str, id: int) -> None:
        """Take note that the end of a request was handed on."""
        with self._lock:
            self._running.pop((session, id), None)
            self._cancelled.discard((session, id))

    def closed(self, closed: Closed) -> None:
        """Let the characters of a session go; they stay in the store unless they are to be forgotten."""
        self._queue.put(closed.owner, partial(self._leave, closed.session, closed.owner, closed.is_forgotten))

    def drain(self) -> None:
        """Begin no turn and no decision any more."""
        self._is_draining = True

    def end_turns(self) -> None:
        """End all turns and decisions now; safe from any thread."""
        with self._lock:
            running = list(self._running.values())
        for cancel in running:
            cancel()

    def close(self, timeout_s: float) -> None:
        """Let all characters go and end the thread; nothing is begun any more."""
        for session, ensemble in list(self._ensembles.items()):
            self._queue.put(ensemble.owner, partial(self._leave, session, ensemble.owner, False))
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # On the stage's thread.

    def _run(self) -> None:
        looked_ms = self._now_ms()
        while True:
            taken = self._queue.take(LOOK_S)
            if taken is not None:
                self._do(taken[1])
            elif self._queue.is_closed:
                return
            if self._now_ms() - looked_ms >= LOOK_S * 1000.0:
                looked_ms = self._now_ms()
                self._do(self._look_after)

    def _do(self, work: Work) -> None:
        try:
            work()
        except Exception:
            _logger.exception("Work for a session failed.")

    def _answer(self, begin: Begin, received_ms: float) -> None:
        request, session = begin.request, begin.session
        ensemble = self._ensembles.get(session)
        if ensemble is None:
            ensemble = self._ensembles[session] = Ensemble(session, begin.owner)
        try:
            result = self._result(ensemble, request, received_ms)
        except Exception as error:
            if not isinstance(error, NpcError):
                _logger.exception("A %s failed.", type(request).__name__)
            self._replies.fail(session, request.id, as_npc_error(error))
            return
        if result is not None:
            self._replies.finish(session, request.id, result)

    def _result(self, ensemble: Ensemble, request: Any, received_ms: float) -> m.Result | None:
        """Return what a request comes to, or None when that is told later."""
        if isinstance(request, m.NpcSay):
            return self._say(ensemble, request, received_ms)
        if isinstance(request, m.NpcDecide):
            return self._decide(ensemble, request, received_ms)
        if isinstance(request, m.NpcSpawn):
            return self._casting.spawn(ensemble, request)
        if isinstance(request, m.NpcDespawn):
            return self._casting.despawn(ensemble, request)
        if isinstance(request, m.WorldSet):
            ensemble.set_world(request.npc, request.tick, request.vocabularies)
            return m.Done()
        if isinstance(request, m.BudgetReserve):
            return self._reserve(ensemble, request)
        return self._tell(ensemble, request)

    def _tell(self, ensemble: Ensemble, request: Any) -> m.Result | None:
        member = ensemble.member(request.npc)
        if isinstance(request, m.NpcHistory):
            return history_body(member.npc.history, request.last, self._limits)
        if isinstance(request, m.NpcObserve):
            member.npc.observe(request.text, ttl_ms=request.ttl_ms)
            return m.Done()
        if isinstance(request, m.NpcPark):
            member.npc.park()
            return m.Done()
        if isinstance(request, m.NpcGreet):
            return when_kept(self._replies, ensemble, request, member, m.GreetingResult(text=member.npc.greet()))
        if isinstance(request, m.NpcHeard):
            member.turn(request.turn).heard(request.characters)
            return when_kept(self._replies, ensemble, request, member, m.Done())
        if isinstance(request, m.NpcResult):
            member.call(request.action_id).reply(request.result, continue_=request.may_continue)
            return when_kept(self._replies, ensemble, request, member, m.Done())
        raise StateError(f"This host cannot do {request.type}.", code="unknown_type")

    # Turns and decisions.

    def _say(self, ensemble: Ensemble, request: m.NpcSay, received_ms: float) -> m.Result | None:
        member = ensemble.member(request.npc)
        self._require_open()
        deadline_ms = self._left_ms(request.deadline_ms, received_ms)
        turn = member.npc.say(request.text, deadline_ms=deadline_ms, speaker=request.speaker)
        member.began(request.id, turn)
        self._follow(ensemble, request, follow_of(turn).log, _read_turn, turn.cancel, member.saving)
        return None

    def _decide(self, ensemble: Ensemble, request: m.NpcDecide, received_ms: float) -> m.Result | None:
        member = ensemble.member(request.npc)
        self._require_open()
        pending = pending_decision(
            member.npc,
            request.situation,
            request.options,
            deadline_ms=self._left_ms(request.deadline_ms, received_ms),
            default=request.default,
        )
        read = partial(_read_decision, request.options)
        self._follow(ensemble, request, pending.follow.log, read, pending.cancel, None)
        return None

    def _follow(
        self,
        ensemble: Ensemble,
        request: m.Request,
        log: Log[Any],
        read: Callable[[Any], tuple[Any, bool]],
        cancel: Callable[[], None],
        saving: Saving | None,
    ) -> None:
        key = (ensemble.session, request.id)
        feed = Feed(session=key[0], id=key[1], log=log, read=read, saving=saving, cancel=cancel)
        with self._lock:
            self._running[key] = cancel
            is_cancelled = key in self._cancelled
        if is_cancelled:
            cancel()
        log.listen(partial(self._replies.fed, feed))
        # For what came before anybody listened.
        self._replies.fed(feed)

    def _left_ms(self, deadline_ms: float | None, received_ms: float) -> float | None:
        """Return what is left of a deadline that counts from the receipt."""
        return None if deadline_ms is None else max(1.0, deadline_ms - (self._now_ms() - received_ms))

    def _require_open(self) -> None:
        if self._is_draining:
            raise StateError("The host is stopping.", "Connect to another one.", code="closing")

    # Coming and going.

    def _leave(self, session: str, owner: str, is_forgotten: bool) -> None:
        ensemble = self._ensembles.pop(session, None)
        if ensemble is not None:
            for member in ensemble.members.values():
                self._do(partial(let_go, member))
            if ensemble.reserved_mib:
                self._do(self._reserve_all)
        with self._lock:
            self._cancelled = {key for key in self._cancelled if key[0] != session}
            self._running = {key: cancel for key, cancel in self._running.items() if key[0] != session}
        if is_forgotten and self._store is not None:
            self._store.remove_all(owner)

    def _reserve(self, ensemble: Ensemble, request: m.BudgetReserve) -> m.Result:
        ensemble.reserved_mib = request.mib
        self._reserve_all()
        return m.Done()

    def _reserve_all(self) -> None:
        if isinstance(self._runtime, Budgeted):
            self._runtime.reserve(sum(ensemble.reserved_mib for ensemble in self._ensembles.values()))

    # Keeping.

    def _look_after(self) -> None:
        """Have written what nothing else would have written: new ticks, and what could not be written before."""
        whole = 0
        is_world_due = self._now_ms() - self._world_ms >= WORLD_MS
        if is_world_due:
            self._world_ms = self._now_ms()
        for ensemble in list(self._ensembles.values()):
            for member in list(ensemble.members.values()):
                is_behind = member.saving.needs_whole and whole < WHOLE_AT_ONCE
                whole += is_behind
                if is_behind or (member.is_world_new and is_world_due):
                    member.is_world_new = False
                    member.npc.keep(is_whole=is_behind)


def _read_turn(event: TurnEvent) -> tuple[Any, bool]:
    return (turn_body(event), True) if isinstance(event, TurnEnd) else (event_body(event), False)


def _read_decision(options: tuple[str, ...], decision: Decision) -> tuple[Any, bool]:
    return decision_body(decision, options), True
