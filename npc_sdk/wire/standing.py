"""What holds until it is changed, and has to be said again to a host that was started again."""

from __future__ import annotations

from collections.abc import Callable

from npc_sdk.wire import messages as m


class Standing:
    """The characters, the live world and the reserve of one client. Not thread safe; owned by its peer."""

    def __init__(self) -> None:
        self._spawns: dict[str, m.NpcSpawn] = {}
        self._worlds: dict[str | None, m.WorldSet] = {}
        self._reserve: m.BudgetReserve | None = None

    def asked(self, request: m.Request) -> None:
        """Take note of a request when it is made."""
        if isinstance(request, m.WorldSet):
            self._set(request)
        elif isinstance(request, m.BudgetReserve):
            self._reserve = request

    def ended(self, request: m.Request, result: m.Result | None) -> None:
        """Take note of what a request came to; None for an error."""
        if isinstance(request, m.NpcSpawn) and isinstance(result, m.NpcResultBody):
            self._spawns[result.npc] = request.model_copy(update={"name": result.npc})
        elif isinstance(request, m.NpcDespawn) and result is not None:
            self._spawns.pop(request.npc, None)
            self._worlds.pop(request.npc, None)

    def requests(self, next_id: Callable[[], int]) -> list[m.Request]:
        """Return everything as requests with new ids, in the order in which it must be said."""
        # What holds for all comes first, since it replaces what single characters know.
        worlds = sorted(self._worlds.values(), key=lambda world: world.npc is not None)
        standing: list[m.Request] = [*self._spawns.values(), *worlds]
        if self._reserve is not None:
            standing.append(self._reserve)
        return [request.model_copy(update={"id": next_id()}) for request in standing]

    def _set(self, request: m.WorldSet) -> None:
        if request.npc is None:
            self._worlds = {npc: _merged(world, request) for npc, world in self._worlds.items()}
        before = self._worlds.get(request.npc)
        self._worlds[request.npc] = request if before is None else _merged(before, request)


def _merged(before: m.WorldSet, after: m.WorldSet) -> m.WorldSet:
    return before.model_copy(
        update={
            "tick": before.tick if after.tick is None else after.tick,
            "vocabularies": {**before.vocabularies, **after.vocabularies},
        }
    )
