"""For the tests of games: an engine without a model, and a clock that a test moves."""

from __future__ import annotations

from npc_sdk.testing.fake_clock import FakeClock
from npc_sdk.testing.fake_engine import FakeEngine
from npc_sdk.testing.fake_tokenizer import FakeTokenizer
from npc_sdk.testing.reply import Reply, act, say_and_act

__all__ = ["FakeClock", "FakeEngine", "FakeTokenizer", "Reply", "act", "say_and_act"]
