"""A quick and stable identity of a model file."""

from __future__ import annotations

import os
from typing import BinaryIO, Final

import xxhash

from npc_sdk.errors import ModelError
from npc_sdk.models.header import read_header

_SAMPLES: Final = 64
_SAMPLE_BYTES: Final = 64 * 1024
_WHOLE_BYTES: Final = _SAMPLES * _SAMPLE_BYTES


def fingerprint(path: str | os.PathLike[str]) -> str:
    """Return 32 hexadecimal digits that name the content of a model file.

    They cover the file's size, its whole header, and 64 samples of 64 KiB spread evenly over the tensor
    data, the last bytes among them (all of it when it is no larger than that). The same file has the same
    fingerprint on every machine and in every release. It tells models apart; against somebody who forges
    a file on purpose only the SHA-256 of the catalog helps.

    Raises:
        ModelError: As :func:`npc_sdk.models.read_header`.

    Thread-safety: safe from any thread.
    """
    header = read_header(path)
    digest = xxhash.xxh3_128(header.file_bytes.to_bytes(8, "little"))
    try:
        with open(path, "rb") as file:
            _add(digest, file, 0, min(header.data_offset, header.file_bytes))
            _add_samples(digest, file, header.data_offset, header.file_bytes)
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}.", code="model_unreadable", path=str(path)
        ) from error
    return digest.hexdigest()


def _add_samples(digest: xxhash.xxh3_128, file: BinaryIO, start: int, end: int) -> None:
    if end - start <= _WHOLE_BYTES:
        _add(digest, file, start, end)
        return
    last = end - _SAMPLE_BYTES
    for index in range(_SAMPLES):
        offset = start + (last - start) * index // (_SAMPLES - 1)
        _add(digest, file, offset, offset + _SAMPLE_BYTES)


def _add(digest: xxhash.xxh3_128, file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    while start < end:
        piece = file.read(min(end - start, 2**20))
        if not piece:
            return
        digest.update(piece)
        start += len(piece)
