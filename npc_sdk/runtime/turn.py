"""One turn as the game sees it: an iterable of events that ends once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from npc_sdk.errors import StateError
from npc_sdk.runtime.check import checked_count
from npc_sdk.runtime.events import SpeechDelta, TurnEnd, TurnEvent
from npc_sdk.runtime.follow import Follow


class TurnOwner(Protocol):
    """Takes what the game says about a turn; safe from any thread."""

    def heard(self, characters: int) -> None: ...
    def cancel(self) -> None: ...


class Turn:
    """What a character says and does in answer to one line.

    Iterate over it to get the events in order; the last one is always a :class:`TurnEnd`. It may be
    iterated several times and from several threads, each time from the first event. The turn runs on
    whether or not anybody iterates. Every method may be called from any thread.
    """

    def __init__(self, follow: Follow[TurnEvent], owner: TurnOwner) -> None:
        self._follow = follow
        self._log = follow.log
        self._owner = owner

    def __iter__(self) -> Iterator[TurnEvent]:
        index = 0
        while (event := self._follow.item(index)) is not None:
            index += 1
            yield event

    @property
    def deadline_ms(self) -> float:
        """How long the turn may take."""
        return self._follow.deadline_ms

    @property
    def events(self) -> tuple[TurnEvent, ...]:
        """The events so far."""
        return self._log.items()

    @property
    def end(self) -> TurnEnd | None:
        """The end, once it is there."""
        last = self._log.items()[-1:]
        return last[0] if last and isinstance(last[0], TurnEnd) else None

    @property
    def is_over(self) -> bool:
        """Whether the end is there."""
        return self._log.is_closed

    @property
    def text(self) -> str:
        """What the character has said so far; after the end, what stands."""
        end = self.end
        if end is not None:
            return end.text
        return "".join(event.text for event in self.events if isinstance(event, SpeechDelta))

    def heard(self, characters: int) -> None:
        """Report how much of the text the player has heard; the character's history keeps no more.

        May be called again and again while the text is shown or spoken; the last report counts. It is
        taken until the next turn of this character begins. Without a report all of
        :attr:`TurnEnd.text` counts as heard (setting ``auto_heard``).

        Args:
            characters: Characters of the deltas put together, as in :attr:`Sentence.ends_at`.

        Raises:
            RequestError: It is no whole number (``bad_count``).
        """
        self._owner.heard(checked_count(characters, what="characters"))

    def cancel(self) -> None:
        """End the turn now with what it has; nothing when it is over."""
        self._owner.cancel()

    def result(self, timeout_s: float | None = None) -> TurnEnd:
        """Wait for the end and return it.

        Args:
            timeout_s: Longest wait; None waits for the turn's own deadline.

        Raises:
            DeadlineError: The time is up (``wait_timeout``); the turn runs on.
        """
        end = self._follow.last(timeout_s)
        if not isinstance(end, TurnEnd):
            raise StateError("The turn has no end.", code="internal")
        return end


def follow_of(turn: Turn) -> Follow[TurnEvent]:
    """Return what a turn reads its events from."""
    return turn._follow
