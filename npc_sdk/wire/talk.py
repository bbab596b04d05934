"""One turn between a game and a host: what the host sends becomes events, what the game says is sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from npc_sdk.errors import PromptError, StateError
from npc_sdk.persona import Persona
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.events import TurnEvent
from npc_sdk.runtime.follow import Follow
from npc_sdk.wire import messages as m
from npc_sdk.wire.answer import Answer, code_of, failure_of
from npc_sdk.wire.desk import Desk, machine_ms
from npc_sdk.wire.peer_outputs import Over
from npc_sdk.wire.remote_turn import Begun, RemoteDecision, RemoteTurn

# Ends after which the host may hold for said what nobody has heard.
_UNHEARD = frozenset({"host_lost", "deadline"})


class Fallbacks:
    """The fallback lines of a character, which take turns. Not thread safe; owned by whoever holds the pump's lock.

    Args:
        persona: Whose lines they are.
    """

    def __init__(self, persona: Persona) -> None:
        self._persona = persona
        self._said = 0

    def next_line(self) -> str:
        """Return the line that is due."""
        return self._persona.fallback_line(self._said)

    def said(self) -> None:
        """Take note that a line was said, here or by the host."""
        self._said += 1


class Talk:
    """A turn that was asked for; what the game says about it may come from any thread.

    Args:
        desk: The way to the host.
        npc: Name of the character.
        begun: When the turn began.
        fallbacks: What the character says when it cannot say anything else.
        on_event: Gets each event when the game polls; None when nobody wants them.

    Attributes:
        id: That of the request.
        is_asked: Whether the host may have heard of it; False while it is being asked.
        turn: What has arrived.
    """

    def __init__(
        self,
        desk: Desk,
        npc: str,
        begun: Begun,
        fallbacks: Fallbacks,
        on_event: Callable[[TurnEvent], None] | None,
    ) -> None:
        self._desk = desk
        self._npc = npc
        self._fallbacks = fallbacks
        self._on_event = on_event
        self._heard = _HeardReports(desk, npc)
        self.id = 0
        self.is_asked = False
        self.turn = RemoteTurn(begun, fallbacks.next_line, self._answer, None if on_event is None else self._call)

    # From the host.

    def item(self, event: m.EventBody) -> None:
        """Take an event."""
        self.turn.take(event, machine_ms())

    def over(self, over: Over) -> None:
        """Take the end."""
        if isinstance(over.result, m.TurnResult):
            self.turn.finish(over.result)
        else:
            self.turn.fail(code_of(over), failure_of(over), machine_ms())
        end = self.turn.end
        if end is None:
            return
        if end.source == "fallback":
            self._fallbacks.said()
        if over.is_local and end.source == "fallback":
            # The host knows nothing of this line, so positions in it mean nothing there.
            self._heard.finish(self.id, 0 if self.is_asked and end.why in _UNHEARD else None)
        elif over.is_local and end.why in _UNHEARD:
            self._heard.report(self.id, len(end.text))

    # From the game.

    def heard(self, characters: int) -> None:
        """Tell the host how much was heard."""
        with self._desk.pump.lock:
            self._heard.report(self.id, characters)

    def flush(self) -> None:
        """Send what was not told yet, because the next turn is about to begin."""
        with self._desk.pump.lock:
            self._heard.flush()

    def cancel(self) -> None:
        """End the turn now with what it has."""
        if self.turn.end is None:
            self._desk.pump.tell(lambda peer, now_ms: peer.cancel(self.id, now_ms))

    def _answer(self, action_id: str, result: str, may_continue: bool) -> None:
        limit_bytes = self._desk.limits.max_string_bytes
        size = len(result.encode("utf-8", "replace"))
        if size > limit_bytes:
            raise PromptError(
                f"The result has {size} bytes; at most {limit_bytes} are allowed.",
                "Say it in one short text.",
                code="text_too_long",
                bytes=size,
                limit_bytes=limit_bytes,
            )
        try:
            self._desk.ask(
                m.NpcResult,
                self._desk.quiet(self._npc, "npc.result"),
                npc=self._npc,
                action_id=action_id,
                result=result,
                may_continue=may_continue,
            )
        except StateError:
            # The client is closed: as with a runtime that is, nobody is left to be told.
            return

    def _call(self, event: TurnEvent) -> None:
        if self._on_event is not None:
            self._desk.call_later(partial(self._on_event, event))


class _HeardReports:
    """Tells the host how much was heard, one report at a time: what matters is the last one."""

    def __init__(self, desk: Desk, npc: str) -> None:
        self._desk = desk
        self._npc = npc
        self._is_finished = False
        self._is_sending = False
        self._waiting: tuple[int, int] | None = None

    def report(self, turn: int, characters: int) -> None:
        if self._is_finished:
            return
        self._waiting = (turn, characters)
        if not self._is_sending:
            self.flush()

    def finish(self, turn: int, characters: int | None) -> None:
        """Report for the last time, or no more when None."""
        if characters is None:
            self._waiting = None
        else:
            self.report(turn, characters)
        self._is_finished = True

    def flush(self) -> None:
        if self._waiting is None:
            return
        turn, characters = self._waiting
        self._waiting = None
        self._is_sending = True
        try:
            self._desk.ask(m.NpcHeard, Answer(self._sent), npc=self._npc, turn=turn, characters=characters)
        except StateError:
            # The client is closed; nobody is left to be told.
            self._is_finished = True

    def _sent(self, over: Over) -> None:
        self._is_sending = False
        self.flush()


class OpenDecision:
    """A decision that was asked for and may not be there yet; every method may be called from any thread.

    Args:
        desk: The way to the host.
        begun: When it was asked for.
        options: What can be chosen.
        default: Position of what is chosen without the model.
        on_decision: Gets the decision when the game polls; None when nobody wants it.
    """

    def __init__(
        self,
        desk: Desk,
        begun: Begun,
        options: tuple[str, ...],
        default: int,
        on_decision: Callable[[Decision], None] | None = None,
    ) -> None:
        self._desk = desk
        self._on_decision = on_decision
        self._remote = RemoteDecision(begun, options, default)
        self.id = 0
        self.follow: Follow[Decision] = desk.follow(self._remote.log, begun.deadline_ms)

    @property
    def decision(self) -> Decision | None:
        """What was chosen, once it is there."""
        return self._remote.log.item(0)

    def result(self, timeout_s: float | None = None) -> Decision:
        """Wait for the decision and return it.

        Args:
            timeout_s: Longest wait; None waits for its deadline.

        Raises:
            DeadlineError: The time is up (``wait_timeout``).
        """
        return self.follow.last(timeout_s)

    def cancel(self) -> None:
        """Take the default now."""
        if self.decision is None:
            self._desk.pump.tell(lambda peer, now_ms: peer.cancel(self.id, now_ms))

    def item(self, event: m.EventBody) -> None:
        """Pass over an event; none is expected."""

    def over(self, over: Over) -> None:
        """Take the end."""
        if isinstance(over.result, m.DecisionResult):
            self._remote.finish(over.result, machine_ms())
        else:
            self._remote.fail(code_of(over), failure_of(over), machine_ms())
        decided = self.decision
        if self._on_decision is not None and decided is not None:
            self._desk.call_later(partial(self._on_decision, decided))
