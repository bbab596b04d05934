"""The client of a host: characters in another process, for a game with a frame loop.

with connect() as client:
    guard = client.spawn(Persona.load("guard.toml"))
    turn = guard.say("Let me through, please.")
    while game_runs:
        client.poll()                  # takes in what has arrived; never waits
        show(turn.text)
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from npc_sdk._version import __version__
from npc_sdk.actions import Declaration, action_specs
from npc_sdk.budget.frame import Mode, checked_hint
from npc_sdk.errors import BackendError, DeadlineError, RequestError
from npc_sdk.persona import Persona, World
from npc_sdk.runtime.character import checked_waits
from npc_sdk.runtime.check import checked_count, checked_ms
from npc_sdk.runtime.runtime import PriorityName
from npc_sdk.wire import messages as m
from npc_sdk.wire.address import Locator, at_endpoint, in_file, newest
from npc_sdk.wire.client_events import ClientEvent, ClientStopped, HostFound, HostLost, HostNews
from npc_sdk.wire.desk import CALL_LIMIT_S, Desk, machine_ms
from npc_sdk.wire.keys import KeyPair
from npc_sdk.wire.peer import Peer, PeerConfig, State
from npc_sdk.wire.peer_outputs import Connected, Lost, NoticeCame, PeerOutput, StatusCame, Stopped
from npc_sdk.wire.pump import Pump
from npc_sdk.wire.remote_npc import RemoteCast, RemoteNpc
from npc_sdk.wire.spawning import (
    Spawning,
    action_document,
    check_name,
    check_priority,
    persona_reference,
    told_persona,
    world_reference,
)

if TYPE_CHECKING:
    from npc_sdk.runtime.interface import RuntimeLike

DEADLINE_MS = 30_000.0
STATUS_AGAIN_S = 0.5
# A host that was started again is found within so many milliseconds, or a little more.
RETRY_LIMIT_MS = 2000.0

_OWNER_KEY = re.compile(r"[A-Za-z0-9_-]{32,128}")


def connect(
    connection_file: str | Path | None = None,
    *,
    endpoint: str | None = None,
    token: str | None = None,
    server_key: str | None = None,
    keys: KeyPair | None = None,
    owner_key: str | None = None,
    name: str = "",
    version: str = "",
    deadline_ms: float = DEADLINE_MS,
    timeout_s: float = 10.0,
    on_event: Callable[[ClientEvent], None] | None = None,
) -> Client:
    """Connect to a host that runs.

    Args:
        connection_file: The file that the host has written; None takes the host that was started last on
            this machine. It is read again whenever the connection was lost.
        endpoint: Where the host listens, such as ``tcp://192.168.1.5:7000``, instead of a file.
        token: The host's token, with ``endpoint``.
        server_key: The host's public key, with ``endpoint``.
        keys: This client's own keys, for a host that asks for them.
        owner_key: Whose characters these are: what :attr:`Client.owner_key` was the last time, so that the
            game finds them again. None begins with none.
        name: The game, for the host's logs.
        version: Its version.
        deadline_ms: Deadline of a turn or a decision for which the game names none.
        timeout_s: Longest wait for the host.
        on_event: Gets news of the connection and of the host when the game polls.

    Raises:
        RequestError: No host can be found (``no_host``, ``no_connection_file``), or an argument cannot be used.
        BackendError: The host does not answer (``host_unreachable``).
        NpcError: The host refuses this client; the code says why.
    """
    client = Client(
        _locator(connection_file, endpoint, token=token, server_key=server_key, keys=keys),
        owner_key=owner_key,
        name=name,
        version=version,
        deadline_ms=deadline_ms,
        on_event=on_event,
    )
    try:
        client.start(timeout_s=timeout_s)
    except BaseException:
        client.close()
        raise
    return client


class Client:
    """A game's way to a host; made by :func:`connect`.

    It has no thread: messages move while the game calls :meth:`poll`, or waits for an answer. Every method
    may be called from any thread. When the host is lost, turns and decisions end with fallbacks within three
    seconds; the client goes on looking for it, and brings the characters back when it is there again.

    Args:
        locate: Finds the host; asked again before each try.
        owner_key: As for :func:`connect`.
        name: As for :func:`connect`.
        version: As for :func:`connect`.
        deadline_ms: As for :func:`connect`.
        on_event: As for :func:`connect`.

    Raises:
        RequestError: ``deadline_ms`` is no positive number (``bad_duration``), or the owner key is none
            (``bad_owner_key``).
    """

    def __init__(
        self,
        locate: Locator,
        *,
        owner_key: str | None = None,
        name: str = "",
        version: str = "",
        deadline_ms: float = DEADLINE_MS,
        on_event: Callable[[ClientEvent], None] | None = None,
    ) -> None:
        due_ms = checked_ms(deadline_ms, default_ms=DEADLINE_MS, what="deadline_ms")
        _check_owner_key(owner_key)
        config = PeerConfig(
            instance=secrets.token_urlsafe(16),
            owner_key=owner_key,
            client=m.Client(name=_label(name), version=_label(version), language=_label(f"python {__version__}")),
            seed=secrets.randbits(32),
            default_deadline_ms=due_ms,
            retry_limit_ms=RETRY_LIMIT_MS,
        )
        self._locate = locate
        self._pump = Pump(Peer(config), locate, self._take, machine_ms)
        self._desk = Desk(self._pump, deadline_ms=due_ms, on_event=on_event)
        self._welcome: m.Welcome | None = None
        self._statuses: dict[int, Mapping[str, Any]] = {}
        self._questions = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.state}>"

    @property
    def state(self) -> State:
        """How the connection is: ``connecting``, ``connected``, ``resuming``, ``lost``, ``refused`` or ``closed``."""
        return self._pump.peer.state

    @property
    def owner_key(self) -> str | None:
        """The secret that the characters belong to; a game that keeps it finds them again."""
        return self._pump.peer.owner_key

    @property
    def host(self) -> m.Host | None:
        """Who answered last: version, run and model of the host."""
        return None if self._welcome is None else self._welcome.host

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._pump.is_closed

    def start(self, *, timeout_s: float) -> None:
        """Connect, and wait for the host's answer; errors as for :func:`connect`.

        Args:
            timeout_s: Longest wait.
        """
        pump = self._pump
        if self.state == "new":
            self._locate()
            pump.start()
        self._desk.wait(lambda: self._welcome is not None or _has_failed(pump), timeout_s)
        trouble = pump.stopped or pump.trouble
        if trouble is not None and _has_failed(pump):
            raise trouble
        if self._welcome is None:
            raise BackendError(
                f"The host did not answer within {timeout_s:g} s." if trouble is None else trouble.cause,
                "Look whether it runs (npc serve; a connection file may be left from before), and whether its keys"
                " know this client.",
                code="host_unreachable",
                waited_ms=timeout_s * 1000.0,
            ) from trouble

    def poll(self, timeout_ms: float = 0.0) -> int:
        """Take in what has arrived and make the calls that the game asked for; once a frame.

        Args:
            timeout_ms: Longest wait for something to arrive; 0 never waits.

        Returns:
            How many calls were made.
        """
        self._pump.poll(timeout_ms)
        return self._desk.make_calls()

    def move(self, timeout_ms: float = 0.0) -> bool:
        """Take in what has arrived, as :meth:`poll`, and make no calls.

        Args:
            timeout_ms: Longest wait for something to arrive; 0 never waits.

        Returns:
            Whether calls wait for :meth:`make_calls`.
        """
        self._pump.poll(timeout_ms)
        return self._desk.has_calls

    def make_calls(self) -> int:
        """Make the calls that the game asked for; returns how many."""
        return self._desk.make_calls()

    def spawn(
        self,
        persona: Persona | str,
        actions: Iterable[Declaration] = (),
        *,
        name: str | None = None,
        seed: int | None = None,
        priority: PriorityName = "player",
        world: World | str | None = None,
        waits_for: Collection[str | Declaration] = (),
    ) -> RemoteNpc:
        """Bring a character into the host, or take up the one that it has kept under the name. Waits for it.

        Args:
            persona: Who it is; a text names a file in the host's folder of personas.
            actions: What it can do: :class:`~npc_sdk.Action` classes, JSON Schema documents, typed functions.
            name: Its name; None takes the persona's, with a number when that is taken.
            seed: Start of its random numbers; None has the host choose one.
            priority: Who goes first when the machine is busy.
            world: Its setting; a text names a file in the host's folder of worlds, None takes the host's.
            waits_for: Actions whose results its turns wait for; their names, or what was declared.

        Raises:
            ActionError: An action's declaration cannot be used.
            PromptError: Persona and world leave no room to talk (``prompt_too_long``).
            RequestError: The priority is unknown (``unknown_priority``), the name cannot be used
                (``bad_name``), or what was passed is no persona (``bad_persona``).
            StateError: The client is closed, or the name is taken (``name_taken``).
            BackendError: Nothing is heard of the host (``host_lost``).
        """
        who = persona_reference(persona)
        check_priority(priority)
        specs = action_specs(actions)
        waits = checked_waits(waits_for, specs)
        check_name(name)
        body = Spawning(self._desk).answered(
            persona=who,
            name=name,
            world=world_reference(world),
            actions=tuple(action_document(spec) for spec in specs),
            waits_for=tuple(sorted(waits)),
            seed=seed,
            priority=priority,
        )
        known = persona if isinstance(persona, Persona) else told_persona(body)
        return RemoteNpc(RemoteCast(name=body.npc, persona=known, actions=specs, is_new=body.is_new), self._desk)

    def status(self) -> Mapping[str, Any]:
        """Return how the host is doing: figures by name. Waits for it.

        Raises:
            BackendError: Nothing is heard of the host (``host_lost``).
            DeadlineError: It does not answer (``no_answer``).
        """
        asked: list[int] = []
        try:
            for _ in range(int(CALL_LIMIT_S / STATUS_AGAIN_S)):
                self._desk.require_host()
                asked.append(self._ask_status())
                # An answer may be lost with the connection, so it is asked for again.
                self._desk.wait(
                    lambda: not self._statuses.keys().isdisjoint(asked) or self._desk.is_lost, STATUS_AGAIN_S
                )
                for n in asked:
                    if n in self._statuses:
                        return self._statuses[n]
        finally:
            for n in asked:
                self._statuses.pop(n, None)
        raise DeadlineError("The host does not answer.", "Ask again.", code="no_answer")

    def frame(self, target_ms: float, measured_ms: float | None = None, *, mode: Mode = "explore") -> None:
        """Tell the host how the game's frames are doing; the model then takes less or more of them.

        Whatever is passed, nothing is raised: what cannot be used is left out.

        Args:
            target_ms: How long a frame may take: 16.7 for 60 frames a second.
            measured_ms: How long the last one took; None when it was not measured.
            mode: What the player is doing.
        """
        hint = checked_hint(target_ms, measured_ms, mode).hint
        if hint is not None:
            told = m.Frame(target_ms=hint.target_ms, measured_ms=hint.measured_ms, mode=hint.mode)
            self._pump.tell(lambda peer, now_ms: peer.hint(told, now_ms))

    def reserve(self, mib: int) -> None:
        """Have graphics memory kept free for the game; replaces what was reserved before.

        Args:
            mib: Mebibytes.

        Raises:
            RequestError: It is no whole number (``bad_count``), or too large.
            StateError: The client is closed.
        """
        self._desk.ask(m.BudgetReserve, self._desk.quiet("", "budget.reserve"), mib=checked_count(mib, what="mib"))

    def close(self, *, forget: bool = False) -> None:
        """End every turn and the session; the host keeps the characters. Safe to call twice.

        Args:
            forget: Whether the host forgets all characters of this owner for good.
        """
        self._pump.close(forget=forget)

    def _ask_status(self) -> int:
        with self._pump.lock:
            self._questions += 1
            n = self._questions
        self._pump.tell(lambda peer, now_ms: peer.status(n, now_ms))
        return n

    def _take(self, output: PeerOutput) -> None:
        if isinstance(output, Connected):
            self._welcome = output.welcome
            host = output.welcome.host
            found = HostFound(host_id=host.host_id, model=host.model, is_resumed=output.welcome.is_resumed)
            self._desk.tell(found)
        elif isinstance(output, Lost):
            self._desk.tell(HostLost(error=output.failure.to_error()))
        elif isinstance(output, Stopped):
            self._desk.tell(ClientStopped(error=output.failure.to_error()))
        elif isinstance(output, NoticeCame):
            self._desk.tell(HostNews(kind=output.news.kind, data=output.news.data))
        elif isinstance(output, StatusCame):
            self._statuses[output.n] = output.status


def _check_owner_key(key: str | None) -> None:
    if key is not None and not (isinstance(key, str) and _OWNER_KEY.fullmatch(key)):
        raise RequestError(
            "That is no owner key.", "Pass what Client.owner_key was, or None for a new one.", code="bad_owner_key"
        )


def _label(text: str) -> str:
    """Return a text for the host's logs that can be sent."""
    return str(text)[:64].encode("utf-8", "replace").decode("utf-8")


def _has_failed(pump: Pump) -> bool:
    return pump.stopped is not None or (pump.trouble is not None and pump.trouble.code == "keys_refused")


def _locator(
    connection_file: str | Path | None,
    endpoint: str | None,
    *,
    token: str | None,
    server_key: str | None,
    keys: KeyPair | None,
) -> Locator:
    if endpoint is not None:
        if connection_file is not None:
            raise RequestError(
                "Both a connection file and an endpoint were named.", "Name one of them.", code="bad_request"
            )
        return at_endpoint(endpoint, token=token, server_key=server_key, keys=keys)
    return newest(keys=keys) if connection_file is None else in_file(Path(connection_file), keys=keys)


if TYPE_CHECKING:
    _LIKE: type[RuntimeLike] = Client
