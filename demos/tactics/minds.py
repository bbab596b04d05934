"""All that this game does with the SDK while it runs, in the order of this file: the host, a side, an answer.

1. ``Minds.open`` starts a host with the model, as a process beside the game (``launch``).
2. Each frame, ``Minds.poll`` takes in what has arrived, and ``Minds.frame`` says how long the game's frame took.
3. ``Minds.reserve`` takes memory from the model and gives it back; ``news`` and ``figures`` say how the host is.
4. ``Troop.enlist`` brings a soldier in, behind the loading screen (``spawn``). A soldier is three characters with one
   persona: one decides, from a prompt that stays short; the voice talks with the player, remembers, and has the
   actions; and one shouts, after all others when the machine is busy.
5. Each tick, ``Troop.tell`` and ``Troop.observe`` say what is there (``world.update``, ``observe``), and ``Troop.ask``
   asks a side at once what it does (``TacticalLoop``); each frame, the game looks whether all have answered.
6. ``Troop.say`` passes on what the player says. ``Speaking`` gives the answer out as it comes (``Turn``), tells how
   much of it was shown (``heard``), and breaks it off (``cut``). What came of an action goes back with ``reply``.

Who the soldiers are is in ``cast``, what they can do in ``deeds``, how the host is set up in ``host_settings``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias

from npc_sdk import ActionCall, ClientStopped, HostFound, HostLost, HostNews, Runtime, SpeechDelta, Turn, TurnEnd
from npc_sdk.errors import NpcError
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.interface import NpcLike, RuntimeLike
from npc_sdk.runtime.runtime import PriorityName
from npc_sdk.tactics import Ask, TacticalLoop, Tick
from npc_sdk.wire.connection_file import read_connection
from npc_sdk.wire.launch import LaunchedClient, launch
from npc_sdk.wire.watch import Watch

from ..figures.checked import part
from .cast import persona_of, shouter_of, world
from .deeds import ACTIONS, CAPTAIN_ACTIONS
from .host_settings import host_settings
from .rules import Unit
from .view import Question

Via: TypeAlias = Literal["wire", "process", "thread"]
TALK_MS, SHOUT_MS = 6000.0, 2500.0


class Minds:
    """The host in which the soldiers live. Not thread safe but for ``open`` and ``close``; owned by the game's loop.

    Args:
        model: A name from the catalog or a GGUF file.
        folder: What the host keeps; None takes one that is removed in the end.
    """

    def __init__(self, model: str | Path = "starter", *, folder: Path | None = None) -> None:
        self._model, self._folder = model, folder
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._news: list[tuple[str, Mapping[str, Any]]] = []
        self._watch: Watch | None = None
        self.client: LaunchedClient | None = None
        self.is_paced = True

    def open(self, deciders: int) -> RuntimeLike:
        """Start the host for so many soldiers, and connect to it; waits. ``NpcError`` when that is not possible."""
        if self._folder is None:
            self._home = tempfile.TemporaryDirectory(prefix="npc-tactics-", ignore_cleanup_errors=True)
        folder = self._folder or Path(self._home.name if self._home is not None else "")
        config = folder / "npc.toml"
        config.write_text(host_settings(self._model, deciders), encoding="utf-8")
        self.client = launch(
            self._model, folder=folder, config=config, log_file=folder / "host.log", name="tactics", on_event=self._take
        )
        return self.client

    @property
    def is_settled(self) -> bool:
        """Whether the host has read all prompts ahead, so that the first answers come as fast as later ones; waits."""
        with suppress(NpcError):  # one that does not answer is busy
            return self.client is None or not part(self.client.status(), "stats").get("waiting")
        return False

    def poll(self) -> None:
        """Take in what has arrived; once a frame, never waits."""
        if self.client is not None:
            self.client.poll()

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Say how long the last frame took, so that the model leaves the next ones in time; unsaid, it is not paced."""
        if self.client is not None and self.is_paced:
            self.client.frame(target_ms, work_ms, mode="combat")

    def reserve(self, mib: int) -> None:
        """Have so much memory kept free for the game; the model makes do with the rest."""
        if self.client is not None:
            with suppress(NpcError):  # a client that is closed has nothing to give
                self.client.reserve(mib)

    def _take(self, event: object) -> None:
        """Keep news of the host (``HostNews``) and of the connection until the game asks for it."""
        if isinstance(event, HostNews):
            self._news.append((event.kind, event.data))
        elif isinstance(event, HostFound):
            self._news.append(("host_found", {"is_resumed": event.is_resumed}))
            self._forget_watch()  # a host that was started again publishes elsewhere
        elif isinstance(event, (HostLost, ClientStopped)):
            self._news.append(("host_lost" if isinstance(event, HostLost) else "stopped", {"code": event.error.code}))

    def news(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what has happened since the last time: kinds such as ``engine_down``, and what there is to say."""
        taken, self._news = self._news, []
        return taken

    def figures(self) -> Mapping[str, Any] | None:
        """Return the newest figures that the host publishes, twice a second, or None; never waits."""
        newest: Mapping[str, Any] | None = None
        if self.client is None:
            return None
        try:
            self._watch = self._watch or Watch(read_connection(self.client.process.connection_file))
            while (message := self._watch.next(0.0)) is not None:
                newest = message.data if message.kind == "status" else newest
        except NpcError:  # it has ended, or has not said yet where it publishes
            self._forget_watch()
        return newest

    @property
    def is_gone(self) -> bool:
        """Whether there is no host and nobody starts it again: it ended too often, or the connection did."""
        client = self.client
        return client is None or client.state in ("refused", "closed") or client.process.has_given_up

    def close(self) -> None:
        """End the host and remove what it kept; safe to call twice."""
        self._forget_watch()
        if self.client is not None:
            self.client.close()
        if self._home is not None:
            self._home.cleanup()

    def _forget_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
        self._watch = None


@contextmanager
def open_runtime(
    model: str | Path = "starter", *, via: Via = "wire", folder: Path | None = None
) -> Iterator[RuntimeLike]:
    """Open where the soldiers of a battle without a window live: in a host, or in this process."""
    if via != "wire":
        with Runtime(model, engine=via, slots=10) as runtime:
            yield runtime
        return
    minds = Minds(model, folder=folder)
    try:
        yield minds.open(deciders=10)
    finally:
        minds.close()


class Troop:
    """The soldiers of one side as characters of a host or of a ``Runtime``. Owned by the game's loop.

    Args:
        runtime: Where they live.
        budget_ms: How long the decisions of a tick may take.
        weight: How much the game's own scores count beside the model's.
        scale: The difference of two of these that makes one ``e`` times as likely.
        clock: As for :class:`TacticalLoop`.
    """

    def __init__(
        self, runtime: RuntimeLike, *, budget_ms: float, weight: float, scale: float, clock: Clock | None = None
    ) -> None:
        self._runtime = runtime
        self._loop = TacticalLoop(budget_ms=budget_ms, utility_weight=weight, utility_scale=scale, clock=clock)
        self.npcs: dict[str, NpcLike] = {}

    def enlist(self, unit: Unit, part: Literal["", ".voice", ".shout"] = "") -> NpcLike:
        """Bring in one of a soldier's characters, unless it is there; waits."""
        name = unit.label + part
        if name not in self.npcs:
            actions = () if part != ".voice" else CAPTAIN_ACTIONS if unit.role == "captain" else ACTIONS
            priorities: Mapping[str, PriorityName] = {"": "companion", ".voice": "player", ".shout": "ambient"}
            who = shouter_of(unit) if part == ".shout" else persona_of(unit)
            self.npcs[name] = self._runtime.spawn(
                who, actions, name=name, seed=unit.number, priority=priorities[part], world=world()
            )
        return self.npcs[name]

    def tell(self, label: str, tick: int, *, enemies: Iterable[str], allies: Iterable[str]) -> None:
        """Tell a voice what its actions may name now; an action that names what is gone by then is dropped."""
        if (voice := self.npcs.get(f"{label}.voice")) is not None:
            voice.world.update(tick=tick, enemies=enemies, allies=allies)

    def observe(self, name: str, text: str, lasts_ms: float) -> None:
        """Have a character notice something for a while."""
        with suppress(NpcError):  # a host that is gone for good notices nothing
            if name in self.npcs:
                self.npcs[name].observe(text, ttl_ms=lasts_ms)

    def ask(self, questions: Iterable[Question]) -> Tick:
        """Ask all at once, the most urgent first; returns at once. Over when all have answered or the time is up."""
        return self._loop.begin(
            Ask(npc=self.npcs[q.label], situation=q.situation, options=q.options, utilities=q.worths) for q in questions
        )

    def say(self, name: str, text: str, speaker: str | None = None, *, deadline_ms: float = TALK_MS) -> Speaking:
        """Say something to a character; the answer comes while the game goes on."""
        return Speaking(self.npcs[name].say(text, speaker=speaker, deadline_ms=deadline_ms))

    def despawn(self) -> None:
        """Take the soldiers out."""
        for npc in self.npcs.values():
            with suppress(NpcError):  # the client may be closed
                npc.despawn()
        self.npcs.clear()


class Speaking:
    """An answer as it comes. Owned by the game's loop; ``heard`` takes how many letters were shown, ``cut`` ends it."""

    def __init__(self, turn: Turn) -> None:
        self.turn, self.heard, self.cut = turn, turn.heard, turn.cancel
        self._said = self._done = 0

    @property
    def end(self) -> TurnEnd | None:
        """What it came to; None while more may come."""
        return self.turn.end

    def words(self) -> list[tuple[Literal["say", "instead"], str]]:
        """Return new pieces of text; ``instead`` is a fallback line, which replaces what came before."""
        events = self.turn.events[self._said :]
        self._said += len(events)
        deltas = [event for event in events if isinstance(event, SpeechDelta)]
        return [("instead" if delta.source == "fallback" else "say", delta.text) for delta in deltas]

    def acts(self) -> list[ActionCall]:
        """Return new actions, whole and valid; the game says with :func:`reply` what came of each."""
        events = self.turn.events[self._done :]
        self._done += len(events)
        return [event for event in events if isinstance(event, ActionCall)]


def reply(call: ActionCall, came: str) -> None:
    """Say what came of an action, for the soldier's memory; he says nothing more about it now."""
    call.reply(came, continue_=False)
