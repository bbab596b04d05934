"""One request by itself: what it accepts, when it ends, what it would need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_decoder import END, PIECES, FakeSampler, no_grammars

from npc_sdk.engine.job import Job, JobState
from npc_sdk.engine.request import Boundary, PrefixKind, Priority, Request, Thinking
from npc_sdk.engine.schedule import AGING_S
from npc_sdk.engine.slots import Slot


def job(**fields: object) -> Job:
    request = replace(Request(id=1, sequence="a", tokens=(1, 2, 3), max_tokens=5), **fields)  # type: ignore[arg-type]
    return Job(request, now=100.0, pieces=PIECES, grammars=no_grammars(), end_tokens=frozenset({END}))


def speak(job: Job, *tokens: int) -> None:
    for token in tokens:
        job.accept(token, 101.0)
        job.pending.clear()


def test_tokens_and_bytes_come_out_once() -> None:
    one = job()
    speak(one, 1, 2)
    assert one.take_output() == ((1, 2), b"ab")
    assert one.take_output() == ((), b"")
    assert one.end is None


def test_the_end_token_ends_and_is_not_shown() -> None:
    one = job(stop=("ab",))
    speak(one, 1, END)
    assert one.end == "stop" and one.take_output() == ((1,), b"a")
    assert one.sampled == 2


def test_a_stop_text_ends() -> None:
    one = job(stop=("bc",))
    speak(one, 1, 2, 3)
    assert one.end == "stop" and one.take_output() == ((1, 2, 3), b"a")


def test_the_limit_ends_and_shows_what_was_held_back() -> None:
    one = job(stop=("eee",), max_tokens=2)
    speak(one, 1, 5)
    assert one.end == "length" and one.take_output() == ((1, 5), b"ae")


def test_end_tokens_may_be_ignored() -> None:
    one = job(ignore_end=True)
    speak(one, END, 1)
    assert one.end is None and one.take_output()[0] == (END, 1)


def test_what_was_given_out_before_counts_and_is_not_repeated() -> None:
    one = job(generated=(1, 2, 3), stop=("cd",))
    assert one.take_output() == ((), b"")
    assert one.prompt.tolist() == [1, 2, 3, 1, 2, 3]
    speak(one, 4)
    assert one.end == "stop" and one.take_output() == ((4,), b"")


def test_a_whole_reply_ends_at_once() -> None:
    assert job(generated=(1, 2), stop=("ab",)).end == "stop"


def test_reading_stops_at_boundaries() -> None:
    one = job(tokens=tuple(range(1, 11)))
    assert one.next_stop() == 10
    one.stops = [Boundary(4, PrefixKind.WORLD), Boundary(7, PrefixKind.PERSONA)]
    stops = []
    while one.position < 10:
        stops.append(one.next_stop())
        one.position += stops[-1]
    assert stops == [4, 3, 3]


def test_the_worst_case_covers_the_reply() -> None:
    assert job().worst_cells == 3 + 5 + 1
    assert job(kind="read").worst_cells == 3
    assert job(generated=(1, 2)).worst_cells == 3 + 5 + 1


def test_suspending_keeps_what_was_said() -> None:
    one = job()
    slot = Slot(0)
    one.admit(slot, 100.0)
    slot.tokens.extend([1, 2, 3])
    one.state = JobState.SPEAKING
    one.accept(9, 101.0)
    one.suspend(101.0)
    assert one.state is JobState.WAITING and one.slot is None and one.pending == []
    assert one.prompt.tolist() == [1, 2, 3, 9] and one.position == 0
    slot.tokens.cut(0)
    assert one.prompt.tolist() == [1, 2, 3, 9]


def test_who_waited_long_is_urgent_while_it_runs() -> None:
    one = job(priority=Priority.AMBIENT)
    one.admit(Slot(0), 100.0 + AGING_S)
    assert one.urgency == Priority.COMPANION
    one.suspend(500.0)
    one.admit(Slot(0), 500.0 + AGING_S)
    assert one.urgency == Priority.PLAYER


def test_forced_tokens_are_told_to_the_sampler() -> None:
    one = job(thinking=Thinking(budget=1, end="de", forced=(4, 5)))
    sampler = FakeSampler(0)
    one.sampler = sampler
    speak(one, 1)
    assert sampler.history == [0, 4, 5]
    assert one.forced == 2 and one.generated == 3
    assert one.take_output() == ((1, 4, 5), b"ade")


def test_the_deadline_counts_from_the_submission() -> None:
    assert job().deadline is None
    assert job(deadline_ms=1500).deadline == pytest.approx(101.5)


def test_costs_before_anything_happened() -> None:
    cost = job().cost(100.25)
    assert cost.queue_ms == cost.total_ms == pytest.approx(250)
    assert cost.read_ms == cost.first_token_ms == cost.decode_ms == 0


def test_a_free_request_masks_nothing() -> None:
    one = job()
    logits = np.zeros(4, dtype=np.float32)
    one.mask(logits)
    assert not one.is_constrained and not logits.any()


def test_forbidden_tokens_are_masked_while_no_grammar_holds() -> None:
    logits = np.zeros(len(PIECES), dtype=np.float32)
    job(forbidden=(3, 5)).mask(logits)
    assert np.flatnonzero(np.isinf(logits)).tolist() == [3, 5]
