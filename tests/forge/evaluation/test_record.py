from __future__ import annotations

from collections.abc import Callable

from npc_sdk.forge.evaluation.record import Heard


def test_a_fallback_line_is_not_the_models_own(heard: Callable[..., Heard]) -> None:
    assert heard("Hm.").is_own and heard("Hm.", source="cut").is_own
    assert not heard("Hm.", source="fallback").is_own
