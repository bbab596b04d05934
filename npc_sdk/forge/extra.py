"""The packages that only this room needs, and the error that names them when they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from npc_sdk.errors import RequestError


@contextmanager
def needs_forge_extra() -> Iterator[None]:
    """Turn a failed import inside the block into an error that says what to install.

    Raises:
        RequestError: With code ``missing_extra`` when a package is missing.
    """
    try:
        yield
    except ImportError as error:
        raise RequestError(
            f"The package {error.name!r} is not installed, and training a model needs it.",
            'Install it with: pip install "npc-sdk[forge]", or in a clone of it: pip install ".[forge]"',
            code="missing_extra",
            package=error.name,
            extra="forge",
        ) from error
