from __future__ import annotations

from npc_sdk.runtime.seed import derived_seed, fresh_seed


def test_seeds_depend_on_everything_and_on_nothing_else() -> None:
    assert derived_seed(1, "npc", "Bron") == derived_seed(1, "npc", "Bron")
    seeds = {derived_seed(1, "npc", "Bron"), derived_seed(2, "npc", "Bron"), derived_seed(1, "npcBron")}
    assert len(seeds) == 3
    assert all(0 <= seed < 1 << 32 for seed in seeds)
    assert derived_seed(1, "\ud800") >= 0


def test_fresh_seeds_differ() -> None:
    assert len({fresh_seed() for _ in range(20)}) > 15
