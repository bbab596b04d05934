from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from demos.tactics.speech import DASH, LETTERS_PER_MS, Speech, Utterance


def said(*pieces: tuple[float, str]) -> Utterance:
    made = Utterance(id=0, label="guard_1", kind="talk", began_ms=0.0)
    for at_ms, text in pieces:
        made.say(text, at_ms)
    return made


def test_letters_come_at_reading_pace() -> None:
    made = said((0.0, "a" * 45))
    assert [made.shown(at_ms) for at_ms in (0.0, 500.0, 1000.0, 5000.0)] == [0, 22, 45, 45]
    assert not made.is_read(5000.0)
    made.end("a" * 45, 5000.0)
    assert made.is_read(5000.0) and made.left_ms(5000.0) > 1000.0


def test_what_comes_late_is_shown_late() -> None:
    made = said((0.0, "ab"), (1000.0, "cd"))
    assert made.shown(999.0) == 2 and made.shown(1000.0 + 2 / LETTERS_PER_MS) == 4


@given(
    pieces=st.lists(st.tuples(st.floats(0, 3000), st.text(min_size=1, max_size=30)), min_size=1, max_size=8),
    times=st.lists(st.floats(0, 6000), min_size=2, max_size=12),
)
def test_the_end_is_never_shown_before_it_came(pieces: list[tuple[float, str]], times: list[float]) -> None:
    ordered = sorted(pieces, key=lambda piece: piece[0])
    made = said(*ordered)
    shown = [made.shown(at_ms) for at_ms in sorted(times)]
    assert shown == sorted(shown)
    for at_ms, count in zip(sorted(times), shown, strict=True):
        assert count <= sum(len(text) for came_ms, text in ordered if came_ms <= at_ms)


def test_a_cut_keeps_what_was_shown() -> None:
    made = said((0.0, "Hold the line, I am coming."))
    shown = made.cut(200.0)
    assert shown == 9 == made.shown(9999.0) and made.is_whole
    assert made.bubble(200.0).text == f"Hold the{DASH}"
    made.say("more", 300.0)
    made.end("other", 300.0)
    assert made.shown(9999.0) == 9


def test_nothing_is_cut_of_what_was_read() -> None:
    made = said((0.0, "Aye."))
    made.end("Aye.", 10.0)
    assert made.cut(5000.0) == 4 and made.bubble(5000.0).text == "Aye."


def test_a_fallback_line_takes_the_place_of_what_broke_off() -> None:
    made = said((0.0, "I will go and"))
    made.say_instead("Not now.", 500.0)
    assert made.shown(500.0) == 0 and made.text == "Not now."


def test_what_does_not_stand_goes_away() -> None:
    made = said((0.0, "First. Second that is too lo"))
    made.end("First.", 10_000.0)
    assert made.bubble(10_000.0).text == "First." and made.shown(10_000.0) == 6
    made = said((0.0, "First. Second"))
    made.end("First.", 50.0)
    assert made.shown(50.0) == 2 and made.shown(1000.0) == 6
    other = said((0.0, "One"))
    other.end("Two", 100.0)
    assert other.text == "Two"


def test_a_soldier_says_one_thing_at_a_time() -> None:
    speech = Speech()
    first = speech.begin("guard_1", "bark", 0.0)
    first.say("Ouch!", 0.0)
    other = speech.begin("guard_2", "bark", 0.0)
    second = speech.begin("guard_1", "talk", 100.0)
    assert speech.of("guard_2") is other and speech.of("guard_1") is second
    assert speech.bubbles(100.0) == ()
    second.say("Yes.", 100.0)
    second.end("Yes.", 100.0)
    assert [bubble.text for bubble in speech.bubbles(1000.0)] == ["Yes."]
    speech.tidy(1000.0 + second.left_ms(1000.0))
    assert speech.of("guard_1") is None
    assert list(speech.all.values()) == [first, other, second]
