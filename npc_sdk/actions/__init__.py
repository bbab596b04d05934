"""Actions: what a character can do, how models write it, and the lists it chooses from."""

from __future__ import annotations

from npc_sdk.actions.action import Action
from npc_sdk.actions.dialects import Dialect, Hermes, QwenXml, dialect_for
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.part import Part
from npc_sdk.actions.schema import ActionSpec, Declaration, Parameter, ValueSchema, action_spec, action_specs
from npc_sdk.actions.stream import BadCall, CallPiece, ReplyPiece, SpeechPiece, StreamParser
from npc_sdk.actions.vocabulary import LiveWorld, Vocabulary, VocabularyName, WorldSnapshot

__all__ = [
    "Action",
    "ActionSpec",
    "BadCall",
    "CallPiece",
    "Declaration",
    "Dialect",
    "Hermes",
    "Labels",
    "LiveWorld",
    "Parameter",
    "Part",
    "QwenXml",
    "ReplyPiece",
    "SpeechPiece",
    "StreamParser",
    "ValueSchema",
    "Vocabulary",
    "VocabularyName",
    "WorldSnapshot",
    "action_spec",
    "action_specs",
    "dialect_for",
]
