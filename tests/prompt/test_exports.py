from __future__ import annotations

import npc_sdk.prompt as prompt


def test_every_exported_name_is_there_and_documented():
    assert prompt.__all__ == sorted(prompt.__all__)
    for name in prompt.__all__:
        assert getattr(prompt, name).__doc__, name
