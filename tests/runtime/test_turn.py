from __future__ import annotations

from collections.abc import Callable

import pytest

from npc_sdk.errors import DeadlineError
from npc_sdk.persona import Persona
from npc_sdk.runtime import Npc, Runtime, SystemClock
from npc_sdk.testing import FakeEngine, Reply


def test_text_grows_while_the_turn_runs(slow_engine: FakeEngine, spawn: Callable[..., Npc]) -> None:
    turn = spawn(slow_engine).say("Hello.")
    assert (turn.text, turn.end, turn.is_over) == ("", None, False)
    slow_engine.clock.advance(25)
    assert turn.text == "I hear"
    assert len(turn.events) == 2
    assert turn.result().text == "I hear you."


def test_a_wait_has_its_own_limit(engine: FakeEngine, persona: Persona) -> None:
    engine.script("*", [Reply(failure="silence")])
    with Runtime(engine=engine, clock=SystemClock()) as runtime:
        turn = runtime.spawn(persona).say("Hello.")
        with pytest.raises(DeadlineError) as raised:
            turn.result(timeout_s=0.01)
        assert raised.value.code == "wait_timeout"
        turn.cancel()
        assert turn.result(timeout_s=10).why == "cancelled"
