from __future__ import annotations

from demos.tavern.speech import CHARACTERS_PER_S, FixedLine, LineSource, Speech


class Words:
    """Words that come when a test says so."""

    def __init__(self, text: str = "") -> None:
        self.text, self.is_over = text, False
        self.source: LineSource = "model"
        self.reports: list[int] = []
        self.cuts = 0

    def look(self) -> None:
        pass

    def heard(self, characters: int) -> None:
        self.reports.append(characters)

    def cut(self) -> None:
        self.cuts += 1


def test_a_line_is_shown_as_fast_as_it_is_spoken() -> None:
    speech = Speech("anna", FixedLine("x" * 34), to="", now_ms=1000)
    speech.advance(1500)
    assert len(speech.shown) == 17 == CHARACTERS_PER_S / 2 and not speech.is_over
    speech.advance(2100)
    assert speech.is_over and speech.left_ms(2100) > 1000 and not speech.is_cut


def test_words_that_come_late_are_not_made_up_for() -> None:
    words = Words()
    speech = Speech("anna", words, to="", now_ms=0)
    speech.advance(60_000)
    assert speech.is_thinking and speech.shown == ""
    words.text = "Here I am."
    speech.advance(60_100)
    assert len(speech.shown) == 3 and not speech.is_thinking
    words.is_over = True
    speech.advance(70_000)
    assert speech.is_over and words.reports[-1] == 10


def test_the_memory_is_told_now_and_then() -> None:
    words = Words("x" * 100)
    speech = Speech("anna", words, to="", now_ms=0)
    for now_ms in range(10, 1001, 10):
        speech.advance(now_ms)
    assert 4 <= len(words.reports) <= 5 and words.reports == sorted(words.reports)


def test_a_cut() -> None:
    words = Words("I know that the mill is")
    speech = Speech("odo", words, to="player", now_ms=0)
    speech.advance(300)
    assert speech.cut(310) == "I know tha" == speech.shown
    assert (speech.is_over, speech.is_cut, words.cuts, words.reports[-1]) == (True, True, 1, 10)
    assert speech.cut(400) == "I know tha" and words.cuts == 1
    speech.advance(9000)
    assert speech.shown == "I know tha"


def test_a_fallback_line_takes_the_place_of_what_was_begun() -> None:
    words = Words("It is next to the")
    speech = Speech("odo", words, to="player", now_ms=0)
    speech.advance(400)
    words.text, words.is_over, words.source = "Hm. Later.", True, "fallback"
    speech.advance(450)
    assert speech.shown == "H" and speech.source == "fallback"


def test_words_that_were_taken_back() -> None:
    words = Words("One. Two and a ha")
    speech = Speech("odo", words, to="player", now_ms=0)
    speech.advance(450)
    words.text, words.is_over = "One.", True
    speech.advance(500)
    assert speech.shown == "One." and speech.is_over


def test_nothing_is_said() -> None:
    words = Words()
    words.is_over = True
    speech = Speech("odo", words, to="player", now_ms=0)
    speech.advance(10)
    assert speech.is_over and speech.shown == ""
