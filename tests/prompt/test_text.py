from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.actions import Labels
from npc_sdk.errors import PromptError
from npc_sdk.persona import Persona, World
from npc_sdk.prompt.text import (
    LINE_LIMIT,
    block,
    one_line,
    options_text,
    persona_text,
    player_line,
    tail_pieces,
    tail_text,
    world_text,
)


def test_world_text(world):
    assert world_text(world) == "World: Brackwater\nA harbour town.\nIt rains.\n- The bridge is down."


def test_world_text_of_a_bare_world():
    assert world_text(World(name="Nowhere")) == "World: Nowhere"


def test_persona_text(persona):
    assert persona_text(persona) == (
        "You are Orla, the gate guard of Brackwater.\n"
        "Orla has kept the gate for twenty years.\nShe trusts nobody.\n"
        "Voice: Short and dry.\n"
        "You know:\n- The gate closes at dusk.\n- The mayor is away.\n"
        "Examples:\nPlayer: Let me in.\nOrla: Not tonight.\n"
        "Say only what Orla says, in one or two short sentences. If Orla does not know, Orla says so."
    )


def test_persona_text_of_a_bare_persona():
    assert persona_text(Persona(name="Bo", role="smith")) == (
        "You are Bo, smith.\nSay only what Bo says, in one or two short sentences. If Bo does not know, Bo says so."
    )


def test_tail_text(enemies):
    text = tail_text(["It rains.", "A dog\nbarks."], enemies)
    assert text == "Now:\n- It rains.\n- A dog barks.\nenemies:\ngoblin_1\nOld Bob.\ngoblin_2\n\n"


def test_tail_text_leaves_out_what_is_empty(enemies):
    assert tail_text() == ""
    assert tail_text([" ", ""], {"enemies": Labels.of([])}) == ""
    assert tail_text(["Rain."]) == "Now:\n- Rain.\n\n"
    assert tail_text((), enemies).startswith("enemies:\ngoblin_1\n")


def test_every_vocabulary_value_is_a_piece_of_its_own(enemies):
    pieces = tail_pieces(["Rain."], enemies)
    assert {"goblin_1", "Old Bob.", "goblin_2"} <= set(pieces)
    assert "".join(pieces) == tail_text(["Rain."], enemies)


def test_labels_stay_as_the_grammar_spells_them():
    label = Labels.of(["می\u200cخواهم"])
    assert "می\u200cخواهم" in tail_pieces((), {"x": label})


def test_options_text():
    assert options_text("Two goblins.\nYou have 3 HP.", ["attack", "hold\nstill"]) == (
        "Two goblins.\nYou have 3 HP.\nOptions:\nA. attack\nB. hold still\nAnswer with one letter."
    )


@pytest.mark.parametrize("options", [[], ["only"], [str(number) for number in range(27)], ["a", " \n"]])
def test_options_out_of_bounds(options):
    with pytest.raises(PromptError) as error:
        options_text("", options)
    assert error.value.code == "bad_options"


def test_twenty_six_options():
    assert "\nZ. 25\n" in options_text("", [str(number) for number in range(26)])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  a \n\n b\t\tc\r\nd ", "a b c d"),
        ("a\x00b\x1b[31mc\x7f", "a b [31mc"),
        ("he\u200bllo \u202eevil\u202c \ufeff", "hello evil"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("tag\U000e0041\U000e007fged", "tagged"),
        ("half \ud83d", "half \ufffd"),
        ("", ""),
    ],
)
def test_one_line(text, line):
    assert one_line(text) == line


def test_one_line_cuts_at_the_limit():
    assert one_line("abc def", 4) == "abc"
    assert one_line("abc def", None) == "abc def"
    assert len(one_line("x" * 1_000_000)) == LINE_LIMIT


@given(st.text())
def test_one_line_is_one_visible_line(text):
    line = one_line(text)
    assert line == one_line(line) == line.strip()
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in line)
    assert "  " not in line


@given(st.text(alphabet=st.sampled_from("ab \n\r\t\u200b\x00\u2028"), max_size=40))
def test_block_has_no_empty_lines(text):
    cleaned = block(text)
    assert cleaned == block(cleaned)
    assert "\n\n" not in cleaned
    assert all(line == one_line(line) for line in cleaned.split("\n"))


def test_player_line():
    assert player_line("Hello\nthere") == "Hello there"
    assert player_line("Hello", "Ann\nie") == "Ann ie: Hello"
    assert player_line(" \n") == "..."
    assert player_line("Hello", " ") == "Hello"
