from __future__ import annotations

import os

from npc_sdk.budget.nvml_device import is_own_process


def test_this_process_is_ours() -> None:
    assert is_own_process(os.getpid())


def test_others_are_not() -> None:
    assert not is_own_process(os.getppid())
    assert not is_own_process(2**22 + 1)
    assert not is_own_process(0)
    assert not is_own_process(4_294_967_295), "some boards list processes that cannot be"
