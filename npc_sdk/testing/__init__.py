"""For the tests of games: an engine without a model, a GPU that follows a trace, and a clock that a test moves."""

from __future__ import annotations

from npc_sdk.testing.fake_clock import FakeClock
from npc_sdk.testing.fake_engine import FakeEngine
from npc_sdk.testing.fake_tokenizer import FakeTokenizer
from npc_sdk.testing.reply import Reply, act, say_and_act
from npc_sdk.testing.simulated_gpu import SimulatedGpu
from npc_sdk.testing.simulated_probe import SimulatedProbe, shipped_trace, shipped_traces

__all__ = [
    "FakeClock",
    "FakeEngine",
    "FakeTokenizer",
    "Reply",
    "SimulatedGpu",
    "SimulatedProbe",
    "act",
    "say_and_act",
    "shipped_trace",
    "shipped_traces",
]
