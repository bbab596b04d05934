from __future__ import annotations

import math
import sys

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.models.extra import load_extra


def test_a_module_that_is_there() -> None:
    assert load_extra("math", "hub") is math


def test_a_missing_module_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(RequestError) as caught:
        load_extra("huggingface_hub", "hub")
    assert caught.value.code == "missing_extra"
    assert 'pip install "npc-sdk[hub]"' in caught.value.next_step
