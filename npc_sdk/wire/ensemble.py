"""The characters of one session."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from npc_sdk.actions import LiveWorld
from npc_sdk.errors import RequestError, StateError
from npc_sdk.persona import Persona
from npc_sdk.runtime import ActionCall, Npc, Turn
from npc_sdk.wire.saving import Saving

# What is said about a turn comes before the next one begins, but for a few that were interrupted at once.
KEPT_TURNS: Final = 4


class Member:
    """A character of a session. Not thread safe; owned by the stage's thread.

    Args:
        name: Its name in the session.
        npc: The character.
        saving: Writes down what it becomes.
    """

    def __init__(self, name: str, npc: Npc, saving: Saving) -> None:
        self.name = name
        self.npc = npc
        self.saving = saving
        self.is_world_new = False
        self._turns: OrderedDict[int, Turn] = OrderedDict()

    def began(self, request_id: int, turn: Turn) -> None:
        """Remember a turn, for what the game will say about it; the oldest are let go."""
        self._turns[request_id] = turn
        while len(self._turns) > KEPT_TURNS:
            self._turns.popitem(last=False)

    def turn(self, request_id: int) -> Turn:
        """Return a turn.

        Raises:
            StateError: It is not known, or too long ago (``unknown_turn``).
        """
        if request_id not in self._turns:
            raise StateError(
                f"{self.name} has no turn {request_id}.",
                "Name the id of one of its latest npc.say.",
                code="unknown_turn",
            )
        return self._turns[request_id]

    def call(self, action_id: str) -> ActionCall:
        """Return an action of one of the latest turns.

        Raises:
            StateError: There is none (``unknown_action``).
        """
        for turn in reversed(self._turns.values()):
            for event in turn.events:
                if isinstance(event, ActionCall) and event.id == action_id:
                    return event
        raise StateError(
            f"{self.name} has done nothing with the id {action_id!r:.80}.",
            "Repeat the action_id of an action event of one of its latest turns.",
            code="unknown_action",
        )


class Ensemble:
    """The characters of one session, and the world around them. Not thread safe; owned by the stage's thread.

    Args:
        session: The session.
        owner: Whose characters they are.
    """

    def __init__(self, session: str, owner: str) -> None:
        self.session = session
        self.owner = owner
        self.members: dict[str, Member] = {}
        self.reserved_mib = 0
        self._world = LiveWorld()
        self._is_world_set = False

    def member(self, name: str) -> Member:
        """Return a character.

        Raises:
            StateError: The session has none of this name (``unknown_npc``).
        """
        if name not in self.members:
            raise StateError(
                f"This session has no npc {name!r:.100}.", "Bring it in with npc.spawn.", code="unknown_npc"
            )
        return self.members[name]

    def name_for(self, persona: Persona, wanted: str | None) -> str:
        """Return the name under which a character comes in.

        Args:
            persona: Who it is.
            wanted: What the client calls it; None takes the persona's name, with a number when that is taken.

        Raises:
            StateError: The name is taken (``name_taken``).
        """
        if wanted is not None:
            if wanted in self.members:
                raise StateError(
                    f"This session has an npc {wanted!r} already.", "Choose another name.", code="name_taken"
                )
            return wanted
        chosen, number = persona.name, 1
        while chosen in self.members:
            number += 1
            chosen = f"{persona.name} {number}"
        return chosen

    def enter(self, member: Member) -> None:
        """Take in a character; it finds the world as it is."""
        self.members[member.name] = member
        if self._is_world_set:
            snapshot = self._world.snapshot()
            member.npc.world.update(tick=snapshot.tick, **snapshot.vocabularies)

    def set_world(self, name: str | None, tick: int | None, vocabularies: Mapping[str, Sequence[str]]) -> None:
        """Say what is true now.

        Args:
            name: For which character; None is for all, also those that come later.
            tick: The game's time; None leaves it.
            vocabularies: Lists by name; others stay.

        Raises:
            ActionError: A list cannot be used; nothing is changed then.
            RequestError: A list is called ``tick`` (``bad_name``).
            StateError: There is no such character.
        """
        if "tick" in vocabularies:
            raise RequestError("A list cannot be called 'tick'.", "Rename it.", code="bad_name")
        chosen = list(self.members.values()) if name is None else [self.member(name)]
        if name is None:
            self._world.update(tick=tick, **vocabularies)
            self._is_world_set = True
        for member in chosen:
            member.npc.world.update(tick=tick, **vocabularies)
            member.is_world_new = True


def runtime_name(owner: str, name: str) -> str:
    """Return a name that no character of another owner can have in the runtime.

    Args:
        owner: Whose character it is, as hexadecimal digits.
        name: Its name with that owner.
    """
    return f"{owner[:16]}:{name.replace('%', '%25').replace('/', '%2F')}"
