"""The engine process seen through its pipes."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from reference import config

from npc_sdk.engine import codec
from npc_sdk.engine.child import Child
from npc_sdk.engine.request import Ended, Request
from npc_sdk.errors import from_dict

WAIT_S = 30.0


class Host:
    """The other ends of the pipes of a child that runs in a thread."""

    def __init__(self, path: Path, **fields: object) -> None:
        source, writer = os.pipe()
        reader, target = os.pipe()
        self.to_child: BinaryIO = os.fdopen(writer, "wb")
        self.from_child: BinaryIO = os.fdopen(reader, "rb")
        self._ends = [os.fdopen(source, "rb"), os.fdopen(target, "wb")]
        self.child = Child(self._ends[0], self._ends[1])
        self.thread = threading.Thread(target=self.child.run, daemon=True)
        self.thread.start()
        self.send("config", codec.pack_config(config(path, **fields)))

    def send(self, *message: Any) -> None:
        codec.write_frame(self.to_child, list(message))

    def receive(self, kind: str) -> list[Any]:
        while (message := codec.read_frame(self.from_child)) is not None:
            if message[0] == kind:
                return message[1:]
        raise AssertionError(f"no {kind} came")

    def end(self, request_id: int) -> Ended:
        while True:
            for event in map(codec.unpack_event, self.receive("events")[0]):
                if isinstance(event, Ended) and event.id == request_id:
                    return event

    def wait(self) -> None:
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()

    def close(self) -> None:
        for stream in (self.to_child, self.from_child, *self._ends):
            try:
                stream.close()
            except OSError:
                continue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "parked"


@pytest.fixture
def host(tiny_hybrid_path: Path, folder: Path) -> Iterator[Host]:
    host = Host(tiny_hybrid_path, parked_folder=str(folder))
    yield host
    host.close()


def request(number: int) -> dict[str, Any]:
    return codec.pack_request(Request(id=number, sequence="a", tokens=(50, 51, 52), max_tokens=3))


def test_it_obeys_and_closes(host: Host, folder: Path) -> None:
    info = codec.unpack_info(host.receive("ready")[0])
    assert info.slots == 4
    host.send("quantum", 8)
    host.send("submit", request(1))
    assert host.end(1).cost.tokens_read == 3
    host.send("park", "a")
    host.send("cancel", 99)
    host.send("submit", request(2))
    assert host.end(2).cost.tokens_read >= 1
    host.send("forget", "a")
    host.send("close")
    host.wait()
    assert folder.is_dir(), "the host that closes keeps the folder or removes it"


def test_a_host_that_is_gone_ends_it_and_its_folder(host: Host, folder: Path) -> None:
    host.receive("ready")
    host.to_child.close()
    host.wait()
    assert not folder.exists()


def test_a_host_that_no_longer_reads_ends_it_and_its_folder(host: Host, folder: Path) -> None:
    host.receive("ready")
    host.from_child.close()
    host.send("submit", request(1))
    host.wait()
    assert not folder.exists()


@pytest.mark.parametrize("message", [["dance"], ["dance", 1]])
def test_an_unknown_command_is_told_and_ends_it(host: Host, message: list[Any]) -> None:
    host.receive("ready")
    host.send(*message)
    assert from_dict(host.receive("refused")[0]).code == "unknown_command"
    host.wait()


def test_a_model_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    host = Host(tmp_path / "missing.gguf")
    assert from_dict(host.receive("refused")[0]).cause
    host.wait()
    host.close()


@pytest.mark.parametrize("message", [None, ["close"]])
def test_without_a_configuration_it_ends(message: list[Any] | None) -> None:
    stream, out = io.BytesIO(), io.BytesIO()
    if message is not None:
        codec.write_frame(stream, message)
    stream.seek(0)
    Child(stream, out).run()
    assert out.getvalue() == b""


def test_progress_comes_before_ready(host: Host) -> None:
    kinds = []
    while not kinds or kinds[-1] != "ready":
        message = codec.read_frame(host.from_child)
        assert message is not None
        kinds.append(message[0])
    assert kinds[0] == "loading" and len(kinds) < 60
    host.send("close")
    host.wait()
