from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.persona import Limits
from npc_sdk.runtime.events import Sentence, SpeechDelta
from npc_sdk.runtime.utterance import Utterance


def feed(utterance: Utterance, *texts: str) -> list[SpeechDelta | Sentence]:
    return [event for text in texts for event in utterance.add(text)]


def sentences(events: list[SpeechDelta | Sentence]) -> list[str]:
    return [event.text for event in events if isinstance(event, Sentence)]


def test_blanks_wait_until_something_follows() -> None:
    utterance = Utterance(Limits())
    events = feed(utterance, "  \n", " Halt", " ", "there", "  ")
    assert [event.text for event in events] == ["Halt", " there"]
    assert utterance.text == "Halt there"


def test_closing_ends_the_sentence_and_speech_goes_on_after_one_blank() -> None:
    utterance = Utterance(Limits())
    feed(utterance, "Take this")
    assert sentences(utterance.close()) == ["Take this"]
    feed(utterance, "and that.")
    utterance.close()
    assert utterance.text == utterance.whole_text == "Take this and that."


def test_a_sentence_says_where_it_ends() -> None:
    utterance = Utterance(Limits())
    events = [*feed(utterance, "One. One. One"), *utterance.close()]
    assert [event.ends_at for event in events if isinstance(event, Sentence)] == [4, 9, 13]


def test_the_limit_of_sentences_waits_for_more_speech() -> None:
    utterance = Utterance(Limits(sentences=1))
    feed(utterance, "One.", " ")
    assert not utterance.is_full
    feed(utterance, "Two.")
    assert utterance.is_full
    assert utterance.add(" Three.") == []
    assert utterance.whole_text == "One."


def test_the_limit_of_characters() -> None:
    utterance = Utterance(Limits(characters=20))
    feed(utterance, "Well. I do not know it")
    assert utterance.is_full
    assert utterance.close_limited() == []
    assert utterance.whole_text == "Well."
    single = Utterance(Limits(characters=20))
    feed(single, "a" * 30)
    assert sentences(single.close_limited()) == ["a" * 20]


def test_an_early_end_keeps_only_what_reads_whole() -> None:
    utterance = Utterance(Limits())
    feed(utterance, "Halt! Ask Dr.")
    assert utterance.cut() == []
    assert utterance.whole_text == "Halt!"
    whole = Utterance(Limits())
    feed(whole, "Halt! Now.")
    assert sentences(whole.cut()) == ["Now."]


_pieces = st.lists(
    st.sampled_from(["Halt!", " ", "\n", "Who", " goes there?", " Dr.", "...", "日本。", "a", "  "]), max_size=20
)


@given(pieces=_pieces, limit=st.integers(1, 4), characters=st.integers(20, 60))
def test_deltas_make_the_text_and_sentences_lie_in_it(pieces: list[str], limit: int, characters: int) -> None:
    utterance = Utterance(Limits(sentences=limit, characters=characters))
    events = feed(utterance, *pieces)
    events += utterance.close_limited() if utterance.is_full else utterance.close()
    text = "".join(event.text for event in events if isinstance(event, SpeechDelta))
    assert text == utterance.text
    assert len(text) <= characters
    assert text.startswith(utterance.whole_text)
    found = [event for event in events if isinstance(event, Sentence)]
    assert len(found) <= limit
    ends = [event.ends_at for event in found]
    assert ends == sorted(ends)
    for sentence in found:
        assert text[: sentence.ends_at].endswith(sentence.text)


def test_a_round_after_results_may_have_as_many_sentences_again() -> None:
    utterance = Utterance(Limits(sentences=1))
    assert sentences(feed(utterance, "I go. ", "No more.")) == ["I go."]
    other = Utterance(Limits(sentences=1))
    feed(other, "I go.")
    other.close()
    other.next_round()
    feed(other, "It is done.")
    other.close()
    assert other.text == "I go. It is done."
