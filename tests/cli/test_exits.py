from __future__ import annotations

import pytest

from npc_sdk.cli.exits import MEANINGS, ExitCode, exit_code
from npc_sdk.errors import (
    BackendError,
    CapacityError,
    DeadlineError,
    EngineCrashError,
    ModelError,
    PersonaError,
    ProtocolError,
    RequestError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RequestError("x"), 3),
        (PersonaError("x"), 3),
        (ModelError("x"), 3),
        (CapacityError("x"), 4),
        (BackendError("x"), 5),
        (EngineCrashError("x"), 5),
        (DeadlineError("x"), 5),
        (ProtocolError("x"), 5),
        (RuntimeError("x"), 5),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
    ],
)
def test_each_kind_of_error_has_its_code(error: BaseException, code: int) -> None:
    assert exit_code(error) == code


def test_each_code_is_explained() -> None:
    assert set(MEANINGS) == set(ExitCode)
