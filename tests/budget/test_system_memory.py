from __future__ import annotations

from pathlib import Path

import psutil

from npc_sdk.budget.system_memory import system_memory

MIB = 1 << 20


def group(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"memory.{name}").write_text(text)
    return folder


def test_without_a_limit_it_is_the_system(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", group(tmp_path, max="max\n", current="7\n")):
        memory = system_memory(folder)
        assert memory.total_bytes == psutil.virtual_memory().total
        assert 0 < memory.available_bytes <= memory.total_bytes


def test_a_container_ends_at_its_limit(tmp_path: Path) -> None:
    stat = f"anon 5\ninactive_file {10 * MIB}\n"
    memory = system_memory(group(tmp_path, max=f"{100 * MIB}\n", current=f"{70 * MIB}\n", stat=stat))
    assert (memory.total_bytes, memory.available_bytes) == (100 * MIB, 40 * MIB)


def test_a_container_that_is_full_has_nothing(tmp_path: Path) -> None:
    memory = system_memory(group(tmp_path, max=f"{100 * MIB}", current=f"{170 * MIB}"))
    assert (memory.total_bytes, memory.available_bytes) == (100 * MIB, 0)


def test_a_limit_above_the_machine_is_none(tmp_path: Path) -> None:
    total = psutil.virtual_memory().total
    assert system_memory(group(tmp_path, max=str(total * 2), current="1")).total_bytes == total
