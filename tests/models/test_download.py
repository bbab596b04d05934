from __future__ import annotations

import errno
import hashlib
import logging
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import filelock
import pytest

from npc_sdk.errors import CapacityError, ModelError, RequestError, StateError
from npc_sdk.models import CatalogEntry, download, pull

CONTENT = bytes(range(256)) * 12_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ENTRY = CatalogEntry(
    name="guard-1b",
    title="Guard 1B",
    repository="somebody/guard-GGUF",
    file="guard.gguf",
    revision=COMMIT,
    n_bytes=len(CONTENT),
    sha256=SHA256,
    licence="Apache-2.0",
)


@dataclass
class Hub:
    """What the small server offers and what it was asked."""

    content: bytes = CONTENT
    etag: str = SHA256
    cut_after: list[int] = field(default_factory=list)
    status: int = 200
    get_status: int = 200
    honours_ranges: bool = True
    ranges: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    endpoint: str = ""
    elsewhere: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub does: metadata in headers to HEAD, bytes and ranges to GET."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        del format, args

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{self.hub.etag}"')
        self.send_header("Accept-Ranges", "bytes")

    def do_HEAD(self) -> None:
        expected = f"/{ENTRY.repository}/resolve/{COMMIT}/{ENTRY.file}"
        is_known = self.path == expected and self.hub.status == 200
        status = 200 if is_known else self.hub.status if self.hub.status != 200 else 404
        if is_known and self.hub.elsewhere:
            self._head(302, 0)
            self.send_header("X-Linked-Size", str(len(self.hub.content)))
            self.send_header("X-Linked-ETag", f'"{self.hub.etag}"')
            self.send_header("Location", self.hub.elsewhere)
        else:
            self._head(status, len(self.hub.content) if is_known else 0)
        self.end_headers()

    def do_GET(self) -> None:
        self.hub.authorizations.append(self.headers.get("Authorization", ""))
        if self.hub.get_status != 200:
            self._head(self.hub.get_status, 0)
            self.end_headers()
            return
        wanted = self.headers.get("Range", "")
        self.hub.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.hub.honours_ranges else 0
        body = self.hub.content[start:]
        self._head(206 if start else 200, len(body))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(self.hub.content) - 1}/{len(self.hub.content)}")
        self.end_headers()
        if self.hub.cut_after:
            body = body[: self.hub.cut_after.pop(0)]
            self.close_connection = True
        self.wfile.write(body)


def serve(hub: Hub) -> Iterator[Hub]:
    handler = type("BoundHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture
def hub() -> Iterator[Hub]:
    yield from serve(Hub())


@pytest.fixture
def other() -> Iterator[Hub]:
    yield from serve(Hub())


def fetch(hub: Hub, folder: Path, entry: CatalogEntry = ENTRY, **options: Any) -> Path:
    return pull(entry, folder=folder, endpoint=hub.endpoint, retry_wait_s=0.0, **options)


def changed(**values: Any) -> CatalogEntry:
    facts = {name: getattr(ENTRY, name) for name in CatalogEntry.__dataclass_fields__}
    return CatalogEntry(**{**facts, **values})


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_model_is_fetched_once(hub: Hub, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch(hub, tmp_path / "models", progress=lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "models" / "guard.gguf"
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert visible(path.parent) == ["guard.gguf"]
    assert fetch(hub, path.parent) == path
    assert len(hub.ranges) == 1


def test_a_cut_connection_is_resumed(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = [1_500_000, 700_000]
    assert fetch(hub, tmp_path).read_bytes() == CONTENT
    assert hub.ranges == ["", "bytes=1500000-", "bytes=2200000-"]


def test_a_later_call_goes_on_where_the_first_one_ended(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = [1_500_000, 0, 0, 0, 0, 0]
    with pytest.raises(ModelError) as caught:
        fetch(hub, tmp_path)
    assert caught.value.code == "download_failed"
    assert visible(tmp_path) == [f".guard.gguf.{SHA256[:16]}.partial"]
    hub.ranges.clear()
    assert fetch(hub, tmp_path).read_bytes() == CONTENT
    assert hub.ranges == ["bytes=1500000-"]


def test_a_server_without_ranges_sends_everything_again(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after, hub.honours_ranges = [1_500_000], False
    assert fetch(hub, tmp_path).read_bytes() == CONTENT


def test_a_wrong_hash_keeps_nothing(hub: Hub, tmp_path: Path) -> None:
    hub.content = CONTENT[:-1] + b"!"
    (tmp_path / "guard.gguf").write_bytes(b"what was there before")
    with pytest.raises(ModelError) as caught:
        fetch(hub, tmp_path)
    assert caught.value.code == "model_mismatch"
    assert caught.value.details["expected"].endswith(SHA256)
    assert caught.value.details["found"] == hashlib.sha256(hub.content).hexdigest()
    assert visible(tmp_path) == ["guard.gguf"]
    assert (tmp_path / "guard.gguf").read_bytes() == b"what was there before"


def test_a_wrong_size_is_noticed_before_anything_is_fetched(hub: Hub, tmp_path: Path) -> None:
    hub.content = CONTENT + b"!"
    with pytest.raises(ModelError) as caught:
        fetch(hub, tmp_path)
    assert caught.value.code == "model_mismatch"
    assert hub.ranges == []


def test_without_a_hash_the_hubs_own_is_checked(hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    entry = changed(sha256=None)
    with caplog.at_level(logging.WARNING, logger="npc_sdk.models.download"):
        fetch(hub, tmp_path, entry)
    assert "the hub's own was checked" in caplog.text
    (tmp_path / "guard.gguf").unlink()
    hub.content = CONTENT[:-1] + b"!"
    with pytest.raises(ModelError, match="SHA-256"):
        fetch(hub, tmp_path, entry)


def test_without_any_hash_only_the_size_is_checked(hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    hub.etag = "abc"
    with caplog.at_level(logging.WARNING, logger="npc_sdk.models.download"):
        assert fetch(hub, tmp_path, changed(sha256=None)).read_bytes() == CONTENT
    assert "only its size was checked" in caplog.text


def test_a_damaged_file_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "guard.gguf").write_bytes(bytes(len(CONTENT)))
    assert fetch(hub, tmp_path).read_bytes() == CONTENT


def test_a_partial_that_is_too_long_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / f".guard.gguf.{SHA256[:16]}.partial").write_bytes(bytes(len(CONTENT) + 1))
    assert fetch(hub, tmp_path).read_bytes() == CONTENT


def test_a_disk_that_is_too_small(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(CapacityError) as caught:
        fetch(hub, tmp_path)
    assert caught.value.code == "disk_full"
    assert caught.value.details["free_bytes"] == 1_000_000
    assert hub.ranges == []


def test_a_disk_that_fills_up_keeps_what_is_there(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk:
        def __init__(self, file: IO[bytes]) -> None:
            self.file = file

        def __enter__(self) -> FullDisk:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, piece: bytes) -> int:
            if self.file.tell() > 1_000_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(piece)

    def full_open(path: Path, mode: str) -> Any:
        return FullDisk(open(path, mode)) if mode in ("wb", "ab") else open(path, mode)

    with monkeypatch.context() as patch:
        patch.setattr(download, "open", full_open, raising=False)
        with pytest.raises(CapacityError) as caught:
            fetch(hub, tmp_path)
    assert caught.value.code == "disk_full"
    there = (tmp_path / f".guard.gguf.{SHA256[:16]}.partial").stat().st_size
    assert there > 1_000_000
    assert fetch(hub, tmp_path).read_bytes() == CONTENT
    assert hub.ranges == ["", f"bytes={there}-"]


def test_another_process_is_at_it(hub: Hub, tmp_path: Path) -> None:
    with filelock.FileLock(tmp_path / ".guard.gguf.lock"), pytest.raises(StateError) as caught:
        fetch(hub, tmp_path)
    assert caught.value.code == "pull_in_progress"


def test_waiting_for_another_one(hub: Hub, tmp_path: Path) -> None:
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(fetch(hub, tmp_path, wait_s=20.0))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [tmp_path / "guard.gguf"] * 3
    assert len(hub.ranges) == 1


def test_an_unknown_file(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        fetch(hub, tmp_path, changed(file="other.gguf"))
    assert caught.value.code == "download_failed"


@pytest.mark.parametrize("status", [403, 503])
def test_a_server_that_refuses(status: int, hub: Hub, tmp_path: Path) -> None:
    hub.get_status = status
    with pytest.raises(ModelError, match=str(status)) as caught:
        fetch(hub, tmp_path)
    assert caught.value.code == "download_failed"


def test_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        pull(ENTRY, folder=tmp_path, endpoint="http://127.0.0.1:9")
    assert caught.value.code == "download_failed"


def test_a_token_stays_with_the_hub(hub: Hub, other: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(hub, tmp_path / "one")
    assert hub.authorizations == ["Bearer hf_secret"]
    hub.elsewhere = f"{other.endpoint}/cdn/guard"
    fetch(hub, tmp_path / "two")
    assert other.authorizations == [""]


def test_the_library_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(RequestError) as caught:
        pull(ENTRY, folder=tmp_path)
    assert caught.value.code == "missing_extra"
    assert 'pip install "npc-sdk[hub]"' in caught.value.next_step


def test_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        pull("nemotron-4b", folder=tmp_path)
    assert caught.value.code == "unknown_model"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RequestError) as caught:
        pull(ENTRY, folder=tmp_path / "file" / "models")
    assert caught.value.code == "folder_unusable"
