from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from npc_sdk.forge.corpus import Expectation
from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.judge import judge
from npc_sdk.forge.evaluation.record import Heard
from npc_sdk.persona import Persona

MARA = Persona(
    name="Mara Venn",
    role="a machine mender of Lowmark",
    voice="Curt and dry, few words",
    knows=("Sells rope for 12 thalers.", "The mill is behind the chapel."),
)


@pytest.fixture
def mara() -> Persona:
    """A character with a voice and two facts."""
    return MARA


@pytest.fixture(scope="session")
def classifier() -> MannerClassifier:
    """Knows little; the tests that need more train their own."""
    return MannerClassifier.train(1, count=400)


@pytest.fixture
def heard() -> Callable[..., Heard]:
    """Makes an answer to judge; what an expectation takes may be named beside it."""

    def make(text: str, **changes: Any) -> Heard:
        fields = {name: changes.pop(name) for name in list(changes) if name in Expectation.__dataclass_fields__}
        expectation = Expectation(**{"intent": "trade", **fields})
        values: dict[str, Any] = {
            "case": "case",
            "step": 0,
            "persona": MARA,
            "has_actions": False,
            "expectation": expectation,
            "line": "How much for rope?",
            "known": "You are Mara Venn, a machine mender of Lowmark. Sells rope for 12 thalers.",
            "text": text,
        }
        return Heard(**{**values, **changes})

    return make


@pytest.fixture
def verdicts(classifier: MannerClassifier, heard: Callable[..., Heard]) -> Callable[..., dict[str, bool]]:
    """Judges an answer; returns which figures it counts for and whether it came right."""

    def decide(text: str, **changes: Any) -> dict[str, bool]:
        return {verdict.key: verdict.is_right for verdict in judge(heard(text, **changes), classifier)}

    return decide
