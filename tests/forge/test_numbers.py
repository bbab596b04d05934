from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from npc_sdk.forge import numbers  # noqa: E402


@pytest.mark.parametrize(("half", "wide", "name"), [(1.0, 2.0, "bfloat16"), (2.0, 1.0, "float32")])
def test_the_faster_type_is_taken(half: float, wide: float, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "_seconds", {torch.bfloat16: half, torch.float32: wide}.__getitem__)
    numbers.fastest_type.cache_clear()
    try:
        assert numbers.fastest_type("cpu") is getattr(torch, name)
    finally:
        numbers.fastest_type.cache_clear()


def test_a_gpu_is_not_measured() -> None:
    assert numbers.fastest_type("cuda") is torch.bfloat16


def test_one_of_both_is_found_here() -> None:
    assert numbers.fastest_type("cpu") in (torch.bfloat16, torch.float32)
