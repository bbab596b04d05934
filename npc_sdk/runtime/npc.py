"""A character as the game sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from npc_sdk.actions import ActionSpec, LiveWorld
from npc_sdk.errors import StateError
from npc_sdk.persona import Persona
from npc_sdk.runtime.character import Character, HistoryLine, Surroundings
from npc_sdk.runtime.check import checked_ms, checked_text
from npc_sdk.runtime.decision import Decision, checked_options
from npc_sdk.runtime.events import TurnEvent
from npc_sdk.runtime.follow import Follow
from npc_sdk.runtime.mailbox import Log
from npc_sdk.runtime.task import DecisionTask, Task, TurnTask
from npc_sdk.runtime.turn import Turn

AnyTask = TypeVar("AnyTask", bound=Task)

MAX_SPEAKER_BYTES = 256


class Npc:
    """A character that talks, acts and decides; made by :meth:`Runtime.spawn`.

    It runs one turn at a time: a second :meth:`say` interrupts the first, which ends as ``cut`` with what
    was heard of it. Every method may be called from any thread.
    """

    def __init__(self, character: Character, shared: Surroundings, on_despawn: Callable[[Character], None]) -> None:
        self._character = character
        self._shared = shared
        self._on_despawn = on_despawn

    def __repr__(self) -> str:
        return f"<Npc {self.name!r}>"

    @property
    def name(self) -> str:
        """The name within the runtime."""
        return self._character.cast.name

    @property
    def persona(self) -> Persona:
        """Who the character is."""
        return self._character.cast.persona

    @property
    def actions(self) -> tuple[ActionSpec, ...]:
        """What the character can do."""
        return self._character.cast.actions

    @property
    def world(self) -> LiveWorld:
        """What the game says about the world right now: tick and vocabularies."""
        return self._character.live

    @property
    def is_talking(self) -> bool:
        """Whether a turn runs."""
        return self._character.is_talking

    @property
    def history(self) -> tuple[HistoryLine, ...]:
        """What the character remembers of its conversation, oldest first: only what was heard."""
        return self._shared.loop.call(self._character.history)

    def say(self, text: str, *, deadline_ms: float | None = None, speaker: str | None = None) -> Turn:
        """Say something to the character.

        Args:
            text: The player's words; any text, it stays plain text for the model.
            deadline_ms: When the answer must be complete; None takes the setting of the runtime.
            speaker: Who speaks, when there are several.

        Returns:
            The turn; iterate over it to get its events.

        Raises:
            PromptError: The text is empty (``text_empty``) or too long (``text_too_long``).
            RequestError: The deadline is no positive number (``bad_duration``).
            StateError: The runtime is closed (``closed``) or the character gone (``despawned``).
        """
        shared = self._shared
        line = checked_text(text, limit_bytes=shared.settings.max_text_bytes, what="text")
        name = None if speaker is None else checked_text(speaker, limit_bytes=MAX_SPEAKER_BYTES, what="speaker's name")
        due_ms = checked_ms(deadline_ms, default_ms=shared.settings.deadline_ms, what="deadline_ms")
        log: Log[TurnEvent] = Log()
        owner = _TurnOwner(self._character, shared)
        begin = partial(
            self._character.begin_turn,
            log,
            line,
            speaker=name,
            started_ms=shared.clock.now_ms(),
            deadline_ms=due_ms,
            on_task=owner.take,
        )
        self._post(begin)
        return Turn(Follow(log, shared.clock, deadline_ms=due_ms), owner)

    def decide(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> Decision:
        """Have the character choose one of several options; returns when it has, at the deadline at last.

        Nothing of it goes into the history. A turn that runs is not disturbed.

        Args:
            situation: What is decided about.
            options: 2 to 26 different texts.
            deadline_ms: When the choice must be there; None takes the setting of the runtime.
            default: The option to take when the model does not answer; None takes the first.

        Raises:
            PromptError: The situation is empty or too long, or the options cannot be used (``bad_options``).
            RequestError: The deadline is no positive number (``bad_duration``).
            StateError: The runtime is closed (``closed``) or the character gone (``despawned``).
        """
        return self.begin_decision(situation, options, deadline_ms=deadline_ms, default=default).result()

    def begin_decision(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> PendingDecision:
        """Have the character choose, without waiting for it; arguments and errors as for :meth:`decide`.

        Decisions of several characters that are begun one after the other are worked on together.
        """
        return pending_decision(self, situation, options, deadline_ms=deadline_ms, default=default)

    def observe(self, text: str, *, ttl_ms: float | None = None) -> None:
        """Tell the character what it notices; it stands in its prompts until it is over.

        Args:
            text: One short line, such as ``"It starts to rain."``.
            ttl_ms: How long it matters; None takes the setting of the runtime.

        Raises:
            PromptError: The text is empty or too long.
            RequestError: ``ttl_ms`` is no positive number (``bad_duration``).
            StateError: The runtime is closed or the character gone.
        """
        settings = self._shared.settings
        line = checked_text(text, limit_bytes=settings.max_text_bytes, what="observation")
        lasts_ms = checked_ms(ttl_ms, default_ms=settings.observation_ttl_ms, what="ttl_ms")
        until_ms = self._shared.clock.now_ms() + lasts_ms
        self._post(lambda: self._character.observe(line, until_ms=until_ms))

    def greet(self) -> str:
        """Return the persona's greeting, and let the character remember that it said it.

        It is remembered only as the first line of a conversation. Empty for a persona without one.

        Raises:
            StateError: The runtime is closed or the character gone.
        """
        self._post(self._character.greet)
        return self.persona.greeting

    def park(self) -> None:
        """Give the character's slot to others; its state is kept in host memory and comes back with the next turn.

        Raises:
            StateError: The character is talking (``npc_talking``), the runtime is closed, or it is gone.
        """
        self._require_here()
        self._shared.loop.call(self._character.park)

    def export(self) -> dict[str, Any]:
        """Return what must be kept so that ``Runtime.spawn(kept=...)`` brings the character back, as plain data.

        Its conversation as far as it was heard, what it notices, its live world and its random numbers. A
        turn that runs is not part of it, and neither are persona and actions: they are passed to ``spawn``.

        Raises:
            StateError: The runtime is closed.
        """
        return self._shared.loop.call(lambda: self._character.export().to_dict())

    def keep(self, *, is_whole: bool = False, then: Callable[[], None] | None = None) -> None:
        """Have what changed of that reported now (``Runtime.spawn(on_kept=...)``), such as a new tick of the world.

        Args:
            is_whole: Whether to report everything, because an earlier report was lost.
            then: Called on the runtime's thread after the report, and after all that was asked of the
                character before; must return quickly.

        Raises:
            StateError: The runtime is closed or the character gone.
        """
        self._post(partial(self._character.keep, is_whole=is_whole, then=then))

    def despawn(self) -> None:
        """Take the character out of the runtime; a running turn ends as ``cut``. Safe to call twice.

        Raises:
            StateError: The runtime is closed (``closed``).
        """
        if self._character.is_gone:
            return
        self._shared.loop.call(self._character.despawn)
        self._on_despawn(self._character)

    def _post(self, work: Callable[[], None]) -> None:
        self._require_here()
        if not self._shared.loop.post(work):
            raise StateError("The runtime is closed.", "Make another one.", code="closed")

    def _require_here(self) -> None:
        if self._character.is_gone:
            raise StateError(f"{self.persona.name} was despawned.", "Spawn the character again.", code="despawned")


def pending_decision(
    npc: Npc, situation: str, options: Sequence[str], *, deadline_ms: float | None, default: str | None
) -> PendingDecision:
    """Begin a decision; arguments and errors as for :meth:`Npc.decide`."""
    shared, character = npc._shared, npc._character
    text = checked_text(situation, limit_bytes=shared.settings.max_text_bytes, what="situation")
    listed, fallback = checked_options(options, default)
    due_ms = checked_ms(deadline_ms, default_ms=shared.settings.deadline_ms, what="deadline_ms")
    log: Log[Decision] = Log()
    owner: _Owner[DecisionTask] = _Owner(shared)
    begin = partial(
        character.begin_decision,
        log,
        text,
        listed,
        default=fallback,
        started_ms=shared.clock.now_ms(),
        deadline_ms=due_ms,
        on_task=owner.take,
    )
    npc._post(begin)
    return PendingDecision(follow=Follow(log, shared.clock, deadline_ms=due_ms), cancel=owner.cancel)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDecision:
    """A decision that was begun and may not be there yet; every method may be called from any thread.

    Args:
        follow: Where it will stand.
        cancel: Takes the default now.
    """

    follow: Follow[Decision]
    cancel: Callable[[], None]

    @property
    def decision(self) -> Decision | None:
        """What was chosen, once it is there."""
        return self.follow.log.item(0)

    def result(self, timeout_s: float | None = None) -> Decision:
        """Wait for the decision and return it.

        Args:
            timeout_s: Longest wait; None waits for its deadline.

        Raises:
            DeadlineError: The time is up (``wait_timeout``).
        """
        return self.follow.last(timeout_s)


class _Owner(Generic[AnyTask]):
    """Carries what the game says about a turn or a decision to the runtime's thread."""

    def __init__(self, shared: Surroundings) -> None:
        self._loop = shared.loop
        self._task: AnyTask | None = None

    def take(self, task: AnyTask) -> None:
        self._task = task

    def cancel(self) -> None:
        self._loop.post(self._cancel)

    def _cancel(self) -> None:
        # It was begun on the same thread before, so the task is there.
        if self._task is not None:
            self._loop.cancel(self._task, "cancelled")


class _TurnOwner(_Owner[TurnTask]):
    def __init__(self, character: Character, shared: Surroundings) -> None:
        super().__init__(shared)
        self._character = character

    def heard(self, characters: int) -> None:
        self._loop.post(lambda: self._heard(characters))

    def _heard(self, characters: int) -> None:
        if self._task is not None:
            self._character.heard(self._task, characters)
