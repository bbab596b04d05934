"""All that the tavern does with the SDK.

1. ``Minds.load`` starts a host with the model beside the game (``launch``) and brings the guests into it (``spawn``),
   on a thread of its own, because that waits. Nothing else here does.
2. ``say`` puts a line to a guest. ``Answer`` gives the words out as they come (``Turn``), and tells the guest's memory
   how much of them was heard (``heard``); ``cut`` ends them when the player interrupts (``cancel``).
3. ``observe`` lets the others hear it too. ``ask`` has all of them say at once whether they want to go on; the rules
   of the table count beside the model (``TacticalLoop``).
4. Each frame, ``poll`` takes in what has arrived, and ``frame`` says how long the game's frame took.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, Final, Literal, TypeAlias

from npc_sdk import Client, ClientStopped, HostFound, HostLost, HostNews, SpeechDelta, Turn, TurnEnd
from npc_sdk.errors import NpcError
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.interface import NpcLike, RuntimeLike
from npc_sdk.tactics import Ask, TacticalLoop, Tick
from npc_sdk.wire.connection_file import read_connection
from npc_sdk.wire.launch import LaunchedClient, launch
from npc_sdk.wire.watch import Watch

from .cast import names, persona, world
from .guests import GUESTS
from .speech import LineSource
from .turns import RULES_WEIGHT, Wish

State: TypeAlias = Literal["loading", "ready", "failed", "closed"]

ANSWER_MS: Final = 8000.0
WISH_MS: Final = 2500.0
CLOSE_LIMIT_S: Final = 3.0
OVERHEARD_MS: Final = 40_000.0  # how long those remember a line who were not meant


class Answer:
    """What a guest says in a turn; a :class:`~.speech.Spoken`."""

    def __init__(self, turn: Turn) -> None:
        self.text, self.is_over = "", False
        self.source: LineSource = "model"
        self.heard, self.cut = turn.heard, turn.cancel
        self.turn, self._seen = turn, 0

    def look(self) -> None:
        """Take in what has come."""
        events = () if self.is_over else self.turn.events[self._seen :]
        for event in events:
            if isinstance(event, SpeechDelta):  # a fallback line takes the place of an unfinished sentence
                self.text = event.text if event.source == "fallback" else self.text + event.text
                self.source = event.source
            elif isinstance(event, TurnEnd):
                self.text, self.source, self.is_over = event.text, event.source, True
        self._seen += len(events)


class Minds:
    """The three guests, wherever they think. For one thread, beside the one on which they load.

    Args:
        model: A name from the catalog or a GGUF file.
        open_runtime: Opens where the guests live; None starts a host and talks to it over its socket.
        clock: What the wishes are timed with; None is the machine's.
        seed: Start of the guests' random numbers.
    """

    def __init__(
        self,
        model: str | Path = "starter",
        *,
        open_runtime: Callable[[], RuntimeLike] | None = None,
        clock: Clock | None = None,
        seed: int = 0,
    ) -> None:
        self.state: State = "loading"
        self.step, self.trouble, self.is_paced = "", "", True
        self.client: Client | None = None
        self._model, self._seed, self._open = model, seed, open_runtime or self._launch
        self._loop = TacticalLoop(budget_ms=WISH_MS, utility_weight=RULES_WEIGHT, clock=clock)
        self._news: list[tuple[str, Mapping[str, Any]]] = []
        self._runtime: RuntimeLike | None = None
        self.npcs: dict[str, NpcLike] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._watch: Watch | None = None
        self._worker: Thread | None = None
        self._is_closed = False

    def load(self) -> None:
        """Begin anew with a host and guests that remember nothing; ``state`` tells when they are there."""
        if self._worker is None or not self._worker.is_alive():
            self.state, self.step, self.trouble = "loading", "Lighting the candle", ""
            self._worker = Thread(target=self._load, name="tavern loading", daemon=True)
            self._worker.start()

    def wait_loaded(self, timeout_s: float | None = None) -> bool:
        """Wait for the loading thread; returns whether the guests are there."""
        if self._worker is not None:
            self._worker.join(timeout_s)
        return self.state == "ready"

    def poll(self, timeout_ms: float = 0.0) -> list[tuple[str, Mapping[str, Any]]]:
        """Take in what has arrived, once a frame; returns news: kinds such as ``engine_down``, and what there is."""
        if self.client is not None and self.state == "ready":
            self.client.poll(timeout_ms)
        news, self._news = self._news, []
        return news

    def say(self, key: str, text: str, *, speaker: str) -> Answer | None:
        """Put a line to a guest; None when there is nobody to put it to."""
        try:
            return Answer(self.npcs[key].say(text, speaker=names().get(speaker), deadline_ms=ANSWER_MS))
        except (KeyError, NpcError):
            return None

    def ask(self, wishes: Sequence[Wish]) -> Tick:
        """Ask guests what they want to do about a line, all at once; over when all have decided or the time is up."""
        here = ((self.npcs[w.key], w) for w in wishes if w.key in self.npcs)
        return self._loop.begin(
            Ask(npc=npc, situation=w.situation, options=w.options, utilities=w.worths) for npc, w in here
        )

    def observe(self, key: str, text: str) -> None:
        """Have a guest hear something that was not meant for it."""
        with suppress(KeyError, NpcError):
            self.npcs[key].observe(text, ttl_ms=OVERHEARD_MS)

    def greet(self, key: str) -> None:
        """Have a guest remember that it has greeted."""
        with suppress(KeyError, NpcError):
            self.npcs[key].greet()

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Tell the host how long the last frame took, unless the model shall not be paced."""
        if self.client is not None and self.is_paced and self.state == "ready":
            self.client.frame(target_ms, work_ms)

    def figures(self) -> Mapping[str, Any] | None:
        """Return the newest figures that the host publishes, twice a second, or None."""
        newest: Mapping[str, Any] | None = None
        if not isinstance(self.client, LaunchedClient) or self.state != "ready":
            return None
        try:
            self._watch = self._watch or Watch(read_connection(self.client.process.connection_file))
            while (message := self._watch.next(0.0)) is not None:
                newest = message.data if message.kind == "status" else newest
        except NpcError:  # it has ended, or has not said yet where it publishes
            self._forget_watch()
        return newest

    def close(self) -> None:
        """Send everybody home; who is long in coming is sent home on the thread that loads."""
        self._is_closed = True
        self.wait_loaded(CLOSE_LIMIT_S)
        if self._worker is None or not self._worker.is_alive():
            self._leave()
        self.state = "closed"

    def _load(self) -> None:
        self._leave()
        try:
            self._runtime = runtime = self._open()
            self.client = runtime if isinstance(runtime, Client) else None
            for seed, guest in enumerate(GUESTS, self._seed):
                self.step = f"{guest.short} takes a seat"
                who = persona(guest.key)
                self.npcs[guest.key] = runtime.spawn(who, name=guest.key, seed=seed, world=world())
        except (NpcError, OSError) as error:
            self._leave()  # nobody polls for those who are there already, and they would never be done thinking
            if not self._is_closed:
                self.trouble, self.state = str(error), "failed"
            return
        if self._is_closed:
            self._leave()
        else:
            self.state = "ready"

    def _launch(self) -> RuntimeLike:
        self._folder = tempfile.TemporaryDirectory(prefix="npc-tavern-", ignore_cleanup_errors=True)
        home, log_file = self._folder.name, Path(self._folder.name, "host.log")
        return launch(self._model, folder=home, log_file=log_file, name="tavern demo", on_event=self.take)

    def take(self, event: object) -> None:
        """Keep news of the host and of the connection until the game asks for it."""
        if isinstance(event, HostNews):
            self._news.append((event.kind, event.data))
        elif isinstance(event, HostFound):
            self._news.append(("host_found", {"is_resumed": event.is_resumed}))
            self._forget_watch()
        elif isinstance(event, (HostLost, ClientStopped)):
            self._news.append(("host_lost" if isinstance(event, HostLost) else "stopped", {"code": event.error.code}))

    def _forget_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
        self._watch = None

    def _leave(self) -> None:
        self._forget_watch()
        runtime, self._runtime, self.client, self.npcs = self._runtime, None, None, {}
        if runtime is not None:
            with suppress(NpcError):
                runtime.close()
        if self._folder is not None:
            self._folder.cleanup()
