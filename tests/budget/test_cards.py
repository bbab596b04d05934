from __future__ import annotations

from pathlib import Path

from npc_sdk.budget.cards import card_makers


def card(folder: Path, place: str, vendor: str, kind: str) -> None:
    (folder / place).mkdir()
    (folder / place / "vendor").write_text(vendor + "\n")
    (folder / place / "class").write_text(kind + "\n")


def test_display_cards_are_known_by_their_makers(tmp_path: Path) -> None:
    card(tmp_path, "0", "0x8086", "0x030000")
    card(tmp_path, "1", "0x10de", "0x030200")
    card(tmp_path, "2", "0x1002", "0x038000")
    card(tmp_path, "3", "0x10de", "0x040300")
    card(tmp_path, "4", "0x1af4", "0x030000")
    (tmp_path / "5").mkdir()
    assert card_makers(tmp_path) == ("Intel", "NVIDIA", "AMD")


def test_systems_that_show_none(tmp_path: Path) -> None:
    assert card_makers(tmp_path / "none") == ()
