"""Model files: where they are, what their headers say, how to fetch them, and random ones for tests.

Names are loaded when first used, so that importing this room costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npc_sdk.models.catalog import (
        CATALOG,
        CatalogEntry,
        ListedModel,
        ModelSource,
        catalog_entry,
        list_models,
        models_folder,
        resolve_model,
    )
    from npc_sdk.models.download import pull
    from npc_sdk.models.header import Header, MetadataArray, TensorInfo, read_header
    from npc_sdk.models.identity import fingerprint
    from npc_sdk.models.layers import LayerKind
    from npc_sdk.models.shape import PRESETS, Quantization, Shape, preset
    from npc_sdk.models.synthetic import build, chat_template
    from npc_sdk.models.tensor_type import TensorType

_HOMES = {
    "CATALOG": "catalog",
    "CatalogEntry": "catalog",
    "Header": "header",
    "LayerKind": "layers",
    "ListedModel": "catalog",
    "MetadataArray": "header",
    "ModelSource": "catalog",
    "PRESETS": "shape",
    "Quantization": "shape",
    "Shape": "shape",
    "TensorInfo": "header",
    "TensorType": "tensor_type",
    "build": "synthetic",
    "catalog_entry": "catalog",
    "chat_template": "synthetic",
    "fingerprint": "identity",
    "list_models": "catalog",
    "models_folder": "catalog",
    "preset": "shape",
    "pull": "download",
    "read_header": "header",
    "resolve_model": "catalog",
}

__all__ = [
    "CATALOG",
    "PRESETS",
    "CatalogEntry",
    "Header",
    "LayerKind",
    "ListedModel",
    "MetadataArray",
    "ModelSource",
    "Quantization",
    "Shape",
    "TensorInfo",
    "TensorType",
    "build",
    "catalog_entry",
    "chat_template",
    "fingerprint",
    "list_models",
    "models_folder",
    "preset",
    "pull",
    "read_header",
    "resolve_model",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
