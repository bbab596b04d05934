"""Prompts: text, segments and token ids, arranged so that a turn reads only what is new."""

from __future__ import annotations

from npc_sdk.prompt.compiler import DecideTurn, PromptCompiler, UserTurn
from npc_sdk.prompt.exchange import Exchange, Step
from npc_sdk.prompt.heard import Reply
from npc_sdk.prompt.history import History
from npc_sdk.prompt.lint import PromptReport, PromptWarning, SegmentReport, lint
from npc_sdk.prompt.segments import Segment, SegmentKind
from npc_sdk.prompt.sentences import SentenceSplitter, is_whole_sentence
from npc_sdk.prompt.template import ChatTemplate
from npc_sdk.prompt.thinking import ThinkingFilter
from npc_sdk.prompt.utf8 import Utf8Stream

__all__ = [
    "ChatTemplate",
    "DecideTurn",
    "Exchange",
    "History",
    "PromptCompiler",
    "PromptReport",
    "PromptWarning",
    "Reply",
    "Segment",
    "SegmentKind",
    "SegmentReport",
    "SentenceSplitter",
    "Step",
    "ThinkingFilter",
    "UserTurn",
    "Utf8Stream",
    "is_whole_sentence",
    "lint",
]
