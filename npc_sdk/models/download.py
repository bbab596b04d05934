"""Fetches catalog models from the Hugging Face hub: resumed after a cut, checked, put in place in one step.

The hub's library names the file and its hash. The bytes are read here, because that library drops what
it has when a connection ends for good, and three gigabytes are too much to lose.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import logging
import os
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from npc_sdk.errors import CapacityError, ModelError, RequestError, StateError
from npc_sdk.models.catalog import CatalogEntry, catalog_entry, models_folder
from npc_sdk.models.extra import load_extra

Progress = Callable[[int, int], None]

_log = logging.getLogger(__name__)

_PIECE_BYTES: Final = 2**20
_SPARE_BYTES: Final = 64 * 2**20
_TIMEOUT_S: Final = 30.0
_ATTEMPTS: Final = 5
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CUT: Final = (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError, urllib.error.URLError)
_FULL: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remote:
    """Where the bytes are and what they should be."""

    url: str
    headers: dict[str, str]
    n_bytes: int
    etag: str
    sha256: str | None


def pull(
    model: str | CatalogEntry,
    *,
    folder: Path | None = None,
    progress: Progress | None = None,
    endpoint: str | None = None,
    wait_s: float = 0.0,
    retry_wait_s: float = 1.0,
) -> Path:
    """Fetch a model into the models folder, unless it is there.

    What was fetched before a cut connection or a full disk is kept and used the next time. A file whose
    hash is wrong is thrown away. A file that was there before stays until the new one is whole.

    Args:
        model: A name of the catalog, or an entry.
        folder: The models folder; :func:`npc_sdk.models.models_folder` by default.
        progress: Called with the bytes there and the bytes in all.
        endpoint: Address of the hub; the hub library's own setting by default.
        wait_s: How long to wait while another process fetches the same file.
        retry_wait_s: Pause before a cut connection is tried again.

    Returns:
        The file.

    Raises:
        RequestError: The hub's library is missing (code ``missing_extra``), or the folder cannot be made
            (``folder_unusable``).
        ModelError: ``unknown_model``, ``download_failed``, or ``model_mismatch``.
        CapacityError: The disk is full or will be (code ``disk_full``).
        StateError: Another process fetches the same file (code ``pull_in_progress``).

    Thread-safety: safe from any thread and process; one fetches, the others wait or are refused.
    """
    entry = catalog_entry(model) if isinstance(model, str) else model
    hub = load_extra("huggingface_hub", "hub")
    folder = folder or models_folder()
    _make(folder)
    target = folder / entry.file
    with _locked(folder / f".{entry.file}.lock", entry, wait_s):
        if _is_whole(target, entry):
            return target
        remote = _find(hub, entry, endpoint)
        partial = folder / f".{entry.file}.{remote.etag[:16]}.partial"
        _check_disk(partial, remote.n_bytes)
        _fetch(remote, partial, progress, retry_wait_s)
        _verify(partial, entry, remote)
        os.replace(partial, target)
    return target


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(
            f"The models folder {folder} cannot be made: {error.strerror or error}.",
            "Set NPC_MODELS_DIR to a folder that can be written.",
            code="folder_unusable",
            path=str(folder),
        ) from error


@contextmanager
def _locked(path: Path, entry: CatalogEntry, wait_s: float) -> Iterator[None]:
    filelock: Any = load_extra("filelock", "hub")
    try:
        with filelock.FileLock(path, timeout=wait_s):
            yield
    except filelock.Timeout as error:
        raise StateError(
            f"The model {entry.name!r} is being fetched by another process.",
            "Wait until it has ended.",
            code="pull_in_progress",
            name=entry.name,
        ) from error


def _is_whole(target: Path, entry: CatalogEntry) -> bool:
    if not target.is_file() or target.stat().st_size != entry.n_bytes:
        return False
    return entry.sha256 is None or _sha256(target) == entry.sha256


def _find(hub: Any, entry: CatalogEntry, endpoint: str | None) -> _Remote:
    url = hub.hf_hub_url(entry.repository, entry.file, revision=entry.revision, endpoint=endpoint)
    try:
        metadata = hub.get_hf_file_metadata(url)
    # The library's errors come from whichever HTTP client its version uses; they share no other base.
    except Exception as error:
        raise _failed(entry, f"{type(error).__name__}: {error}") from error
    n_bytes = metadata.size if metadata.size is not None else entry.n_bytes
    if n_bytes != entry.n_bytes:
        raise _mismatch(entry, f"{entry.n_bytes:,} bytes", f"{n_bytes:,}")
    etag = re.sub(r"[^0-9A-Za-z]", "", metadata.etag or "") or "unknown"
    offered = etag if _SHA256.fullmatch(etag) else None
    return _Remote(
        url=metadata.location or url,
        headers=_headers(hub, url, metadata.location or url),
        n_bytes=n_bytes,
        etag=etag,
        sha256=entry.sha256 or offered,
    )


def _headers(hub: Any, url: str, location: str) -> dict[str, str]:
    # Signed addresses of a content network refuse a second authorization, and must not learn the token.
    if urlsplit(url).netloc != urlsplit(location).netloc:
        return {}
    headers = hub.utils.build_hf_headers()
    return {"Authorization": headers["authorization"]} if "authorization" in headers else {}


def _check_disk(partial: Path, n_bytes: int) -> None:
    there = _size(partial)
    if there > n_bytes:
        partial.unlink()
        there = 0
    free_bytes = shutil.disk_usage(partial.parent).free
    needed_bytes = n_bytes - there + _SPARE_BYTES
    if free_bytes < needed_bytes:
        raise _disk_full(partial.parent, needed_bytes, free_bytes)


def _disk_full(folder: Path, needed_bytes: int, free_bytes: int) -> CapacityError:
    return CapacityError(
        f"{needed_bytes:,} more bytes are needed in {folder}, and {free_bytes:,} are free.",
        "Free some space, or set NPC_MODELS_DIR to a folder on another disk; what was fetched is kept.",
        code="disk_full",
        needed_bytes=needed_bytes,
        free_bytes=free_bytes,
    )


def _fetch(remote: _Remote, partial: Path, progress: Progress | None, retry_wait_s: float) -> None:
    attempts = 0
    while (there := _size(partial)) < remote.n_bytes:
        # A connection that ends early need not raise anything.
        cause: object = "the connection was cut"
        try:
            _stream(remote, partial, there, progress)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500 and error.code not in (408, 429):
                raise _failed(remote, f"the server answered {error.code}") from error
            cause = f"the server answered {error.code}"
        except _CUT as error:
            cause = error
        except OSError as error:
            if error.errno not in _FULL:
                raise _failed(remote, error) from error
            free_bytes = shutil.disk_usage(partial.parent).free
            raise _disk_full(partial.parent, remote.n_bytes - _size(partial), free_bytes) from error
        attempts = 0 if _size(partial) > there else attempts + 1
        if attempts >= _ATTEMPTS:
            raise _failed(remote, cause)
        if _size(partial) < remote.n_bytes:
            time.sleep(retry_wait_s)


def _stream(remote: _Remote, partial: Path, there: int, progress: Progress | None) -> None:
    request = urllib.request.Request(remote.url, headers={"Accept-Encoding": "identity"})
    for name, value in remote.headers.items():
        request.add_unredirected_header(name, value)
    if there:
        request.add_header("Range", f"bytes={there}-")
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        # A server that ignores the range sends everything again.
        is_rest = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {there}-")
        done = there if is_rest else 0
        with open(partial, "ab" if done else "wb") as file:
            while piece := answer.read(min(_PIECE_BYTES, remote.n_bytes - done)):
                file.write(piece)
                done += len(piece)
                if progress is not None:
                    progress(done, remote.n_bytes)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _verify(partial: Path, entry: CatalogEntry, remote: _Remote) -> None:
    if remote.sha256 is None:
        _log.warning("No hash is known for %s; only its size was checked.", entry.name)
        return
    found = _sha256(partial)
    if found != remote.sha256:
        partial.unlink()
        raise _mismatch(entry, f"the SHA-256 {remote.sha256}", found)
    if entry.sha256 is None:
        _log.warning("No hash stands in the catalog for %s; the hub's own was checked.", entry.name)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _mismatch(entry: CatalogEntry, expected: str, found: str) -> ModelError:
    return ModelError(
        f"{entry.file} of {entry.repository} should have {expected} and has {found}; nothing was kept.",
        "Try again; if it stays so, the file on the hub has changed and must not be trusted.",
        code="model_mismatch",
        name=entry.name,
        expected=expected,
        found=found,
    )


def _failed(what: CatalogEntry | _Remote, cause: object) -> ModelError:
    address = what.url if isinstance(what, _Remote) else what.repository
    return ModelError(
        f"{address} cannot be fetched: {cause}.",
        "Check the connection and try again; what was fetched is kept.",
        code="download_failed",
    )
