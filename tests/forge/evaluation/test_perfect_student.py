"""The generator's own answers, spoken through the runtime: what no model can exceed."""

from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.forge.corpus import Decide
from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.cases import conversations
from npc_sdk.forge.evaluation.figure import Figure
from npc_sdk.forge.evaluation.play import play
from npc_sdk.forge.evaluation.record import Case
from npc_sdk.forge.evaluation.tally import figures, judged
from npc_sdk.runtime import Runtime
from npc_sdk.testing import FakeEngine, Reply


def _learn(engine: FakeEngine, case: Case) -> None:
    for step in case.conversation.steps:
        if isinstance(step, Decide):
            engine.choose(case.name, [step.options[step.answer_index]])
        else:
            calls = tuple((call.name, dict(call.arguments)) for call in step.reply.calls)
            engine.script(case.name, [Reply(text=step.reply.text, calls=calls)])


@pytest.fixture(scope="module")
def found() -> dict[str, Figure]:
    engine = FakeEngine(cells=20_000)
    records: list[Any] = []
    with Runtime(engine=engine, warm=False) as runtime:
        for case in conversations(91, 40):
            _learn(engine, case)
            records += play(runtime, case, sleep=lambda s: engine.clock.advance(1000 * s)).records
    return {figure.kind.key: figure for figure in figures(judged(records, MannerClassifier.train(5)))}


@pytest.mark.parametrize(
    "key",
    ["facts", "unknown", "secret_kept", "own_voice", "no_control_text", "in_role", "action", "no_action", "valid_calls"]
    + ["orders", "tactics", "choices", "manner"],
)
def test_a_perfect_student_reaches_every_goal(found: dict[str, Figure], key: str) -> None:
    figure = found[key]
    assert figure.count >= 10
    assert figure.share is not None and figure.share >= 0.9, figure
