from __future__ import annotations

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.forge.preset import preset, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_found_by_name(name: str) -> None:
    found = preset(name)
    assert found.name == name
    assert found.shipped in found.recipes


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(RequestError) as caught:
        preset("huge")
    assert caught.value.code == "unknown_preset"
    assert "starter" in caught.value.next_step
