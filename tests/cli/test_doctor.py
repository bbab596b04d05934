from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.budget.probe import NoReading
from npc_sdk.cli import checkup
from npc_sdk.cli.checks.backend import Answer, install_line
from npc_sdk.cli.checks.finding import KINDS, Finding
from npc_sdk.cli.doctor import print_findings

CPU_ONLY = {"version": "0.3.36", "backends": ["CPU"], "switches": {"CPU": ["AVX2"]}, "sees_gpu": False}
LOUD = Finding(code="gpu_unused", found="A card is there.", mend="Build it:", command=install_line("CUDA"))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without cards, whose llama.cpp answers at once."""
    monkeypatch.setattr(checkup, "ask_backend", lambda: Answer(exit_code=0, output=json.dumps(CPU_ONLY)))
    monkeypatch.setattr(checkup, "card_makers", tuple)
    monkeypatch.setenv("NPC_MODELS_DIR", str(tmp_path))
    monkeypatch.setattr("npc_sdk.cli.checks.machine.cpu_flags", frozenset)


def test_every_part_of_the_machine_is_looked_at(npc: Any, machine: None) -> None:
    result = npc("doctor", "--device", "host", "--json")
    facts = json.loads(result.stdout)
    assert (result.exit_code, facts["is_well"]) == (0, True)
    assert {one["area"] for one in facts["findings"]} == {kind.area for kind in KINDS.values()}
    assert all(one["code"] in KINDS for one in facts["findings"])


def test_people_read_a_table(npc: Any, machine: None) -> None:
    result = npc("doctor", "--device", "host")
    assert result.exit_code == 0
    for word in (
        "program_found",
        "device_host",
        "backend_found",
        "model_is_starter",
        "port_free",
        "This machine is well",
    ):
        assert word in result.stdout


def test_a_gpu_that_is_wasted_is_said_loudly(npc: Any, machine: None) -> None:
    result = npc("doctor", "--device", "6GiB")
    assert result.exit_code == 1
    assert "THE GPU IS NOT USED" in result.stdout
    assert install_line("VULKAN") in result.stdout.splitlines()
    assert result.stdout.splitlines()[-1] == "1 error."


def test_a_gpu_that_nobody_sees_is_not_said_to_be_wasted(npc: Any, machine: None, monkeypatch: Any) -> None:
    gone = NoReading(code="driver_missing", reason="There is no driver.")
    monkeypatch.setattr("npc_sdk.budget.nvml.NvmlProbe._opened", lambda _: gone)
    result = npc("doctor", "--device", "GPU-dead")
    assert "driver_missing" in result.stdout and "gpu_unused" not in result.stdout


def test_a_model_that_is_not_there_needs_mending(npc: Any, machine: None) -> None:
    result = npc("doctor", "--device", "host", "--model", "nothing")
    assert result.exit_code == 1 and "model_unusable" in result.stdout


def test_a_backend_that_cannot_be_asked(npc: Any, machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "ask_backend", lambda: Answer(exit_code=-4))
    result = npc("doctor", "--device", "host", "--json")
    found = {one["code"] for one in json.loads(result.stdout)["findings"]}
    assert result.exit_code == 1 and {"backend_crashes", "processor_found"} <= found


def test_a_device_that_means_nothing_is_bad_input(npc: Any, machine: None) -> None:
    result = npc("doctor", "--device", "nonsense")
    assert result.exit_code == 3 and "bad_device" in result.stderr


@pytest.mark.parametrize("width", ["80", "120"])
def test_commands_can_be_copied_at_any_width(
    width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    print_findings([LOUD, Finding(code="disk_low", found="Little \x1b[2J room.")])
    text = capsys.readouterr().out
    assert LOUD.command in text.splitlines()
    assert text.splitlines()[-1] == "1 error and 1 warning."
    assert "\x1b[2J" not in text


def test_the_example_of_the_page_runs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(example, "doctor.md", "exec", dont_inherit=True), {})
