from __future__ import annotations

from pathlib import Path

from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.cli.checks.model import check_model

GONE = NoReading(code="device_lost", reason="Gone.")


def reading(free_bytes: int) -> MemoryReading:
    return MemoryReading(total_bytes=8 << 30, free_bytes=free_bytes, at_ms=0.0, source="x")


def test_the_starter_is_told_for_what_it_is() -> None:
    found = check_model("starter", GONE)
    assert [one.code for one in found] == ["model_found", "model_is_starter"]
    assert found[1].command == "npc models pull nemotron-3-nano-4b"


def test_a_random_model_that_does_not_fit(tiny_hybrid_path: Path) -> None:
    assert [one.code for one in check_model(str(tiny_hybrid_path), reading(1 << 20))] == [
        "model_found",
        "model_is_random",
        "model_above_memory",
    ]
    assert len(check_model(str(tiny_hybrid_path), reading(1 << 30))) == 2


def test_a_model_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"Dear diary")
    for name, code in ((str(path), "model_not_gguf"), ("nothing-like-it", "unknown_model")):
        [found] = check_model(name, GONE)
        assert (found.code, found.details["error_code"]) == ("model_unusable", code)
        assert found.mend
