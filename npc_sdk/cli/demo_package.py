"""Finds the demos, which are a package of their own beside this one."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from npc_sdk.errors import RequestError

# As it is installed, and as it lies in a checkout.
PACKAGES = ("npc_demos", "demos")


def demos_package() -> str:
    """Return the name of the package that holds the demos.

    Raises:
        RequestError: It is not installed (``no_demos``).
    """
    for package in PACKAGES:
        if _is_ours(package):
            return package
    raise RequestError(
        "The demos are not installed beside this package.",
        'Install it with: pip install ".[demo]", or run it from a checkout.',
        code="no_demos",
    )


def demo_module(name: str) -> ModuleType:
    """Return a module of the demos.

    Args:
        name: Where it lies in their package, such as ``tactics.tournament``.

    Raises:
        RequestError: The demos are not installed (``no_demos``).
    """
    return importlib.import_module(f"{demos_package()}.{name}")


def _is_ours(package: str) -> bool:
    """Return whether a package holds the demos; there may be another one of the name ``demos``."""
    found = importlib.util.find_spec(package)
    return found is not None and importlib.util.find_spec(f"{package}.start") is not None
