"""Two cores over a network that loses, doubles, delays and breaks: every request ends once, events without a gap."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from simulation import CHANNELS, Simulation

from npc_sdk.wire import messages as m
from npc_sdk.wire.limits import Limits

LIMITS = (None, Limits(max_events_unacked=3), Limits(max_events_unacked=4, max_events_queued=10, slow_reader_ms=1000))
TIMES_MS = (10.0, 300.0, 1000.0, 4000.0)
channels = st.sampled_from(CHANNELS)


class LossyNetwork(RuleBasedStateMachine):
    """Everything that may happen to two cores, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation = Simulation()

    @precondition(lambda self: not self.simulation.asked)
    @rule(limits=st.sampled_from(LIMITS), seed=st.integers(0, 1000))
    def begin(self, limits: Limits | None, seed: int) -> None:
        self.simulation = Simulation(seed, limits)

    @rule(events=st.integers(0, 12), deadline_ms=st.sampled_from([500.0, 20_000.0]))
    def say(self, events: int, deadline_ms: float) -> None:
        self.simulation.say(events, deadline_ms)

    @rule(kind=st.sampled_from([m.NpcObserve, m.NpcPark, m.NpcDecide, m.NpcResult, m.WorldSet, m.NpcSpawn]))
    def ask(self, kind: type[m.Request]) -> None:
        fields: dict[type[m.Request], dict[str, object]] = {
            m.NpcObserve: {"npc": "Bron", "text": "It rains."},
            m.NpcPark: {"npc": "Bron"},
            m.NpcDecide: {"npc": "Bron", "situation": "?", "options": ["a", "b"]},
            m.NpcResult: {"npc": "Bron", "action_id": "1", "result": "Done."},
            m.WorldSet: {"tick": 1, "vocabularies": {"gates": ["north"]}},
            m.NpcSpawn: {"persona": {"shipped": "guard"}, "name": "Bron"},
        }
        self.simulation.ask(kind, **fields[kind])

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.simulation.asked:
            id = data.draw(st.sampled_from(sorted(self.simulation.asked)))
            self.simulation.perform(self.simulation.peer.cancel(id, self.simulation.now_ms))

    @rule(channel=channels, is_to_host=st.booleans(), is_twice=st.booleans())
    def deliver(self, channel: str, is_to_host: bool, is_twice: bool) -> None:
        self.simulation.deliver(channel, is_to_host=is_to_host, is_twice=is_twice)  # type: ignore[arg-type]

    @rule()
    def flush(self) -> None:
        self.simulation.flush()

    @rule(times=st.integers(1, 6))
    def work(self, times: int) -> None:
        for _ in range(times):
            self.simulation.step_host()

    @rule(ms=st.sampled_from(TIMES_MS))
    def wait(self, ms: float) -> None:
        self.simulation.advance(ms)

    @rule(channel=channels)
    def break_connection(self, channel: str) -> None:
        self.simulation.reconnect(channel)  # type: ignore[arg-type]

    @rule(channel=channels)
    def deliver_late(self, channel: str) -> None:
        self.simulation.deliver_late(channel)  # type: ignore[arg-type]

    @rule(channel=channels, is_to_host=st.booleans())
    def lose(self, channel: str, is_to_host: bool) -> None:
        self.simulation.drop(channel, is_to_host=is_to_host)  # type: ignore[arg-type]

    @rule()
    def cut_or_mend(self) -> None:
        self.simulation.is_cut = not self.simulation.is_cut

    @rule()
    def kill_or_start_host(self) -> None:
        if self.simulation.is_host_up:
            self.simulation.kill_host()
        else:
            self.simulation.start_host()

    def teardown(self) -> None:
        self.simulation.settle()
        self.simulation.check()


LossyNetwork.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLossyNetwork = LossyNetwork.TestCase


def play(simulation: Simulation, steps: int, badness: float) -> None:
    """Do so many random things, of which a share is bad."""
    chance = simulation.random
    for _ in range(steps):
        channel, dice = chance.choice(CHANNELS), chance.random()
        if chance.random() < badness:
            _harm(simulation, channel, dice)  # type: ignore[arg-type]
        elif dice < 0.15:
            simulation.say(chance.randrange(12), chance.choice([500.0, 3000.0, 20_000.0]))
        elif dice < 0.25:
            simulation.ask(m.NpcObserve, npc="Bron", text="It rains.")
        elif dice < 0.45:
            simulation.deliver(channel, is_to_host=chance.random() < 0.5, is_twice=chance.random() < badness)
        elif dice < 0.65:
            simulation.flush()
        elif dice < 0.9:
            simulation.step_host()
        else:
            simulation.advance(chance.choice([10.0, 50.0, 300.0]))


def _harm(simulation: Simulation, channel: str, dice: float) -> None:
    if dice < 0.3:
        simulation.reconnect(channel)  # type: ignore[arg-type]
    elif dice < 0.5:
        simulation.deliver_late(channel)  # type: ignore[arg-type]
    elif dice < 0.7:
        simulation.drop(channel, is_to_host=simulation.random.random() < 0.5)  # type: ignore[arg-type]
    elif dice < 0.75:
        simulation.is_cut = True
    elif dice < 0.8:
        simulation.kill_host()
    elif dice < 0.85:
        simulation.advance(4000.0)
    else:
        simulation.is_cut = False
        simulation.start_host()


@pytest.mark.parametrize("badness", [0.0, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("limits", LIMITS)
def test_many_random_runs(badness: float, limits: Limits | None) -> None:
    for seed in range(10):
        simulation = Simulation(seed, limits)
        play(simulation, 400, badness)
        simulation.settle()
        simulation.check()
        if not badness and limits is None:
            assert all(not over.is_local or over.error.code == "deadline" for (over,) in simulation.overs.values())  # type: ignore[union-attr]
