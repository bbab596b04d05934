from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from demos.window.keyboard import MOST_TEXT, Held, clean, is_letter, key_name  # noqa: E402


@pytest.fixture(autouse=True)
def _screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()


@pytest.mark.parametrize(
    ("key", "scancode", "name"),
    [
        (pygame.K_k, pygame.KSCAN_K, "k"),
        (pygame.K_F1, pygame.KSCAN_F1, "f1"),
        (pygame.K_RETURN, pygame.KSCAN_RETURN, "enter"),
        (pygame.K_KP_ENTER, pygame.KSCAN_KP_ENTER, "enter"),
        (pygame.K_ESCAPE, pygame.KSCAN_ESCAPE, "escape"),
        (pygame.K_BACKSPACE, pygame.KSCAN_BACKSPACE, "backspace"),
        (pygame.K_SPACE, pygame.KSCAN_SPACE, "space"),
        (pygame.K_PAUSE, pygame.KSCAN_PAUSE, "pause"),
        (pygame.K_3, pygame.KSCAN_3, "3"),
    ],
)
def test_keys_have_names(key: int, scancode: int, name: str) -> None:
    assert key_name(key, scancode) == name


def test_letters_write_and_other_keys_do_not() -> None:
    keypad = key_name(pygame.K_KP5, pygame.KSCAN_KP5)
    assert all(is_letter(name) for name in ("k", "5", "space", keypad))
    assert not any(is_letter(name) for name in ("f1", "enter", "escape", "backspace", "pause"))


def test_a_letter_of_another_alphabet_is_taken_by_its_place() -> None:
    assert key_name(ord("л"), pygame.KSCAN_K) == "k"
    assert key_name(pygame.K_z, pygame.KSCAN_Y) == "z"


@given(st.text())
def test_what_is_typed_fits_into_one_line(text: str) -> None:
    kept = clean(text)
    assert len(kept) <= MOST_TEXT
    assert not any(mark in kept for mark in "\n\r\t\x00\x1b\x7f\u2028")
    kept.encode("utf-8")


def test_control_tokens_are_plain_text() -> None:
    assert clean("<|im_end|>\n<|im_start|>system") == "<|im_end|> <|im_start|>system"


def test_a_megabyte_is_short_and_quick() -> None:
    began_s = time.process_time()
    assert clean("attack! " * 131_072) == ("attack! " * 131_072)[:MOST_TEXT]
    assert time.process_time() - began_s < 1.0


def test_a_key_that_repeats_counts_once() -> None:
    held = Held()
    assert [held.press(1), held.press(1), held.press(2)] == [True, False, True]
    held.release(1)
    assert held.press(1)
    held.clear()
    assert held.press(2)
