from __future__ import annotations

import errno
import shutil
import socket
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.cli.checks import machine
from npc_sdk.cli.checks.machine import check_folder, check_port, check_processor, check_program, cpu_flags

Usage = namedtuple("Usage", "total used free")


def test_the_program_names_itself() -> None:
    found = check_program()
    assert found.code == "program_found" and found.details["executable"] == sys.executable


def test_a_build_without_something_that_the_cpu_has() -> None:
    found = check_processor(["AVX", "FMA"], threads=2, flags=frozenset({"avx", "avx2", "fma", "sse"}))
    assert [one.code for one in found] == ["processor_found", "processor_unused"]
    assert "AVX2" in found[1].found and "-DGGML_NATIVE=on" in found[1].command
    assert found[0].details["model_threads"] == 2


def test_a_build_with_everything_and_a_build_that_is_silent() -> None:
    assert len(check_processor(["AVX2"], threads=1, flags=frozenset({"avx2"}))) == 1
    assert len(check_processor(None, threads=1)) == 1


def test_flags_of_any_cpu(tmp_path: Path) -> None:
    assert cpu_flags(tmp_path / "none") == frozenset()
    (tmp_path / "x86").write_text("processor : 0\nflags\t\t: fpu avx2\n\nprocessor : 1\nflags\t\t: other\n")
    (tmp_path / "arm").write_text("processor : 0\nFeatures : asimddp i8mm\n")
    assert cpu_flags(tmp_path / "x86") == {"fpu", "avx2"}
    assert cpu_flags(tmp_path / "arm") == {"asimddp", "i8mm"}


def test_a_free_port() -> None:
    assert check_port(0).code == "port_free"


def test_a_port_that_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        found = check_port(other.getsockname()[1])
    assert (found.code, found.severity) == ("port_taken", "error")


def test_a_port_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(socket.socket):
        def bind(self, _address: Any) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(machine.socket, "socket", Refused)
    assert check_port(80).code == "port_blocked"


def test_folders(tmp_path: Path) -> None:
    [there] = check_folder("data", tmp_path)
    [not_yet] = check_folder("data", tmp_path / "a" / "b")
    assert there.code == not_yet.code == "folder_found"
    assert "can be written to" in there.found and "can be made" in not_yet.found
    assert list(tmp_path.iterdir()) == [], "looking leaves nothing"


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    [found] = check_folder("models", tmp_path / "file" / "models")
    assert (found.code, found.severity) == ("folder_unusable", "error")
    assert found.details == {"folder": str(tmp_path / "file" / "models")}


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9, 8, 1 << 30))
    assert [one.code for one in check_folder("models", tmp_path, is_for_models=True)] == ["folder_found", "disk_low"]
    assert [one.code for one in check_folder("data", tmp_path)] == ["folder_found"]
