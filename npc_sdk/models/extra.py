"""Optional libraries: loaded when first needed, refused with the name of their extra."""

from __future__ import annotations

import importlib
from types import ModuleType

from npc_sdk.errors import RequestError


def load_extra(module: str, extra: str) -> ModuleType:
    """Return an optional module.

    Args:
        module: Name of the module.
        extra: The extra of this package that brings it.

    Raises:
        RequestError: The module is not installed (code ``missing_extra``).
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise RequestError(
            f"The library {module.split('.')[0]!r} is needed here and cannot be loaded: {error}.",
            f'Install it with: pip install "npc-sdk[{extra}]", or in a clone of it: pip install ".[{extra}]"',
            code="missing_extra",
            module=module,
            extra=extra,
        ) from error
