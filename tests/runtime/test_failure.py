from __future__ import annotations

from npc_sdk.errors import PromptError
from npc_sdk.runtime.failure import as_npc_error


def test_an_error_of_this_package_stays_as_it_is() -> None:
    error = PromptError("Too long.", code="prompt_too_long")
    assert as_npc_error(error) is error


def test_any_other_becomes_internal() -> None:
    error = ZeroDivisionError("division by zero")
    failure = as_npc_error(error)
    assert failure.code == "internal"
    assert "division by zero" in failure.cause
    assert failure.__cause__ is error
