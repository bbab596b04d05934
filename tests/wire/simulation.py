"""A client's core and a host's core with a bad network between them, and a runtime that does as it is told."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from npc_sdk.errors import StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.host_core import HostConfig, HostCore
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.outputs import Begin, CancelRequest, Channel, Closed, Opened, Output, Pause, Send, Unpause
from npc_sdk.wire.peer import Peer, PeerConfig
from npc_sdk.wire.peer_outputs import Connect, Connected, Item, Lost, NoticeCame, Over, PeerOutput, Stopped, ToHost

CHANNELS: tuple[Channel, ...] = ("requests", "control")
KEY = "k" * 43


@dataclass
class Link:
    """One channel: the connection that is open, and what is on its way."""

    route: bytes = b""
    is_open: bool = False
    to_host: deque[tuple[bytes, list[bytes]]] = field(default_factory=deque)
    to_client: deque[list[bytes]] = field(default_factory=deque)
    late: deque[tuple[bytes, list[bytes]]] = field(default_factory=deque)


class FakeRuntime:
    """Runs requests in small steps; a text says how many events a turn has."""

    def __init__(self) -> None:
        self.running: dict[tuple[str, int], tuple[m.Request, int]] = {}
        self.begun: list[tuple[str, int]] = []
        self.kept: dict[str, set[str]] = {}
        self.is_paused: set[str] = set()

    def take(self, output: Output, core: HostCore, now_ms: float) -> list[Output]:
        """Do what the core orders."""
        if isinstance(output, Begin):
            # Only what may go again runs again, and only in another session.
            may_repeat = not isinstance(output.request, (m.NpcSay, m.NpcDecide, m.NpcResult))
            self.begun.append((output.session if may_repeat else output.owner, output.request.id))
            self.running[output.session, output.request.id] = (output.request, 0)
        elif isinstance(output, CancelRequest):
            return self._finish(core, output.session, output.id, now_ms, why="cancelled")
        elif isinstance(output, Closed):
            self.running = {key: value for key, value in self.running.items() if key[0] != output.session}
            self.is_paused.discard(output.session)
        elif isinstance(output, Pause):
            self.is_paused.add(output.session)
        elif isinstance(output, Unpause):
            self.is_paused.discard(output.session)
        return []

    def step(self, core: HostCore, key: tuple[str, int], now_ms: float) -> list[Output]:
        """Let one request go on by one item."""
        session, id = key
        request, done = self.running[key]
        if isinstance(request, m.NpcSay) and done < int(request.text):
            if session in self.is_paused:
                return []
            self.running[key] = (request, done + 1)
            return core.emit(session, id, m.Speech(text=f"{id}:{done}"), now_ms)
        return self._finish(core, session, id, now_ms, why="stop")

    def _finish(self, core: HostCore, session: str, id: int, now_ms: float, *, why: str) -> list[Output]:
        found = self.running.pop((session, id), None)
        if found is None:
            return []
        request, done = found
        if isinstance(request, m.NpcPark):
            return core.fail(session, id, StateError("It talks.", code="npc_talking"), now_ms)
        return core.finish(session, id, self._result(request, done, why), now_ms)

    def _result(self, request: m.Request, done: int, why: str) -> m.Result:
        if isinstance(request, m.NpcSay):
            return m.TurnResult(text=str(done), source="model", why=why)
        if isinstance(request, m.NpcDecide):
            option = request.options[0]
            return m.DecisionResult(choice=option, index=0, probabilities=(0.5, 0.5), source="model", why=why)
        if isinstance(request, m.NpcSpawn):
            return m.NpcResultBody(npc=request.name or "Bron", persona="Bron", fallback=("Hm.",))
        return m.Done()


class Simulation:
    """Everything together, moved by hand.

    Args:
        seed: Start of all random choices.
        limits: What the host accepts.
        token: What the client brings; the host wants ``token``.
    """

    def __init__(self, seed: int = 0, limits: Limits | None = None, token: str = "token") -> None:
        self.random = random.Random(seed)
        self.now_ms = 1000.0
        self.limits = limits or Limits()
        self.links: dict[Channel, Link] = {channel: Link() for channel in CHANNELS}
        self.connections = 0
        self.is_cut = False
        self.is_host_up = True
        self.secrets = 0
        self.runtime = FakeRuntime()
        self.core = self._new_core()
        self.peer = Peer(PeerConfig(instance="game-1", owner_key=KEY, token=token, seed=seed))
        self.asked: dict[int, m.Request] = {}
        self.overs: dict[int, list[Over]] = {}
        self.items: dict[int, list[str]] = {}
        self.news: list[PeerOutput] = []
        self.sessions = 0
        self.begun: list[list[tuple[str, int]]] = []
        self.perform(self.peer.start(self.now_ms))

    def _new_core(self) -> HostCore:
        config = HostConfig(limits=self.limits, token="token", host=m.Host(host_id=f"host-{self.secrets}"))
        return HostCore(config, self._secret)

    def _secret(self) -> str:
        self.secrets += 1
        return f"{self.secrets:0>43}"[::-1]

    # The game.

    def ask(self, kind: type[m.Request], **fields: object) -> int:
        """Ask something; returns the id."""
        request = kind.model_validate({"id": self.peer.next_id(), **fields})
        self.asked[request.id] = request
        self.perform(self.peer.ask(request, self.now_ms))
        return request.id

    def say(self, events: int, deadline_ms: float = 20_000.0) -> int:
        """Ask for a turn of so many events."""
        return self.ask(m.NpcSay, npc="Bron", text=str(events), deadline_ms=deadline_ms)

    def perform(self, outputs: list[PeerOutput]) -> None:
        """Do what the client's core wants."""
        for output in outputs:
            if isinstance(output, ToHost):
                self._to_host(output)
            elif isinstance(output, Connect):
                for channel in CHANNELS:
                    self.links[channel].to_client.clear()
                    self.reconnect(channel)
            elif isinstance(output, Over):
                self.overs.setdefault(output.id, []).append(output)
            elif isinstance(output, Item):
                assert output.id not in self.overs, "an item after the end"
                assert isinstance(output.event, m.Speech)
                self.items.setdefault(output.id, []).append(output.event.text)
            elif isinstance(output, (Connected, Lost, Stopped, NoticeCame)):
                self.news.append(output)

    def _to_host(self, output: ToHost) -> None:
        link = self.links[output.channel]
        link.to_host.append((link.route, output.frames))

    # The network.

    def reconnect(self, channel: Channel) -> None:
        """Break a connection and make another: what was on its way to the client is lost, the rest may come late."""
        link = self.links[channel]
        link.late.extend(item for item in link.to_host if self.random.random() < 0.5)
        link.to_host.clear()
        link.to_client.clear()
        self.connections += 1
        link.route = self.connections.to_bytes(4, "big")
        link.is_open = True

    def deliver(self, channel: Channel, *, is_to_host: bool, is_twice: bool = False) -> None:
        """Let one message arrive."""
        link = self.links[channel]
        if is_to_host and link.to_host:
            route, frames = link.to_host.popleft()
            for _ in range(2 if is_twice else 1):
                self.arrive_at_host(channel, route, frames)
        elif not is_to_host and link.to_client:
            frames = link.to_client.popleft()
            for _ in range(2 if is_twice else 1):
                self.perform(self.peer.receive(channel, frames, self.now_ms))

    def deliver_late(self, channel: Channel) -> None:
        """Let a message of a connection that was broken arrive at the host."""
        link = self.links[channel]
        if link.late:
            route, frames = link.late.popleft()
            self.arrive_at_host(channel, route, frames)

    def drop(self, channel: Channel, *, is_to_host: bool) -> None:
        """Lose one message, with the connection going on."""
        link = self.links[channel]
        queue: deque[object] = link.to_host if is_to_host else link.to_client  # type: ignore[assignment]
        if queue:
            queue.popleft()

    def arrive_at_host(self, channel: Channel, route: bytes, frames: list[bytes]) -> None:
        """Give frames to the host, if there is one."""
        if self.is_host_up and not self.is_cut:
            self.perform_host(self.core.receive(channel, route, frames, self.now_ms))

    def perform_host(self, outputs: list[Output]) -> None:
        """Do what the host's core wants."""
        queue = deque(outputs)
        while queue:
            output = queue.popleft()
            if isinstance(output, Send):
                link = self.links[output.channel]
                if output.route != link.route or self.is_cut:
                    queue.extend(self.core.unsent(output.channel, output.route, self.now_ms))
                else:
                    link.to_client.append(output.frames)
            else:
                self.sessions += isinstance(output, Opened)
                queue.extend(self.runtime.take(output, self.core, self.now_ms))

    # The host.

    def step_host(self) -> None:
        """Let one request go on."""
        if self.is_host_up and self.runtime.running:
            key = self.random.choice(list(self.runtime.running))
            self.perform_host(self.runtime.step(self.core, key, self.now_ms))

    def kill_host(self) -> None:
        """Take the host away with all that it knows."""
        self.is_host_up = False
        self.begun.append(self.runtime.begun)
        self.runtime = FakeRuntime()
        for link in self.links.values():
            link.to_host.clear()
            link.to_client.clear()
            link.late.clear()

    def start_host(self) -> None:
        """Start another host; the connections are new for it."""
        if not self.is_host_up:
            self.is_host_up = True
            self.core = self._new_core()
            for channel in CHANNELS:
                self.reconnect(channel)

    # Time.

    def advance(self, ms: float) -> None:
        """Let time pass in small steps, with nothing delivered."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            self.now_ms = min(end_ms, self.now_ms + 50.0)
            self.perform(self.peer.tick(self.now_ms))
            if self.is_host_up:
                self.perform_host(self.core.tick(self.now_ms))

    def flush(self) -> None:
        """Let everything arrive that is on its way."""
        for _ in range(100_000):
            busy = False
            for channel, link in self.links.items():
                for is_to_host in (True, False):
                    if link.to_host if is_to_host else link.to_client:
                        self.deliver(channel, is_to_host=is_to_host)
                        busy = True
            if not busy:
                return
        raise AssertionError("the two sides do not stop talking")

    def run(self, ms: float, *, step_ms: float = 50.0) -> None:
        """Let time pass with a good network."""
        end_ms = self.now_ms + ms
        while self.now_ms < end_ms:
            self.flush()
            self.advance(step_ms)
            for _ in range(4):
                self.step_host()
        self.flush()

    def settle(self) -> None:
        """Mend everything and wait until each request is over and both sides have come to rest."""
        self.is_cut = False
        self.start_host()
        for _ in range(2000):
            self.run(200.0)
            is_over = len(self.overs) == len(self.asked) and not self.peer.open_requests and not self.runtime.running
            if is_over and self.peer.state == "connected":
                break
        self.run(2000.0)
        self.begun.append(self.runtime.begun)
        self.runtime.begun = []

    def check(self) -> None:
        """Check what must hold when everything has settled."""
        assert self.peer.state == "connected"
        for id, request in self.asked.items():
            assert len(self.overs.get(id, [])) == 1, f"{request} ended {len(self.overs.get(id, []))} times"
            self._check_items(id, request, self.overs[id][0])
        begun = [one for host in self.begun for one in host]
        assert len(set(begun)) == len(begun), "a request was run twice"
        for session in self.core.sessions.values():
            assert session.open_requests == 0
            assert not session.quota.running
        assert self.peer.open_requests == 0

    def _check_items(self, id: int, request: m.Request, over: Over) -> None:
        texts = self.items.get(id, [])
        assert texts == [f"{id}:{index}" for index in range(len(texts))], "out of order, doubled or with a gap"
        if isinstance(request, m.NpcSay) and not over.is_local and over.error is None:
            assert isinstance(over.result, m.TurnResult)
            assert str(len(texts)) == over.result.text, "events are missing"
