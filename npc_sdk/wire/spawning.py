"""Bringing a character into a host: what is sent, checked as a runtime checks it, and what comes of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from npc_sdk.actions import ActionSpec
from npc_sdk.errors import ProtocolError, RequestError, StateError
from npc_sdk.persona import Persona, World
from npc_sdk.wire import messages as m
from npc_sdk.wire.answer import Answer
from npc_sdk.wire.desk import Desk
from npc_sdk.wire.peer_outputs import Over

PRIORITIES = ("player", "companion", "ambient")
MAX_NAME = 80


class Spawning(Answer):
    """One spawn; when nobody waits for it any more, the character that comes of it is let go again.

    Args:
        desk: The way to the host.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(self._came)
        self._desk = desk
        self._is_given_up = False

    def answered(self, **fields: Any) -> m.NpcResultBody:
        """Spawn, and wait for the character.

        Args:
            **fields: Those of ``npc.spawn``.

        Raises:
            NpcError: As :meth:`Desk.answered`.
        """
        try:
            result = self._desk.answered(m.NpcSpawn, answer=self, **fields)
        except BaseException:
            with self._desk.pump.lock:
                self._is_given_up = not self.is_over
            raise
        if not isinstance(result, m.NpcResultBody):
            raise ProtocolError("The host has ended a spawn without a character.", code="bad_message")
        return result

    def _came(self, over: Over) -> None:
        body = over.result
        if self._is_given_up and isinstance(body, m.NpcResultBody):
            with suppress(StateError):
                self._desk.ask(m.NpcDespawn, self._desk.quiet(body.npc, "npc.despawn"), npc=body.npc, is_kept=True)


def check_priority(priority: str) -> None:
    """Raise :class:`RequestError` (``unknown_priority``) unless it is one."""
    if priority not in PRIORITIES:
        raise RequestError(
            f"There is no priority {priority!r}.", f"Use {', '.join(PRIORITIES)}.", code="unknown_priority"
        )


def persona_reference(persona: object) -> m.Reference:
    """Return a persona as it is sent: by value, or by its name in the host's folder.

    Raises:
        RequestError: It is neither (``bad_persona``).
    """
    if isinstance(persona, Persona):
        return m.Reference(value=persona.to_dict())
    if isinstance(persona, str):
        return _named("persona", persona)
    raise RequestError(
        f"A persona is needed, not {type(persona).__name__}.",
        "Read a file with Persona.load(path).",
        code="bad_persona",
    )


def world_reference(world: object) -> m.Reference | None:
    """Return a world as it is sent; None takes the host's.

    Raises:
        RequestError: It is no world (``bad_world``).
    """
    if world is None:
        return None
    if isinstance(world, World):
        return m.Reference(value=world.to_dict())
    if isinstance(world, str):
        return _named("world", world)
    raise RequestError(
        f"A world is needed, not {type(world).__name__}.", "Read a file with World.load(path).", code="bad_world"
    )


def _named(what: str, name: str) -> m.Reference:
    try:
        return m.Reference(named=name)
    except ValueError as error:
        raise RequestError(
            f"{name!r:.80} cannot name a {what} of the host.",
            "Use letters, digits, '_' and '-'; a path is read here, with load(path).",
            code=f"bad_{what}",
        ) from error


def check_name(name: str | None) -> None:
    """Raise :class:`RequestError` (``bad_name``) unless it can name a character."""
    if name is not None and (not name.strip() or "/" in name or not name.isprintable() or len(name) > MAX_NAME):
        raise RequestError(
            f"{name!r:.80} cannot name an npc.",
            f"Use one line without '/', at most {MAX_NAME} characters.",
            code="bad_name",
        )


def action_document(spec: ActionSpec) -> dict[str, Any]:
    """Return an action as it is sent."""
    return {"name": spec.name, "description": spec.description, "parameters": spec.json_schema()}


def told_persona(body: m.NpcResultBody) -> Persona:
    """Return what the host tells of a persona that only it has."""
    return Persona(
        name=body.persona or body.npc,
        role="a character of the host",
        greeting=body.greeting,
        fallback=body.fallback,
    )
