"""Training conversations made from a seed: no text from elsewhere, no model, no files."""

from __future__ import annotations

from npc_sdk.forge.corpus.conversation import Call, Conversation, Decide, Expectation, Reply, Result, Say, Step
from npc_sdk.forge.corpus.generator import FOCUS, WEIGHTS, Stage, generate
from npc_sdk.forge.corpus.injection import injection_attempts
from npc_sdk.forge.corpus.split import Split
from npc_sdk.forge.corpus.unknown import invented_words, says_unknown

__all__ = [
    "FOCUS",
    "WEIGHTS",
    "Call",
    "Conversation",
    "Decide",
    "Expectation",
    "Reply",
    "Result",
    "Say",
    "Split",
    "Stage",
    "Step",
    "generate",
    "injection_attempts",
    "invented_words",
    "says_unknown",
]
