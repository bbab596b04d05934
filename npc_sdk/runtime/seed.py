"""Random numbers that are apart for each character and turn, and the same again for the same seed."""

from __future__ import annotations

import hashlib
import secrets

_BITS = 32


def fresh_seed() -> int:
    """Return a seed that nobody can guess."""
    return secrets.randbits(_BITS)


def derived_seed(seed: int, *parts: str | int) -> int:
    """Return a seed of 32 bits that depends on another one and on what it is for."""
    text = "\x1f".join([str(seed), *map(str, parts)])
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_BITS // 8).digest()
    return int.from_bytes(digest, "little")
