"""Brings characters in and out: from the store into the runtime, and back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from npc_sdk.errors import NpcError
from npc_sdk.persona import Persona, World
from npc_sdk.runtime import Runtime
from npc_sdk.runtime.failure import as_npc_error
from npc_sdk.wire import messages as m
from npc_sdk.wire.ensemble import Ensemble, Member, runtime_name
from npc_sdk.wire.fair_queue import FairQueue
from npc_sdk.wire.library import Library
from npc_sdk.wire.replies import Replies
from npc_sdk.wire.saving import Saving
from npc_sdk.world import CharacterRecord, CharacterStore

_logger = logging.getLogger(__name__)

Work: TypeAlias = Callable[[], None]


class Casting:
    """Spawns and despawns. Not thread safe; owned by the stage's thread.

    Args:
        runtime: Where characters live.
        library: Personas and worlds that clients may name.
        store: Keeps the characters; None keeps none.
        replies: Gets what requests come to.
        queue: Work of the stage; an owner's waits while the store looks for a character.
        on_loaded: Gets what the store had kept, on the store's thread; must not raise.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        library: Library,
        store: CharacterStore | None,
        replies: Replies,
        queue: FairQueue[str, Work],
        on_loaded: Callable[[CharacterRecord], None] | None = None,
    ) -> None:
        self._runtime = runtime
        self._library = library
        self._store = store
        self._replies = replies
        self._queue = queue
        self._on_loaded = on_loaded
        self._store_code: str | None = None

    @property
    def is_stored(self) -> bool:
        """Whether what characters become could be written the last time; safe from any thread."""
        return self._store_code is None

    def spawn(self, ensemble: Ensemble, request: m.NpcSpawn) -> m.Result | None:
        """Bring a character in; its result is told when it is safe.

        Raises:
            NpcError: What is asked for cannot be used.
        """
        persona = self._library.persona(request.persona)
        world = None if request.world is None else self._library.world(request.world)
        name = ensemble.name_for(persona, request.name)
        enter = partial(self._enter, ensemble, request, persona, world, name)
        if self._store is None:
            enter(None)
            return None
        # Until the store has answered, the owner's requests wait, and those of others go on.
        self._queue.hold(ensemble.owner)

        def loaded(record: CharacterRecord | None, error: NpcError | None) -> None:
            if record is not None and self._on_loaded is not None:
                self._on_loaded(record)
            self._queue.release(ensemble.owner, partial(self._told, ensemble, request, partial(enter, record), error))

        try:
            self._store.load_later(ensemble.owner, name, loaded)
        except BaseException:
            self._queue.release(ensemble.owner)
            raise
        return None

    def _told(
        self, ensemble: Ensemble, request: m.Request, work: Callable[[], None], error: NpcError | None = None
    ) -> None:
        """Do what answers a request by itself; it fails when that does, or when there is an error already."""
        try:
            if error is not None:
                raise error
            work()
        except Exception as failure:
            if not isinstance(failure, NpcError):
                _logger.exception("A %s failed.", type(request).__name__)
            self._replies.fail(ensemble.session, request.id, as_npc_error(failure))

    def _enter(
        self,
        ensemble: Ensemble,
        request: m.NpcSpawn,
        persona: Persona,
        world: World | None,
        name: str,
        record: CharacterRecord | None,
    ) -> None:
        cast = _cast(request, persona, world)
        fresh = CharacterRecord(owner=ensemble.owner, name=name, cast=cast, kept={})
        saving = Saving(self._store, fresh, self._on_outcome)
        npc = self._runtime.spawn(
            persona,
            request.actions,
            name=runtime_name(ensemble.owner, name),
            seed=request.seed,
            priority=request.priority,
            world=world,
            waits_for=request.waits_for,
            kept=None if record is None else record.kept,
            on_kept=saving.change,
        )
        member = Member(name, npc, saving)
        ensemble.enter(member)
        result = m.NpcResultBody(
            npc=name,
            persona=persona.name,
            greeting=persona.greeting,
            fallback=persona.fallback,
            actions=tuple(action.name for action in npc.actions),
            is_new=record is None,
        )
        when_kept(self._replies, ensemble, request, member, result)

    def despawn(self, ensemble: Ensemble, request: m.NpcDespawn) -> m.Result | None:
        """Take a character out, and out of the store too unless it is to be kept; also one that is only kept."""
        member = ensemble.members.pop(request.npc, None)
        finish = partial(self._replies.finish, ensemble.session, request.id, m.Done())
        if member is not None:
            member.npc.despawn()
            saving = member.saving
        else:
            record = CharacterRecord(owner=ensemble.owner, name=request.npc, cast={}, kept={})
            saving = Saving(self._store, record, self._on_outcome)
        if not request.is_kept:
            saving.remove()
        saving.when_safe(finish)
        return None

    def _on_outcome(self, error: NpcError | None) -> None:
        """Take the outcome of a writing, on the store's thread; only changes are told."""
        code = None if error is None else error.code
        if code == self._store_code:
            return
        self._store_code = code
        if error is None:
            _logger.info("Characters are stored again.")
            self._replies.report("store_works", {})
        else:
            _logger.error("Characters cannot be stored: %s", error)
            self._replies.report("store_failed", {"error": error.to_dict()})


def when_kept(
    replies: Replies, ensemble: Ensemble, request: m.Request, member: Member, result: m.Result
) -> m.Result | None:
    """Tell a result once what it stands for is safe."""
    finish = partial(replies.finish, ensemble.session, request.id, result)
    member.npc.keep(then=partial(member.saving.when_safe, finish))
    return None


def let_go(member: Member) -> None:
    """Take a character out of the runtime; the store keeps it as it is now."""
    if member.is_world_new:
        member.npc.keep()
    member.npc.despawn()


def _cast(request: m.NpcSpawn, persona: Persona, world: World | None) -> dict[str, Any]:
    return {
        "persona": persona.to_dict(),
        "world": None if world is None else world.to_dict(),
        "actions": list(request.actions),
        "waits_for": list(request.waits_for),
        "priority": request.priority,
    }
