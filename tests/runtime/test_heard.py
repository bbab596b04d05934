from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.runtime.heard import raw_characters


def test_blanks_do_not_count() -> None:
    assert raw_characters("\n Halt!\nGo.", "Halt! Go.", 5) == 7
    assert raw_characters("\n Halt!\nGo.", "Halt! Go.", 6) == 7
    assert raw_characters("\n Halt!\nGo.", "Halt! Go.", 7) == 9
    assert raw_characters(" Halt!", "Halt!", 0) == raw_characters(" Halt!", "Halt!", -3) == 0


@given(words=st.lists(st.text("abé世", min_size=1), max_size=6), heard=st.integers(-2, 60))
def test_what_is_kept_was_heard(words: list[str], heard: int) -> None:
    raw, shown = "  \n".join(["", *words, ""]), " ".join(words)
    kept = raw[: raw_characters(raw, shown, heard)]
    assert "".join(kept.split()) == "".join(shown[: max(0, heard)].split())
