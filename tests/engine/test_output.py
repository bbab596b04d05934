"""However the text is split into tokens, stop texts, triggers and thoughts end where the text says."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from npc_sdk.engine.output import Output, held_back
from npc_sdk.engine.request import Constraint, Request, Thinking

TEXT = st.text("abc<>", max_size=30)
STOPS = st.lists(st.text("abc<>", min_size=1, max_size=4), max_size=3).map(tuple)


@dataclass
class Result:
    shown: bytes
    steps: list[bytes]
    output: Output
    triggered_after: int | None = None
    beyond: bytes = b""


def run(request: Request, pieces: list[bytes]) -> Result:
    """Push tokens until a stop text or a trigger was met."""
    output = Output(request, pieces)
    result = Result(b"", [], output)
    for token in range(len(pieces)):
        beyond = output.push(token, is_constrained=False)
        result.steps.append(output.take())
        if beyond is not None:
            result.triggered_after, result.beyond = token, beyond
        if beyond is not None or output.is_stopped:
            break
    else:
        output.flush()
        result.steps.append(output.take())
    result.shown = b"".join(result.steps)
    return result


def split(text: str, cuts: list[int]) -> list[bytes]:
    data = text.encode()
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in zip(places, places[1:], strict=False)]


def first_stop(data: bytes, stops: tuple[str, ...]) -> int | None:
    """Return where the text is cut: before the stop text that is complete first, the longest of those."""
    for end in range(len(data) + 1):
        starts = [end - len(stop) for stop in stops if data[:end].endswith(stop.encode())]
        if starts:
            return min(starts)
    return None


@given(TEXT, STOPS, st.lists(st.integers(0, 100), max_size=12))
@settings(max_examples=300, deadline=None)
def test_stop_texts_end_the_reply_wherever_they_are_split(text: str, stops: tuple[str, ...], cuts: list[int]) -> None:
    result = run(Request(id=1, sequence="a", stop=stops), split(text, cuts))
    place = first_stop(text.encode(), stops)
    assert result.shown == (text.encode() if place is None else text.encode()[:place])
    assert result.output.is_stopped == (place is not None)


@given(TEXT, STOPS, st.lists(st.integers(0, 100), max_size=12))
@settings(max_examples=200, deadline=None)
def test_text_is_held_back_only_while_it_may_become_a_stop_text(
    text: str, stops: tuple[str, ...], cuts: list[int]
) -> None:
    pieces = split(text, cuts)
    result = run(Request(id=1, sequence="a", stop=stops), pieces)
    pushed = shown = b""
    for piece, step in zip(pieces, result.steps, strict=False):
        pushed, shown = pushed + piece, shown + step
        if first_stop(pushed, stops) is None:
            held = pushed[len(shown) :]
            assert pushed.startswith(shown)
            assert not held or any(stop.encode().startswith(held) for stop in stops)


@given(st.binary(max_size=12), st.lists(st.binary(min_size=1, max_size=5), max_size=3))
def test_held_back_is_the_longest_end_that_begins_a_stop_text(data: bytes, stops: list[bytes]) -> None:
    assume(not any(stop in data for stop in stops))
    lengths = [
        length
        for length in range(len(data) + 1)
        if length == 0 or any(len(stop) > length and stop.startswith(data[-length:]) for stop in stops)
    ]
    assert held_back(data, stops) == max(lengths)


@given(TEXT, TEXT, st.lists(st.integers(0, 100), max_size=12))
@settings(max_examples=300, deadline=None)
def test_the_trigger_is_found_wherever_it_is_split(before: str, after: str, cuts: list[int]) -> None:
    trigger = "<abc>"
    text = before + trigger + after
    pieces = split(text, cuts)
    result = run(Request(id=1, sequence="a", constraint=Constraint(trigger=trigger, grammar="")), pieces)
    end = text.index(trigger) + len(trigger)
    assert result.triggered_after is not None
    taken = b"".join(pieces[: result.triggered_after + 1])
    assert len(taken) - len(pieces[result.triggered_after]) < end <= len(taken)
    assert result.beyond == taken[end:]
    assert result.shown == taken


@given(TEXT, TEXT, STOPS, st.lists(st.integers(0, 100), max_size=12))
@settings(max_examples=300, deadline=None)
def test_a_thought_hides_stop_texts_until_its_end(
    thought: str, speech: str, stops: tuple[str, ...], cuts: list[int]
) -> None:
    thought = thought.replace("</c>", "")
    text = thought + "</c>" + speech
    request = Request(id=1, sequence="a", stop=stops, thinking=Thinking(budget=None, end="</c>"))
    result = run(request, split(text, cuts))
    end = text.index("</c>") + 4
    rest = text[end:].encode()
    place = first_stop(rest, stops)
    assert result.shown == text[:end].encode() + (rest if place is None else rest[:place])
    assert not result.output.is_thinking


def test_the_thought_is_used_up_after_its_budget() -> None:
    output = Output(Request(id=1, sequence="a", thinking=Thinking(budget=2)), [b"hm", b"</think>"])
    assert not output.is_thought_used_up()
    output.push(0, is_constrained=False)
    assert not output.is_thought_used_up()
    output.push(0, is_constrained=False)
    assert output.is_thought_used_up()
    output.push(1, is_constrained=False)
    assert not output.is_thought_used_up() and not output.is_thinking


def test_a_trigger_within_a_thought_does_not_count() -> None:
    request = Request(
        id=1, sequence="a", constraint=Constraint(trigger="<t>", grammar=""), thinking=Thinking(budget=None, end="</c>")
    )
    output = Output(request, [b"<t>", b"</c>", b"<t>x"])
    assert output.push(0, is_constrained=False) is None
    assert output.push(1, is_constrained=False) is None
    assert output.push(2, is_constrained=False) == b"x"


def test_a_trigger_that_begins_in_the_token_that_ends_the_thought_counts() -> None:
    request = Request(
        id=1, sequence="a", constraint=Constraint(trigger="<t>", grammar=""), thinking=Thinking(budget=None, end="</c>")
    )
    output = Output(request, [b"</c><", b"t>"])
    assert output.push(0, is_constrained=False) is None
    assert output.push(1, is_constrained=False) == b""


def test_constrained_text_is_shown_whatever_it_says() -> None:
    output = Output(Request(id=1, sequence="a", stop=("ab",)), [b"xa", b"ab"])
    output.push(0, is_constrained=False)
    assert output.take() == b"x"
    output.push(1, is_constrained=True)
    assert output.take() == b"aab" and not output.is_stopped


def test_an_empty_stop_text_stops_nothing() -> None:
    output = Output(Request(id=1, sequence="a", stop=("",)), [b"x"])
    output.push(0, is_constrained=False)
    assert output.take() == b"x" and not output.is_stopped
