from __future__ import annotations

import pynvml
import pytest

from npc_sdk.budget.nvml_error import finding_of

CODES = [getattr(pynvml, name) for name in dir(pynvml) if name.startswith("NVML_ERROR_")]


@pytest.mark.parametrize("code", [*CODES, 4711])
def test_every_error_has_words(code: int) -> None:
    found = finding_of(pynvml.NVMLError(code))
    assert found.code.isidentifier()
    assert found.reason.endswith(".") and not found.reason.endswith("..")


def test_a_missing_function_is_nothing_to_ask_again() -> None:
    assert finding_of(pynvml.NVMLLibraryMismatchError("x")).code == "not_supported"
    assert finding_of(pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)).code == "not_supported"


def test_an_error_without_words() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "Mute" in finding_of(Mute()).reason
