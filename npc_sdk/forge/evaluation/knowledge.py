"""Everything that a character of an evaluation could know, as one text."""

from __future__ import annotations

from collections.abc import Iterator

from npc_sdk.forge.corpus.conversation import Conversation, Result, Say, Step
from npc_sdk.prompt.text import persona_text, world_text


class Knowledge:
    """The card, and what the player and the game told since; not what the character itself said.

    Not thread safe; one conversation owns it.

    Args:
        conversation: The card and the steps.
    """

    def __init__(self, conversation: Conversation) -> None:
        world = [world_text(conversation.world)] if conversation.world is not None else []
        self._parts = [*world, persona_text(conversation.persona)]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self._parts)

    def learn(self, step: Step) -> None:
        """Take in what a step tells."""
        self._parts += _told(step)


def _told(step: Step) -> Iterator[str]:
    if isinstance(step, Result):
        yield from step.texts
        return
    yield from step.observations
    for values in step.vocabulary.values():
        yield from values
    if isinstance(step, Say):
        yield step.line
        if step.speaker:
            yield step.speaker
