"""How good a model is: held-out conversations through the runtime, and what each answer is worth."""

from __future__ import annotations

from npc_sdk.forge.evaluation.comparison import comparison_table
from npc_sdk.forge.evaluation.figure import Figure, Measure, wilson_interval
from npc_sdk.forge.evaluation.result import Evaluation, Miss

__all__ = ["Evaluation", "Figure", "Measure", "Miss", "comparison_table", "wilson_interval"]
