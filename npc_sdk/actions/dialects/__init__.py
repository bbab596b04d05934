"""How families of models write calls."""

from __future__ import annotations

from npc_sdk.actions.dialects.dialect import Dialect
from npc_sdk.actions.dialects.hermes import Hermes
from npc_sdk.actions.dialects.lark import TokenIds
from npc_sdk.actions.dialects.qwen_xml import QwenXml

__all__ = ["Dialect", "Hermes", "QwenXml", "TokenIds", "dialect_for"]


def dialect_for(template: str | None) -> Dialect:
    """Return the dialect of a model.

    Args:
        template: The model's chat template, or None when it has none.

    Returns:
        The XML dialect when the template shows it, else Hermes.
    """
    return QwenXml() if template is not None and "<function=" in template else Hermes()
