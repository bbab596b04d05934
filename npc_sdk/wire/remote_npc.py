"""A character that lives in a host, as the game sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from npc_sdk.actions import ActionSpec, LiveWorld
from npc_sdk.errors import StateError
from npc_sdk.persona import Persona
from npc_sdk.runtime.character import HistoryLine
from npc_sdk.runtime.check import checked_ms, checked_text
from npc_sdk.runtime.decision import Decision, checked_options
from npc_sdk.runtime.events import TurnEvent
from npc_sdk.runtime.npc import MAX_SPEAKER_BYTES
from npc_sdk.runtime.turn import Turn
from npc_sdk.wire import messages as m
from npc_sdk.wire import told
from npc_sdk.wire.answer import Answer
from npc_sdk.wire.desk import CALL_LIMIT_S, Desk, machine_ms, request_of
from npc_sdk.wire.messages.base import MAX_DURATION_MS
from npc_sdk.wire.peer_outputs import Over
from npc_sdk.wire.remote_turn import Begun
from npc_sdk.wire.remote_world import RemoteWorld
from npc_sdk.wire.talk import Fallbacks, OpenDecision, Talk

if TYPE_CHECKING:
    from npc_sdk.runtime.interface import NpcLike


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCast:
    """Who a character is, as far as this side knows."""

    name: str
    persona: Persona
    actions: tuple[ActionSpec, ...]
    is_new: bool


class RemoteNpc:
    """A character that talks, acts and decides in a host; made by :meth:`Client.spawn`.

    It is used like an :class:`~npc_sdk.Npc`. Every method may be called from any thread. Its turns move on
    while the game polls its client, or waits for one of them.
    """

    def __init__(self, cast: RemoteCast, desk: Desk) -> None:
        self._cast = cast
        self._desk = desk
        self._fallbacks = Fallbacks(cast.persona)
        self._world = RemoteWorld(desk, cast.name)
        self._talk: Talk | None = None
        self._is_gone = False

    def __repr__(self) -> str:
        return f"<RemoteNpc {self.name!r}>"

    @property
    def name(self) -> str:
        """The name within the session."""
        return self._cast.name

    @property
    def persona(self) -> Persona:
        """Who the character is; of one that the host knew by name, what the host tells of it."""
        return self._cast.persona

    @property
    def actions(self) -> tuple[ActionSpec, ...]:
        """What the character can do."""
        return self._cast.actions

    @property
    def world(self) -> LiveWorld:
        """What the game says about the world right now: tick and vocabularies."""
        return self._world

    @property
    def is_new(self) -> bool:
        """Whether the host had not kept this character from before."""
        return self._cast.is_new

    @property
    def is_talking(self) -> bool:
        """Whether a turn runs."""
        return self._talk is not None and self._talk.turn.end is None

    @property
    def history(self) -> tuple[HistoryLine, ...]:
        """What the character remembers of its conversation, oldest first; waits for the host."""
        self._flush()
        result = self._desk.answered(m.NpcHistory, npc=self.name)
        return told.history(result) if isinstance(result, m.HistoryResult) else ()

    def say(
        self,
        text: str,
        *,
        deadline_ms: float | None = None,
        speaker: str | None = None,
        on_event: Callable[[TurnEvent], None] | None = None,
    ) -> Turn:
        """Say something to the character.

        Args:
            text: The player's words; any text, it stays plain text for the model.
            deadline_ms: When the answer must be complete; None takes that of the client.
            speaker: Who speaks, when there are several.
            on_event: Gets each event of the turn when the game polls.

        Returns:
            The turn; look at its events after a poll, or iterate over it.

        Raises:
            PromptError: The text is empty (``text_empty``) or too long (``text_too_long``).
            RequestError: The deadline is no positive number (``bad_duration``).
            StateError: The client is closed (``closed``) or the character gone (``despawned``).
        """
        desk = self._desk
        line = checked_text(text, limit_bytes=desk.limits.max_text_bytes, what="text")
        name = None if speaker is None else checked_text(speaker, limit_bytes=MAX_SPEAKER_BYTES, what="speaker's name")
        due_ms = _duration(deadline_ms, desk.deadline_ms, "deadline_ms")
        self._require_here()
        with desk.pump.lock:
            self._flush()
            begun = Begun(at_ms=machine_ms(), deadline_ms=due_ms)
            talk = Talk(desk, self.name, begun, self._fallbacks, on_event)
            desk.pump.ask(partial(_say, talk, npc=self.name, text=line, speaker=name, deadline_ms=due_ms), talk)
            talk.is_asked = True
            self._talk = talk
        return Turn(desk.follow(talk.turn.log, due_ms), talk)

    def decide(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> Decision:
        """Have the character choose one of several options; returns when it has, at the deadline at last.

        A frame loop that must not wait uses :meth:`begin_decision`.

        Args:
            situation: What is decided about.
            options: 2 to 26 different texts.
            deadline_ms: When the choice must be there; None takes that of the client.
            default: The option to take when the model does not answer; None takes the first.

        Raises:
            PromptError: The situation is empty or too long, or the options cannot be used (``bad_options``).
            RequestError: The deadline is no positive number (``bad_duration``).
            StateError: The client is closed (``closed``) or the character gone (``despawned``).
        """
        return self.begin_decision(situation, options, deadline_ms=deadline_ms, default=default).result()

    def begin_decision(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
        on_decision: Callable[[Decision], None] | None = None,
    ) -> OpenDecision:
        """Have the character choose, without waiting for it; arguments and errors as for :meth:`decide`.

        Args:
            situation: What is decided about.
            options: 2 to 26 different texts.
            deadline_ms: When the choice must be there; None takes that of the client.
            default: The option to take when the model does not answer; None takes the first.
            on_decision: Gets the decision when the game polls.
        """
        desk = self._desk
        text = checked_text(situation, limit_bytes=desk.limits.max_text_bytes, what="situation")
        listed, fallback = checked_options(options, default)
        due_ms = _duration(deadline_ms, desk.deadline_ms, "deadline_ms")
        self._require_here()
        opened = OpenDecision(desk, Begun(at_ms=machine_ms(), deadline_ms=due_ms), listed, fallback, on_decision)
        with desk.pump.lock:
            self._flush()
            opened.id = desk.ask(
                m.NpcDecide,
                opened,
                npc=self.name,
                situation=text,
                options=listed,
                default=listed[fallback],
                deadline_ms=due_ms,
            )
        return opened

    def observe(self, text: str, *, ttl_ms: float | None = None) -> None:
        """Tell the character what it notices; it stands in its prompts until it is over.

        Args:
            text: One short line, such as ``"It starts to rain."``.
            ttl_ms: How long it matters; None takes the setting of the host.

        Raises:
            PromptError: The text is empty or too long.
            RequestError: ``ttl_ms`` is no positive number (``bad_duration``).
            StateError: The client is closed or the character gone.
        """
        line = checked_text(text, limit_bytes=self._desk.limits.max_text_bytes, what="observation")
        lasts_ms = None if ttl_ms is None else _duration(ttl_ms, 1.0, "ttl_ms")
        self._require_here()
        self._desk.ask(
            m.NpcObserve, self._desk.quiet(self.name, "npc.observe"), npc=self.name, text=line, ttl_ms=lasts_ms
        )

    def greet(self) -> str:
        """Return the persona's greeting, and let the character remember that it said it.

        It is remembered only as the first line of a conversation. Empty for a persona without one.

        Raises:
            StateError: The client is closed or the character gone.
        """
        self._require_here()
        self._desk.ask(m.NpcGreet, self._desk.quiet(self.name, "npc.greet"), npc=self.name)
        return self.persona.greeting

    def park(self) -> None:
        """Give the character's slot to others; its state comes back with the next turn. Waits for the host.

        Raises:
            StateError: The character is talking (``npc_talking``), the client is closed, or it is gone.
            BackendError: Nothing is heard of the host (``host_lost``).
        """
        self._require_here()
        self._flush()
        self._desk.answered(m.NpcPark, npc=self.name)

    def despawn(self, *, is_kept: bool = False) -> None:
        """Take the character out of the host; a running turn ends as ``cut``. Safe to call twice.

        While nothing is heard of the host, it is told later.

        Args:
            is_kept: Whether the host keeps what the character remembers, for a later spawn under its name.

        Raises:
            StateError: The client is closed (``closed``).
        """
        if self._is_gone:
            return
        self._flush()
        answer = self._take_out(is_kept)
        self._is_gone = True
        self._desk.wait(lambda: answer.is_over or self._desk.is_lost, CALL_LIMIT_S)

    def _flush(self) -> None:
        """Send what waits, before something that must come after it."""
        if self._talk is not None:
            self._talk.flush()
        self._world.flush()

    def _take_out(self, is_kept: bool) -> Answer:
        answer = Answer(lambda over: self._taken_out(over, is_kept))
        self._desk.ask(m.NpcDespawn, answer, npc=self.name, is_kept=is_kept)
        return answer

    def _taken_out(self, over: Over, is_kept: bool) -> None:
        # A host that was away for long still has the character.
        if over.is_local and over.error is not None and over.error.code == "no_answer":
            self._take_out(is_kept)

    def _require_here(self) -> None:
        if self._is_gone:
            raise StateError(f"{self.name} was despawned.", "Spawn the character again.", code="despawned")


def _say(talk: Talk, id: int, *, npc: str, text: str, speaker: str | None, deadline_ms: float) -> m.NpcSay:
    # A turn of a host that is lost is over before it was asked for, so it must know its id by now.
    talk.id = id
    return request_of(m.NpcSay, id=id, npc=npc, text=text, speaker=speaker, deadline_ms=deadline_ms)


def _duration(value: float | None, default_ms: float, what: str) -> float:
    return min(checked_ms(value, default_ms=default_ms, what=what), MAX_DURATION_MS)


if TYPE_CHECKING:
    _LIKE: type[NpcLike] = RemoteNpc
